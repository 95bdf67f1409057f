// `--prompt` of `generate`: a recording that is read, or silence.
import type { PairingChoice, ReadyPrompt, Source, TrainedRun } from '@spikebridge/model';
import { recordedPrompt, silentPrompt, SpikebridgeError } from '@spikebridge/model';
import { openData } from './data.ts';
import type { ReadingFlags } from './options.ts';
import { readOptions } from './options.ts';
import { readingFor } from './reading.ts';
import type { Terminal } from './terminal.ts';

export interface PromptFlags extends ReadingFlags {
  readonly prompt: string;
  readonly start?: number;
  readonly promptBins?: number;
  readonly pairing?: PairingChoice;
}

export const isSilent = ({ prompt }: PromptFlags): boolean => prompt === 'silent';

/** Bins in which no unit fires: one, unless told. @throws E_USAGE for options that silence has no use for. */
export function silenceFor(flags: PromptFlags, run: TrainedRun): ReadyPrompt {
  const { start, pairing, fs, binUnit, select, promptBins: bins } = flags;
  const options = { start, pairing, fs, 'bin-unit': binUnit, select };
  const idle = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  if (idle.length > 0)
    throw new SpikebridgeError('E_USAGE', `${idle.join(', ')} would change nothing: the prompt is silent`, {
      where: '--prompt silent',
      fix: 'leave it out, or name a recording with --prompt',
      exitCode: 2,
    });
  return silentPrompt(run, bins);
}

/** What `--prompt` names. @throws what `recordedPrompt` and reading throw */
export async function promptFor(
  flags: PromptFlags,
  run: TrainedRun,
  source: Source,
  terminal: Terminal,
): Promise<ReadyPrompt> {
  const reading = readingFor(run.path, run.folder, flags.prompt, readOptions(flags));
  return recordedPrompt({
    ...{ run, source, pairing: flags.pairing, startSeconds: flags.start, bins: flags.promptBins },
    opened: await openData(flags.prompt, reading, terminal),
    listener: terminal,
  });
}
