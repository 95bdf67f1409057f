// Everything the metrics of one predictor need, summed per time block: sufficient statistics and score histograms. Any
// resample of the blocks is then a weighted sum, and no score is kept.
import { bucketOfLogit, clipProbability } from './buckets.ts';
import type { Calibration } from './calibration.ts';

/** Buckets of the pooled histogram: 0.007 of a logit wide. */
export const POOLED_BUCKETS = 4096;
/** Buckets of each unit's histogram: 0.054 of a logit wide, a few percent of a rate. */
export const UNIT_BUCKETS = 512;

/** Units with fewer scored spikes have no ROC-AUC of their own: sparse units give artefacts. */
export const FEWEST_UNIT_SPIKES = 300;

/** Sums kept for each block, in this order. */
export const SUMS = {
  /** ln p(data) of the raw, of the recalibrated probabilities, and of the null. */
  raw: 0,
  recalibrated: 1,
  null: 2,
  spikes: 3,
  probability: 4,
  hitProbability: 5,
  truePositives: 6,
  called: 7,
  cells: 8,
} as const;
export const SUM_COUNT = 9;

export class BlockScores {
  readonly blocks: number;
  readonly units: number;
  /** Units that are scored at all. */
  readonly scoredUnits: number;
  /** (ranked) the units that have a histogram of their own, rising. */
  readonly ranked: readonly number[];
  /** (blocks, SUM_COUNT) */
  readonly sums: Float64Array;
  /** (blocks, POOLED_BUCKETS): cells without and with a spike, and the sum of their probabilities. */
  readonly silent: Float64Array;
  readonly spiking: Float64Array;
  readonly mass: Float64Array;
  /** (blocks, ranked, UNIT_BUCKETS) */
  readonly unitSilent: Uint32Array;
  readonly unitSpiking: Uint32Array;
  /** (blocks, units): ln p of the recalibrated model minus ln p of the null; spikes. */
  readonly unitGain: Float64Array;
  readonly unitSpikes: Float64Array;
  readonly #scored: Uint8Array;
  readonly #firstRows: readonly number[];
  /** (units) place in `ranked`, or -1. */
  readonly #rank: Int32Array;
  readonly #calibration: Calibration;
  readonly #nullSpike: Float64Array;
  readonly #nullSilence: Float64Array;
  #row = 0;
  #block = 0;

  /**
   * `firstRows`: (blocks) first row of each block. `nullRates`: (units) probability per bin of the null model. Units with
   * `scored` 0 are passed over; those with `ranked` 0 have no histogram of their own, which is most of the memory.
   */
  constructor(
    firstRows: readonly number[],
    scored: Uint8Array,
    ranked: Uint8Array,
    nullRates: Float64Array,
    calibration: Calibration,
  ) {
    this.blocks = firstRows.length;
    this.units = scored.length;
    this.scoredUnits = scored.reduce((sum, flag) => sum + (flag === 0 ? 0 : 1), 0);
    this.ranked = Array.from(scored.keys()).filter((u) => scored[u] !== 0 && ranked[u] !== 0);
    this.#firstRows = firstRows;
    this.#scored = scored;
    this.#rank = new Int32Array(this.units).fill(-1);
    this.ranked.forEach((unit, place) => {
      this.#rank[unit] = place;
    });
    this.#calibration = calibration;
    this.#nullSpike = nullRates.map((p) => Math.log(clipProbability(p)));
    this.#nullSilence = nullRates.map((p) => Math.log(1 - clipProbability(p)));
    this.sums = new Float64Array(this.blocks * SUM_COUNT);
    this.silent = new Float64Array(this.blocks * POOLED_BUCKETS);
    this.spiking = new Float64Array(this.blocks * POOLED_BUCKETS);
    this.mass = new Float64Array(this.blocks * POOLED_BUCKETS);
    this.unitSilent = new Uint32Array(this.blocks * this.ranked.length * UNIT_BUCKETS);
    this.unitSpiking = new Uint32Array(this.blocks * this.ranked.length * UNIT_BUCKETS);
    this.unitGain = new Float64Array(this.blocks * this.units);
    this.unitSpikes = new Float64Array(this.blocks * this.units);
  }

  /** Adds the next rows in time: scores (rows, units) and zeros and ones of the same shape. */
  add(scores: Float32Array, spikes: Float32Array, rows: number): void {
    const { units, sums } = this;
    const { slope, offset, threshold } = this.#calibration;
    const plain = slope === 1 && offset === 0;
    for (let i = 0, at = 0; i < rows; i++, this.#row++) {
      while (this.#row >= this.#firstRows[this.#block + 1]) this.#block++;
      const block = this.#block;
      const into = block * SUM_COUNT;
      let raw = 0;
      let recalibrated = 0;
      let nothing = 0;
      for (let u = 0; u < units; u++, at++) {
        if (this.#scored[u] === 0) continue;
        const score = scores[at];
        const spike = spikes[at] !== 0;
        const p = clipProbability(score);
        const z = Math.log(p / (1 - p));
        const own = spike ? Math.log(p) : Math.log(1 - p);
        let calibrated = own;
        if (!plain) {
          const value = slope * z + offset;
          const q = clipProbability(value > 0 ? 1 / (1 + Math.exp(-value)) : 1 - 1 / (1 + Math.exp(value)));
          calibrated = Math.log(spike ? q : 1 - q);
        }
        const floor = spike ? this.#nullSpike[u] : this.#nullSilence[u];
        raw += own;
        recalibrated += calibrated;
        nothing += floor;
        const bucket = block * POOLED_BUCKETS + bucketOfLogit(z, POOLED_BUCKETS);
        const cell = block * units + u;
        const place = this.#rank[u];
        const unitBucket =
          place < 0
            ? -1
            : (block * this.ranked.length + place) * UNIT_BUCKETS + bucketOfLogit(z, UNIT_BUCKETS);
        this.unitGain[cell] += calibrated - floor;
        this.mass[bucket] += score;
        sums[into + SUMS.probability] += score;
        sums[into + SUMS.cells]++;
        if (score >= threshold) sums[into + SUMS.called]++;
        if (spike) {
          this.spiking[bucket]++;
          if (unitBucket >= 0) this.unitSpiking[unitBucket]++;
          this.unitSpikes[cell]++;
          sums[into + SUMS.spikes]++;
          sums[into + SUMS.hitProbability] += score;
          if (score >= threshold) sums[into + SUMS.truePositives]++;
        } else {
          this.silent[bucket]++;
          if (unitBucket >= 0) this.unitSilent[unitBucket]++;
        }
      }
      sums[into + SUMS.raw] += raw;
      sums[into + SUMS.recalibrated] += recalibrated;
      sums[into + SUMS.null] += nothing;
    }
  }
}

/** Row i of a (blocks, width) table, summed with weights. */
export function weightedSum(
  table: ArrayLike<number>,
  width: number,
  weights: ArrayLike<number>,
): Float64Array {
  const out = new Float64Array(width);
  for (let block = 0; block < weights.length; block++) {
    const weight = weights[block];
    if (weight === 0) continue;
    const from = block * width;
    for (let j = 0; j < width; j++) out[j] += weight * table[from + j];
  }
  return out;
}
