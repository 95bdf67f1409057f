// ALF folders (International Brain Laboratory): spikes.times and spikes.clusters beside clusters.* and channels.* files.
import { SpikebridgeError } from '../errors.ts';
import type { UnitInfo } from '../recording/types.ts';
import { readText, withSource } from './bytes.ts';
import { MICROSECONDS, rate, resolveClock, statedClock } from './clock.ts';
import { readNpyLabels, readNpyNumbers, readNpyVector } from './npy.ts';
import { parseTable } from './table.ts';
import { buildRecording, groupByLabel, secondsToTicks } from './trains.ts';
import type { Location, Reader } from './types.ts';

/**
 * ALF folder. Names may carry a namespace and an id (`_ibl_spikes.times.1a2b.npy`). Times: spikes.times (seconds) where present, in ticks of
 * --fs or whole microseconds; else spikes.samples, which need --fs.
 */
export const alfReader: Reader = {
  format: 'alf',
  title: 'ALF folder',
  sniff(location) {
    if (location.kind !== 'folder') return 0;
    const has = (attribute: string) => find(location, 'spikes', attribute, 'npy').length > 0;
    return has('clusters') && (has('times') || has('samples')) ? 2 : 0;
  },
  async read(location, options) {
    await Promise.resolve();
    const clusterFile = one(location, 'spikes', 'clusters');
    const timesFile = one(location, 'spikes', 'times');
    const samplesFile = timesFile === undefined ? one(location, 'spikes', 'samples') : undefined;
    const file = timesFile ?? samplesFile;
    if (clusterFile === undefined || file === undefined) {
      throw new SpikebridgeError(
        'E_ALF_INCOMPLETE',
        'An ALF folder needs spikes.clusters.npy and spikes.times.npy.',
        {
          where: location.name,
          fix: 'Copy both files.',
        },
      );
    }
    const clusters = vector(location, clusterFile);
    const raw = vector(location, file);
    if (clusters.length !== raw.length) {
      throw new SpikebridgeError(
        'E_LENGTH_MISMATCH',
        `${file} has ${raw.length} spikes, ${clusterFile} has ${clusters.length}.`,
        {
          where: location.name,
          fix: 'Both files must come from the same sorting.',
        },
      );
    }
    const bad = clusters.findIndex((c) => !Number.isInteger(c));
    if (bad >= 0) {
      throw new SpikebridgeError(
        'E_UNIT_ID',
        `Spike ${bad} belongs to cluster ${clusters[bad]}: an integer was expected.`,
        {
          where: clusterFile,
          fix: 'Export the sorting again.',
        },
      );
    }
    const assumptions: string[] = [];
    let clock = MICROSECONDS;
    let times = raw;
    if (timesFile === undefined) {
      const resolved = resolveClock(options, {
        name: location.name,
        ask: 'Add the sampling rate, for example --fs 30000: spikes.samples counts samples and no file says of what.',
      });
      clock = resolved.clock;
      assumptions.push(resolved.assumption);
    } else {
      const stated = statedClock(options);
      clock = stated ?? MICROSECONDS;
      times = secondsToTicks(raw, clock, 'any', timesFile);
      assumptions.push(
        stated === undefined
          ? `Times are the seconds of ${timesFile}, kept in whole microseconds.`
          : `Times are the seconds of ${timesFile}, rounded to ${rate(stated)} as stated on the command.`,
      );
    }
    const { labels, trains } = groupByLabel(times, clusters);
    const warnings: string[] = [];
    const details = clusterDetails(location, labels, warnings);
    return buildRecording({
      name: location.name,
      format: 'alf',
      where: location.name,
      clock,
      units: labels.map((label, u) => ({ id: String(label), ...details[u] })),
      trains,
      assumptions,
      warnings,
    });
  },
};

/** Files `[_namespace_]object.attribute[.anything].extension`. */
function find(location: Location, object: string, attribute: string, extension: string): string[] {
  const pattern = new RegExp(`^(?:_[A-Za-z0-9]+_)?${object}\\.${attribute}(?:\\.[^.]+)*\\.${extension}$`);
  return location.list().filter((name) => pattern.test(name));
}

function one(location: Location, object: string, attribute: string): string | undefined {
  const found = find(location, object, attribute, 'npy');
  if (found.length < 2) return found.at(0);
  throw new SpikebridgeError(
    'E_ALF_AMBIGUOUS',
    `Several files are ${object}.${attribute}: ${found.join(', ')}.`,
    {
      where: location.name,
      fix: 'Keep one revision of each file in the folder.',
      exitCode: 2,
    },
  );
}

function vector(location: Location, file: string): Float64Array {
  return withSource(location.open(file), readNpyVector).data;
}

/** Rows of clusters.* are cluster numbers: row 7 describes cluster 7. */
function clusterDetails(
  location: Location,
  labels: readonly number[],
  warnings: string[],
): Partial<Omit<UnitInfo, 'id'>>[] {
  const attempt = <T>(file: string | undefined, read: (file: string) => T): T | undefined => {
    if (file === undefined) return undefined;
    try {
      return read(file);
    } catch (error) {
      if (!(error instanceof SpikebridgeError)) throw error;
      warnings.push(`${file} could not be read (${error.code}); it was left out.`);
      return undefined;
    }
  };
  const channels = attempt(find(location, 'clusters', 'channels', 'npy').at(0), (f) => vector(location, f));
  const sites = attempt(find(location, 'channels', 'localCoordinates', 'npy').at(0), (f) =>
    withSource(location.open(f), readNpyNumbers),
  );
  const acronyms = attempt(
    ['acronym', 'acronyms', 'brainLocationAcronyms_ccf_2017']
      .flatMap((a) => find(location, 'clusters', a, 'npy'))
      .at(0),
    (f) => withSource(location.open(f), readNpyLabels),
  );
  const metrics = attempt(find(location, 'clusters', 'metrics', 'csv').at(0), (f) =>
    withSource(location.open(f), (source) => parseTable(readText(source, 1 << 28), f)),
  );
  const idColumn = metrics?.columns.indexOf('cluster_id') ?? -1;
  const labelColumn = metrics?.columns.indexOf('ks2_label') ?? -1;
  const quality = new Map<number, string>();
  if (idColumn >= 0 && labelColumn >= 0) {
    for (const row of metrics?.rows ?? []) quality.set(Number(row.at(idColumn)), row.at(labelColumn) ?? '');
  }
  return labels.map((label) => {
    const channel = channels?.at(label < 0 ? labels.length : label);
    const site = channel === undefined || sites === undefined || sites.shape[1] !== 2 ? undefined : channel;
    const x = site === undefined ? undefined : sites?.data.at(2 * site);
    const y = site === undefined ? undefined : sites?.data.at(2 * site + 1);
    const region = label < 0 ? undefined : acronyms?.at(label);
    const own = quality.get(label);
    return {
      ...(own === undefined || own === '' ? {} : { quality: own }),
      ...(region === undefined || region === '' ? {} : { region }),
      ...(x === undefined || y === undefined ? {} : { position: [x, y] as const }),
    };
  });
}
