// One unit's ridge logistic regression along a warm path of penalties, by Newton steps; the penalty is chosen on
// validation from a grid that grows until it brackets the optimum. Logits, gradients and Hessians are matrix products.
import { SpikebridgeError } from '../../errors.ts';
import { factorCholesky, substituteCholesky, type MatMulBlock, type MatMulHost } from '../linear-algebra.ts';

/** Rows of a design: `x` (rows, features + 1) standardised with a last column of ones; `y` (rows). */
export interface DesignChunk {
  readonly x: MatMulBlock;
  readonly y: Uint8Array;
  readonly rows: number;
}

/** A design that can be walked as often as wanted, in chunks of at most `CHUNK_ROWS` rows, always in the same order. */
export interface Design {
  /** Columns without the ones. */
  readonly features: number;
  /** Raw value = mean + scale * standardised value, per feature. */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  forEachChunk(part: 'train' | 'validation', visit: (chunk: DesignChunk) => void): void;
}

export const CHUNK_ROWS = 32768;

export interface RidgePath {
  /** First penalty tried (on standardised features, against the summed log-likelihood). */
  readonly start: number;
  /** Factor between neighbours of the grid. */
  readonly factor: number;
  /** Penalties are kept within [smallest, largest]. */
  readonly smallest: number;
  readonly largest: number;
}

export const RIDGE_PATH: RidgePath = { start: 600, factor: 6, smallest: 0.05, largest: 1e6 };

export interface LogisticFit {
  /** (features) on the raw scale. */
  readonly weights: Float64Array;
  readonly bias: number;
  /** The penalty chosen; Infinity where the unit was left at its null. */
  readonly ridge: number;
  /** Validation log-likelihood above the null's, nats. */
  readonly gain: number;
}

/** Blocks reused from unit to unit, so that the host's memory is asked for once. */
export class LogisticWorkspace {
  readonly weighted: MatMulBlock;
  readonly hessian: MatMulBlock;
  readonly weights: MatMulBlock;
  readonly z: MatMulBlock;
  readonly gradient: MatMulBlock;

  constructor(host: MatMulHost, features: number) {
    const size = features + 1;
    this.weighted = host.allocate(CHUNK_ROWS * size);
    this.hessian = host.allocate(size * size);
    this.weights = host.allocate(size);
    this.z = host.allocate(CHUNK_ROWS);
    this.gradient = host.allocate(size);
  }
}

/**
 * Fits one unit. `nullLogit` is the bias of the null model (and the start). The penalty acts on standardised weights, not on
 * the bias; weights are returned on the raw scale.
 */
export function fitLogistic(
  design: Design,
  nullLogit: number,
  host: MatMulHost,
  workspace: LogisticWorkspace,
  path: RidgePath = RIDGE_PATH,
): LogisticFit {
  const k = design.features;
  const problem = new UnitProblem(design, host, workspace);
  const nothing = new Float64Array(k + 1);
  nothing[k] = nullLogit;
  const nullLoss = problem.validationLoss(nothing);
  let best: { weights: Float64Array; ridge: number; loss: number } = {
    weights: nothing,
    ridge: Infinity,
    loss: nullLoss,
  };
  /** Walks the grid while validation improves, warm from `warm`; returns the loss and weights of its first penalty. */
  const walk = (
    from: number,
    factor: number,
    warm: Float64Array,
    previous: number,
  ): readonly [number, Float64Array] => {
    let first: readonly [number, Float64Array] | null = null;
    let weights = warm;
    let before = previous;
    for (let ridge = from; ridge >= path.smallest && ridge <= path.largest; ridge *= factor) {
      weights = problem.solve(ridge, weights);
      const loss = problem.validationLoss(weights);
      first ??= [loss, weights];
      if (loss < best.loss) best = { weights, ridge, loss };
      if (loss >= before) break;
      before = loss;
    }
    return first ?? [previous, warm];
  };
  const [loss, weights] = walk(path.start, 1 / path.factor, nothing, Infinity);
  // Weaker penalties did not help, so the optimum may lie on the other side.
  if (best.ridge >= path.start) walk(path.start * path.factor, path.factor, weights, loss);
  const raw = new Float64Array(k);
  let bias = best.weights[k];
  for (let j = 0; j < k; j++) {
    raw[j] = best.weights[j] / design.scale[j];
    bias -= raw[j] * design.mean[j];
  }
  return { weights: raw, bias, ridge: best.ridge, gain: nullLoss - best.loss };
}

interface State {
  readonly loss: number;
  readonly gradient: Float64Array;
  /** Sum of p (1 - p). */
  readonly curvature: number;
}

class UnitProblem {
  readonly #design: Design;
  readonly #host: MatMulHost;
  readonly #space: LogisticWorkspace;
  readonly #hessian: Float64Array;

  constructor(design: Design, host: MatMulHost, space: LogisticWorkspace) {
    this.#design = design;
    this.#host = host;
    this.#space = space;
    this.#hessian = new Float64Array((design.features + 1) ** 2);
  }

