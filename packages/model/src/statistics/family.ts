// What one family of statistics is: figures counted block by block, so that a resample of the blocks is a weighted sum, and
// the rows it adds to the table, each with a value, a distance and the surrogates that keep it by construction.
import type { UnitInfo } from '../recording/index.ts';
import type { View } from './view.ts';

export const SURROGATES = ['poisson', 'isiShuffle'] as const;
/** Rate-matched Poisson trains, and the same intervals in random order. */
export type Surrogate = (typeof SURROGATES)[number];

export interface Distance {
  /** 0 where both are alike; NaN where it is undefined (too few spikes, no burst, ...). */
  readonly value: number;
  /** Pearson correlation of the two over units or pairs; NaN where the statistic is one figure. */
  readonly agreement: number;
  /** Units, pairs, bands or events that were compared. */
  readonly n: number;
}

/** One line of the table. */
export interface StatisticRow<S> {
  readonly key: string;
  readonly title: string;
  /** Unit of the value; empty for a pure number. */
  readonly unit: string;
  /** What the distance is, in a few words. */
  readonly distanceIs: string;
  /** Surrogates that keep this statistic by construction: no floor for it. */
  readonly keptBy: readonly Surrogate[];
  /** One figure that stands for the recording. */
  value(summary: S): number;
  distance(a: S, b: S): Distance;
}

/** A statistic as a line over something: for a chart. */
export interface StatisticCurve {
  readonly key: string;
  readonly title: string;
  readonly x: { readonly title: string; readonly logarithmic: boolean };
  readonly y: { readonly title: string; readonly logarithmic: boolean };
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** `P`: what is fixed by the reference (thresholds, groups); `M`: tables by block; `S`: the statistic itself. */
export interface Family<P, M, S> {
  /** Fixed once, on the real recording, and used for all that it is compared with. */
  parameters(reference: View, units: readonly UnitInfo[]): P;
  measure(view: View, parameters: P): M;
  /** `times`: (blocks) how often each block counts; once each by default. */
  summarise(measured: M, times?: ArrayLike<number>): S;
  rows(parameters: P): readonly StatisticRow<S>[];
  /** What is more than a figure, for charts. */
  curves?(summary: S): readonly StatisticCurve[];
  /** (units) each, by name: what a table of units shows. */
  perUnit?(summary: S): Readonly<Record<string, ArrayLike<number>>>;
}

/** (blocks) every block once. */
export const once = (blocks: number): Float64Array => new Float64Array(blocks).fill(1);
