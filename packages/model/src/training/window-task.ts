// Training on windows of one raster: what a net whose columns are that raster's units learns from.
import type { RunConfig } from '../config/schema.ts';
import type { Backend, ParameterSet } from '../engine/backend.ts';
import { describeNet } from '../interop/net-description.ts';
import type { CheckpointDescription } from '../interop/net-description.ts';
import type { SpikeNet } from '../nets/types.ts';
import { BoundPlan, allUnits, bankFor } from './bound-plan.ts';
import { ownRates } from './rates.ts';
import { segmentsOf } from './segments.ts';
import type { OpenTask, TrainingTask } from './task.ts';
import type { TrainingData } from './trainer-types.ts';
import { Validation } from './validation.ts';
import { WindowSampler } from './windows.ts';

/** Rows of an evaluation batch, at most. */
const EVALUATION_ROWS = 8192;

export class WindowTask implements TrainingTask {
  readonly steps: number;
  readonly binsPerStep: number;
  readonly description: CheckpointDescription;
  private readonly config: RunConfig;
  private readonly net: SpikeNet;
  private readonly data: TrainingData;
  private readonly sampler: WindowSampler;
  private readonly validation: Validation;
  private readonly rates: Float64Array;
  private readonly unitMask: Uint32Array;

  /** @throws E_TRAINING_NO_DATA. */
  constructor(config: RunConfig, net: SpikeNet, data: TrainingData) {
    const { training, seed } = config;
    const { context, batch } = training;
    const { raster } = data;
    this.config = config;
    this.net = net;
    this.data = data;
    this.description = describeNet(net.config, config.loss);
    this.unitMask = data.unitMask ?? allUnits(raster.units);
    this.sampler = new WindowSampler({ observed: raster.observed, part: data.train, context, batch, seed });
    this.steps = training.steps ?? this.sampler.stepsOf(training.epochs ?? 0);
    this.binsPerStep = batch * context;
    this.rates = ownRates(raster, segmentsOf(data.train, raster.observed, 0));
    this.validation = new Validation({
      raster,
      part: data.validation,
      unitMask: this.unitMask,
      rates: this.rates,
      context,
      windows: training.evaluateWindows,
    });
  }

  get specs(): SpikeNet['specs'] {
    return this.net.specs;
  }

  epochsAt(step: number): number {
    return this.sampler.epochsAt(step);
  }

  initialise(seed: number): Map<string, Float32Array> {
    return this.net.initialise(seed, this.rates);
  }

  open(backend: Backend, parameters: ParameterSet): OpenTask {
    const { batch, context } = this.config.training;
    const { net, unitMask, sampler, validation } = this;
    const { raster } = this.data;
    const shared = { backend, parameters, net, raster, bank: bankFor(net, raster), unitMask };
    const train = new BoundPlan({ ...shared, mode: 'train', shape: { batch, bins: context } });
    const fewer = Math.max(1, Math.min(batch, Math.floor(EVALUATION_ROWS / context)));
    const evaluation = validation.possible
      ? new BoundPlan({ ...shared, mode: 'evaluate', shape: { batch: fewer, bins: context } })
      : null;
    return {
      run: (step) => {
        train.load(sampler.windowsAt(step));
        train.run('train', { seed: this.config.seed, step });
      },
      loss: () => train.loss(),
      validate: evaluation === null ? null : (pause) => validation.score(evaluation, pause),
      dispose: () => {
        train.dispose();
        evaluation?.dispose();
      },
    };
  }
}
