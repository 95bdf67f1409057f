// What a roll-out begins after: bins of a recording, its units put in the run's columns as an evaluation puts them, or silence.
import type { RunConfig } from '../config/schema.ts';
import { SpikebridgeError } from '../errors.ts';
import type { KnownPart } from '../evaluation/types.ts';
import type { Prompt } from '../generation/types.ts';
import { wordsPerBin } from '../nets/parameters.ts';
import { secondsOfBin } from '../recording/grid.ts';
import { binRecording } from '../recording/raster.ts';
import { splitBins } from '../recording/split.ts';
import type { Recording } from '../recording/types.ts';
import { checkPairing } from './judging-level.ts';
import type { Listener } from './listener.ts';
import type { OpenedRecording } from './opened-recording.ts';
import { gridOf } from './prepared.ts';
import type { Paired, PairingChoice } from './target.ts';
import { defaultShares, pairAsEvaluated } from './target.ts';
import type { Source, TrainedRun } from './trained-run.ts';

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

/** Bins in which no unit fires. */
export const silentPrompt = ({ resolved }: TrainedRun, bins = 1): ReadyPrompt => ({
  prompt: { words: new Uint32Array(bins * wordsPerBin(resolved.config.data.units)), bins },
  record: { kind: 'silent', bins },
});

export interface PromptRequest {
  readonly run: TrainedRun;
  readonly source: Source;
  readonly opened: OpenedRecording;
  /** By default: within the source, free for a unit-free net, else by index. */
  readonly pairing?: PairingChoice | undefined;
  readonly startSeconds?: number | undefined;
  /** By default a context of the net, or what is observed without a gap. */
  readonly bins?: number | undefined;
  readonly listener: Listener;
}

/**
 * Bins of a recording, from `startSeconds` on, within one observed span.
 * @throws E_PROMPT_SHORT, E_GRID_EMPTY, E_PAIR_UNITS, E_SPLIT_EMPTY, E_UNITS_NONE.
 */
export function recordedPrompt(request: PromptRequest): ReadyPrompt {
  const { run, source, opened, startSeconds, listener } = request;
  const { config } = run.resolved;
  const { recording, fingerprint } = opened;
  const own = fingerprint === source.fingerprint;
  const unitFree = run.net.kind === 'unit-free';
  const pairing = request.pairing ?? (own ? 'within' : unitFree ? 'free' : 'index');
  checkPairing(pairing, run.net);
  const paired: Paired = pairAsEvaluated({ source, config, recording, pairing, seed: config.seed });
  for (const line of paired.notes) listener.note(line);

  const grid = gridOf(recording, config.data, startSeconds === undefined ? {} : { startSeconds });
  const [{ start, stop }] = grid.observed;
  const bins = request.bins ?? Math.min(config.training.context, stop - start);
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
  const from = secondsOfBin(grid, start);
  listener.note(
    `prompt: ${bins} bins from ${from} s on, paired ${pairing}` +
      (paired.unpairedSource > 0
        ? `; ${paired.unpairedSource} units of the run have no partner and are silent in it`
        : ''),
  );
  const { unpairedSource, unpairedTarget } = paired;
  return {
    ...(pairing === 'free' ? { others: othersOf(recording, paired.slots, config) } : {}),
    prompt: { words, bins },
    record: {
      ...{ kind: 'recording', name: recording.name, fingerprint, startSeconds: from, bins, pairing },
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
