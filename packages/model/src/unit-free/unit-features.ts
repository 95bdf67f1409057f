// What a unit-free net is told of one unit before one bin. Nothing says which unit it is: only what it is like (its rate, how
// much of it is known, the tables counted on the known part) and what it and the population have just done, as ratios to what
// its rate leads one to expect.
import { log } from '../engine/elementary.ts';
import type { DenseHost } from '../evaluation/dense-host.ts';
import { forEachRun } from '../evaluation/features/cursor.ts';
import { PAIR_BLOCK_ROWS, PAIR_KINDS } from '../evaluation/plug-in/pair-scalars.ts';
import {
  PLUG_IN_TERMS,
  PlugInLogits,
  scalarOf,
  type PlugInTerm,
} from '../evaluation/plug-in/plug-in-logits.ts';
import {
  countRates,
  countStatistics,
  ScalarReader,
  type TargetStatistics,
} from '../evaluation/plug-in/target-statistics.ts';
import { HAZARD, type ScalarSource } from '../evaluation/plug-in/scalar-source.ts';
import type { ScalarSpec } from '../evaluation/plug-in/unit-scalars.ts';
import type { KnownPart } from '../evaluation/types.ts';
import type { UnitFreeLevel } from '../nets/unit-free.ts';
import type { Raster } from '../recording/types.ts';

/** Traces that are kept, milliseconds. */
const SCALARS: ScalarSpec = {
  own: [32, 250, 500, 2000, 10_000, 60_000],
  population: [8, 32, 125, 500, 2000],
};
/** Traces told as ln((trace + 1) / (expected + 1)): more of them where no table may be counted. */
const RATIOS: ScalarSpec = { own: [500, 2000, 10_000, 60_000], population: [8, 125, 2000] };
const RATIOS_AT_RATES: ScalarSpec = { own: [250, ...RATIOS.own], population: [8, 32, 125, 500] };
const ratiosOf = (level: UnitFreeLevel): ScalarSpec => (level === 'rates' ? RATIOS_AT_RATES : RATIOS);
/** Traces told through their tables, beside the hazard. */
const TABLES: ScalarSpec = { own: [32, 250, 2000, 10_000], population: [8, 32, 500] };
/** Pair scalars are told within these limits. */
const PAIR_LIMITS = { low: -5, high: 10 } as const;
/** About so many bins give what tables expect; of fewer bins every second. */
const EXPECTATION_BINS = 5_000;

/**
 * What the net adds to: the plug-in floor of its level, and at level `rates`, where that floor is the bare rate, ratios by weights
 * that were fitted as the floor's were. They lose where units are independent, which the net may learn and a floor may not.
 */
const START: Readonly<Record<UnitFreeLevel, readonly PlugInTerm[]>> = {
  ...PLUG_IN_TERMS,
  rates: [
    { kind: 'ratio', of: 'own', at: 500, weight: 0.6 },
    { kind: 'ratio', of: 'own', at: 10_000, weight: 0.4 },
    { kind: 'ratio', of: 'population', at: 8, weight: 1 },
  ],
};

/** Names of the features of a level, in order. */
export function unitFeatureNames(level: UnitFreeLevel): readonly string[] {
  const ratios = ratiosOf(level);
  return [
    'log rate',
    'log spikes known',
    ...ratios.own.map((tau) => `own ${tau} ms`),
    ...ratios.population.map((tau) => `population ${tau} ms`),
    ...(level === 'rates'
      ? ['log age']
      : [
          'hazard table',
          ...TABLES.own.map((tau) => `own ${tau} ms table`),
          ...TABLES.population.map((tau) => `population ${tau} ms table`),
        ]),
    ...(level === 'pairs'
      ? Array.from({ length: PAIR_KINDS }, (_, k) => [`pair ${k}`, `pair ${k} table`]).flat()
      : []),
  ];
}

/**
 * Counts what `level` may know of a target. At level `rates` that is each unit's spikes; no table is made.
 * @throws SpikebridgeError E_CALIBRATION_EMPTY when the known part holds no bin and tables are wanted
 */
export function countKnown(known: KnownPart, level: UnitFreeLevel, host: DenseHost): TargetStatistics {
  if (level !== 'rates') {
    const bins = known.spans.reduce((sum, { start, stop }) => sum + stop - start, 0);
    const expectEvery = Math.max(2, Math.floor(bins / EXPECTATION_BINS));
    const pairwise = level === 'pairs';
    return countStatistics(known, {
      spec: SCALARS,
      pairwise,
      host,
      expectEvery,
      tabled: tabledScalars(level),
    });
  }
  return countRates(known, SCALARS);
}

const ownScalar = (tau: number): number => scalarOf(SCALARS, 'own', tau);
const populationScalar = (tau: number): number => scalarOf(SCALARS, 'population', tau);
const FIRST_PAIR = scalarOf(SCALARS, 'pair', 0);

/** Scalars of a unit that are told through tables. */
const TABLED = [HAZARD, ...TABLES.own.map(ownScalar), ...TABLES.population.map(populationScalar)];

