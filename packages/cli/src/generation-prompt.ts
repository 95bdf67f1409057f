// What a roll-out begins after: bins of a recording, its units put in the run's columns as `evaluate` puts them, or silence.
import type {
  KnownPart,
  Paired,
  PairingChoice,
  Prompt,
  Recording,
  RunConfig,
  Source,
  TrainedRun,
} from '@spikebridge/model';
import {
  binRecording,
  checkPairing,
  defaultShares,
  gridOf,
  pairAsEvaluated,
  secondsOfBin,
  SpikebridgeError,
  splitBins,
  wordsPerBin,
} from '@spikebridge/model';
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

/** What the document and the output's provenance say of a prompt. */
export type PromptRecord =
  | { readonly kind: 'silent'; readonly bins: number }
  | {
      readonly kind: 'recording';
      readonly name: string;
      readonly fingerprint: string;
      readonly startSeconds: number;
      readonly bins: number;
      readonly pairing: PairingChoice;
      readonly unpairedSource: number;
      readonly unpairedTarget: number;
    };

export interface ReadyPrompt {
  readonly prompt: Prompt;
  readonly record: PromptRecord;
  /** Whose units fire, where they are not those of the run. */
  readonly others?: OtherUnits;
}

/** The units of a recording that a unit-free net is taken to, and what its training part tells of them. */
export interface OtherUnits {
  readonly recording: Recording;
  /** (units) index in the recording of the unit in each column, -1 for none. */
  readonly slots: Int32Array;
  readonly known: KnownPart;
}

export const isSilent = ({ prompt }: PromptFlags): boolean => prompt === 'silent';

/** Bins in which no unit fires: one, unless told. @throws E_USAGE for options that silence has no use for. */
export function silentPrompt(flags: PromptFlags, { resolved }: TrainedRun): ReadyPrompt {
  const { start, pairing, fs, binUnit, select, promptBins: bins = 1 } = flags;
  const options = { start, pairing, fs, 'bin-unit': binUnit, select };
  const idle = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  if (idle.length > 0)
    throw new SpikebridgeError('E_USAGE', `${idle.join(', ')} would change nothing: the prompt is silent`, {
      where: '--prompt silent',
      fix: 'leave it out, or name a recording with --prompt',
      exitCode: 2,
    });
  return {
    prompt: { words: new Uint32Array(bins * wordsPerBin(resolved.config.data.units)), bins },
    record: { kind: 'silent', bins },
  };
}

/**
 * Bins of a recording, from `--start` on, within one observed span.
 * @throws E_PROMPT_SHORT, E_GRID_EMPTY, E_PAIR_UNITS, E_SPLIT_EMPTY, E_UNITS_NONE and what reading throws.
 */
export async function recordedPrompt(
  flags: PromptFlags,
  run: TrainedRun,
  source: Source,
  terminal: Terminal,
): Promise<ReadyPrompt> {
  const { config } = run.resolved;
  const reading = readingFor(run.path, run.folder, flags.prompt, readOptions(flags));
  const { recording, fingerprint } = await openData(flags.prompt, reading, terminal);
  const own = fingerprint === source.fingerprint;
  const unitFree = run.net.kind === 'unit-free';
  const pairing = flags.pairing ?? (own ? 'within' : unitFree ? 'free' : 'index');
  checkPairing(pairing, run.net);
  const paired: Paired = pairAsEvaluated({ source, config, recording, pairing, seed: config.seed });
  for (const line of paired.notes) terminal.note(line);

  const grid = gridOf(recording, config.data, flags.start === undefined ? {} : { startSeconds: flags.start });
  const [{ start, stop }] = grid.observed;
  const bins = flags.promptBins ?? Math.min(config.training.context, stop - start);
  if (bins > stop - start)
    throw new SpikebridgeError(
      'E_PROMPT_SHORT',
      `a prompt of ${bins} bins is asked for, and ${stop - start} are observed without a gap from ${secondsOfBin(grid, start)} s on`,
      {
        where: recording.name,
        fix: 'ask for fewer with --prompt-bins, or begin elsewhere with --start',
        exitCode: 2,
      },
    );
  const { raster } = binRecording(recording, grid, paired.slots);
  const words = raster.words.slice(start * raster.wordsPerBin, (start + bins) * raster.wordsPerBin);
  const startSeconds = secondsOfBin(grid, start);
  terminal.note(
    `prompt: ${bins} bins from ${startSeconds} s on, paired ${pairing}` +
      (paired.unpairedSource > 0
        ? `; ${paired.unpairedSource} units of the run have no partner and are silent in it`
        : ''),
  );
  const { unpairedSource, unpairedTarget } = paired;
  return {
    ...(pairing === 'free' ? { others: othersOf(recording, paired.slots, config) } : {}),
    prompt: { words, bins },
    record: {
      ...{ kind: 'recording', name: recording.name, fingerprint, startSeconds, bins, pairing },
      ...{ unpairedSource, unpairedTarget },
    },
  };
}

/** What the training part of a recording tells of the units in its columns. */
function othersOf(recording: Recording, slots: Int32Array, config: RunConfig): OtherUnits {
  const grid = gridOf(recording, config.data, {});
  const { train } = splitBins(grid, defaultShares(config), { context: config.training.context });
  return {
    recording,
    slots,
    known: { raster: binRecording(recording, grid, slots).raster, spans: train.spans },
  };
}
