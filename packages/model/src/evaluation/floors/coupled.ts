// `coupled`: the population model's logit as offset plus lag 1 and four traces of every unit, ridge per unit. All units
// are solved side by side: L-BFGS in the eigenbasis of one weighted Gram matrix, where their Hessians are nearly diagonal.
import { arrangeRaster } from '../../recording/pairing.ts';
import type { Raster } from '../../recording/types.ts';
import { countSpikes, forEachRun, spanBins } from '../features/cursor.ts';
import type { DenseBlock, DenseHost } from '../dense-host.ts';
import { COUPLING, featureCount } from '../features/trace-bank.ts';
import { eigenSymmetric } from '../linear-algebra.ts';
import type { EvaluationSplit, FloorPredictor, PredictorKey } from '../types.ts';
import { CoupledProblem, type FeatureMoments, type PassResult } from './coupled-problem.ts';
import { TraceRows } from './trace-rows.ts';
import type { UnitGlm } from './fitted.ts';
import { UnitSearch } from './lbfgs.ts';
import { leaveOutStart, WARM_UP_MILLISECONDS } from './unit-design.ts';
import { sigmoid, UnitGlmRows } from './unit-glm.ts';

export interface CoupledOptions {
  readonly raster: Raster;
  readonly split: EvaluationSplit;
  readonly population: UnitGlm;
  readonly host: DenseHost;
  readonly onProgress?: (message: string) => void;
}

/**
 * Passes allowed for one penalty, over the sample and over all rows. Most units end earlier; the few that do not are judged
 * on validation as they stand, and go on from there at the next penalty.
 */
const MOST_PASSES = 10;
/** Nats per spike that a step must promise: below what any figure shows. */
const TOLERANCE = 1e-3;
/** Every so-manieth block of rows is in the sample, for units that fire about this often in it. */
const SAMPLE = 8;
const FEWEST_SAMPLED = 50;
/** First penalty tried, the factor between neighbours, and how far the path may go. */
const RIDGE_RANGE = { start: 24_000, factor: 4, smallest: 1, largest: 3e5 } as const;

/** Population logits before each bin of `spans`, (rows, units). */
function offsets(
  { raster, population, host }: CoupledOptions,
  spans: EvaluationSplit['train'],
): Float32Array {
  const { units } = raster;
  const rows = new UnitGlmRows(population, raster, host);
  const out = new Float32Array(spanBins(spans) * units);
  forEachRun(spans, 4096, (start, stop, row) =>
    rows.logits(start, stop, out.subarray(row * units, (row + stop - start) * units)),
  );
  return out;
}

/**
 * Coordinates in which the Hessians of all units are nearly diagonal: standardised features, centred on their mean under
 * the weights that an average unit's Hessian gives the rows, turned to the eigenvectors of their weighted correlation.
 */
class Basis {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** Eigenvalues: a unit's Hessian is about its sum of p (1 - p) times these. */
  readonly values: Float64Array;
  readonly #vectors: Float64Array;
  readonly #c: number;

  constructor({ rows, sums, squares, weightedSums, weightedGram }: FeatureMoments) {
    const c = sums.length;
    this.#c = c;
    this.mean = weightedSums.map((sum) => sum / rows);
    this.scale = sums.map((sum, j) => {
      const variance = squares[j] / rows - (sum / rows) ** 2;
      return variance > 1e-12 ? Math.sqrt(variance) : 1;
    });
    const correlation = new Float64Array(c * c);
    for (let i = 0; i < c; i++) {
      for (let j = 0; j <= i; j++) {
        const centred = weightedGram[i * c + j] / rows - this.mean[i] * this.mean[j];
        correlation[i * c + j] = centred / (this.scale[i] * this.scale[j]);
        correlation[j * c + i] = correlation[i * c + j];
      }
    }
    const { values, vectors } = eigenSymmetric(correlation, c);
    this.values = values.map((value) => Math.max(0, value));
    this.#vectors = vectors;
  }

  /** Raw weights and bias of a point (eigen coordinates, then the bias). */
  toRaw(point: Float64Array, raw: Float64Array, column: number, columns: number): number {
    const c = this.#c;
    let bias = point[c];
    for (let i = 0; i < c; i++) {
      let sum = 0;
      for (let j = 0; j < c; j++) sum += this.#vectors[i * c + j] * point[j];
      const weight = sum / this.scale[i];
      raw[i * columns + column] = weight;
      bias -= weight * this.mean[i];
    }
    return bias;
  }

  /** Gradient in eigen coordinates (then the bias) of a raw one. */
  fromRaw(pass: PassResult, column: number, columns: number): Float64Array {
    const c = this.#c;
    const gradient = new Float64Array(c + 1);
    const residual = pass.residual[column];
    for (let i = 0; i < c; i++) {
      const g = (pass.gradient[i * columns + column] - this.mean[i] * residual) / this.scale[i];
      for (let j = 0; j < c; j++) gradient[j] += this.#vectors[i * c + j] * g;
    }
    gradient[c] = residual;
    return gradient;
  }
}

