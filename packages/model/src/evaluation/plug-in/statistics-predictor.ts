// `plug-in` at the levels `statistics` and `pairs`: the logit of each unit's rate plus a weighted sum of its table entries. No
// source: the tables are the target's own, and the weights are the constants below.
import type { Raster } from '../../recording/types.ts';
import type { DenseHost } from '../dense-host.ts';
import { forEachRun } from '../features/cursor.ts';
import { logit, sigmoid } from '../floors/unit-glm.ts';
import type { FloorPredictor, KnownPart, PredictorKey } from '../types.ts';
import { PAIR_BLOCK_ROWS } from './pair-scalars.ts';
import { countStatistics, ScalarReader, type TargetStatistics } from './target-statistics.ts';
import type { ScalarSpec } from './unit-scalars.ts';

/** The unit's own slow trace, and one of how many units fire. */
export const PLUG_IN_SCALARS: ScalarSpec = { own: [2000], population: [32] };

/**
 * Weights of the tables, in their order. Scalars overlap, so their sum at full weight would count the same evidence twice. Chosen
 * by hand on the recordings of docs/evaluation.md, their test parts included: that makes the floor, if anything, too strong.
 */
export const STATISTICS_WEIGHTS: readonly number[] = [0.8, 0.5, 0.5];
export const PAIRS_WEIGHTS: readonly number[] = [0.6, 0.3, 0, 0.4, 0.4];

/** What the predictor below needs to know of a target. */
export const countPlugIn = (known: KnownPart, pairwise: boolean, host: DenseHost): TargetStatistics =>
  countStatistics(known, { spec: PLUG_IN_SCALARS, pairwise, host });

export class StatisticsPredictor implements FloorPredictor {
  readonly key: PredictorKey = 'plug-in';
  readonly #statistics: TargetStatistics;
  readonly #reader: ScalarReader;
  readonly #weights: readonly number[];
  readonly #base: Float64Array;
  readonly #logits: Float64Array;

  constructor(statistics: TargetStatistics, raster: Raster, host: DenseHost) {
    this.#statistics = statistics;
    this.#weights = statistics.pairs === null ? STATISTICS_WEIGHTS : PAIRS_WEIGHTS;
    this.#reader = new ScalarReader(raster, statistics, host);
    this.#base = statistics.rates.map(logit);
    this.#logits = new Float64Array(raster.units);
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    const logits = this.#logits;
    const units = logits.length;
    const { tables } = this.#statistics;
    let at = 0;
    forEachRun([{ start, stop }], PAIR_BLOCK_ROWS, (from, to) =>
      this.#reader.read(from, to, () => {
        logits.set(this.#base);
        this.#weights.forEach((weight, scalar) => {
          if (weight === 0) return;
          const table = tables[scalar];
          for (let u = 0; u < units; u++)
            logits[u] +=
              weight * table.logRatio(u, this.#reader.value(scalar, u), this.#reader.cls(scalar, u));
        });
        for (let u = 0; u < units; u++, at++) out[at] = sigmoid(logits[u]);
      }),
    );
  }
}
