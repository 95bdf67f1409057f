// Writing a Phy folder: spikes in order of time with their cluster, the clock as params.py, and what each cluster is.
import type { Recording } from '../recording/types.ts';
import { ticksPerSecond } from './clock.ts';
import { encodeNpy } from './npyWrite.ts';
import { inOrderOfTime } from './trains.ts';
import { unitNumbers } from './unitNumbers.ts';

/**
 * The files of a Phy folder by name, spike_times.npy first: without it a folder is none. Clusters are the units' ids where these
 * are whole numbers, else their row; `unit` in cluster_info.tsv is the id either way. `provenance` becomes provenance.json.
 */
export function phyFiles(recording: Recording, provenance: string): Map<string, Uint8Array> {
  const { times, offsets, units, observed } = recording;
  const { order, unitOf } = inOrderOfTime(recording);
  const clusters = unitNumbers(units);
  const fs = ticksPerSecond(recording.clock);
  const seconds = observed.reduce((sum, { start, stop }) => sum + stop - start, 0) / fs;
  const rows = units.map(({ id }, u) => {
    const spikes = offsets[u + 1] - offsets[u];
    const rate = seconds > 0 ? spikes / seconds : 0;
    return [clusters[u], id.replace(/\s/g, ' '), spikes, rate.toFixed(6)].join('\t');
  });
  const params = [
    "dat_path = ''",
    'n_channels_dat = 0',
    "dtype = 'int16'",
    'offset = 0',
    `sample_rate = ${fs}`,
    'hp_filtered = True',
  ];
  const text = (lines: readonly string[]) => new TextEncoder().encode(`${lines.join('\n')}\n`);
  return new Map([
    ['spike_times.npy', encodeNpy(BigInt64Array.from(order, (i) => BigInt(times[i])))],
    ['spike_clusters.npy', encodeNpy(Int32Array.from(order, (i) => clusters[unitOf[i]]))],
    ['params.py', text(params)],
    ['cluster_info.tsv', text(['cluster_id\tunit\tn_spikes\tfr', ...rows])],
    ['provenance.json', text([provenance])],
  ]);
}
