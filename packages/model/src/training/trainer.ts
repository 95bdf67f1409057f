// The training loop. A run is a pure function of (configuration, data, backend build): every draw comes from counters, all
// state is in the checkpoint, and clock time goes into progress and events only.
import type { RunConfig } from '../config/schema.ts';
import { SpikebridgeError } from '../errors.ts';
import { describeNet } from '../interop/net-description.ts';
import type { SpikeNet } from '../nets/types.ts';
import { BoundPlan, allUnits, bankFor } from './bound-plan.ts';
import { checkpointFolder, removeUnfinished, writeCheckpoint } from './checkpoint.ts';
import type { Checkpoint, TrainingState } from './checkpoint.ts';
import { systemClock } from './clock.ts';
import type { HostClock } from './clock.ts';
import { Journal } from './journal.ts';
import { Learner, netOfConfig } from './learner.ts';
import { Pace } from './pace.ts';
import { ownRates } from './rates.ts';
import { RunLog, startState } from './run-log.ts';
import { learningRateAt } from './schedule.ts';
import { segmentsOf } from './segments.ts';
import type { TrainerOptions, TrainingResult } from './trainer-types.ts';
import { Validation } from './validation.ts';
import type { ValidationScore } from './validation.ts';
import { WindowSampler } from './windows.ts';

/** Rows of an evaluation batch, at most. */
const EVALUATION_ROWS = 8192;

