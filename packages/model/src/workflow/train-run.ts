// Training as every host runs it: what a run learns from is checked, the device chosen on the run's own step, and the loop survives
// the loss of a GPU.
import { isUnitFree } from '../config/schema.ts';
import type { RunConfig } from '../config/schema.ts';
import { SpikebridgeError } from '../errors.ts';
import { describeSegments } from '../recording/split.ts';
import { checkpointFolder } from '../training/checkpoint.ts';
import type { RunFolder } from '../training/run-folder.ts';
import { Trainer } from '../training/trainer.ts';
import type { TrainingProgress, TrainingResult } from '../training/trainer-types.ts';
import { openDevice } from './device.ts';
import type { Device, DeviceHost } from './device.ts';
import { trainingProbe } from './device-probe.ts';
import type { Listener } from './listener.ts';
import { survivingLoss } from './lost-device.ts';
import type { OpenedRecording } from './opened-recording.ts';
import { prepareSource } from './prepared.ts';
import type { Prepared } from './prepared.ts';
import { dataRecord, furtherRecords, recordedDevice } from './run-record.ts';
import { drawTask } from './unit-free-task.ts';

/** Parts and units, as lines on the way. */
export function describeSource({ split, selection, recording, merged }: Prepared, listener: Listener): void {
  const used = selection.slots.filter((slot) => slot >= 0).length;
  const reasons = Object.entries(selection.left).filter(([, count]) => count > 0);
  const left = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  listener.note(`units: ${used} of ${recording.units.length}${left === '' ? '' : ` (left out: ${left})`}`);
  for (const line of describeSegments(split.segments)) listener.note(`  ${line}`);
  if (merged > 0) listener.note(`  ${merged} spikes share a bin with another of their unit`);
}

/** `where` is what messages call the place it was read from. @throws E_DATA_CHANGED where the run was begun on other trains */
export function refuseOtherData(folder: RunFolder, opened: OpenedRecording, where: string): void {
  const record = dataRecord(folder);
  if (record.fingerprint !== opened.fingerprint)
    throw new SpikebridgeError(
      'E_DATA_CHANGED',
      `these are not the spike trains of ${record.name}, which the run began on`,
      {
        where,
        fix: 'give the recording the run was begun with, read the same way (--fs, --bin-unit, --select)',
      },
    );
}

export interface PreparedFurther extends Prepared {
  readonly opened: OpenedRecording;
}

/**
 * More recordings that a unit-free net learns from, opened one after another and prepared by the run's own rules.
 * @throws E_USAGE for another net than a unit-free one; E_DATA_CHANGED where a run is resumed with others than it was begun with
 */
export async function prepareFurther(
  open: readonly (() => Promise<OpenedRecording>)[],
  config: RunConfig,
  existing: RunFolder | undefined,
): Promise<readonly PreparedFurther[]> {
  if (open.length > 0 && !isUnitFree(config))
    throw new SpikebridgeError('E_USAGE', 'a transformer learns from one recording', {
      where: '--also',
      fix: 'leave it out, or train with --net unit-free',
      exitCode: 2,
    });
  const sources: PreparedFurther[] = [];
  for (const one of open) {
    const opened = await one();
    sources.push({ opened, ...prepareSource(opened.recording, config) });
  }
  const known = existing === undefined ? undefined : furtherRecords(existing);
  if (known !== undefined) {
    const begun = known.map(({ fingerprint }) => fingerprint).join();
    if (begun !== sources.map(({ opened }) => opened.fingerprint).join())
      throw new SpikebridgeError(
        'E_DATA_CHANGED',
        known.length === 0
          ? 'the run was begun without other recordings'
          : `the run was begun with ${known.map(({ name }) => name).join(', ')} beside --data`,
        { where: '--also', fix: 'name the very same recordings in the same order', exitCode: 2 },
      );
  }
  return sources;
}

export interface TrainingDeviceRequest {
  readonly prepared: Prepared;
  readonly config: RunConfig;
  /** The run that is resumed: what it was begun with is kept. */
  readonly existing?: RunFolder;
  readonly threads?: number | undefined;
}

/** The device that a configuration asks for; `auto` is settled by a race on the run's own step. @throws E_DEVICE */
export const openTrainingDevice = (
  host: DeviceHost,
  { prepared, config, existing, threads }: TrainingDeviceRequest,
): Promise<Device> =>
  openDevice(host, {
    ...{ device: config.device, deterministic: config.deterministic, threads },
    begun: existing === undefined ? undefined : recordedDevice(existing),
    // Rows have to be drawn before a step of them can be timed.
    ...(isUnitFree(config) ? {} : { probe: () => trainingProbe(prepared, config) }),
  });

export interface TrainingRequest {
  readonly folder: RunFolder;
  readonly prepared: Prepared;
  /** What a unit-free net learns from besides. */
  readonly further: readonly Prepared[];
  readonly device: Device;
  /** Told of the device that takes the place of a lost one: the last one is the caller's to close. */
  readonly replaced: (device: Device) => void;
  /** Goes on from the newest checkpoint of the folder. */
  readonly resume: boolean;
  /** Stops after the step at hand, with a checkpoint. */
  readonly signal: AbortSignal;
  readonly listener: Listener;
  /** Each step, with its loss and what validation found. */
  readonly onStep?: (now: TrainingProgress) => void;
}

/** Trains into a run folder until it is done or the signal comes. @throws E_GPU_LOST after three losses */
export function runTraining(request: TrainingRequest): Promise<TrainingResult> {
  const { folder, prepared, further, signal, listener, resume, onStep } = request;
  const { config } = folder.resolved;
  const { raster, split, selection } = prepared;
  const windows = {
    data: {
      raster,
      train: split.train.spans,
      validation: split.validation.spans,
      unitMask: selection.mask,
    },
  };
  const work = async (device: Device, again: boolean): Promise<TrainingResult> => {
    const rows = isUnitFree(config)
      ? await drawTask({ config, sources: [prepared, ...further], device, signal, listener })
      : undefined;
    if (rows === null) return stoppedWhileDrawing(folder);
    const trainer = new Trainer({
      ...{ folder, signal, backend: device.backend },
      ...(rows === undefined ? windows : { task: rows }),
      onProgress: (now) => {
        progress.update(now.step, progressDetail(now));
        onStep?.(now);
      },
    });
    const progress = listener.progress('training', trainer.steps, 'steps');
    try {
      return await trainer.run({ resume: again || resume });
    } finally {
      progress.stop();
    }
  };
  return survivingLoss({ ...request, work });
}

/** The signal came before a step: what was there before stands. */
async function stoppedWhileDrawing(folder: RunFolder): Promise<TrainingResult> {
  const from = await folder.latest();
  const step = from?.state.step ?? 0;
  return {
    ...{ status: 'interrupted', step, steps: folder.resolved.config.training.steps ?? 0 },
    best: from?.state.best ?? null,
    checkpoint: from === null ? '' : checkpointFolder(step),
  };
}

function progressDetail({ loss, validation }: TrainingProgress): string {
  const bits = validation?.bitsPerSpike;
  const judged = bits === null || bits === undefined ? '' : `, validation ${bits.toFixed(3)} bits/spike`;
  return `loss ${loss.toPrecision(4)}${judged}`;
}
