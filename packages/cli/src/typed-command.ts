// What was typed, or would be, to have something again: names of files without their folders, so that it can be passed on.
import { basename } from 'node:path';
import type { RunFolder } from '@spikebridge/model';
import { dataRecord } from '@spikebridge/model';
import type { EvaluateFlags } from './evaluation-flags.ts';
import type { ReadingFlags } from './options.ts';

/** As a shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

function line(
  command: string,
  options: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const words = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${name}`];
    return (typeof value === 'object' ? value : [String(value)]).flatMap((one) => [`--${name}`, one]);
  });
  return ['spikebridge', command, ...words].map(quoted).join(' ');
}

const fileOf = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : basename(path);
const reading = ({ fs, binUnit, select }: ReadingFlags) => ({
  fs,
  'bin-unit': binUnit === undefined ? undefined : `${binUnit}ms`,
  select,
});

/** The training of a run: its configuration file holds every key. */
export function trainCommand(folder: RunFolder, name: string): string {
  const { name: data, path, reading: read } = dataRecord(folder);
  const { fs, binUnitMs, select } = read;
  return line('train', {
    data: path === null ? data : basename(path),
    ...reading({
      ...(fs === undefined ? {} : { fs }),
      ...(binUnitMs === undefined ? {} : { binUnit: binUnitMs }),
      ...(select === undefined ? {} : { select }),
    }),
    config: `${name}/config.resolved.yaml`,
    out: name,
  });
}

export const evaluateCommand = (flags: EvaluateFlags): string =>
  line('evaluate', {
    run: basename(flags.run),
    data: fileOf(flags.data),
    ...reading(flags),
    calibrate: fileOf(flags.calibrate),
    with: flags.with?.map((path) => basename(path)),
    pairing: flags.pairing,
    level: flags.level,
    'calibration-seconds': flags.calibrationSeconds,
    part: flags.part === 'test' ? undefined : flags.part,
    split: flags.split?.join(','),
    floors: flags.floors,
    replicates: flags.replicates,
    statistics: flags.statistics,
    bins: flags.bins,
  });
