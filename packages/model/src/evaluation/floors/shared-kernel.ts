// `shared-kernel`: one kernel for all units over log(count / expected) traces, added to the logit of each unit's own rate.
// It knows no unit by name, so it needs no pairing and can be taken to any recording whose rates are known.
import { SpikebridgeError } from '../../errors.ts';
import type { BinSpan, Raster } from '../../recording/types.ts';
import { CausalCursor, forEachRun, spanBins, unpackBin } from '../features/cursor.ts';
import { LogRatioBank, SHARED_FEATURES } from '../features/log-ratio-bank.ts';
import { factorCholesky, substituteCholesky, type MatMulBlock, type MatMulHost } from '../linear-algebra.ts';
import type { EvaluationSplit, Predictor, PredictorKey } from '../types.ts';
import type { SharedKernelFit } from './fitted.ts';
import { walkRidge } from './ridge-path.ts';
import { leaveOutStart, WARM_UP_MILLISECONDS } from './unit-design.ts';
import { logit, sigmoid } from './unit-glm.ts';

const BLOCK = 256;

export interface SharedKernelOptions {
  readonly raster: Raster;
  readonly split: EvaluationSplit;
  readonly rates: Float64Array;
  readonly host: MatMulHost;
  readonly onProgress?: (message: string) => void;
}

interface Moments {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
}

/** Fits the kernel by Newton steps, first on every eighth stretch of the training part and then on all of it. */
export function fitSharedKernel(options: SharedKernelOptions): SharedKernelFit {
  const { raster, split } = options;
  const warmUp = Math.round(WARM_UP_MILLISECONDS / raster.binMilliseconds);
  const train = leaveOutStart(split.train, raster.observed, warmUp);
  if (spanBins(train) === 0) {
    throw new SpikebridgeError(
      'E_FLOORS_FIT',
      `the training part holds ${spanBins(split.train)} bins, none after the first ${WARM_UP_MILLISECONDS / 1000} s that fits leave out`,
      { fix: 'give the training part a larger share, or leave shared-kernel out with --floors', exitCode: 2 },
    );
  }
  const problem = new SharedProblem(options);
  const sample = everyEighth(train);
  // Ridge is all that validation decides here, and it hardly matters: a share of it will do.
  const check = everyEighth(split.validation);
  const moments = problem.moments(sample);
  const size = SHARED_FEATURES + 1;
  const share = spanBins(sample) / Math.max(1, spanBins(train));
  const nothing = new Float64Array(size);
  const none = { loss: problem.evaluate(check, nothing, moments, false).loss, weights: nothing };
  // The kernel has a few dozen weights and millions of rows, so the path is flat and short.
  const best = walkRidge((ridge, warm) => {
    const fitted = problem.newton(sample, warm, moments, ridge * share, 12);
    options.onProgress?.(`shared-kernel: ridge ${ridge}`);
    return { loss: problem.evaluate(check, fitted, moments, false).loss, weights: fitted };
  }, none);
  let kernel = best.weights;
  if (best.ridge < Infinity) {
    kernel = problem.newton(train, kernel, moments, best.ridge, 2);
  }
  const weights = new Float32Array(SHARED_FEATURES);
  let bias = kernel[SHARED_FEATURES];
  for (let j = 0; j < SHARED_FEATURES; j++) {
    weights[j] = kernel[j] / moments.scale[j];
    bias -= weights[j] * moments.mean[j];
  }
  return { weights, bias, ridge: best.ridge };
}

/** Every eighth stretch of about 4 s, or everything where that is short. */
function everyEighth(spans: readonly BinSpan[]): readonly BinSpan[] {
  if (spanBins(spans) < 100_000) return spans;
  const sample: BinSpan[] = [];
  let stretch = 0;
  forEachRun(spans, 4000, (start, stop) => {
    if (stretch++ % 8 === 0) sample.push({ start, stop });
  });
  return sample;
}

interface Evaluation {
  readonly loss: number;
  /** Sum of p (1 - p). */
  readonly curvature: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

class SharedProblem {
  readonly #options: SharedKernelOptions;
  readonly #offset: Float64Array;
  readonly #x: MatMulBlock;
  readonly #weighted: MatMulBlock;
  readonly #product: MatMulBlock;
  readonly #spikes: Float32Array;