interface UnitState {
  readonly unit: number;
  /** In the training part. */
  readonly spikes: number;
  point: Float64Array;
  /** The last search, for what it learnt of the curvature, and the rows it was made on. */
  search: UnitSearch | null;
  rows: number;
  best: Float64Array | null;
  bestRidge: number;
  bestLoss: number;
  previousLoss: number;
  first: Float64Array | null;
}

/**
 * Fits all units; see `fitFloors`. Those without a spike to learn from (empty slots of a small recording among them) stay at
 * their null and are no feature of others: the work goes by the square of the units that are left.
 */
export function fitCoupled(options: CoupledOptions): UnitGlm {
  const { raster, split, population } = options;
  const warmUp = Math.round(WARM_UP_MILLISECONDS / raster.binMilliseconds);
  const train = leaveOutStart(split.train, raster.observed, warmUp);
  const { spikes } = countSpikes(raster, train);
  const firing = Array.from(spikes.keys()).filter((unit) => spikes[unit] > 0);
  if (firing.length === 0) return amongAll(NOTHING, firing, raster.units);
  const fit = fitFiring(
    { ...options, raster: arrangeRaster(raster, firing), population: unitsOf(population, firing) },
    train,
    Float64Array.from(firing, (unit) => spikes[unit]),
  );
  return amongAll(fit, firing, raster.units);
}

const NOTHING: UnitGlm = {
  features: 0,
  weights: new Float32Array(),
  bias: new Float32Array(),
  ridge: new Float32Array(),
};

/** The models of some units. */
function unitsOf({ features, weights, bias, ridge }: UnitGlm, picked: readonly number[]): UnitGlm {
  const units = bias.length;
  const n = picked.length;
  return {
    features,
    weights: Float32Array.from(
      { length: features * n },
      (_, at) => weights[Math.floor(at / n) * units + picked[at % n]],
    ),
    bias: Float32Array.from(picked, (unit) => bias[unit]),
    ridge: Float32Array.from(picked, (unit) => ridge[unit]),
  };
}

/** A coupled fit of some units in the places of all, features (kind by kind, units side by side) and columns alike. */
function amongAll(fit: UnitGlm, places: readonly number[], units: number): UnitGlm {
  const n = places.length;
  const features = featureCount(COUPLING) * units;
  const weights = new Float32Array(features * units);
  for (let j = 0; j < fit.features; j++) {
    const row = Math.floor(j / n) * units + places[j % n];
    for (let i = 0; i < n; i++) weights[row * units + places[i]] = fit.weights[j * n + i];
  }
  const bias = new Float32Array(units);
  const ridge = new Float32Array(units).fill(Infinity);
  places.forEach((unit, i) => {
    bias[unit] = fit.bias[i];
    ridge[unit] = fit.ridge[i];
  });
  return { features, weights, bias, ridge };
}

/** Fits units that all have spikes in `train`, counted in `spikes`. */
function fitFiring(options: CoupledOptions, train: EvaluationSplit['train'], spikes: Float64Array): UnitGlm {
  const { raster, split, host } = options;
  const { units } = raster;
  const report = options.onProgress ?? ((): void => undefined);
  const problem = new CoupledProblem({
    raster,
    host,
    train,
    validation: split.validation,
    trainOffsets: offsets(options, train),
    validationOffsets: offsets(options, split.validation),
  });
  const c = problem.features;
  const basis = new Basis(problem.moments());
  report('coupled: Gram matrix and its eigenvectors done');

  const zero = new Float64Array(c + 1);
  const all = Array.from({ length: units }, (_, u) => u);
  const nullLoss = problem.validationLoss(new Float64Array(c * units), new Float64Array(units), all);
  const states = all.map((unit): UnitState => ({
    unit,
    point: zero,
    search: null,
    rows: 0,
    spikes: spikes[unit],
    best: null,
    bestRidge: Infinity,
    bestLoss: nullLoss[unit],
    previousLoss: Infinity,
    first: null,
  }));
  /** One penalty for some units, warm from where they stand; returns those for whom validation still improves. */
  const stage = (active: readonly UnitState[], ridge: number): UnitState[] => {
    const [sampled, whole] = solve(problem, basis, active, ridge);
    const raw = new Float64Array(c * active.length);
    const bias = Float64Array.from(active, (s, i) => basis.toRaw(s.point, raw, i, active.length));
    const loss = problem.validationLoss(
      raw,
      bias,
      active.map((s) => s.unit),
    );
    report(`coupled: ridge ${ridge.toPrecision(3)}, ${active.length} units, ${sampled} + ${whole} passes`);
    return active.filter((state, i) => {
      if (loss[i] < state.bestLoss) {
        state.best = state.point;
        state.bestRidge = ridge;
        state.bestLoss = loss[i];
      }
      const improves = loss[i] < state.previousLoss;
      state.previousLoss = loss[i];
      return improves;
    });
  };

  const { start, factor } = RIDGE_RANGE;
  let active = stage(states, start);
  const firstLoss = states.map((state) => state.previousLoss);
  for (const state of states) state.first = state.point;
  for (let ridge = start / factor; active.length > 0 && ridge >= RIDGE_RANGE.smallest; ridge /= factor) {
    active = stage(active, ridge);
  }
  active = states.filter((state) => state.bestRidge >= start);
  for (const state of active) {
    state.point = state.first ?? zero;
    state.previousLoss = firstLoss[state.unit];
  }
  for (let ridge = start * factor; active.length > 0 && ridge <= RIDGE_RANGE.largest; ridge *= factor) {
    active = stage(active, ridge);
  }

  const weights = new Float64Array(c * units);
  const bias = Float32Array.from(states, (state, u) =>
    state.best === null ? 0 : basis.toRaw(state.best, weights, u, units),
  );
  return {
    features: c,
    weights: Float32Array.from(weights),
    bias,
    ridge: Float32Array.from(states, (state) => state.bestRidge),
  };
}