function tabledScalars(level: UnitFreeLevel): readonly number[] {
  return level === 'pairs'
    ? [...TABLED, ...Array.from({ length: PAIR_KINDS }, (_, k) => FIRST_PAIR + k)]
    : TABLED;
}

/** Features of every unit before the bin that a source of scalars stands before. */
export class UnitFeatures {
  /** Features of a unit. */
  readonly count: number;
  readonly #statistics: TargetStatistics;
  readonly #source: ScalarSource;
  readonly #units: number;
  readonly #pairwise: boolean;
  readonly #tabled: readonly number[];
  readonly #ratios: ScalarSpec;
  /** The own traces among them, by scalar. */
  readonly #ownRatios: readonly number[];
  readonly #plugIn: PlugInLogits;
  /** (units) */
  readonly #logRate: Float64Array;
  readonly #logSpikes: Float64Array;
  /** ln(expected + 1): (own ratios, units), and (population ratios). */
  readonly #ownExpected: Float64Array;
  readonly #populationExpected: Float64Array;
  readonly #populationRatios: Float64Array;

  constructor(statistics: TargetStatistics, level: UnitFreeLevel, source: ScalarSource) {
    const { rates, spikes } = statistics;
    const units = rates.length;
    this.count = unitFeatureNames(level).length;
    this.#statistics = statistics;
    this.#units = units;
    this.#pairwise = level === 'pairs';
    this.#plugIn = new PlugInLogits(statistics, START[level], source);
    this.#tabled = level === 'rates' ? [] : TABLED;
    this.#source = source;
    this.#logRate = rates.map((rate) => log(rate));
    this.#logSpikes = spikes.map((count) => log(count + 1));
    const { ownExpected, populationExpected } = source.scalars;
    const ratios = ratiosOf(level);
    this.#ratios = ratios;
    this.#ownRatios = ratios.own.map(ownScalar);
    this.#ownExpected = new Float64Array(ratios.own.length * units);
    ratios.own.forEach((tau, k) => {
      const from = SCALARS.own.indexOf(tau) * units;
      for (let u = 0; u < units; u++) this.#ownExpected[k * units + u] = log(ownExpected[from + u] + 1);
    });
    this.#populationExpected = Float64Array.from(ratios.population, (tau) =>
      log(populationExpected[SCALARS.population.indexOf(tau)] + 1),
    );
    this.#populationRatios = new Float64Array(ratios.population.length);
  }

  /** Takes up what all units share of the bin that the source stands before; `write` is about that bin. */
  arrive(): void {
    this.#plugIn.arrive();
    const { population } = this.#source.scalars;
    this.#ratios.population.forEach((tau, k) => {
      this.#populationRatios[k] =
        log(population[SCALARS.population.indexOf(tau)] + 1) - this.#populationExpected[k];
    });
  }

  /**
   * Writes the features of `unit` to `out` from `at` on.
   * @returns the logit that the net adds to.
   */
  write(unit: number, out: Float32Array, at: number): number {
    const source = this.#source;
    const units = this.#units;
    const { tables, pairs } = this.#statistics;
    out[at++] = this.#logRate[unit];
    out[at++] = this.#logSpikes[unit];
    for (let k = 0; k < this.#ownRatios.length; k++)
      out[at++] = log(source.value(this.#ownRatios[k], unit) + 1) - this.#ownExpected[k * units + unit];
    for (const ratio of this.#populationRatios) out[at++] = ratio;
    // Where no hazard may be counted, the time since the last spike is told as it is.
    if (this.#tabled.length === 0) out[at++] = log(source.value(HAZARD, unit));
    for (const scalar of this.#tabled)
      out[at++] = tables[scalar].logRatio(unit, source.value(scalar, unit), source.cls(scalar, unit));
    if (this.#pairwise && pairs !== null)
      for (let k = 0; k < PAIR_KINDS; k++) {
        const value = source.value(FIRST_PAIR + k, unit);
        const centred = value - pairs.shift[k * units + unit];
        out[at++] = Math.min(Math.max(centred, PAIR_LIMITS.low), PAIR_LIMITS.high);
        out[at++] = tables[FIRST_PAIR + k].logRatio(unit, value);
      }
    return this.#plugIn.logit(unit);
  }
}

/** Features over one raster, bin by bin. */
export class FeatureReader {
  readonly features: UnitFeatures;
  readonly #reader: ScalarReader;

  constructor(statistics: TargetStatistics, level: UnitFreeLevel, raster: Raster, host: DenseHost) {
    this.#reader = new ScalarReader(raster, statistics, host);
    this.features = new UnitFeatures(statistics, level, this.#reader);
  }

  /** Visits bins start ... stop - 1 of one observed span, each before its own spikes are seen. */
  read(start: number, stop: number, visit: (bin: number) => void): void {
    forEachRun([{ start, stop }], PAIR_BLOCK_ROWS, (from, to) =>
      this.#reader.read(from, to, (bin) => {
        this.features.arrive();
        visit(bin);
      }),
    );
  }
}
