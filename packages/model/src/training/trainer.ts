// The training loop. A run is a pure function of (configuration, data, backend build): every draw comes from counters, all
// state is in the checkpoint, and clock time goes into progress and events only.
import type { RunConfig } from '../config/schema.ts';
import { SpikebridgeError } from '../errors.ts';
import { checkpointFolder, removeUnfinished, writeCheckpoint } from './checkpoint.ts';
import type { Checkpoint, TrainingState } from './checkpoint.ts';
import { systemClock } from './clock.ts';
import type { HostClock } from './clock.ts';
import { Journal } from './journal.ts';
import { Learner, netOfConfig } from './learner.ts';
import { Pace } from './pace.ts';
import { RunLog, startState } from './run-log.ts';
import { learningRateAt } from './schedule.ts';
import type { OpenTask, TrainingTask } from './task.ts';
import type { TrainerOptions, TrainingResult } from './trainer-types.ts';
import type { ValidationScore } from './validation.ts';
import { WindowTask } from './window-task.ts';

/** What one optimiser step did. */
interface StepOutcome {
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
}

export class Trainer {
  private readonly options: TrainerOptions;
  private readonly config: RunConfig;
  private readonly task: TrainingTask;
  private readonly clock: HostClock;
  /** Step of the newest checkpoint written or resumed from, for the message of a diverged run. */
  private lastSaved: number | null = null;
  /** Steps the whole run takes. */
  readonly steps: number;

  /** @throws E_TRAINING_NO_DATA, E_NET_CONFIG. */
  constructor(options: TrainerOptions) {
    this.options = options;
    this.config = options.folder.resolved.config;
    this.task =
      options.task ?? new WindowTask(this.config, options.net ?? netOfConfig(this.config), options.data);
    this.steps = this.task.steps;
    this.clock = options.clock ?? systemClock;
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
    const { backend, folder, signal } = this.options;
    const { training, seed } = this.config;
    const { task } = this;
    const learner = new Learner({
      backend,
      specs: task.specs,
      start: task.initialise(seed),
      training,
      from,
    });
    const log = new RunLog(startState(folder.resolved.hash, from), journal, training.monitor, this.clock);
    const { state } = log;
    const pace = new Pace(this.clock);
    const open = task.open(backend, learner.parameters);
    let validation: ValidationScore | null = null;
    try {
      for (;;) {
        const outcome = await this.step(open, learner, state.step);
        log.stepped(outcome.loss);
        pace.count(task.binsPerStep);
        const last = state.step === this.steps;
        const due = (everySteps: number): boolean => last || state.step % everySteps === 0;
        if (due(training.logEverySteps)) {
          const epoch = task.epochsAt(state.step);
          await log.row({ ...outcome, epoch, binsPerSecond: pace.binsPerSecond() });
        }
        let gained = false;
        const { validate } = open;
        if (validate !== null && due(training.evaluateEverySteps)) {
          validation = await learner.predicting(() => validate(pace.turn));
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
      open.dispose();
      learner.dispose();
    }
  }

  /** Step `step` (counted from 0): data in, gradients, one update. */
  private async step(open: OpenTask, learner: Learner, step: number): Promise<StepOutcome> {
    const { training } = this.config;
    const epochsPerStep = this.task.epochsAt(1);
    const learningRate = learningRateAt(step, { training, steps: this.steps, epochsPerStep });
    learner.parameters.zeroGradients();
    open.run(step);
    // Asked for together: on a device the whole step is one submit. A diverged step is never saved.
    const [loss, gradientNorm] = await Promise.all([open.loss(), learner.step(step + 1, learningRate)]);
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
    await writeCheckpoint(folder.store, checkpoint, this.task.description);
    this.lastSaved = log.state.step;
    await folder.prune(this.config.training.keepCheckpoints, log.state.best?.step ?? null);
  }

  private report(
    { step, best }: RunLog['state'],
    validation: ValidationScore | null,
    outcome: StepOutcome,
    pace: Pace,
  ): void {
    const { steps, task } = this;
    const binsPerSecond = pace.binsPerSecond();
    this.options.onProgress?.({
      ...{ step, steps, ...outcome, validation, binsPerSecond },
      epoch: task.epochsAt(step),
      bestStep: best?.step ?? null,
      secondsLeft: ((steps - step) * task.binsPerStep) / binsPerSecond,
    });
  }
}