  constructor(options: SharedKernelOptions) {
    this.#options = options;
    const { units } = options.raster;
    this.#offset = options.rates.map(logit);
    const size = SHARED_FEATURES + 1;
    this.#x = options.host.allocate(size * BLOCK * units);
    this.#weighted = options.host.allocate(size * BLOCK * units);
    this.#product = options.host.allocate(size * size);
    this.#spikes = new Float32Array(units);
  }

  moments(spans: readonly BinSpan[]): Moments {
    const mean = new Float64Array(SHARED_FEATURES);
    const scale = new Float64Array(SHARED_FEATURES);
    let n = 0;
    this.#forEachBlock(spans, (_, columns) => {
      const x = this.#x.view;
      n += columns;
      for (let k = 0, at = 0; k < SHARED_FEATURES; k++) {
        for (let i = 0; i < columns; i++, at++) {
          mean[k] += x[at];
          scale[k] += x[at] * x[at];
        }
      }
    });
    for (let k = 0; k < SHARED_FEATURES; k++) {
      mean[k] /= Math.max(1, n);
      const variance = scale[k] / Math.max(1, n) - mean[k] * mean[k];
      scale[k] = variance > 1e-12 ? Math.sqrt(variance) : 1;
    }
    return { mean, scale };
  }

  newton(
    spans: readonly BinSpan[],
    start: Float64Array,
    moments: Moments,
    ridge: number,
    most: number,
  ): Float64Array {
    const size = SHARED_FEATURES + 1;
    const penalised = (weights: Float64Array): Evaluation => {
      const at = this.evaluate(spans, weights, moments, true);
      let { loss } = at;
      for (let k = 0; k < SHARED_FEATURES; k++) {
        loss += 0.5 * ridge * weights[k] * weights[k];
        at.gradient[k] += ridge * weights[k];
        at.hessian[k * size + k] += ridge;
      }
      at.hessian[size * size - 1] += 1e-9;
      return { ...at, loss };
    };
    let weights = start;
    let state = penalised(weights);
    for (let iteration = 0; iteration < most; iteration++) {
      const factor = state.hessian.slice();
      for (let boost = 1e-6; !factorCholesky(factor, size); boost *= 10) {
        if (boost > 1e30) {
          throw new SpikebridgeError(
            'E_FLOORS_FIT',
            'the features of the shared kernel hold values that are not numbers',
            {
              fix: 'look for NaN or infinite values in the recording',
            },
          );
        }
        factor.set(state.hessian);
        for (let k = 0; k < size; k++) factor[k * size + k] *= 1 + boost;
      }
      const step = state.gradient.slice();
      substituteCholesky(factor, step, size);
      let decrement = 0;
      for (let k = 0; k < size; k++) decrement += step[k] * state.gradient[k];
      // 1e-4 nats a spike: the kernel has few weights and very many rows.
      if (decrement < Math.max(0.1, 1e-4 * state.curvature)) break;
      let length = 1;
      let next = state;
      let moved = weights;
      for (let halving = 0; halving < 8; halving++, length /= 2) {
        moved = weights.map((w, k) => w - length * step[k]);
        next = penalised(moved);
        if (next.loss <= state.loss) break;
      }
      if (!(next.loss <= state.loss)) break;
      weights = moved;
      state = next;
    }
    return weights;
  }

  /** `weights` over standardised features, then the bias. Rows are every bin of `spans` and every unit. */
  evaluate(spans: readonly BinSpan[], weights: Float64Array, moments: Moments, curved: boolean): Evaluation {
    const { raster, host } = this.#options;
    const { units } = raster;
    const size = SHARED_FEATURES + 1;
    const gradient = new Float64Array(size);
    const hessian = new Float64Array(size * size);
    let loss = 0;
    let curvature = 0;
    const z = new Float64Array(BLOCK * units);
    this.#forEachBlock(spans, (rows, columns, firstBin) => {
      const x = this.#x.view;
      for (let i = 0; i < rows; i++) {
        for (let u = 0; u < units; u++) z[i * units + u] = this.#offset[u] + weights[SHARED_FEATURES];
      }
      for (let k = 0, at = 0; k < SHARED_FEATURES; k++) {
        const mean = moments.mean[k];
        const inverse = 1 / moments.scale[k];
        const weight = weights[k];
        for (let i = 0; i < columns; i++, at++) {
          const standard = (x[at] - mean) * inverse;
          x[at] = standard;
          z[i] += weight * standard;
        }
      }
      x.fill(1, SHARED_FEATURES * columns, size * columns);
      const weighted = this.#weighted.view;
      for (let i = 0; i < rows; i++) {
        unpackBin(raster, firstBin + i, this.#spikes);
        // sum of ln(1 + e) as the logarithm of a product, cut before it could overflow.
        let product = 1;
        for (let u = 0, at = i * units; u < units; u++, at++) {
          if ((u & 511) === 511) {
            loss += Math.log(product);
            product = 1;
          }
          const value = z[at];
          const e = Math.exp(value > 0 ? -value : value);
          const p = value > 0 ? 1 / (1 + e) : e / (1 + e);
          const y = this.#spikes[u];
          loss += (value > 0 ? value : 0) - y * value;
          product *= 1 + e;
          z[at] = p - y;
          weighted[at] = p * (1 - p);
          curvature += p * (1 - p);
        }
        loss += Math.log(product);
      }
      if (!curved) return;
      for (let k = 0, at = 0; k < size; k++) {
        let sum = 0;
        for (let i = 0; i < columns; i++, at++) sum += z[i] * x[at];
        gradient[k] += sum;
      }
      // Rows of X times p (1 - p), from the last row back, because row 0 still holds p (1 - p) itself.
      for (let k = size - 1; k >= 0; k--) {
        const at = k * columns;
        for (let i = 0; i < columns; i++) weighted[at + i] = weighted[i] * x[at + i];
      }
      host.matMul('nt', size, size, columns, this.#weighted, this.#x, this.#product, false);
      const product = this.#product.view;
      for (let j = 0; j < hessian.length; j++) hessian[j] += product[j];
    });
    return { loss, curvature, gradient, hessian };
  }

  /** Fills `x` as (features, rows * units): one row of it per feature. */
  #forEachBlock(
    spans: readonly BinSpan[],
    visit: (rows: number, columns: number, firstBin: number) => void,
  ): void {
    const { raster, rates } = this.#options;
    const { units } = raster;
    const bank = new LogRatioBank(rates, raster.binMilliseconds);
    const cursor = new CausalCursor(raster, [bank]);
    forEachRun(spans, BLOCK, (start, stop) => {
      const x = this.#x.view;
      const columns = (stop - start) * units;
      for (let bin = start; bin < stop; bin++) {
        cursor.seek(bin);
        const column = (bin - start) * units;
        for (let k = 0; k < SHARED_FEATURES; k++) {
          const from = k * units;
          const to = k * columns + column;
          for (let u = 0; u < units; u++) x[to + u] = bank.features[from + u];
        }
      }
      visit(stop - start, columns, start);
    });
  }
}

