// One unit's ridge logistic regression along a warm path of penalties, by quasi-Newton steps; the penalty is chosen on
// validation from a grid that grows until it brackets the optimum. Each look at the rows is one pass of the host.
import { logisticRootRows } from '@spikebridge/core-wasm';
import { SpikebridgeError } from '../../errors.ts';
import { upToFour, type DenseBlock, type DenseHost, type LogisticSums } from '../dense-host.ts';
import { factorCholesky, substituteCholesky } from '../linear-algebra.ts';
import { UnitSearch } from './lbfgs.ts';
import { walkRidge, type RidgePath } from './ridge-path.ts';

/**
 * Rows of a design: `x` (rows, width) holds the standardised features, a column of ones, the offset where there is one, and
 * zeros up to a multiple of 4; `y` (rows) zeros and ones.
 */
export interface DesignChunk {
  readonly x: DenseBlock;
  readonly y: DenseBlock;
  readonly rows: number;
}

/** A design that can be walked as often as wanted, in chunks of at most `CHUNK_ROWS` rows, always in the same order. */
export interface Design {
  /** Columns without the ones and the offset. */
  readonly features: number;
  /** Whether a column after the ones holds a logit that is added as it is. */
  readonly offset: boolean;
  /** Raw value = mean + scale * standardised value, per feature. */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  forEachChunk(part: 'train' | 'validation', visit: (chunk: DesignChunk) => void): void;
}

export const CHUNK_ROWS = 8192;

/**
 * A Hessian is taken from every so-manieth row, as long as this much of the sum of p (1 - p) (about as many spikes) is left
 * in them: it only shapes the steps, and where they end is for the gradient of all rows to decide.
 */
const HESSIAN_CURVATURE = 500;
const LARGEST_STRIDE = 8;
/** Nats per spike that a step must promise: far below what any figure shows. */
const TOLERANCE = 5e-5;
const MOST_PASSES = 40;

export const RIDGE_PATH: RidgePath = { start: 600, factor: 6, smallest: 1e-4, largest: 1e6 };

/** Weights (features) on the raw scale, and the bias that belongs to them. */
export interface RawWeights {
  readonly weights: Float64Array;
  readonly bias: number;
}

export interface LogisticFit extends RawWeights {
  /** The penalty chosen; Infinity where the unit was left at its null. */
  readonly ridge: number;
  /** Validation log-likelihood above the null's, nats. */
  readonly gain: number;
}

/** Columns of a design's rows. */
export function widthOf({ features, offset }: Pick<Design, 'features' | 'offset'>): number {
  return upToFour(features + (offset ? 2 : 1));
}

/** Blocks reused from unit to unit, so that the host's memory is asked for once. */
export class LogisticWorkspace {
  readonly root: DenseBlock;
  readonly hessian: DenseBlock;
  readonly weights: DenseBlock;

  constructor(host: DenseHost, design: Pick<Design, 'features' | 'offset'>) {
    const width = widthOf(design);
    this.root = host.allocate(CHUNK_ROWS * width);
    this.hessian = host.allocate(width * width);
    this.weights = host.allocate(width);
  }
}

/**
 * Fits one unit. `nullLogit` is the bias of the null model (and the start). The penalty acts on standardised weights, not on
 * the bias; weights are returned on the raw scale.
 */
export function fitLogistic(
  design: Design,
  nullLogit: number,
  host: DenseHost,
  workspace: LogisticWorkspace,
  path: RidgePath = RIDGE_PATH,
): LogisticFit {
  const k = design.features;
  const problem = new UnitProblem(design, host, workspace);
  const nothing = new Float64Array(k + 1);
  nothing[k] = nullLogit;
  const none = { loss: problem.validationLoss(nothing), weights: nothing };
  const best = walkRidge(
    (ridge, warm) => {
      const weights = problem.solve(ridge, warm);
      return { weights, loss: problem.validationLoss(weights) };
    },
    none,
    path,
  );
  return { ...toRaw(design, best.weights), ridge: best.ridge, gain: none.loss - best.loss };
}

