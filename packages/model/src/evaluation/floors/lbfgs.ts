// One unit's L-BFGS search at one penalty, one candidate at a time, so that a caller can evaluate the candidates of many
// units in a single pass over the data. The caller also gives the first guess of the inverse Hessian.

const MEMORY = 20;

export interface SearchOptions {
  /** Penalty on every coordinate but the last (the bias). */
  readonly ridge: number;
  /** The search ends where a step promises less than this many nats per unit of the curvature sum (about per spike). */
  readonly tolerance: number;
  /** q <- H0^-1 q, a guess of the inverse Hessian (penalty included); `curvature` is the sum of p (1 - p). */
  readonly precondition: (q: Float64Array, curvature: number) => void;
  /** A search at another penalty, or on a share of the rows, whose steps tell something about this one's curvature. */
  readonly after?: { readonly search: UnitSearch; readonly rows: number };
}

export class UnitSearch {
  /** Best point so far: weights in the caller's coordinates, then the bias. */
  point: Float64Array;
  /** Where the next pass must evaluate. */
  candidate: Float64Array;
  done = false;
  readonly #precondition: SearchOptions['precondition'];
  readonly #tolerancePerSpike: number;
  readonly #ridge: number;
  readonly #steps: Float64Array[] = [];
  readonly #changes: Float64Array[] = [];
  #loss = Infinity;
  #gradient: Float64Array = new Float64Array(0);
  #direction: Float64Array = new Float64Array(0);
  #slope = 0;
  #length = 1;
  #curvature = 0;
  #tolerance = 0;

  constructor(start: Float64Array, options: SearchOptions) {
    this.point = start;
    this.candidate = start;
    // The options are let go: `after` would keep every earlier search of a chain.
    const { ridge, tolerance, precondition, after } = options;
    this.#precondition = precondition;
    this.#tolerancePerSpike = tolerance;
    this.#ridge = ridge;
    if (after === undefined) return;
    const { search, rows } = after;
    search.#steps.forEach((step, i) => {
      // Without the penalty a change of gradient grows with the rows.
      const last = step.length - 1;
      const change = search.#changes[i].map((value, j) =>
        j === last ? value * rows : (value - search.#ridge * step[j]) * rows + this.#ridge * step[j],
      );
      this.#remember(step, change);
    });
  }

  /** What the pass found at `candidate`: loss and gradient without the penalty, and the sum of p (1 - p). */
  report(dataLoss: number, gradient: Float64Array, curvature: number): void {
    const { candidate } = this;
    const last = candidate.length - 1;
    let loss = dataLoss;
    for (let j = 0; j < last; j++) {
      loss += 0.5 * this.#ridge * candidate[j] * candidate[j];
      gradient[j] += this.#ridge * candidate[j];
    }
    if (this.#loss === Infinity) {
      this.#tolerance = Math.max(0.01, this.#tolerancePerSpike * curvature);
    } else if (!(loss <= this.#loss + 1e-4 * this.#length * this.#slope)) {
      this.#length *= this.#length === 1 ? 0.3 : 0.25;
      if (this.#length < 1e-3) this.done = true;
      else this.#propose();
      return;
    } else {
      const step = candidate.map((value, j) => value - this.point[j]);
      const change = gradient.map((value, j) => value - this.#gradient[j]);
      this.#remember(step, change);
    }
    this.point = candidate;
    this.#loss = loss;
    this.#gradient = gradient;
    this.#curvature = curvature;
    this.#turn();
  }

  #remember(step: Float64Array, change: Float64Array): void {
    if (!(dot(step, change) > 1e-10 * dot(step, step))) return;
    this.#steps.push(step);
    this.#changes.push(change);
    if (this.#steps.length <= MEMORY) return;
    this.#steps.shift();
    this.#changes.shift();
  }

  /** New direction: the two-loop recursion around the caller's guess. */
  #turn(): void {
    const q = this.#gradient.slice();
    const count = this.#steps.length;
    const alpha = new Float64Array(count);
    for (let i = count - 1; i >= 0; i--) {
      alpha[i] = dot(this.#steps[i], q) / dot(this.#steps[i], this.#changes[i]);
      add(q, this.#changes[i], -alpha[i]);
    }
    this.#precondition(q, this.#curvature);
    for (let i = 0; i < count; i++) {
      const beta = dot(this.#changes[i], q) / dot(this.#steps[i], this.#changes[i]);
      add(q, this.#steps[i], alpha[i] - beta);
    }
    this.#slope = -dot(q, this.#gradient);
    if (-this.#slope < this.#tolerance) {
      this.done = true;
      return;
    }
    this.#direction = q;
    this.#length = 1;
    this.#propose();
  }

  #propose(): void {
    this.candidate = this.point.map((value, j) => value - this.#length * this.#direction[j]);
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}

function add(to: Float64Array, from: Float64Array, factor: number): void {
  for (let j = 0; j < to.length; j++) to[j] += factor * from[j];
}