export class SharedKernelPredictor implements Predictor {
  readonly key: PredictorKey = 'shared-kernel';
  readonly #fit: SharedKernelFit;
  readonly #bank: LogRatioBank;
  readonly #cursor: CausalCursor;
  readonly #base: Float64Array;
  readonly #logits: Float64Array;

  /** `rates`: the target's training rates at level `rates`, the paired source unit's at level `none`. */
  constructor(fit: SharedKernelFit, raster: Raster, rates: Float64Array) {
    this.#fit = fit;
    this.#bank = new LogRatioBank(rates, raster.binMilliseconds);
    this.#cursor = new CausalCursor(raster, [this.#bank]);
    this.#base = rates.map((rate) => logit(rate) + fit.bias);
    this.#logits = new Float64Array(rates.length);
  }

  predict(start: number, stop: number, out: Float32Array): void {
    const logits = this.#logits;
    const units = logits.length;
    const { features } = this.#bank;
    const { weights } = this.#fit;
    for (let bin = start, at = 0; bin < stop; bin++) {
      this.#cursor.seek(bin);
      logits.set(this.#base);
      for (let k = 0, from = 0; k < SHARED_FEATURES; k++) {
        const weight = weights[k];
        for (let u = 0; u < units; u++, from++) logits[u] += weight * features[from];
      }
      for (let u = 0; u < units; u++, at++) out[at] = sigmoid(logits[u]);
    }
  }
}
