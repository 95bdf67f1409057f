// What a comparison is asked and what it answers: types alone, apart so that its parts can share them.
import type { BinSpan, Raster, UnitInfo } from '../recording/index.ts';
import type { Distance, StatisticCurve, Surrogate } from './family.ts';
import type { Judgement } from './verdict.ts';

/** A raster and what of it counts: all observed bins by default. */
export interface Excerpt {
  readonly raster: Raster;
  readonly spans?: readonly BinSpan[];
}

export interface ComparisonOptions {
  /** (units) labels of the real recording's units; the generated raster has the same units in the same columns. */
  readonly units?: readonly UnitInfo[];
  /** Starts the surrogates and the resamples; 1 by default. */
  readonly seed?: number;
  /** Resamples of the blocks, 200 by default; 0 gives no intervals. */
  readonly replicates?: number;
  /** Called after each family of statistics with how many are done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface DistanceEstimate extends Distance {
  /** 95 % interval; NaN where there are fewer than 20 blocks or no replicates. */
  readonly low: number;
  readonly high: number;
}

/** One statistic: value and distance of each recording. NaN stands for what is undefined. */
export interface ComparedStatistic {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  readonly distanceIs: string;
  readonly keptBy: readonly Surrogate[];
  /** Mean over the two halves. */
  readonly real: number;
  readonly ceiling: DistanceEstimate;
  readonly floors: Readonly<Record<Surrogate, { readonly value: number; readonly distance: Distance }>>;
  /** null where a recording is looked at by itself. */
  readonly generated:
    | ({
        readonly value: number;
        readonly distance: DistanceEstimate;
      } & Judgement)
    | null;
}

/** A statistic before it is judged, which takes all of them. */
export type MeasuredStatistic = Omit<ComparedStatistic, 'generated'> & {
  readonly generated: { readonly value: number; readonly distance: DistanceEstimate } | null;
};

/** A curve of each recording; the real one's and the surrogates' are those of the first half. */
export interface ComparedCurve extends Omit<StatisticCurve, 'points'> {
  readonly series: {
    readonly real: StatisticCurve['points'];
    readonly generated: StatisticCurve['points'] | null;
    readonly poisson: StatisticCurve['points'];
    readonly isiShuffle: StatisticCurve['points'];
  };
}

/** A statistic of every unit. */
export interface ComparedUnits {
  readonly key: string;
  /** (units) mean over the two halves, or the value of the half that has one. */
  readonly real: Float64Array;
  readonly generated: Float64Array | null;
}

export interface StatisticsComparison {
  /** Length of each half, of what is used of the generated recording and of each surrogate. */
  readonly bins: number;
  readonly seconds: number;
  readonly halves: readonly [readonly BinSpan[], readonly BinSpan[]];
  readonly generated: readonly BinSpan[] | null;
  readonly seed: number;
  readonly replicates: number;
  /** Blocks of the first half; the other recordings' differ only where their gaps do. */
  readonly blocks: { readonly count: number; readonly bins: number; readonly intervals: boolean };
  readonly statistics: readonly ComparedStatistic[];
  readonly curves: readonly ComparedCurve[];
  readonly perUnit: readonly ComparedUnits[];
}
