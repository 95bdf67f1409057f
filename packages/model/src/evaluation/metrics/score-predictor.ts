// Runs one predictor over the scored bins, once: block sums for everything that is resampled, the exact ranking of all
// scores, and (on request) the scores themselves to whoever exports them. One predictor's scores at a time are held.
import { Ranker, type RankingMetrics } from '@spikebridge/core-wasm';
import type { BinSpan, Raster } from '../../recording/types.ts';
import { countSpikes, runsOf, spanBins, unpackBin } from '../features/cursor.ts';
import type { Predictor } from '../types.ts';
import { BlockScores, FEWEST_UNIT_SPIKES } from './block-scores.ts';
import type { Calibration } from './calibration.ts';

/** Cells above which scores are ranked by histogram: the sort would need more memory than one WebAssembly module has. */
export const MOST_RANKED_CELLS = 4.5e8;
const ROWS = 512;

export interface ScoreRequest {
  readonly predictor: Predictor;
  readonly raster: Raster;
  readonly spans: readonly BinSpan[];
  /** (units) 1 = scored. */
  readonly scored: Uint8Array;
  readonly nullRates: Float64Array;
  readonly calibration: Calibration;
  /** (blocks) first row of each block, as `planBlocks` gives them. */
  readonly firstRows: readonly number[];
  /** Called with each block of probabilities, (rows, units), before it is reused. */
  readonly onBlock?: (scores: Float32Array, firstRow: number) => void;
  /** Called now and then with the share that is done. */
  readonly onProgress?: (done: number) => void;
}

export interface ScoredPredictor {
  readonly blocks: BlockScores;
  /** Exact, or null where there were too many cells. */
  readonly pooled: RankingMetrics | null;
  /** (units) exact; null for units that are not scored, or where there were too many cells. */
  readonly perUnit: readonly (RankingMetrics | null)[] | null;
}

export async function scorePredictor(request: ScoreRequest): Promise<ScoredPredictor> {
  const { predictor, raster, spans, scored } = request;
  const { units, wordsPerBin, words } = raster;
  const bins = spanBins(spans);
  const ranked = Uint8Array.from(countSpikes(raster, spans).spikes, (n) => (n >= FEWEST_UNIT_SPIKES ? 1 : 0));
  const blocks = new BlockScores(request.firstRows, scored, ranked, request.nullRates, request.calibration);
  const kept = scored.reduce((sum, flag) => sum + flag, 0);
  const unitMask = new Uint32Array(wordsPerBin);
  scored.forEach((flag, u) => {
    if (flag !== 0) unitMask[u >> 5] |= 1 << (u & 31);
  });
  const ranker = kept > 0 && bins * kept <= MOST_RANKED_CELLS ? new Ranker({ units, bins, unitMask }) : null;
  const scores = new Float32Array(ROWS * units);
  const spikes = new Float32Array(ROWS * units);
  let reported = 0;
  for (const { start, stop, row } of runsOf(spans, ROWS)) {
    const rows = stop - start;
    const block = scores.subarray(0, rows * units);
    await predictor.predict(start, stop, block);
    for (let bin = start; bin < stop; bin++) {
      const at = (bin - start) * units;
      unpackBin(raster, bin, spikes.subarray(at, at + units));
    }
    blocks.add(block, spikes, rows);
    ranker?.add(block, words.subarray(start * wordsPerBin, stop * wordsPerBin));
    request.onBlock?.(block, row);
    if (row - reported > bins / 20) {
      reported = row;
      request.onProgress?.(row / bins);
    }
  }
  if (ranker === null) return { blocks, pooled: null, perUnit: null };
  const perUnit = ranker.perUnit();
  return { blocks, pooled: ranker.pooled(), perUnit };
}
