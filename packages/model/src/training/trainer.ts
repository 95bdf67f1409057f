// The training loop. A run is a pure function of (configuration, data, backend build): every draw comes from counters, all
// state is in the checkpoint, and clock time goes into progress and events only.
import type { RunConfig } from '../config/schema.ts';
import type { Backend, ParameterSet } from '../engine/backend.ts';
import { SpikebridgeError } from '../errors.ts';
import { createSpikeNet } from '../nets/spike-transformer.ts';
import type { SpikeNet } from '../nets/types.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import { WeightAverage } from './averaging.ts';
import { BoundPlan, allUnits, bankFor } from './bound-plan.ts';
import { checkpointFolder, removeUnfinished, writeCheckpoint } from './checkpoint.ts';
import type { Checkpoint, TrainingState } from './checkpoint.ts';
import { systemClock } from './clock.ts';
import type { HostClock } from './clock.ts';
import { Journal } from './journal.ts';
import { Pace } from './pace.ts';
import { ownRates } from './rates.ts';
import type { RunFolder } from './run-folder.ts';
import { learningRateAt } from './schedule.ts';
import { segmentsOf } from './segments.ts';
import { Validation } from './validation.ts';
import type { ValidationScore } from './validation.ts';
import { WindowSampler } from './windows.ts';

/** Rows of an evaluation batch, at most. */
const EVALUATION_ROWS = 8192;

/** What a run learns from: one raster and its chronological parts. */
export interface TrainingData {
  readonly raster: Raster;
  readonly train: readonly BinSpan[];
  /** Empty: nothing is evaluated, and the last step is the result. */
  readonly validation: readonly BinSpan[];
  /** Units that count, bit-packed (wordsPerBin); all when left out. */
  readonly unitMask?: Uint32Array;
}

export interface TrainingProgress {
  /** Steps done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  /** Of the latest step. */
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** The latest evaluation on source validation, if there was one in this process. */
  readonly validation: ValidationScore | null;
  readonly bestStep: number | null;
  readonly binsPerSecond: number;
  readonly secondsLeft: number;
}

export type TrainingStatus = 'finished' | 'early-stop' | 'interrupted';

export interface TrainingResult {
  readonly status: TrainingStatus;
  readonly step: number;
  readonly steps: number;
  /** Model selection's choice; null when nothing was evaluated. */
  readonly best: TrainingState['best'];
  /** Folder of the newest checkpoint, relative to the run. */
  readonly checkpoint: string;
}

export interface TrainerOptions {
  readonly folder: RunFolder;
  readonly backend: Backend;
  readonly data: TrainingData;
  /** Another net than the configuration's: only tests of the leak guards want one. */
  readonly net?: SpikeNet;
  /** Aborted = write a checkpoint and stop. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  readonly clock?: HostClock;
}

/** The net of a configuration. @throws E_NET_CONFIG, E_LOSS_CONFIG. */
export function netOfConfig(config: RunConfig): SpikeNet {
  const { binMs, units } = config.data;
  return createSpikeNet(
    config.net,
    { units, context: config.training.context, binMilliseconds: binMs },
    config.loss,
  );
}

/** What changes from step to step, beside the parameters. */
interface Progress {
  state: Omit<TrainingState, 'metricsBytes' | 'eventsBytes'>;
  validation: ValidationScore | null;
}

function startState(configHash: string, from: Checkpoint | null): Progress['state'] {
  if (from === null) {
    const counts = { step: 0, evaluationsWithoutGain: 0, lossSum: 0, lossCount: 0 };
    return { ...counts, status: 'running', configHash, best: null };
  }
  const { metricsBytes: _metrics, eventsBytes: _events, ...state } = from.state;
  return state;
}

/** The reference keeps float64 between steps, a checkpoint float32: rounding at every step lets it resume exactly, too. */
function roundToFloat32(parameters: ParameterSet): void {
  for (const { name } of parameters.specs) {
    parameters.write(name, parameters.read(name));
    const { m, v } = parameters.readMoments(name);
    parameters.writeMoments(name, m, v);
  }
}

/** JSON has no NaN: a value that is not finite becomes null. */
const finiteOrNull = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

export class Trainer {
  private readonly options: TrainerOptions;
  private readonly config: RunConfig;
  private readonly net: SpikeNet;
  private readonly clock: HostClock;
  private readonly sampler: WindowSampler;
  private readonly validation: Validation;
  private readonly rates: Float64Array;
  private readonly unitMask: Uint32Array;
  /** Step of the newest checkpoint written or resumed from, for the message of a diverged run. */
  private lastSaved: number | null = null;
  /** Steps the whole run takes. */
  readonly steps: number;

