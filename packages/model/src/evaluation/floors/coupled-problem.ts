// Streamed passes of the coupled model: for candidate weights of many units at once, loss, gradient and curvature over all
// training bins, through two matrix products per block. Nothing of size (bins, features) is ever held.
import type { BinSpan, Raster } from '../../recording/types.ts';
import { CausalCursor, forEachRun, spikeAt, unpackBin } from '../features/cursor.ts';
import { COUPLING, TraceBank, featureCount } from '../features/trace-bank.ts';
import type { MatMulBlock, MatMulHost } from '../linear-algebra.ts';

const BLOCK = 2048;

/** Result of a pass over the training part, one entry per candidate column. */
export interface PassResult {
  /** Minus the log-likelihood, nats. */
  readonly loss: Float64Array;
  /** (features, columns) over raw features. */
  readonly gradient: Float64Array;
  /** Sum of p - y: the gradient of the bias. */
  readonly residual: Float64Array;
  /** Sum of p (1 - p). */
  readonly curvature: Float64Array;
}

export interface CoupledProblemOptions {
  readonly raster: Raster;
  readonly host: MatMulHost;
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
  readonly #x: MatMulBlock;
  readonly #weights: MatMulBlock;
  readonly #z: MatMulBlock;
  readonly #product: MatMulBlock;
  readonly #spikes: Float32Array;

  constructor(options: CoupledProblemOptions) {
    const { raster, host } = options;
    this.#options = options;
    this.features = featureCount(COUPLING) * raster.units;
    this.rows = options.trainOffsets.length / raster.units;
    this.#x = host.allocate(BLOCK * this.features);
    this.#weights = host.allocate(this.features * raster.units);
    this.#z = host.allocate(BLOCK * raster.units);
    this.#product = host.allocate(this.features * Math.max(this.features, raster.units));
    this.#spikes = new Float32Array(raster.units);
  }

  /** Sums of the features, and of their products (features, features), over the training part. */
  gram(): { readonly sums: Float64Array; readonly gram: Float64Array } {
    const c = this.features;
    const sums = new Float64Array(c);
    const gram = new Float64Array(c * c);
    this.#forEachBlock(this.#options.train, (rows) => {
      const x = this.#x.view;
      for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < c; j++, at++) sums[j] += x[at];
      this.#options.host.matMul('tn', c, c, rows, this.#x, this.#x, this.#product, false);
      const product = this.#product.view;
      for (let j = 0; j < gram.length; j++) gram[j] += product[j];
    });
    return { sums, gram };
  }

  /** `weights` (features, columns) and `bias` (columns) over raw features; column i is unit columns[i]. */
  pass(weights: Float64Array, bias: Float64Array, columns: readonly number[]): PassResult {
    const { raster, host, train, trainOffsets } = this.#options;
    const { units } = raster;
    const n = columns.length;
    const c = this.features;
    const loss = new Float64Array(n);
    const product = new Float64Array(n).fill(1);
    const gradient = new Float64Array(c * n);
    const residual = new Float64Array(n);
    const curvature = new Float64Array(n);
    this.#weights.view.set(weights);
    this.#forEachBlock(train, (rows, firstRow, firstBin) => {
      host.matMul('nn', rows, n, c, this.#x, this.#weights, this.#z, false);
      const z = this.#z.view;
      for (let i = 0, at = 0; i < rows; i++) {
        unpackBin(raster, firstBin + i, this.#spikes);
        const offsetRow = (firstRow + i) * units;
        for (let j = 0; j < n; j++, at++) {
          const unit = columns[j];
          const value = z[at] + bias[j] + trainOffsets[offsetRow + unit];
          const e = Math.exp(value > 0 ? -value : value);
          const inverse = 1 / (1 + e);
          const p = value > 0 ? inverse : e * inverse;
          const y = this.#spikes[unit];
          // sum of ln(1 + e) as the logarithm of a running product, which stays far below overflow for 512 rows.
          product[j] *= 1 + e;
          loss[j] += (value > 0 ? value : 0) - y * value;
          const r = p - y;
          residual[j] += r;
          curvature[j] += p * (1 - p);
          z[at] = r;
        }
        if ((i & 511) === 511 || i === rows - 1) {
          for (let j = 0; j < n; j++) {
            loss[j] += Math.log(product[j]);
            product[j] = 1;
          }
        }
      }
      host.matMul('tn', c, n, rows, this.#x, this.#z, this.#product, false);
      const block = this.#product.view;
      for (let j = 0; j < gradient.length; j++) gradient[j] += block[j];
    });
    return { loss, gradient, residual, curvature };
  }

  /** Minus the validation log-likelihood of each column, nats. */
  validationLoss(weights: Float64Array, bias: Float64Array, columns: readonly number[]): Float64Array {
    const { raster, host, validation, validationOffsets } = this.#options;
    const n = columns.length;
    const loss = new Float64Array(n);
    this.#weights.view.set(weights);
    this.#forEachBlock(validation, (rows, firstRow, firstBin) => {
      host.matMul('nn', rows, n, this.features, this.#x, this.#weights, this.#z, false);
      const z = this.#z.view;
      for (let i = 0, at = 0; i < rows; i++) {
        for (let j = 0; j < n; j++, at++) {
          const value = z[at] + bias[j] + validationOffsets[(firstRow + i) * raster.units + columns[j]];
          const e = Math.exp(value > 0 ? -value : value);
          loss[j] +=
            (value > 0 ? value : 0) + Math.log(1 + e) - spikeAt(raster, firstBin + i, columns[j]) * value;
        }
      }
    });
    return loss;
  }

  #forEachBlock(
    spans: readonly BinSpan[],
    visit: (rows: number, firstRow: number, firstBin: number) => void,
  ): void {
    const { raster } = this.#options;
    const bank = new TraceBank(COUPLING, raster.units, raster.binMilliseconds);
    const cursor = new CausalCursor(raster, [bank]);
    forEachRun(spans, BLOCK, (start, stop, row) => {
      const x = this.#x.view;
      for (let bin = start; bin < stop; bin++) {
        cursor.seek(bin);
        x.set(bank.features, (bin - start) * this.features);
      }
      visit(stop - start, row, start);
    });
  }
}