/** What one optimiser step did. */
interface StepOutcome {
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
}

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

  /** @throws E_TRAINING_NO_DATA, E_NET_CONFIG. */
  constructor(options: TrainerOptions) {
    const { data, folder } = options;
    const { training, seed } = folder.resolved.config;
    const { context, batch } = training;
    const { raster } = data;
    this.options = options;
    this.config = folder.resolved.config;
    this.net = options.net ?? netOfConfig(this.config);
    this.clock = options.clock ?? systemClock;
    this.unitMask = data.unitMask ?? allUnits(raster.units);
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
   * @throws E_RUN_EXISTS without `resume` where checkpoints are; E_TRAINING_DIVERGED at a loss that is not finite;
   * E_RASTER_UNITS when the raster does not fit the net.
   */
  async run({ resume = false }: { readonly resume?: boolean } = {}): Promise<TrainingResult> {
    const { store } = this.options.folder;
    const from = await this.options.folder.latest();
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
    const lengths = from?.state ?? { metricsBytes: 0, eventsBytes: 0 };
    const journal = await Journal.open(store, lengths, this.clock.wallSeconds());
    return this.loop(from, journal);
  }

  private result({ status, step, best }: Pick<TrainingState, 'status' | 'step' | 'best'>): TrainingResult {
    const ended = status === 'running' ? 'interrupted' : status;
    return { status: ended, step, steps: this.steps, best, checkpoint: checkpointFolder(step) };
  }

  private async loop(from: Checkpoint | null, journal: Journal): Promise<TrainingResult> {
    const { backend, data, folder, signal } = this.options;
    const { training, seed } = this.config;
    const { net, rates, unitMask } = this;
    const learner = new Learner({ backend, net, training, seed, rates, from });
    const log = new RunLog(startState(folder.resolved.hash, from), journal, training.monitor, this.clock);
    const { state } = log;
    const pace = new Pace(this.clock);
    const { parameters } = learner;
    const shared = {
      backend,
      parameters,
      net,
      raster: data.raster,
      bank: bankFor(net, data.raster),
      unitMask,
    };
    const shape = { batch: training.batch, bins: training.context };
    const trainPlan = new BoundPlan({ ...shared, mode: 'train', shape });
    const batch = Math.max(1, Math.min(training.batch, Math.floor(EVALUATION_ROWS / training.context)));
    const evaluationPlan = this.validation.possible
      ? new BoundPlan({ ...shared, mode: 'evaluate', shape: { ...shape, batch } })
      : null;
    let validation: ValidationScore | null = null;
    try {
      for (;;) {
        const outcome = await this.step(trainPlan, learner, state.step);
        log.stepped(outcome.loss);
        pace.count(training.batch * training.context);
        const last = state.step === this.steps;
        const due = (everySteps: number): boolean => last || state.step % everySteps === 0;
        if (due(training.logEverySteps)) {
          const epoch = this.sampler.epochsAt(state.step);
          await log.row({ ...outcome, epoch, binsPerSecond: pace.binsPerSecond() });
        }
        let gained = false;
        if (evaluationPlan !== null && due(training.evaluateEverySteps)) {
          validation = await learner.predicting(() => this.validation.score(evaluationPlan, pace.turn));
          gained = log.judged(validation);
        }
        await pace.turn();
        const stopEarly = training.patience > 0 && state.evaluationsWithoutGain >= training.patience;
        if (last) state.status = 'finished';
        else if (stopEarly) state.status = 'early-stop';
        else if (signal?.aborted) state.status = 'interrupted';
        if (gained || state.status !== 'running' || due(training.checkpointEverySteps)) {
          await this.save(log, learner);
        }
        this.report(state, validation, outcome, pace);
        if (state.status !== 'running') return this.result(state);
      }
    } finally {
      trainPlan.dispose();
      evaluationPlan?.dispose();
      learner.dispose();
    }
  }

  /** Step `step` (counted from 0): windows in, gradients, one update. */
  private async step(plan: BoundPlan, learner: Learner, step: number): Promise<StepOutcome> {
    const { training, seed } = this.config;
    const epochsPerStep = this.sampler.epochsAt(1);
    const learningRate = learningRateAt(step, { training, steps: this.steps, epochsPerStep });
    plan.load(this.sampler.windowsAt(step));
    learner.parameters.zeroGradients();
    plan.run('train', { seed, step });
    // Asked for together: on a device the whole step is one submit. A diverged step is never saved.
    const [loss, gradientNorm] = await Promise.all([plan.loss(), learner.step(step + 1, learningRate)]);
    if (!Number.isFinite(loss)) throw this.diverged('loss', loss, step);
    if (!Number.isFinite(gradientNorm)) throw this.diverged('gradient norm', gradientNorm, step);
    return { loss, learningRate, gradientNorm };
  }

  private diverged(what: string, value: number, step: number): SpikebridgeError {
    const saved = this.lastSaved === null ? undefined : checkpointFolder(this.lastSaved);
    const known = saved === undefined ? 'no checkpoint was written yet' : `the last checkpoint is ${saved}`;
    return new SpikebridgeError(
      'E_TRAINING_DIVERGED',
      `the ${what} is ${value} at step ${step + 1}; ${known}`,
      {
        ...(saved === undefined ? {} : { where: saved }),
        fix: 'lower training.learningRate, lengthen training.warmupSteps or set training.clip, and train again',
      },
    );
  }

  private async save(log: RunLog, learner: Learner): Promise<void> {
    const { folder } = this.options;
    const checkpoint = { state: await log.settled(), parameters: await learner.snapshot() };
    await writeCheckpoint(folder.store, checkpoint, describeNet(this.net.config, this.config.loss));
    this.lastSaved = log.state.step;
    await folder.prune(this.config.training.keepCheckpoints, log.state.best?.step ?? null);
  }

  private report(
    { step, best }: RunLog['state'],
    validation: ValidationScore | null,
    outcome: StepOutcome,
    pace: Pace,
  ): void {
    const { batch, context } = this.config.training;
    const { steps } = this;
    const binsPerSecond = pace.binsPerSecond();
    this.options.onProgress?.({
      ...{ step, steps, ...outcome, validation, binsPerSecond },
      epoch: this.sampler.epochsAt(step),
      bestStep: best?.step ?? null,
      secondsLeft: ((steps - step) * batch * context) / binsPerSecond,
    });
  }
}