  /** Minus the validation log-likelihood, nats. */
  validationLoss(weights: Float64Array): number {
    const { weights: wBlock, z: zBlock } = this.#space;
    let loss = 0;
    wBlock.view.set(weights);
    this.#design.forEachChunk('validation', ({ x, y, rows }) => {
      this.#host.matMul('nn', rows, 1, weights.length, x, wBlock, zBlock, false);
      const z = zBlock.view;
      let product = 1;
      for (let i = 0; i < rows; i++) {
        const value = z[i];
        loss += (value > 0 ? value : 0) - (y[i] === 1 ? value : 0);
        product *= 1 + Math.exp(value > 0 ? -value : value);
        if ((i & 511) === 511) {
          loss += Math.log(product);
          product = 1;
        }
      }
      loss += Math.log(product);
    });
    return loss;
  }

  /**
   * Minimises minus the training log-likelihood + ridge / 2 |weights|^2 from `warm`. A Hessian is kept as long as steps
   * with it fall as far as its quadratic model promises; a step that raises the loss is halved.
   */
  solve(ridge: number, warm: Float64Array): Float64Array {
    const size = warm.length;
    let weights = warm;
    let state = this.#evaluate(weights, ridge, true);
    let factor = this.#factor(ridge);
    for (let iteration = 0; iteration < 40; iteration++) {
      const step = state.gradient.slice();
      substituteCholesky(factor, step, size);
      let decrement = 0;
      for (let j = 0; j < size; j++) decrement += step[j] * state.gradient[j];
      // 2e-5 nats a spike is far below what any figure shows.
      if (decrement < Math.max(0.01, 2e-5 * state.curvature)) break;
      let length = 1;
      let next: Float64Array = weights;
      let nextState = state;
      for (let halving = 0; halving < 10; halving++, length /= 2) {
        next = weights.map((w, j) => w - length * step[j]);
        nextState = this.#evaluate(next, ridge, false);
        if (nextState.loss <= state.loss) break;
      }
      const fell = state.loss - nextState.loss;
      if (!(fell >= 0)) break;
      weights = next;
      state = nextState;
      if (length < 1 || Math.abs(fell / decrement - 0.5) > 0.2) {
        state = this.#evaluate(weights, ridge, true);
        factor = this.#factor(ridge);
      }
    }
    return weights;
  }

  #factor(ridge: number): Float64Array {
    const size = this.#design.features + 1;
    for (let boost = ridge; boost < 1e30; boost = Math.max(boost, 1e-6) * 10) {
      const factor = this.#hessian.slice();
      for (let j = 0; j < size - 1; j++) factor[j * size + j] += boost;
      factor[size * size - 1] += 1e-9;
      if (factorCholesky(factor, size)) return factor;
    }
    throw new SpikebridgeError('E_FLOORS_FIT', 'the features of a unit hold values that are not numbers', {
      fix: 'look for NaN or infinite values in the recording',
    });
  }

  #evaluate(weights: Float64Array, ridge: number, withHessian: boolean): State {
    const size = weights.length;
    const space = this.#space;
    const host = this.#host;
    const gradient = new Float64Array(size);
    let loss = 0;
    let curvature = 0;
    space.weights.view.set(weights);
    if (withHessian) this.#hessian.fill(0);
    this.#design.forEachChunk('train', ({ x, y, rows }) => {
      host.matMul('nn', rows, 1, size, x, space.weights, space.z, false);
      const z = space.z.view;
      const xv = x.view;
      const weighted = space.weighted.view;
      let product = 1;
      for (let i = 0, at = 0; i < rows; i++) {
        const value = z[i];
        const spike = y[i];
        const e = Math.exp(value > 0 ? -value : value);
        const p = value > 0 ? 1 / (1 + e) : e / (1 + e);
        loss += (value > 0 ? value : 0) - (spike === 1 ? value : 0);
        product *= 1 + e;
        if ((i & 511) === 511) {
          loss += Math.log(product);
          product = 1;
        }
        z[i] = p - spike;
        const w = p * (1 - p);
        curvature += w;
        if (withHessian) for (let j = 0; j < size; j++, at++) weighted[at] = w * xv[at];
      }
      loss += Math.log(product);
      host.matMul('tn', size, 1, rows, x, space.z, space.gradient, false);
      const part = space.gradient.view;
      for (let j = 0; j < size; j++) gradient[j] += part[j];
      if (!withHessian) return;
      host.matMul('tn', size, size, rows, space.weighted, x, space.hessian, false);
      const block = space.hessian.view;
      for (let j = 0; j < size * size; j++) this.#hessian[j] += block[j];
    });
    for (let j = 0; j < size - 1; j++) {
      gradient[j] += ridge * weights[j];
      loss += 0.5 * ridge * weights[j] * weights[j];
    }
    return { loss, gradient, curvature };
  }
}
