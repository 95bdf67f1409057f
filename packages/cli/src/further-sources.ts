// `--also`: more recordings that a unit-free net learns from, each prepared by the run's own rules.
import type { OpenedRecording, Prepared, ReadOptions, RunConfig, RunFolder } from '@spikebridge/model';
import { prepareFurther, SpikebridgeError } from '@spikebridge/model';
import { openData } from './data.ts';
import { parseBinUnit } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface FurtherSource extends Prepared {
  readonly opened: OpenedRecording;
  readonly path: string;
}

/** `file`, or `file,fs=30000,bin-unit=1ms,select=name` where the file is silent. @throws E_USAGE */
export function parseAlso(text: string): { readonly path: string; readonly reading: ReadOptions } {
  const parts = text.split(',');
  const reading: { fs?: number; binUnitMs?: number; select?: string } = {};
  while (parts.length > 1) {
    const match = /^(fs|bin-unit|select)=(.+)$/.exec(parts[parts.length - 1]);
    if (match === null) break;
    const [, key, value] = match;
    if (key === 'select') reading.select = value;
    else if (key === 'bin-unit') reading.binUnitMs = durationOf(value, text);
    else if (Number(value) > 0) reading.fs = Number(value);
    else throw refuse(text, `"${value}" is not a number of ticks per second`);
    parts.pop();
  }
  return { path: parts.join(','), reading };
}

function durationOf(value: string, text: string): number {
  try {
    return parseBinUnit(value);
  } catch (error) {
    throw refuse(text, error instanceof Error ? error.message : String(error));
  }
}

const refuse = (text: string, message: string): SpikebridgeError =>
  new SpikebridgeError('E_USAGE', message, {
    where: `--also ${text}`,
    fix: 'write file, or file,fs=30000 or file,bin-unit=1ms or file,select=name',
    exitCode: 2,
  });

/** Opens and prepares them, in order. @throws what `prepareFurther` throws */
export async function openFurther(
  also: readonly string[],
  existing: RunFolder | undefined,
  config: RunConfig,
  terminal: Terminal,
): Promise<readonly FurtherSource[]> {
  const paths: string[] = [];
  const open = also.map((text) => async () => {
    const { path, reading } = parseAlso(text);
    paths.push(path);
    return openData(path, reading, terminal);
  });
  const sources = await prepareFurther(open, config, existing);
  return sources.map((source, index) => ({ ...source, path: paths[index] }));
}
