// What was typed, or would be, to have something again: names of files without their folders, so that it can be passed on.
import type { ReadOptions } from '../formats/types.ts';
import type { RunFolder } from '../training/run-folder.ts';
import { dataRecord } from './run-record.ts';

/** As a shell takes it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A command with its options; what is undefined or false is left out. */
export function commandLine(
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

/** As options, how a recording was read. */
export const readingOptions = ({ fs, binUnitMs, select }: ReadOptions) => ({
  fs,
  'bin-unit': binUnitMs === undefined ? undefined : `${String(binUnitMs)}ms`,
  select,
});

/** The training of a run: its configuration file holds every key. */
export function trainCommand(folder: RunFolder, name: string): string {
  const { name: data, path, reading } = dataRecord(folder);
  return commandLine('train', {
    data: path?.split('/').at(-1) ?? data,
    ...readingOptions(reading),
    config: `${name}/config.resolved.yaml`,
    out: name,
  });
}
