// A run folder opened for use: its configuration, its best weights, and the recording it was trained on, checked.
import type { Json } from '../config/canonical.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { isUnitFree } from '../config/schema.ts';
import { SpikebridgeError } from '../errors.ts';
import type { PredictorFactory } from '../evaluation/types.ts';
import type { SpikeNet } from '../nets/types.ts';
import type { UnitFreeNet } from '../nets/unit-free.ts';
import { weightsOf } from '../training/checkpoint.ts';
import { netOfConfig } from '../training/learner.ts';
import { modelPredictorFactory } from '../training/model-predictor.ts';
import type { RunFolder } from '../training/run-folder.ts';
import { unitFreeNetOf } from '../unit-free/row-task.ts';
import { unitFreePredictorFactory } from '../unit-free/unit-free-predictor.ts';
import type { Device } from './device.ts';
import type { OpenedRecording } from './opened-recording.ts';
import { prepareSource } from './prepared.ts';
import type { Prepared } from './prepared.ts';
import { dataRecord } from './run-record.ts';

export interface TrainedRun {
  /** What messages call it: on the command line its path. */
  readonly path: string;
  readonly folder: RunFolder;
  readonly resolved: ResolvedConfig;
  readonly net: SpikeNet | UnitFreeNet;
  readonly weights: Map<string, Float32Array>;
  readonly step: number;
}

/** `path` is what messages call the run. @throws E_CHECKPOINT_MISSING */
export async function openTrainedRun(folder: RunFolder, path: string): Promise<TrainedRun> {
  const best = await folder.best();
  const { resolved } = folder;
  const { config } = resolved;
  return {
    ...{ path, folder, resolved },
    net: isUnitFree(config) ? unitFreeNetOf(config) : netOfConfig(config),
    weights: weightsOf(best),
    step: best.state.step,
  };
}

/** The `model` row of an evaluation. */
export const modelOf = (
  { net, weights, resolved }: TrainedRun,
  { backend, matMul }: Device,
): PredictorFactory =>
  net.kind === 'unit-free'
    ? unitFreePredictorFactory({ backend, net, weights, host: matMul, loss: resolved.config.loss.kind })
    : modelPredictorFactory({ backend, net, weights });

/** The net of a run whose columns are the units of its source. @throws E_NET_KIND where it is of another kind. */
export function transformerOf({ net, path }: Pick<TrainedRun, 'net' | 'path'>): SpikeNet {
  if (net.kind === 'transformer') return net;
  throw new SpikebridgeError('E_NET_KIND', 'this is for a transformer, and the run is unit-free', {
    where: path,
    fix: 'take a run of another preset',
    exitCode: 2,
  });
}

export interface Source extends Prepared {
  readonly fingerprint: string;
}

/**
 * The recording a run was trained on, prepared as for training. `where` is what messages call the place it was read from.
 * @throws E_DATA_CHANGED where it holds other trains
 */
export function sourceOf(run: TrainedRun, opened: OpenedRecording, where: string): Source {
  const record = dataRecord(run.folder);
  if (opened.fingerprint !== record.fingerprint)
    throw new SpikebridgeError(
      'E_DATA_CHANGED',
      `these are not the spike trains of ${record.name}, which the run was trained on`,
      {
        where,
        fix: 'give the recording the run was trained on with --source',
      },
    );
  return { ...prepareSource(opened.recording, run.resolved.config), fingerprint: opened.fingerprint };
}

/** A document as the run folder takes it. */
export const asJson = (document: unknown): Json => JSON.parse(JSON.stringify(document)) as Json;