/** Brings `fit`, made on a part of the rows, to the optimum of all training rows of `design` at one penalty. */
export function refineLogistic(
  design: Design,
  fit: RawWeights,
  ridge: number,
  host: DenseHost,
  workspace: LogisticWorkspace,
  onPass?: (pass: number) => void,
): RawWeights {
  const k = design.features;
  const warm = new Float64Array(k + 1);
  warm[k] = fit.bias;
  for (let j = 0; j < k; j++) {
    warm[j] = fit.weights[j] * design.scale[j];
    warm[k] += fit.weights[j] * design.mean[j];
  }
  return toRaw(design, new UnitProblem(design, host, workspace).solve(ridge, warm, onPass));
}

function toRaw(design: Design, standardised: Float64Array): RawWeights {
  const k = design.features;
  const weights = new Float64Array(k);
  let bias = standardised[k];
  for (let j = 0; j < k; j++) {
    weights[j] = standardised[j] / design.scale[j];
    bias -= weights[j] * design.mean[j];
  }
  return { weights, bias };
}

class UnitProblem {
  readonly #design: Design;
  readonly #host: DenseHost;
  readonly #space: LogisticWorkspace;
  readonly #hessian: Float64Array;
  #stride = 1;

  constructor(design: Design, host: DenseHost, space: LogisticWorkspace) {
    this.#design = design;
    this.#host = host;
    this.#space = space;
    this.#hessian = new Float64Array((design.features + 1) ** 2);
  }

  /** Minus the validation log-likelihood, nats. */
  validationLoss(weights: Float64Array): number {
    return this.#pass('validation', weights, false).loss;
  }

  /** Minimises minus the training log-likelihood + ridge / 2 |weights|^2 from `warm`. */
  solve(ridge: number, warm: Float64Array, onPass?: (pass: number) => void): Float64Array {
    const size = warm.length;
    let factor: Float64Array | null = null;
    const search = new UnitSearch(warm, {
      ridge,
      tolerance: TOLERANCE,
      precondition: (q) => {
        if (factor !== null) substituteCholesky(factor, q, size);
      },
    });
    for (let pass = 0; pass < MOST_PASSES && !search.done; pass++) {
      // The Hessian at the start serves all steps; what it misses, the search learns from their gradients.
      const { loss, gradient, curvature } = this.#pass('train', search.candidate, factor === null);
      factor ??= this.#factor(ridge);
      search.report(loss, gradient, curvature);
      onPass?.(pass + 1);
    }
    return search.point;
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

  #pass(part: 'train' | 'validation', weights: Float64Array, withHessian: boolean): LogisticSums {
    const size = weights.length;
    const width = widthOf(this.#design);
    const space = this.#space;
    const sums: LogisticSums = { loss: 0, curvature: 0, gradient: new Float64Array(size) };
    space.weights.view.set(weights);
    if (this.#design.offset) space.weights.view[size] = 1;
    const root = withHessian ? { block: space.root, stride: this.#stride } : null;
    if (withHessian) this.#hessian.fill(0);
    this.#design.forEachChunk(part, ({ x, y, rows }) => {
      this.#host.logisticRows(rows, width, x, y, space.weights, root, sums);
      if (root === null) return;
      const sampled = logisticRootRows(rows, root.stride);
      this.#host.matMul('tn', width, width, sampled, root.block, root.block, space.hessian, false);
      const block = space.hessian.view;
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) this.#hessian[i * size + j] += root.stride * block[i * width + j];
      }
    });
    if (part === 'train') {
      const stride = Math.floor(sums.curvature / HESSIAN_CURVATURE);
      this.#stride = Math.max(1, Math.min(LARGEST_STRIDE, stride));
    }
    return sums;
  }
}
