// Streamed passes of the coupled model: for candidate weights of many units at once, loss, gradient and curvature over all
// training bins, through two matrix products per block. Nothing of size (bins, features) is ever held.
import type { BinSpan, Raster } from '../../recording/types.ts';
import { forEachRun } from '../features/cursor.ts';
import { COUPLING, featureCount } from '../features/trace-bank.ts';
import { TraceRows } from './trace-rows.ts';
import { upToFour, type DenseBlock, type DenseHost, type LogisticColumnSums } from '../dense-host.ts';

const BLOCK = 2048;

/** Result of a pass over the training part, one entry per candidate column; the residual is the gradient of the bias. */
export interface PassResult extends LogisticColumnSums {
  /** (features, columns) over raw features. */
  readonly gradient: Float64Array;
}

/** Sums over the training part, (features) and (features, features). Weights have a mean of about 1. */
export interface FeatureMoments {
  readonly rows: number;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly weightedSums: Float64Array;
  readonly weightedGram: Float64Array;
}

export interface CoupledProblemOptions {
  readonly raster: Raster;
  readonly host: DenseHost;
  readonly train: readonly BinSpan[];
  readonly validation: readonly BinSpan[];
  /** Logits the coupling is added to, (rows, units). */
  readonly trainOffsets: Float32Array;
  readonly validationOffsets: Float32Array;
}

export class CoupledProblem {
  readonly features: number;
  readonly rows: number;
  readonly #options: CoupledProblemOptions;
  readonly #rows: TraceRows;
  readonly #weights: DenseBlock;
  readonly #z: DenseBlock;
  readonly #y: DenseBlock;
  readonly #product: DenseBlock;

  constructor(options: CoupledProblemOptions) {
    const { raster, host } = options;
    this.#options = options;
    this.features = featureCount(COUPLING) * raster.units;
    this.rows = options.trainOffsets.length / raster.units;
    this.#rows = new TraceRows(raster, host, BLOCK);
    const width = upToFour(raster.units);
    this.#weights = host.allocate(this.features * width);
    this.#z = host.allocate(BLOCK * width);
    this.#y = host.allocate(BLOCK * width);
    this.#product = host.allocate(this.features * Math.max(this.features, width));
  }

