// Several models as one: a weighted sum of their log-odds, its weights of greatest likelihood on source validation, as everything
// else that is tuned. A few numbers are fitted on many thousands of spikes, so nothing penalises them.
import { log, softplus } from '../engine/elementary.ts';
import { drawnPlaces } from '../engine/thinning.ts';
import { SpikebridgeError } from '../errors.ts';
import type { BinSpan } from '../recording/types.ts';
import { forEachRun, unpackBin } from './features/cursor.ts';
import { logit, sigmoid } from './floors/unit-glm.ts';
import { solveCholesky } from './linear-algebra.ts';
import { clipProbability } from './metrics/buckets.ts';
import type { Predictor, PredictorFactory, TargetView } from './types.ts';

const MIXTURE_STREAM = 0x6d697874;
/** Bins that are predicted together. */
const BLOCK_BINS = 2048;
/** Silences that are drawn for every spike; what that moves the log-odds by is taken off the offset. */
const SILENCES_A_SPIKE = 4;
const MOST_STEPS = 50;

/** log-odds = offset + sum of weights[k] times those of model k. */
export interface Mixture {
  readonly weights: readonly number[];
  readonly offset: number;
}

export interface MixtureOptions {
  readonly factories: readonly PredictorFactory[];
  /** The source, as its recalibration sees it. */
  readonly view: TargetView;
  /** Bins of its validation part. */
  readonly spans: readonly BinSpan[];
  readonly seed: number;
  /** Bins done. */
  readonly onProgress?: (bins: number) => void;
}

/**
 * Fits the weights.
 * @throws SpikebridgeError E_EVALUATION_SPLIT when no scored unit fires in `spans`
 */
export async function fitMixture(options: MixtureOptions): Promise<Mixture> {
  const { factories, view, spans, seed, onProgress } = options;
  const { raster, scored } = view;
  const { units } = raster;
  const predictors = factories.map((factory) => factory(view));
  const blocks: BinSpan[] = [];
  forEachRun(spans, BLOCK_BINS, (start, stop) => blocks.push({ start, stop }));
  const density = densityOf(view, spans);
  const chance = Math.min(1, (SILENCES_A_SPIKE * density) / Math.max(1e-12, 1 - density));
  const nextSilence = drawnPlaces(seed, MIXTURE_STREAM, chance);
  const rows: number[] = [];
  const fired: number[] = [];
  const spikes = new Float32Array(units);
  let next = nextSilence();
  let first = 0;
  try {
    for (const { start, stop } of blocks) {
      const scores = predictors.map(() => new Float32Array((stop - start) * units));
      for (const [k, predictor] of predictors.entries()) await predictor.predict(start, stop, scores[k]);
      const take = (at: number, spike: number): void => {
        for (const p of scores) rows.push(logOdds(p[at]));
        fired.push(spike);
      };
      for (let bin = start; bin < stop; bin++) {
        unpackBin(raster, bin, spikes);
        const at = (bin - start) * units;
        for (let u = 0; u < units; u++) if (spikes[u] === 1 && scored[u] === 1) take(at + u, 1);
        for (; next < first + units; next = nextSilence()) {
          const u = next - first;
          if (spikes[u] === 0 && scored[u] === 1) take(at + u, 0);
        }
        first += units;
      }
      onProgress?.(first / units);
    }
  } finally {
    for (const predictor of predictors) predictor.dispose?.();
  }
  if (!fired.includes(1))
    throw new SpikebridgeError('E_EVALUATION_SPLIT', 'no unit fires in the validation part of the source', {
      fix: 'give the validation part a larger share',
      exitCode: 2,
    });
  const found = newton(rows, fired, factories.length);
  return { weights: found.slice(1), offset: found[0] + log(chance) };
}

const logOdds = (p: number): number => logit(clipProbability(p));

/** Share of entries of scored units that are spikes. */
function densityOf({ raster, scored }: TargetView, spans: readonly BinSpan[]): number {
  const spikes = new Float32Array(raster.units);
  let fired = 0;
  let entries = 0;
  const units = scored.reduce((sum, flag) => sum + flag, 0);
  for (const { start, stop } of spans)
    for (let bin = start; bin < stop; bin++) {
      unpackBin(raster, bin, spikes);
      for (let u = 0; u < spikes.length; u++) fired += spikes[u] * scored[u];
      entries += units;
    }
  return entries === 0 ? 0 : fired / entries;
}

/** Offset and weights of greatest likelihood: damped Newton steps from equal weights. */
function newton(rows: readonly number[], fired: readonly number[], models: number): number[] {
  const size = models + 1;
  let weights = [0, ...Array<number>(models).fill(1 / models)];
  let now = passOver(rows, fired, weights);
  for (let step = 0; step < MOST_STEPS; step++) {
    const { loss, gradient: move, hessian } = now;
    // Models that say the same leave their weights undetermined: this keeps them where they are.
    for (let i = 0; i < size; i++) hessian[i * size + i] += 1e-9 * fired.length;
    if (!solveCholesky(hessian, move, size)) break;
    let share = 1;
    let better: number[];
    do {
      better = weights.map((w, i) => w - share * move[i]);
      now = passOver(rows, fired, better);
      share /= 2;
    } while (!(now.loss <= loss) && share > 1e-3);
    if (!(now.loss <= loss)) break;
    weights = better;
    if (loss - now.loss < 1e-9 * fired.length) break;
  }
  return weights;
}

/** Minus the log-likelihood, its gradient (size) and Hessian (size, size). */
function passOver(rows: readonly number[], fired: readonly number[], weights: readonly number[]) {
  const size = weights.length;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const x = new Float64Array(size).fill(1);
  let loss = 0;
  for (let n = 0, at = 0; n < fired.length; n++, at += size - 1) {
    let z = weights[0];
    for (let k = 1; k < size; k++) {
      x[k] = rows[at + k - 1];
      z += weights[k] * x[k];
    }
    const p = sigmoid(z);
    loss += softplus(fired[n] === 1 ? -z : z);
    const curvature = p * (1 - p);
    for (let i = 0; i < size; i++) {
      gradient[i] += (p - fired[n]) * x[i];
      for (let j = 0; j < size; j++) hessian[i * size + j] += curvature * x[i] * x[j];
    }
  }
  return { loss, gradient, hessian };
}

/** The models as one, over any target. */
export function mixtureFactory(
  factories: readonly PredictorFactory[],
  { weights, offset }: Mixture,
): PredictorFactory {
  return (view) => {
    const predictors = factories.map((factory) => factory(view));
    return new MixturePredictor(predictors, weights, offset);
  };
}

class MixturePredictor implements Predictor {
  readonly key = 'model';
  readonly #predictors: readonly Predictor[];
  readonly #weights: readonly number[];
  readonly #offset: number;

  constructor(predictors: readonly Predictor[], weights: readonly number[], offset: number) {
    this.#predictors = predictors;
    this.#weights = weights;
    this.#offset = offset;
  }

  async predict(start: number, stop: number, out: Float32Array): Promise<void> {
    const sums = new Float64Array(out.length).fill(this.#offset);
    for (const [k, predictor] of this.#predictors.entries()) {
      await predictor.predict(start, stop, out);
      for (let i = 0; i < out.length; i++) sums[i] += this.#weights[k] * logOdds(out[i]);
    }
    sums.forEach((z, i) => (out[i] = sigmoid(z)));
  }

  dispose(): void {
    for (const predictor of this.#predictors) predictor.dispose?.();
  }
}
