// Options that several commands share, and how their text becomes values.
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { ReadOptions } from '@spikebridge/model';

/** What `--fs`, `--bin-unit` and `--select` say of files that are silent. */
export interface ReadingFlags {
  readonly fs?: number;
  readonly binUnit?: number;
  readonly select?: string;
}

export interface GlobalFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

export function parsePositive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(`"${text}" is not a number above 0.`);
  return value;
}

export function parseSeconds(text: string): number {
  const value = Number(text.trim().replace(/\s*s$/, ''));
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError(`"${text}" is not a time in seconds (0 or more).`);
  return value;
}

export function parseCount(text: string): number {
  if (!/^\d+$/.test(text.trim())) throw new InvalidArgumentError(`"${text}" is not a whole number.`);
  return Number(text);
}

/** A whole number of bins, 1 or more. */
export function parseBins(text: string): number {
  const count = parseCount(text);
  if (count < 1) throw new InvalidArgumentError(`"${text}" is no number of bins; 1 or more are expected.`);
  return count;
}

/** A number of threads: none cannot compute. */
export function parseThreads(text: string): number {
  const count = parseCount(text);
  if (count < 1) throw new InvalidArgumentError(`"${text}" threads cannot compute; 1 or more are expected.`);
  return count;
}

/** A port to listen at; 0: any that is free. */
export function parsePort(text: string): number {
  const port = parseCount(text);
  if (port > 65_535) throw new InvalidArgumentError(`"${text}" is no port; 0 to 65535 are.`);
  return port;
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

/** `1ms`, `0.5 ms`, `100us`, `1s` -> milliseconds. A bare number is refused: its unit would be a guess. */
export function parseBinUnit(text: string): number {
  const match = /^([0-9.]+(?:e-?\d+)?)\s*(us|ms|s)$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]) * MILLISECONDS[match[2]];
  if (!(value > 0))
    throw new InvalidArgumentError(`"${text}" is not a duration such as 1ms, 0.5ms, 100us or 1s.`);
  return value;
}

/** `60,20,20` -> three percentages; their sum is checked with the rest of the configuration. */
export function parsePercentages(text: string): [number, number, number] {
  const parts = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (parts.length !== 3 || parts.some((part) => !Number.isFinite(part) || part < 0))
    throw new InvalidArgumentError(`"${text}" is not three percentages such as 60,20,20.`);
  return [parts[0], parts[1], parts[2]];
}

export const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

export function addReadingOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--fs <hertz>',
        'ticks per second of the stored times, where the file does not say',
      ).argParser(parsePositive),
    )
    .addOption(
      new Option(
        '--bin-unit <duration>',
        'length of one stored bin (1ms, 0.5ms), where times are bin indices and the file does not say',
      ).argParser(parseBinUnit),
    )
    .addOption(
      new Option('--select <name>', 'variable, group, well or recording to take, where a file has several'),
    );
}

export function addOutputOptions(command: Command): Command {
  return command
    .option('--json', 'print exactly one JSON document on stdout')
    .option('-q, --quiet', 'no progress and no notes')
    .option('-v, --verbose', 'with an error, print its stack');
}

export const readOptions = (flags: ReadingFlags): ReadOptions => ({
  ...(flags.fs === undefined ? {} : { fs: flags.fs }),
  ...(flags.binUnit === undefined ? {} : { binUnitMs: flags.binUnit }),
  ...(flags.select === undefined ? {} : { select: flags.select }),
});
