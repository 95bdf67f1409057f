// Score histograms per time block, for intervals by a bootstrap over blocks: resampling adds histograms up instead of
// sorting millions of scores again.
import { SpikeCore, SpikeCoreError } from './spike-core.ts';
import { ScoreStage, type LabelRows } from './spike-ranking.ts';

export interface BlockHistogramOptions {
  readonly units: number;
  readonly unitMask?: Uint32Array;
  /** Rows a block, and blocks in all; the last may stay short. */
  readonly blockBins: number;
  readonly blocks: number;
  /** Another build of the core (tests). */
  readonly core?: SpikeCore;
}

/** Metrics of a resample. Scores of one bucket (within 1 / 256 of each other, or all under 2^-20) count as tied. */
export interface HistogramMetrics {
  readonly rocAuc: number;
  readonly averagePrecision: number;
  readonly positives: number;
  readonly negatives: number;
}

/** Bits of the fraction that tell buckets apart, and octaves below 1 that do. Probabilities are clipped at 1e-6 > 2^-20. */
const FRACTION_BITS = 8;
const OCTAVES = 20;
const SHIFT = 23 - FRACTION_BITS;
const LOWEST = (127 - OCTAVES) << FRACTION_BITS;
/** Buckets of every histogram, in rising order of score. */
export const SCORE_BUCKETS = (OCTAVES << FRACTION_BITS) + 1;

/** Counts of (block, bucket, label), filled in order of time. */
export class BlockHistograms {
  readonly blocks: number;
  readonly blockBins: number;
  private readonly core: SpikeCore;
  private readonly stage: ScoreStage;
  private readonly units: number;
  private readonly at: number;
  private filled = 0;

  /** @throws SpikeCoreError E_RANK_SHAPE, E_SPIKE_MEMORY. */
  constructor(options: BlockHistogramOptions) {
    const { units, blockBins, blocks } = options;
    if (![units, blockBins, blocks].every((x) => Number.isInteger(x) && x >= 1)) {
      throw new SpikeCoreError(
        'E_RANK_SHAPE',
        `${blocks} blocks of (${blockBins}, ${units}): all are counts above 0`,
      );
    }
    this.core = options.core ?? new SpikeCore();
    this.units = units;
    this.blocks = blocks;
    this.blockBins = blockBins;
    this.stage = new ScoreStage(this.core, units, options.unitMask);
    this.at = this.core.reserve(blocks * SCORE_BUCKETS * 8);
  }

  /**
   * Adds the next rows in time: scores (bins, units) in [0, 1] and labels.
   * @throws SpikeCoreError E_RANK_SCORE, E_RANK_SHAPE.
   */
  add(scores: Float32Array, labels: LabelRows): void {
    const rows = this.stage.rowsOf(scores, labels);
    if (this.filled + rows > this.blocks * this.blockBins) {
      throw new SpikeCoreError(
        'E_RANK_SHAPE',
        `${this.filled + rows} rows received, ${this.blocks} blocks of ${this.blockBins} were announced`,
      );
    }
    const { calls } = this.core;
    const { columns, kept } = this.stage;
    let bad = 0;
    for (let from = 0; from < rows;) {
      const block = Math.floor((this.filled + from) / this.blockBins);
      const to = Math.min(rows, (block + 1) * this.blockBins - this.filled);
      const into = this.at + block * SCORE_BUCKETS * 8;
      this.stage.each(scores, labels, from, to, (at, labelAt, labelRow, packed, _first, count) => {
        bad += calls.histogramIngest(
          at,
          labelAt,
          labelRow,
          packed,
          count,
          this.units,
          columns,
          kept,
          SHIFT,
          LOWEST,
          into,
        );
      });
      from = to;
    }
    if (bad > 0) {
      throw new SpikeCoreError(
        'E_RANK_SCORE',
        `${bad} scores are NaN or outside [0, 1]: probabilities are expected`,
      );
    }
    this.filled += rows;
  }

  /** Counts of one block, (buckets, 2): negatives, positives. A view. */
  counts(block: number): Uint32Array {
    return new Uint32Array(this.core.buffer, this.at + block * SCORE_BUCKETS * 8, SCORE_BUCKETS * 2);
  }

  /** Metrics where block b counts `times[b]` times; all once by default. */
  metrics(times?: ArrayLike<number>): HistogramMetrics {
    const sum = new Float64Array(SCORE_BUCKETS * 2);
    for (let block = 0; block < this.blocks; block++) {
      const weight = times === undefined ? 1 : times[block];
      if (weight === 0) continue;
      const counts = this.counts(block);
      for (let i = 0; i < sum.length; i++) sum[i] += weight * counts[i];
    }
    let positives = 0;
    for (let i = 1; i < sum.length; i += 2) positives += sum[i];
    let above = 0;
    let wrong = 0;
    let pairs = 0;
    let precision = 0;
    for (let i = sum.length - 2; i >= 0; i -= 2) {
      const negative = sum[i];
      const positive = sum[i + 1];
      pairs += negative * (above + positive / 2);
      above += positive;
      wrong += negative;
      if (positive > 0) precision += (positive * above) / (above + wrong);
    }
    return {
      rocAuc: positives === 0 || wrong === 0 ? NaN : pairs / (positives * wrong),
      averagePrecision: positives === 0 ? NaN : precision / positives,
      positives,
      negatives: wrong,
    };
  }
}
