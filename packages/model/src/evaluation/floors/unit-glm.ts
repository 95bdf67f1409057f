// `own-history` and `population`: one ridge logistic model per unit over its own past, and (population) the summed past of
// all units. Fitting walks unit by unit; predicting walks all units side by side.
import type { Raster } from '../../recording/types.ts';
import { CausalCursor, countSpikes, type CausalScan } from '../features/cursor.ts';
import { OWN_HISTORY, POPULATION, PopulationBank, TraceBank, featureCount } from '../features/trace-bank.ts';
import type { DenseHost } from '../dense-host.ts';
import type { EvaluationSplit, FloorPredictor, PredictorKey } from '../types.ts';
import type { UnitGlm } from './fitted.ts';
import { fitLogistic, LogisticWorkspace } from './logistic.ts';
import { leaveOutStart, populationRows, UnitDesign, WARM_UP_MILLISECONDS } from './unit-design.ts';

export interface UnitGlmOptions {
  readonly raster: Raster;
  readonly split: EvaluationSplit;
  /** (units) probability per bin over the training part: the null. */
  readonly rates: Float64Array;
  readonly host: DenseHost;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Units with fewer training spikes stay at their null: validation could not tell a fit from luck. */
const FEWEST_SPIKES = 10;

/** Fits every unit; `withPopulation` adds the population's lags and traces to its own. */
export function fitUnitGlm(options: UnitGlmOptions, withPopulation: boolean): UnitGlm {
  const { raster, split, rates, host } = options;
  const warmUp = Math.round(WARM_UP_MILLISECONDS / raster.binMilliseconds);
  const train = leaveOutStart(split.train, raster.observed, warmUp);
  const { validation } = split;
  const design = new UnitDesign(
    raster,
    {
      train,
      validation,
      population: withPopulation
        ? { train: populationRows(raster, train), validation: populationRows(raster, validation) }
        : null,
    },
    host,
  );
  const { units } = raster;
  const { features } = design;
  const workspace = new LogisticWorkspace(host, design);
  const weights = new Float32Array(features * units);
  const bias = new Float32Array(units);
  const ridge = new Float32Array(units);
  const { spikes } = countSpikes(raster, train);
  for (let unit = 0; unit < units; unit++) {
    if (spikes[unit] < FEWEST_SPIKES) {
      bias[unit] = logit(rates[unit]);
      ridge[unit] = Infinity;
      options.onProgress?.(unit + 1, units);
      continue;
    }
    design.load(unit);
    const fit = fitLogistic(design, logit(rates[unit]), host, workspace);
    for (let j = 0; j < features; j++) weights[j * units + unit] = fit.weights[j];
    bias[unit] = fit.bias;
    ridge[unit] = fit.ridge;
    options.onProgress?.(unit + 1, units);
  }
  return { features, weights, bias, ridge };
}

/** ln(p / (1 - p)). */
export function logit(probability: number): number {
  return Math.log(probability / (1 - probability));
}

/** 1 / (1 + e^-z). */
export function sigmoid(z: number): number {
  const e = Math.exp(z > 0 ? -z : z);
  return z > 0 ? 1 / (1 + e) : e / (1 + e);
}

/** Logits of all units before the bin a cursor stands at. */
export class UnitGlmScan {
  readonly scans: readonly CausalScan[];
  readonly #own: TraceBank;
  readonly #population: PopulationBank | null;
  readonly #glm: UnitGlm;
  readonly #units: number;

  constructor(glm: UnitGlm, units: number, binMilliseconds: number) {
    this.#glm = glm;
    this.#units = units;
    this.#own = new TraceBank(OWN_HISTORY, units, binMilliseconds);
    this.#population =
      glm.features > featureCount(OWN_HISTORY) ? new PopulationBank(POPULATION, binMilliseconds) : null;
    this.scans = this.#population === null ? [this.#own] : [this.#own, this.#population];
  }

  logits(out: Float64Array): void {
    const units = this.#units;
    const { weights, bias } = this.#glm;
    const { features } = this.#own;
    for (let u = 0; u < units; u++) out[u] = bias[u];
    const own = this.#own.count;
    for (let j = 0, at = 0; j < own; j++) {
      for (let u = 0; u < units; u++, at++) out[u] += weights[at] * features[at];
    }
    if (this.#population === null) return;
    const shared = this.#population.bank.features;
    for (let j = 0, at = own * units; j < shared.length; j++) {
      const value = shared[j];
      for (let u = 0; u < units; u++, at++) out[u] += weights[at] * value;
    }
  }
}

export class UnitGlmPredictor implements FloorPredictor {
  readonly key: PredictorKey;
  readonly #scan: UnitGlmScan;
  readonly #cursor: CausalCursor;
  readonly #logits: Float64Array;

  constructor(key: PredictorKey, glm: UnitGlm, raster: Raster) {
    this.key = key;
    this.#scan = new UnitGlmScan(glm, raster.units, raster.binMilliseconds);
    this.#cursor = new CausalCursor(raster, this.#scan.scans);
    this.#logits = new Float64Array(raster.units);
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    const logits = this.#logits;
    for (let bin = start, at = 0; bin < stop; bin++) {
      this.#cursor.seek(bin);
      this.#scan.logits(logits);
      for (let u = 0; u < logits.length; u++, at++) out[at] = sigmoid(logits[u]);
    }
  }
}
