// Phy and Kilosort output folders: integer spike times, a cluster for each spike, tables of labels, params.py (parsed, never run).
import { SpikebridgeError } from '../errors.ts';
import type { Clock } from '../recording/types.ts';
import { withSource } from './bytes.ts';
import { clockOf, resolveClock } from './clock.ts';
import { isNpy, readNpyVector } from './npy.ts';
import { pythonAssignments } from './pythonLiteral.ts';
import { phyLabels } from './phyLabels.ts';
import { buildRecording, count, groupByLabel } from './trains.ts';
import { readText } from './bytes.ts';
import type { Location, Reader } from './types.ts';

const CLUSTERS = 'spike_clusters.npy';
const TEMPLATES = 'spike_templates.npy';

/**
 * Phy / Kilosort folder. Order of fallbacks: clusters from spike_clusters.npy, else spike_templates.npy; labels from cluster_group,
 * then cluster_KSLabel, then cluster_info (.tsv or .csv); the clock from params.py, else from the user.
 */
export const phyReader: Reader = {
  format: 'phy',
  title: 'Phy / Kilosort folder',
  sniff(location) {
    if (location.kind !== 'folder') return 0;
    const files = location.list();
    if (!files.includes('spike_times.npy')) return 0;
    if (!files.includes(CLUSTERS) && !files.includes(TEMPLATES)) return 1;
    return withSource(location.open('spike_times.npy'), isNpy) ? 2 : 1;
  },
  async read(location, options) {
    const files = new Set(location.list());
    const labelFile = [CLUSTERS, TEMPLATES].find((f) => files.has(f));
    if (!files.has('spike_times.npy') || labelFile === undefined) {
      throw new SpikebridgeError(
        'E_PHY_INCOMPLETE',
        `A Phy folder needs spike_times.npy and ${CLUSTERS} (or ${TEMPLATES}); it has ${[...files].join(', ')}.`,
        { where: location.name, fix: 'Copy the whole folder that Kilosort or Phy wrote.' },
      );
    }
    const assumptions: string[] = [];
    const clock = resolveClock(options, {
      name: location.name,
      found: files.has('params.py') ? sampleRate(location, assumptions) : undefined,
      ask: 'Add the sampling rate, for example --fs 30000: params.py does not give it as a plain number.',
    });
    const times = await load(location, 'spike_times.npy');
    const clusters = await load(location, labelFile);
    if (times.length !== clusters.length) {
      throw new SpikebridgeError(
        'E_LENGTH_MISMATCH',
        `spike_times.npy has ${times.length} spikes, ${labelFile} has ${clusters.length}.`,
        { where: location.name, fix: 'Both files must come from the same run: copy the folder again.' },
      );
    }
    const bad = clusters.findIndex((c) => !Number.isInteger(c));
    if (bad >= 0) {
      throw new SpikebridgeError(
        'E_UNIT_ID',
        `Spike ${bad} belongs to cluster ${clusters[bad]}: an integer was expected.`,
        {
          where: labelFile,
          fix: 'Export the sorting again.',
        },
      );
    }
    const { labels, trains } = groupByLabel(times, clusters);
    if (labelFile === TEMPLATES)
      assumptions.push(`Clusters are the templates of ${TEMPLATES}: there is no ${CLUSTERS}.`);
    const warnings: string[] = [];
    const tables = phyLabels(location, labels, warnings);
    if (tables.silent > 0) {
      warnings.push(`${count(tables.silent, 'cluster')} of the tables have no spike and were left out.`);
    }
    return buildRecording({
      name: location.name,
      format: 'phy',
      where: location.name,
      clock: clock.clock,
      units: labels.map((label, u) => ({ id: String(label), ...tables.units[u] })),
      trains,
      assumptions: [clock.assumption, ...assumptions, ...tables.assumptions],
      warnings,
    });
  },
};

/** sample_rate of params.py, where it is a number or plain arithmetic; noted where it is neither. */
function sampleRate(location: Location, assumptions: string[]): { clock: Clock; source: string } | undefined {
  const text = withSource(location.open('params.py'), (source) => readText(source, 1 << 20));
  const values = pythonAssignments(text);
  if (!values.has('sample_rate')) return undefined;
  const value = values.get('sample_rate');
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) {
    return { clock: clockOf(value), source: 'params.py' };
  }
  assumptions.push('The sample_rate of params.py is no plain number; params.py is read, never run.');
  return undefined;
}

function load(location: Location, file: string): Promise<Float64Array> {
  return Promise.resolve(withSource(location.open(file), (source) => readNpyVector(source).data));
}
