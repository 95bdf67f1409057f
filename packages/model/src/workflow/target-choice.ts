// What a run is judged on: its own held-out part, or another recording in its columns.
import { SpikebridgeError } from '../errors.ts';
import type { KnowledgeLevel } from '../evaluation/types.ts';
import type { Shares } from '../recording/split.ts';
import type { Recording } from '../recording/types.ts';
import type { Listener } from './listener.ts';
import type { OpenedRecording } from './opened-recording.ts';
import type { PairingChoice, PreparedTarget } from './target.ts';
import { heldOut, otherRecording } from './target.ts';
import type { Source, TrainedRun } from './trained-run.ts';

export interface TargetChoice {
  readonly run: TrainedRun;
  readonly source: Source;
  /** The recording that is named; without one it is the source's own held-out part. */
  readonly opened: OpenedRecording | undefined;
  /** Opens another recording of the target's units, which gives their rates. */
  readonly openCalibration: (() => Promise<Recording>) | undefined;
  readonly pairing: PairingChoice | undefined;
  readonly level: KnowledgeLevel;
  readonly calibrationSeconds: number | undefined;
  readonly part: 'test' | 'all';
  readonly split: Shares | undefined;
  readonly listener: Listener;
}

/** @throws E_USAGE and what `heldOut` and `otherRecording` throw */
export async function prepareTarget(request: TargetChoice): Promise<PreparedTarget> {
  const { run, source, opened, openCalibration, pairing, listener } = request;
  const within = pairing === undefined || pairing === 'within';
  if (opened === undefined || (opened.fingerprint === source.fingerprint && within)) return ownPart(request);
  const { config } = run.resolved;
  const prepared = otherRecording({
    ...{ source, config, recording: opened.recording, calibration: await openCalibration?.() },
    ...{ level: request.level, calibrationSeconds: request.calibrationSeconds },
    ...{ part: request.part, split: request.split, seed: config.seed },
    pairing: pairing ?? 'index',
  });
  for (const line of prepared.notes) listener.note(line);
  return prepared;
}

/** The source's held-out part. What only another recording can have is refused rather than passed over. @throws E_USAGE */
function ownPart(request: TargetChoice): PreparedTarget {
  const { source, pairing, openCalibration, split } = request;
  const idle = [
    pairing !== undefined && pairing !== 'within' ? '--pairing' : '',
    openCalibration === undefined ? '' : '--calibrate',
    split === undefined ? '' : '--split',
  ].filter((name) => name !== '');
  if (idle.length > 0)
    throw new SpikebridgeError(
      'E_USAGE',
      `${idle.join(', ')} would change nothing: the run is judged on its own held-out part`,
      {
        fix: 'leave it out, or name another recording with --data',
        exitCode: 2,
      },
    );
  return heldOut(source, request.part, request.level, request.calibrationSeconds);
}
