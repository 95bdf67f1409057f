// How fast training goes, and when the event loop gets its turn.
import type { HostClock } from './clock.ts';

/** Milliseconds of work after which the event loop gets its turn: Ctrl-C and the page stay alive. */
const TURN_MILLISECONDS = 25;

export class Pace {
  private readonly clock: HostClock;
  private readonly begun: number;
  private lastTurn: number;
  private bins = 0;

  constructor(clock: HostClock) {
    this.clock = clock;
    this.begun = clock.milliseconds();
    this.lastTurn = this.begun;
  }

  /** Adds the bins of a step. */
  count(bins: number): void {
    this.bins += bins;
  }

  /** Since this process began training, evaluations and checkpoints included; 0 before the first step. */
  binsPerSecond(): number {
    const seconds = (this.clock.milliseconds() - this.begun) / 1000;
    return seconds > 0 ? this.bins / seconds : 0;
  }

  /** Lets the event loop run if it has waited long enough. A field, so that it can be handed on. */
  readonly turn = async (): Promise<void> => {
    if (this.clock.milliseconds() - this.lastTurn < TURN_MILLISECONDS) return;
    await this.clock.turn();
    this.lastTurn = this.clock.milliseconds();
  };
}
