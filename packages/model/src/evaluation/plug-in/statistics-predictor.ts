// `plug-in` above level `none`: what the target's own knowledge gives without any source, as a predictor.
import type { Raster } from '../../recording/types.ts';
import type { DenseHost } from '../dense-host.ts';
import { forEachRun } from '../features/cursor.ts';
import { sigmoid } from '../floors/unit-glm.ts';
import type { FloorPredictor, KnownPart, PredictorKey } from '../types.ts';
import { PAIR_BLOCK_ROWS } from './pair-scalars.ts';
import { PLUG_IN_SCALARS, PLUG_IN_TERMS, PlugInLogits, type CountedLevel } from './plug-in-logits.ts';
import { countRates, countStatistics, ScalarReader, type TargetStatistics } from './target-statistics.ts';

/**
 * What the predictor below needs to know of a target: at level `rates` nothing but spikes are counted.
 * @throws SpikebridgeError E_CALIBRATION_EMPTY
 */
export const countPlugIn = (known: KnownPart, level: CountedLevel, host: DenseHost): TargetStatistics =>
  level === 'rates'
    ? countRates(known, PLUG_IN_SCALARS)
    : countStatistics(known, { spec: PLUG_IN_SCALARS, pairwise: level === 'pairs', host });

export class StatisticsPredictor implements FloorPredictor {
  readonly key: PredictorKey = 'plug-in';
  readonly #reader: ScalarReader;
  readonly #logits: PlugInLogits;
  readonly #units: number;

  constructor(statistics: TargetStatistics, level: CountedLevel, raster: Raster, host: DenseHost) {
    this.#units = raster.units;
    this.#reader = new ScalarReader(raster, statistics, host);
    this.#logits = new PlugInLogits(statistics, PLUG_IN_TERMS[level], this.#reader);
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    const logits = this.#logits;
    let at = 0;
    forEachRun([{ start, stop }], PAIR_BLOCK_ROWS, (from, to) =>
      this.#reader.read(from, to, () => {
        logits.arrive();
        for (let u = 0; u < this.#units; u++, at++) out[at] = sigmoid(logits.logit(u));
      }),
    );
  }
}
