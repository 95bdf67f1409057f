// How long a matrix still takes: cells of different kinds cost minutes or seconds, so each kind has its own pace.
import type { MatrixJob } from '@spikebridge/model';

export class TimeLeft {
  readonly #jobs: readonly MatrixJob[];
  readonly #processes: number;
  readonly #took = new Map<MatrixJob['kind'], { seconds: number; cells: number }>();

  constructor(jobs: readonly MatrixJob[], processes: number) {
    this.#jobs = jobs;
    this.#processes = processes;
  }

  /** A job of a kind took so many seconds for so many cells. */
  took(kind: MatrixJob['kind'], seconds: number, cells: number): void {
    if (cells <= 0) return;
    const sum = this.#took.get(kind) ?? { seconds: 0, cells: 0 };
    this.#took.set(kind, { seconds: sum.seconds + seconds, cells: sum.cells + cells });
  }

  /** Seconds until all is done; undefined as long as a kind that is left has no pace yet. */
  seconds(isDone: (job: MatrixJob) => boolean): number | undefined {
    let left = 0;
    for (const job of this.#jobs) {
      if (isDone(job)) continue;
      const pace = this.#took.get(job.kind);
      if (pace === undefined) return undefined;
      left += (job.cells.length * pace.seconds) / pace.cells;
    }
    return left / this.#processes;
  }
}