  /** @throws E_TRAINING_NO_DATA, E_RASTER_UNITS, E_NET_CONFIG. */
  constructor(options: TrainerOptions) {
    const { data, folder } = options;
    const { training, seed } = folder.resolved.config;
    const { raster } = data;
    this.options = options;
    this.config = folder.resolved.config;
    this.net = options.net ?? netOfConfig(this.config);
    this.clock = options.clock ?? systemClock;
    this.unitMask = data.unitMask ?? allUnits(raster.units);
    const { context, batch } = training;
    this.sampler = new WindowSampler({ observed: raster.observed, part: data.train, context, batch, seed });
    this.steps = training.steps ?? this.sampler.stepsOf(training.epochs ?? 0);
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

  /**
   * Trains to the end, to an early stop or to the signal. With `resume`, continues from the newest whole checkpoint (from the
   * start when there is none) exactly as if it had never stopped.
   * @throws E_RUN_EXISTS without `resume` where checkpoints are; E_TRAINING_DIVERGED at a loss that is not finite.
   */
  async run({ resume = false }: { readonly resume?: boolean } = {}): Promise<TrainingResult> {
    const { folder } = this.options;
    const { store } = folder;
    const from = await folder.latest();
    if (from !== null && !resume) {
      throw new SpikebridgeError(
        'E_RUN_EXISTS',
        `the run already has a checkpoint of step ${from.state.step}`,
        {
          fix: 'continue it with --resume, or replace it with --force',
          exitCode: 2,
        },
      );
    }
    if (from !== null && (from.state.status === 'finished' || from.state.status === 'early-stop')) {
      return this.result(from.state);
    }
    await removeUnfinished(store);
    this.lastSaved = from?.state.step ?? null;
    const journal = await Journal.open(
      store,
      from?.state ?? { metricsBytes: 0, eventsBytes: 0 },
      this.clock.wallSeconds(),
    );
    return this.loop(from, journal);
  }

  private result({ status, step, best }: Pick<TrainingState, 'status' | 'step' | 'best'>): TrainingResult {
    return {
      status: status === 'running' ? 'interrupted' : status,
      step,
      steps: this.steps,
      best,
      checkpoint: checkpointFolder(step),
    };
  }

  /** Parameters and their running mean, fresh or from a checkpoint. */
  private restore(from: Checkpoint | null): { parameters: ParameterSet; average: WeightAverage | null } {
    const parameters = this.options.backend.parameters(this.net.specs);
    const initial = this.net.initialise(this.config.seed, this.rates);
    const decay = this.config.training.averaging;
    if (from === null) {
      for (const [name, values] of initial) parameters.write(name, values);
      return { parameters, average: decay > 0 ? new WeightAverage(decay, initial) : null };
    }
    const saved = new Map(from.parameters.map((parameter) => [parameter.name, parameter]));
    for (const { name } of this.net.specs) {
      const parameter = saved.get(name);
      if (parameter?.current.length !== initial.get(name)?.length || parameter === undefined) {
        throw new SpikebridgeError(
          'E_CHECKPOINT_DAMAGED',
          `the checkpoint has no ${name} of the net's shape`,
          {
            where: checkpointFolder(from.state.step),
          },
        );
      }
      parameters.write(name, parameter.current);
      parameters.writeMoments(name, parameter.m, parameter.v);
    }
    const means = new Map(from.parameters.map(({ name, weights }) => [name, weights]));
    return { parameters, average: decay > 0 ? new WeightAverage(decay, means) : null };
  }

  private async loop(from: Checkpoint | null, journal: Journal): Promise<TrainingResult> {
    const { backend, data, signal, onProgress } = this.options;
    const { training, seed } = this.config;
    const { parameters, average } = this.restore(from);
    const bank = bankFor(this.net, data.raster);
    const shared = { backend, parameters, net: this.net, raster: data.raster, bank, unitMask: this.unitMask };
    const shape = { batch: training.batch, bins: training.context };
    const trainPlan = new BoundPlan({ ...shared, mode: 'train', shape });
    const evaluationBatch = Math.max(
      1,
      Math.min(training.batch, Math.floor(EVALUATION_ROWS / training.context)),
    );
    const evaluationPlan = this.validation.possible
      ? new BoundPlan({ ...shared, mode: 'evaluate', shape: { ...shape, batch: evaluationBatch } })
      : null;
    const progress: Progress = {
      state: startState(this.options.folder.resolved.hash, from),
      validation: null,
    };
    const pace = new Pace(this.clock);
    try {
      for (;;) {
        const { state } = progress;
        const learningRate = this.learningRate(state.step);
        trainPlan.load(this.sampler.windowsAt(state.step));
        const { loss, gradientNorm } = this.step(trainPlan, parameters, state.step, learningRate, seed);
        state.step++;
        average?.update(parameters, state.step);
        state.lossSum += loss;
        state.lossCount++;
        const last = state.step === this.steps;
        if (last || state.step % training.logEverySteps === 0) {
          this.log(journal, state, learningRate, gradientNorm, pace.binsPerSecond());
          await journal.flush();
        }
        let gained = false;
        if (evaluationPlan !== null && (last || state.step % training.evaluateEverySteps === 0)) {
          const score = (): Promise<ValidationScore> => this.validation.score(evaluationPlan, pace.turn);
          progress.validation = average === null ? await score() : await average.during(parameters, score);
          gained = this.judge(state, progress.validation, journal);
        }
        pace.count(training.batch * training.context);
        await pace.turn();
        const stopEarly = training.patience > 0 && state.evaluationsWithoutGain >= training.patience;
        state.status = last
          ? 'finished'
          : stopEarly
            ? 'early-stop'
            : signal?.aborted
              ? 'interrupted'
              : 'running';
        if (gained || state.status !== 'running' || state.step % training.checkpointEverySteps === 0) {
          await this.save(journal, state, parameters, average);
        }
        onProgress?.(this.report(progress, loss, learningRate, gradientNorm, pace));
        if (state.status !== 'running') return this.result(state);
      }
    } finally {
      trainPlan.dispose();
      evaluationPlan?.dispose();
    }
  }

  private learningRate(step: number): number {
    const epochsPerStep = this.sampler.epochsAt(1);
    return learningRateAt(step, { training: this.config.training, steps: this.steps, epochsPerStep });
  }

  /** One optimiser step on what is loaded. */
  private step(
    plan: BoundPlan,
    parameters: ParameterSet,
    step: number,
    learningRate: number,
    seed: number,
  ): { loss: number; gradientNorm: number } {
    const { training } = this.config;
    parameters.zeroGradients();
    plan.run('train', { seed, step });
    const loss = plan.loss();
    if (!Number.isFinite(loss)) throw this.diverged('loss', loss, step);
    const gradientNorm = parameters.optimiserStep({
      step: step + 1,
      learningRate,
      beta1: training.betas[0],
      beta2: training.betas[1],
      epsilon: training.epsilon,
      weightDecay: training.optimiser === 'adamw' ? training.weightDecay : 0,
      clip: training.clip,
    });
    if (this.options.backend.name === 'reference') roundToFloat32(parameters);
    if (!Number.isFinite(gradientNorm)) throw this.diverged('gradient norm', gradientNorm, step);
    return { loss, gradientNorm };
  }

  private diverged(what: string, value: number, step: number): SpikebridgeError {
    const saved =
      this.lastSaved === null
        ? 'no checkpoint was written yet'
        : `the last checkpoint is ${checkpointFolder(this.lastSaved)}`;
    return new SpikebridgeError(
      'E_TRAINING_DIVERGED',
      `the ${what} is ${value} at step ${step + 1}; ${saved}`,
      {
        ...(this.lastSaved === null ? {} : { where: checkpointFolder(this.lastSaved) }),
        fix: 'lower training.learningRate, lengthen training.warmupSteps or set training.clip, and train again',
      },
    );
  }

  private log(
    journal: Journal,
    state: Progress['state'],
    learningRate: number,
    gradientNorm: number,
    binsPerSecond: number,
  ): void {
    const loss = state.lossSum / state.lossCount;
    state.lossSum = 0;
    state.lossCount = 0;
    const epoch = this.sampler.epochsAt(state.step);
    journal.note({ kind: 'train', step: state.step, epoch, loss, learningRate, gradientNorm });
    journal.scalars(this.clock.wallSeconds(), state.step, {
      'train/loss': loss,
      'train/learning rate': learningRate,
      'train/gradient norm': gradientNorm,
      'speed/bins per second': binsPerSecond,
    });
  }

  /** Notes an evaluation and keeps count of the best. @returns whether this one is the best so far. */
  private judge(state: Progress['state'], score: ValidationScore, journal: Journal): boolean {
    const { loss, crossEntropy, bitsPerSpike } = score;
    const value = this.config.training.monitor === 'loss' ? loss : crossEntropy;
    const gained = Number.isFinite(value) && (state.best === null || value < state.best.value);
    if (gained) state.best = { step: state.step, value, bitsPerSpike };
    state.evaluationsWithoutGain = gained ? 0 : state.evaluationsWithoutGain + 1;
    journal.note({
      kind: 'validation',
      step: state.step,
      loss: finiteOrNull(loss),
      crossEntropy: finiteOrNull(crossEntropy),
      bitsPerSpike: finiteOrNull(bitsPerSpike),
      best: gained,
    });
    journal.scalars(this.clock.wallSeconds(), state.step, {
      'validation/loss': loss,
      'validation/bits per spike': bitsPerSpike ?? NaN,
    });
    return gained;
  }

  private async save(
    journal: Journal,
    state: Progress['state'],
    parameters: ParameterSet,
    average: WeightAverage | null,
  ): Promise<void> {
    const { store } = this.options.folder;
    await journal.flush();
    const { metricsBytes, eventsBytes } = journal;
    await writeCheckpoint(store, {
      state: { ...state, metricsBytes, eventsBytes },
      parameters: this.net.specs.map(({ name, shape }) => {
        const current = parameters.read(name);
        return {
          name,
          shape,
          current,
          weights: average?.get(name) ?? current,
          ...parameters.readMoments(name),
        };
      }),
    });
    this.lastSaved = state.step;
    await this.options.folder.prune(this.config.training.keepCheckpoints, state.best?.step ?? null);
  }

  private report(
    { state, validation }: Progress,
    loss: number,
    learningRate: number,
    gradientNorm: number,
    pace: Pace,
  ): TrainingProgress {
    const { batch, context } = this.config.training;
    const binsPerSecond = pace.binsPerSecond();
    return {
      step: state.step,
      steps: this.steps,
      epoch: this.sampler.epochsAt(state.step),
      loss,
      learningRate,
      gradientNorm,
      validation,
      bestStep: state.best?.step ?? null,
      binsPerSecond,
      secondsLeft: ((this.steps - state.step) * batch * context) / binsPerSecond,
    };
  }
}
