// The path of the elastic net as its L1 penalty falls, up to a number of non-zero coefficients (LARS-EN: Efron et al., Annals of
// Statistics 2004; Zou and Hastie, J. R. Stat. Soc. B 2005). It needs products of columns alone, so the rows may be any number.

/** A variable's pivot below this share of its own square is rounding: it is a sum of those that are in. */
const DEPENDENT = 1e-13;

/**
 * The b that minimises b' (gram + ridge I) b / 2 - target' b + penalty |b|_1 at the smallest penalty that leaves at most `count`
 * coefficients non-zero: where the next variable would enter, or 0 where none is left. `gram` is (size, size) and symmetric, `target`
 * (size). Variables that are sums of others never enter. Coefficients are the naive ones (not scaled by 1 + ridge).
 */
export function elasticNetAt(
  gram: Float64Array,
  target: Float64Array,
  size: number,
  count: number,
  ridge: number,
): Float64Array {
  const solution = new Float64Array(size);
  // Correlation of each variable with what is not yet explained; that of those that are in equals the penalty.
  const correlation = target.slice();
  const slope = new Float64Array(size);
  const out = new Uint8Array(size); // 1: in, 2: never
  const active: number[] = [];
  const signs: number[] = [];
  const factor = new GrowingCholesky(gram, size, ridge);
  let entering = largest(correlation);
  let penalty = Math.abs(correlation[entering]);
  let dropped = -1;

  for (let step = 0; step < 50 * size && penalty > 0; step++) {
    if (entering >= 0) {
      if (!factor.add(active, entering)) out[entering] = 2;
      else {
        out[entering] = 1;
        active.push(entering);
        signs.push(correlation[entering] < 0 ? -1 : 1);
      }
    }
    if (active.length === 0) break;
    const direction = factor.solve(Float64Array.from(signs));
    slopesOf(gram, size, active, direction, slope);

    // How far until a variable enters, a coefficient reaches zero, or the penalty does.
    let length = penalty;
    entering = -1;
    for (let j = 0; j < size; j++) {
      if (out[j] !== 0) continue;
      for (const sign of [1, -1]) {
        if (j === dropped && sign === (correlation[j] < 0 ? -1 : 1)) continue;
        const closing = 1 - sign * slope[j];
        if (closing <= 0) continue;
        const here = Math.max(0, (penalty - sign * correlation[j]) / closing);
        if (here < length) {
          length = here;
          entering = j;
        }
      }
    }
    let leaving = -1;
    active.forEach((j, k) => {
      const here = -solution[j] / direction[k];
      if (here > 0 && here < length) {
        length = here;
        leaving = k;
      }
    });

    active.forEach((j, k) => {
      solution[j] += length * direction[k];
    });
    for (let j = 0; j < size; j++) correlation[j] -= length * slope[j];
    active.forEach((j, k) => {
      correlation[j] -= length * ridge * direction[k];
    });
    penalty -= length;
    dropped = -1;
    if (leaving >= 0) {
      dropped = active[leaving];
      solution[dropped] = 0;
      out[dropped] = 0;
      active.splice(leaving, 1);
      signs.splice(leaving, 1);
      factor.remove(leaving);
      entering = -1;
    }
    if (active.length >= count || (entering < 0 && leaving < 0)) break;
  }
  return solution;
}

/** gram[:, active] direction, into `slope`. */
function slopesOf(
  gram: Float64Array,
  size: number,
  active: readonly number[],
  direction: Float64Array,
  slope: Float64Array,
): void {
  slope.fill(0);
  active.forEach((j, k) => {
    const weight = direction[k];
    const at = j * size;
    for (let i = 0; i < size; i++) slope[i] += weight * gram[at + i];
  });
}

function largest(values: Float64Array): number {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(values[at])) at = i;
  return at;
}

/** Lower Cholesky factor of gram + ridge I over the variables that are in; rows come and go. */
class GrowingCholesky {
  private readonly rows: Float64Array[] = [];
  private readonly gram: Float64Array;
  private readonly size: number;
  private readonly ridge: number;

  constructor(gram: Float64Array, size: number, ridge: number) {
    this.gram = gram;
    this.size = size;
    this.ridge = ridge;
  }

  /** Adds a variable behind `active`. @returns false, and adds nothing, where it is a sum of those */
  add(active: readonly number[], j: number): boolean {
    const n = active.length;
    const row = new Float64Array(n + 1);
    const square = this.gram[j * this.size + j] + this.ridge;
    let rest = square;
    for (let i = 0; i < n; i++) {
      let sum = this.gram[j * this.size + active[i]];
      const before = this.rows[i];
      for (let k = 0; k < i; k++) sum -= before[k] * row[k];
      row[i] = sum / before[i];
      rest -= row[i] * row[i];
    }
    if (!(rest > DEPENDENT * square)) return false;
    row[n] = Math.sqrt(rest);
    this.rows.push(row);
    return true;
  }

  /** Takes the variable at this place out: later rows lose a column, and rotations make them triangular again. */
  remove(place: number): void {
    this.rows.splice(place, 1);
    for (let i = place; i < this.rows.length; i++) {
      // Row i now reaches one beyond its diagonal; a rotation of columns i and i + 1 clears that.
      const [a, b] = [this.rows[i][i], this.rows[i][i + 1]];
      const length = Math.sqrt(a * a + b * b);
      const [cosine, sine] = [a / length, b / length];
      for (let r = i; r < this.rows.length; r++) {
        const row = this.rows[r];
        const [x, y] = [row[i], row[i + 1]];
        row[i] = cosine * x + sine * y;
        row[i + 1] = cosine * y - sine * x;
      }
      this.rows[i] = this.rows[i].slice(0, i + 1);
    }
  }

  /** Solves for b in place, and returns it. */
  solve(b: Float64Array): Float64Array {
    const n = this.rows.length;
    for (let i = 0; i < n; i++) {
      const row = this.rows[i];
      let sum = b[i];
      for (let k = 0; k < i; k++) sum -= row[k] * b[k];
      b[i] = sum / row[i];
    }
    for (let i = n - 1; i >= 0; i--) {
      const row = this.rows[i];
      b[i] /= row[i];
      for (let k = 0; k < i; k++) b[k] -= row[k] * b[i];
    }
    return b;
  }
}
