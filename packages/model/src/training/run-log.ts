// Keeps the running numbers of a training run (mean loss, best evaluation, patience) and writes them to its journal.
import type { RunConfig } from '../config/schema.ts';
import type { Checkpoint, TrainingState } from './checkpoint.ts';
import type { HostClock } from './clock.ts';
import type { Journal } from './journal.ts';
import type { ValidationScore } from './validation.ts';

/** The state that a step changes; the journal knows its own lengths. */
export type RunningState = Omit<TrainingState, 'metricsBytes' | 'eventsBytes'>;

/** JSON has no NaN: a value that is not finite becomes null. */
const finiteOrNull = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

/** State before the first step, or that of a checkpoint. */
export function startState(configHash: string, from: Checkpoint | null): RunningState {
  if (from === null) {
    const counts = { step: 0, evaluationsWithoutGain: 0, lossSum: 0, lossCount: 0 };
    return { ...counts, status: 'running', configHash, best: null };
  }
  const { metricsBytes: _metrics, eventsBytes: _events, ...state } = from.state;
  return { ...state, status: 'running' };
}

export class RunLog {
  readonly state: RunningState;
  private readonly journal: Journal;
  private readonly monitor: RunConfig['training']['monitor'];
  private readonly clock: HostClock;

  constructor(
    state: RunningState,
    journal: Journal,
    monitor: RunConfig['training']['monitor'],
    clock: HostClock,
  ) {
    this.state = state;
    this.journal = journal;
    this.monitor = monitor;
    this.clock = clock;
  }

  /** Counts a step. */
  stepped(loss: number): void {
    this.state.step++;
    this.state.lossSum += loss;
    this.state.lossCount++;
  }

  /** Writes a row with the mean loss since the last one. */
  async row(now: {
    readonly epoch: number;
    readonly learningRate: number;
    readonly gradientNorm: number;
    readonly binsPerSecond: number;
  }): Promise<void> {
    const { state, journal } = this;
    const { epoch, learningRate, gradientNorm } = now;
    const loss = state.lossSum / state.lossCount;
    state.lossSum = 0;
    state.lossCount = 0;
    journal.note({ kind: 'train', step: state.step, epoch, loss, learningRate, gradientNorm });
    journal.scalars(this.clock.wallSeconds(), state.step, {
      'train/loss': loss,
      'train/learning rate': learningRate,
      'train/gradient norm': gradientNorm,
      'speed/bins per second': now.binsPerSecond,
    });
    await journal.flush();
  }

  /** Notes an evaluation on source validation. @returns whether it is the best so far. */
  judged(score: ValidationScore): boolean {
    const { state, journal } = this;
    const { loss, crossEntropy, bitsPerSpike } = score;
    const value = this.monitor === 'loss' ? loss : crossEntropy;
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

  /** Everything a checkpoint says of the run at this point; the journal is on the disk up to here. */
  async settled(): Promise<TrainingState> {
    await this.journal.flush();
    const { metricsBytes, eventsBytes } = this.journal;
    return { ...this.state, metricsBytes, eventsBytes };
  }
}
