// One unit's L-BFGS search at one penalty, one candidate at a time, so that a caller can evaluate the candidates of all
// units in a single pass over the data. The first guess of the inverse Hessian is diagonal in the shared eigenbasis.

const MEMORY = 8;

export class UnitSearch {
  /** Best point so far: eigen coordinates of the standardised weights, then the bias. */
  point: Float64Array;
  /** Where the next pass must evaluate. */
  candidate: Float64Array;
  done = false;
  readonly #eigenvalues: Float64Array;
  readonly #rows: number;
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

  constructor(start: Float64Array, eigenvalues: Float64Array, rows: number, ridge: number) {
    this.point = start;
    this.candidate = start;
    this.#eigenvalues = eigenvalues;
    this.#rows = rows;
    this.#ridge = ridge;
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
      // 4e-4 of the curvature sum (about as many nats a spike) is below what any figure shows.
      this.#tolerance = Math.max(0.02, 4e-4 * curvature);
    } else if (!(loss <= this.#loss + 1e-4 * this.#length * this.#slope)) {
      this.#length *= this.#length === 1 ? 0.3 : 0.25;
      if (this.#length < 1e-3) this.done = true;
      else this.#propose();
      return;
    } else {
      const step = candidate.map((value, j) => value - this.point[j]);
      const change = gradient.map((value, j) => value - this.#gradient[j]);
      if (dot(step, change) > 1e-10 * dot(step, step)) {
        this.#steps.push(step);
        this.#changes.push(change);
        if (this.#steps.length > MEMORY) {
          this.#steps.shift();
          this.#changes.shift();
        }
      }
    }
    this.point = candidate;
    this.#loss = loss;
    this.#gradient = gradient;
    this.#curvature = curvature;
    this.#turn();
  }

  /** New direction: the two-loop recursion, started from the diagonal preconditioner. */
  #turn(): void {
    const q = this.#gradient.slice();
    const count = this.#steps.length;
    const alpha = new Float64Array(count);
    for (let i = count - 1; i >= 0; i--) {
      alpha[i] = dot(this.#steps[i], q) / dot(this.#steps[i], this.#changes[i]);
      add(q, this.#changes[i], -alpha[i]);
    }
    const last = q.length - 1;
    // mean p (1 - p) times the rows' Gram matrix, plus the penalty.
    for (let j = 0; j < last; j++) q[j] /= this.#curvature * this.#eigenvalues[j] + this.#ridge;
    q[last] /= Math.max(this.#curvature, 1e-3 / this.#rows);
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
