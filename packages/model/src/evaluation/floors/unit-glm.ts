// `own-history` and `population`: one ridge logistic model per unit over its own past, and (population) the summed past of
// all units. Fitting walks unit by unit; predicting walks all units side by side.
import type { Raster } from '../../recording/types.ts';
import { CausalCursor, countSpikes, forEachRun } from '../features/cursor.ts';
import { OWN_HISTORY, POPULATION, PopulationBank, featureCount } from '../features/trace-bank.ts';
import type { DenseHost } from '../dense-host.ts';
import type { EvaluationSplit, FloorPredictor, PredictorKey } from '../types.ts';
import { TraceRows } from './trace-rows.ts';
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

const BLOCK_ROWS = 512;

/** Logits of all units before each bin of a block. */
export class UnitGlmRows {
  readonly #glm: UnitGlm;
  readonly #units: number;
  readonly #own: TraceRows;
  /** Traces whose logarithms are features. */
  readonly #slow: TraceRows;
  readonly #population: PopulationBank | null;
  readonly #cursor: CausalCursor;

  constructor(glm: UnitGlm, raster: Raster, host: DenseHost) {
    const { units, binMilliseconds } = raster;
    const { lags, traces, logTraces } = OWN_HISTORY;
    this.#glm = glm;
    this.#units = units;
    this.#own = new TraceRows(raster, host, BLOCK_ROWS, { lags, traces, logTraces: [] });
    this.#slow = new TraceRows(raster, host, BLOCK_ROWS, { lags: 0, traces: logTraces, logTraces: [] });
    this.#population =
      glm.features > featureCount(OWN_HISTORY) ? new PopulationBank(POPULATION, binMilliseconds) : null;
    this.#cursor = new CausalCursor(raster, this.#population === null ? [] : [this.#population]);
  }

  /** Writes the logits before bins start ... stop - 1 of one observed span to `out` (bins, units). */
  logits(start: number, stop: number, out: Float32Array): void {
    forEachRun([{ start, stop }], BLOCK_ROWS, (from, to, row) => {
      this.#block(from, to, out.subarray(row * this.#units));
    });
  }

  #block(start: number, stop: number, out: Float32Array): void {
    const units = this.#units;
    const { weights, bias } = this.#glm;
    this.#own.load(start, stop);
    this.#slow.load(start, stop);
    const own = this.#own.x.view;
    const slow = this.#slow.x.view;
    const linear = this.#own.features;
    const logs = this.#slow.features;
    const shared = this.#population?.bank.features;
    const z = new Float64Array(units);
    for (let i = 0, to = 0; i < stop - start; i++, to += units) {
      z.set(bias);
      let w = 0;
      for (let from = i * linear, end = from + linear; from < end;)
        for (let u = 0; u < units; u++, from++, w++) z[u] += weights[w] * own[from];
      for (let from = i * logs, end = from + logs; from < end;)
        for (let u = 0; u < units; u++, from++, w++)
          if (slow[from] !== 0) z[u] += weights[w] * Math.log(1 + slow[from]);
      if (shared !== undefined) {
        this.#cursor.seek(start + i);
        for (const value of shared) for (let u = 0; u < units; u++, w++) z[u] += weights[w] * value;
      }
      out.set(z, to);
    }
  }
}

export class UnitGlmPredictor implements FloorPredictor {
  readonly key: PredictorKey;
  readonly #rows: UnitGlmRows;
  readonly #units: number;

  constructor(key: PredictorKey, glm: UnitGlm, raster: Raster, host: DenseHost) {
    this.key = key;
    this.#rows = new UnitGlmRows(glm, raster, host);
    this.#units = raster.units;
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    this.#rows.logits(start, stop, out);
    const entries = (stop - start) * this.#units;
    for (let at = 0; at < entries; at++) out[at] = sigmoid(out[at]);
  }
}
