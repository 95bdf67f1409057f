// The plug-in of each level as a logit: that of the unit's rate, plus what it has just done and what its tables say of that, by
// constant weights. No source: ratios and tables are the target's own.
import { log } from '../../engine/elementary.ts';
import type { KnowledgeLevel } from '../types.ts';
import { FIRST_OWN, HAZARD, type ScalarSource } from './scalar-source.ts';
import type { TargetStatistics } from './target-statistics.ts';
import type { ScalarSpec } from './unit-scalars.ts';

/** Levels at which a target is counted. */
export type CountedLevel = Exclude<KnowledgeLevel, 'none' | 'tuned'>;

/** A term: ln((trace + 1) / (expected + 1)), or the table over a scalar. Times in milliseconds, pairs by their kind. */
export interface PlugInTerm {
  readonly kind: 'ratio' | 'table';
  readonly of: 'hazard' | 'own' | 'population' | 'pair';
  readonly at: number;
  readonly weight: number;
}

/**
 * Weights fitted, none below 0, on five recordings that no figure here is about (two cultures, a retina, human temporal lobe,
 * Kilosort4 Neuropixels: half of each known, the other half judged), and rounded. Terms overlap, so that their sum at full weight
 * would count the same evidence twice.
 */
export const PLUG_IN_TERMS: Readonly<Record<CountedLevel, readonly PlugInTerm[]>> = {
  rates: [],
  statistics: [
    { kind: 'table', of: 'hazard', at: 0, weight: 0.8 },
    { kind: 'ratio', of: 'own', at: 500, weight: 0.2 },
    { kind: 'ratio', of: 'own', at: 10_000, weight: 0.4 },
    { kind: 'table', of: 'population', at: 32, weight: 0.5 },
  ],
  pairs: [
    { kind: 'table', of: 'hazard', at: 0, weight: 0.55 },
    { kind: 'ratio', of: 'own', at: 500, weight: 0.25 },
    { kind: 'ratio', of: 'own', at: 10_000, weight: 0.4 },
    { kind: 'table', of: 'pair', at: 0, weight: 0.75 },
  ],
};

/** The traces of those terms. */
export const PLUG_IN_SCALARS: ScalarSpec = { own: [500, 10_000], population: [32] };

/** Place of a term's scalar among those of `spec`. */
export function scalarOf({ own, population }: ScalarSpec, of: PlugInTerm['of'], at: number): number {
  if (of === 'hazard') return HAZARD;
  if (of === 'own') return FIRST_OWN + own.indexOf(at);
  const firstPopulation = FIRST_OWN + own.length;
  return of === 'population'
    ? firstPopulation + population.indexOf(at)
    : firstPopulation + population.length + at;
}

export class PlugInLogits {
  readonly #source: ScalarSource;
  readonly #statistics: TargetStatistics;
  readonly #tables: readonly { readonly scalar: number; readonly weight: number }[];
  readonly #own: readonly { readonly scalar: number; readonly place: number; readonly weight: number }[];
  readonly #population: readonly { readonly place: number; readonly weight: number }[];
  /** (units) */
  readonly #base: Float64Array;
  /** What is the same for every unit of the bin. */
  #shared = 0;

  /** `statistics` hold the scalars of the terms, and tables where any is over a table. */
  constructor(statistics: TargetStatistics, terms: readonly PlugInTerm[], source: ScalarSource) {
    const { spec, rates } = statistics;
    const units = rates.length;
    this.#source = source;
    this.#statistics = statistics;
    this.#tables = terms
      .filter(({ kind }) => kind === 'table')
      .map(({ of, at, weight }) => ({ scalar: scalarOf(spec, of, at), weight }));
    const ratios = terms.filter(({ kind }) => kind === 'ratio');
    this.#own = ratios
      .filter(({ of }) => of === 'own')
      .map(({ at, weight }) => ({ scalar: scalarOf(spec, 'own', at), place: spec.own.indexOf(at), weight }));
    this.#population = ratios
      .filter(({ of }) => of === 'population')
      .map(({ at, weight }) => ({ place: spec.population.indexOf(at), weight }));
    const { ownExpected } = source.scalars;
    this.#base = rates.map((rate, u) =>
      this.#own.reduce(
        (sum, { place, weight }) => sum - weight * log(ownExpected[place * units + u] + 1),
        log(rate / (1 - rate)),
      ),
    );
  }

  /** Takes up the bin that the source stands before. */
  arrive(): void {
    const { population, populationExpected } = this.#source.scalars;
    this.#shared = this.#population.reduce(
      (sum, { place, weight }) =>
        sum + weight * log((population[place] + 1) / (populationExpected[place] + 1)),
      0,
    );
  }

  /** Of a unit in that bin. */
  logit(unit: number): number {
    const source = this.#source;
    const { tables } = this.#statistics;
    let sum = this.#base[unit] + this.#shared;
    for (const { scalar, weight } of this.#own) sum += weight * log(source.value(scalar, unit) + 1);
    for (const { scalar, weight } of this.#tables)
      sum += weight * tables[scalar].logRatio(unit, source.value(scalar, unit), source.cls(scalar, unit));
    return sum;
  }
}