  /** Moments of the features over the training part. */
  moments(): FeatureMoments {
    const c = this.features;
    const sums = new Float64Array(c);
    const squares = new Float64Array(c);
    const weightedSums = new Float64Array(c);
    const weightedGram = new Float64Array(c * c);
    const weights = this.#rowWeights();
    this.#forEachBlock(this.#options.train, (rows, firstRow) => {
      const x = this.#rows.x.view;
      for (let i = 0, at = 0; i < rows; i++) {
        const root = Math.sqrt(weights[firstRow + i]);
        for (let j = 0; j < c; j++, at++) {
          const value = x[at];
          sums[j] += value;
          squares[j] += value * value;
          weightedSums[j] += root * root * value;
          x[at] = root * value;
        }
      }
      this.#options.host.matMul('tn', c, c, rows, this.#rows.x, this.#rows.x, this.#product, false);
      const product = this.#product.view;
      for (let j = 0; j < weightedGram.length; j++) weightedGram[j] += product[j];
    });
    return { rows: this.rows, sums, squares, weightedSums, weightedGram };
  }

  /** (rows) mean over units of p (1 - p) at the offsets, each unit brought to a mean of 1: what a Hessian weighs rows by. */
  #rowWeights(): Float32Array {
    const { raster, trainOffsets } = this.#options;
    const { units } = raster;
    const slope = (z: number): number => {
      const e = Math.exp(-Math.abs(z));
      return e / ((1 + e) * (1 + e));
    };
    const totals = new Float64Array(units);
    for (let at = 0; at < trainOffsets.length;) {
      for (let u = 0; u < units; u++, at++) totals[u] += slope(trainOffsets[at]);
    }
    const scale = totals.map((total) => this.rows / (units * total));
    const weights = new Float32Array(this.rows);
    for (let row = 0, at = 0; row < this.rows; row++) {
      let sum = 0;
      for (let u = 0; u < units; u++, at++) sum += scale[u] * slope(trainOffsets[at]);
      weights[row] = sum;
    }
    return weights;
  }

  /**
   * `weights` (features, columns) and `bias` (columns) over raw features; column i is unit columns[i]. With `every` > 1 only
   * each so-manieth block is looked at: `rowsOf(every)` rows.
   */
  pass(weights: Float64Array, bias: Float64Array, columns: readonly number[], every = 1): PassResult {
    const { host, train } = this.#options;
    const n = columns.length;
    const width = upToFour(n);
    const c = this.features;
    const sums = columnSums(n);
    const gradient = new Float64Array(c * n);
    this.#setWeights(weights, n);
    this.#forEachBlock(
      train,
      (rows, firstRow) => {
        this.#residuals('trainOffsets', rows, firstRow, bias, columns, sums);
        host.matMul('tn', c, width, rows, this.#rows.x, this.#z, this.#product, false);
        const block = this.#product.view;
        for (let j = 0, at = 0; j < c; j++) {
          for (let i = 0; i < n; i++, at++) gradient[at] += block[j * width + i];
        }
      },
      every,
    );
    return { ...sums, gradient };
  }

  /** Rows in every `every`-th block of the training part. */
  rowsOf(every: number): number {
    let rows = 0;
    let block = 0;
    forEachRun(this.#options.train, BLOCK, (start, stop) => {
      if (block++ % every === 0) rows += stop - start;
    });
    return rows;
  }

  /** Minus the validation log-likelihood of each column, nats. */
  validationLoss(weights: Float64Array, bias: Float64Array, columns: readonly number[]): Float64Array {
    const sums = columnSums(columns.length);
    this.#setWeights(weights, columns.length);
    this.#forEachBlock(this.#options.validation, (rows, firstRow) =>
      this.#residuals('validationOffsets', rows, firstRow, bias, columns, sums),
    );
    return sums.loss;
  }

  /** Weights (features, n) with rows padded by zeros to a multiple of 4. */
  #setWeights(weights: Float64Array, n: number): void {
    const width = upToFour(n);
    const view = this.#weights.view;
    for (let j = 0, at = 0; j < this.features; j++) {
      for (let i = 0; i < width; i++) view[j * width + i] = i < n ? weights[at++] : 0;
    }
  }

  /** Leaves p - y of a block in `#z`, and adds it up. */
  #residuals(
    part: 'trainOffsets' | 'validationOffsets',
    rows: number,
    firstRow: number,
    bias: Float64Array,
    columns: readonly number[],
    sums: LogisticColumnSums,
  ): void {
    const { raster, host } = this.#options;
    const offsets = this.#options[part];
    const { units } = raster;
    const n = columns.length;
    const width = upToFour(n);
    const z = this.#z.view;
    const y = this.#y.view;
    const spikes = this.#rows.spikes.view;
    // A padded column stands at a logit of -30: its loss and residual are nothing.
    if (width > n) z.fill(-30, 0, rows * width);
    for (let i = 0; i < rows; i++) {
      const from = (firstRow + i) * units;
      const to = i * width;
      for (let j = 0; j < n; j++) {
        const unit = columns[j];
        z[to + j] = offsets[from + unit] + bias[j];
        y[to + j] = spikes[i * units + unit];
      }
      y.fill(0, to + n, to + width);
    }
    host.matMul('nn', rows, width, this.features, this.#rows.x, this.#weights, this.#z, true);
    host.logisticGrid(rows, width, this.#z, this.#y, sums);
  }

  #forEachBlock(spans: readonly BinSpan[], visit: (rows: number, firstRow: number) => void, every = 1): void {
    let block = 0;
    forEachRun(spans, BLOCK, (start, stop, row) => {
      if (block++ % every !== 0) return;
      this.#rows.load(start, stop);
      visit(stop - start, row);
    });
  }
}

function columnSums(n: number): LogisticColumnSums {
  return { loss: new Float64Array(n), residual: new Float64Array(n), curvature: new Float64Array(n) };
}