/**
 * Brings every unit of `active` to its optimum at `ridge`. A unit's first search begins on a sample of the blocks of rows;
 * what a search learns of the curvature is handed on, from the sample to all rows and from penalty to penalty, so that
 * few steps are left to take. Returns the passes over the sample and over all rows.
 */
function solve(
  problem: CoupledProblem,
  basis: Basis,
  active: readonly UnitState[],
  ridge: number,
): readonly [number, number] {
  const search = (state: UnitState, rows: number): UnitSearch => {
    const penalty = (ridge * rows) / problem.rows;
    return new UnitSearch(state.point, {
      ridge: penalty,
      tolerance: TOLERANCE,
      precondition: (q, curvature) => {
        const last = q.length - 1;
        for (let j = 0; j < last; j++) q[j] /= curvature * basis.values[j] + penalty;
        q[last] /= Math.max(curvature, 1e-3 / problem.rows);
      },
      ...(state.search === null ? {} : { after: { search: state.search, rows: rows / state.rows } }),
    });
  };
  const walk = (states: readonly UnitState[], every: number): number => {
    const rows = every === 1 ? problem.rows : problem.rowsOf(every);
    const searches = states.map((state) => search(state, rows));
    let passes = 0;
    for (; passes < MOST_PASSES; passes++) {
      const open = searches.flatMap((s, i) => (s.done ? [] : [{ search: s, unit: states[i].unit }]));
      if (open.length === 0) break;
      const n = open.length;
      const raw = new Float64Array(problem.features * n);
      const bias = Float64Array.from(open, (o, i) => basis.toRaw(o.search.candidate, raw, i, n));
      const units = open.map((o) => o.unit);
      const result = problem.pass(raw, bias, units, every);
      open.forEach((o, i) =>
        o.search.report(result.loss[i], basis.fromRaw(result, i, n), result.curvature[i]),
      );
    }
    states.forEach((state, i) => {
      state.point = searches[i].point;
      state.search = searches[i];
      state.rows = rows;
    });
    return passes;
  };
  // A unit that hardly fires in the sample would learn from it that it never does.
  const sampled = walk(
    active.filter((state) => state.search === null && state.spikes >= SAMPLE * FEWEST_SAMPLED),
    SAMPLE,
  );
  return [sampled, walk(active, 1)];
}

const PREDICT_ROWS = 512;

/** The fitted model over a target: population logits plus one matrix product per block of bins. */
export class CoupledPredictor implements FloorPredictor {
  readonly key: PredictorKey = 'coupled';
  readonly #host: DenseHost;
  readonly #bias: Float32Array;
  readonly #population: UnitGlmRows;
  readonly #rows: TraceRows;
  readonly #weights: DenseBlock;
  readonly #z: DenseBlock;
  readonly #offsets: Float32Array;

  constructor(population: UnitGlm, coupled: UnitGlm, raster: Raster, host: DenseHost) {
    const { units } = raster;
    this.#host = host;
    this.#bias = coupled.bias;
    this.#population = new UnitGlmRows(population, raster, host);
    this.#rows = new TraceRows(raster, host, PREDICT_ROWS);
    this.#weights = host.allocate(this.#rows.features * units);
    this.#z = host.allocate(PREDICT_ROWS * units);
    this.#weights.view.set(coupled.weights);
    this.#offsets = new Float32Array(PREDICT_ROWS * units);
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    const units = this.#bias.length;
    forEachRun([{ start, stop }], PREDICT_ROWS, (from, to, row) => {
      const rows = to - from;
      this.#rows.load(from, to);
      this.#population.logits(from, to, this.#offsets);
      this.#host.matMul('nn', rows, units, this.#rows.features, this.#rows.x, this.#weights, this.#z, false);
      const z = this.#z.view;
      for (let i = 0, at = 0; i < rows; i++) {
        for (let u = 0; u < units; u++, at++) {
          out[row * units + at] = sigmoid(z[at] + this.#bias[u] + this.#offsets[at]);
        }
      }
    });
  }
}
