// Typed front of the exact ranking metrics: scores in [0, 1] with binary labels, pooled and per unit, ties exact.
import { SpikeCore, SpikeCoreError } from './spike-core.ts';

/** Metrics of one set of (score, label) pairs. NaN where undefined: no positives, or (ROC-AUC) no negatives. */
export interface RankingMetrics {
  /** Probability that a positive outranks a negative, ties counting half (Mann-Whitney). */
  readonly rocAuc: number;
  /** Sum over distinct thresholds of (R_n - R_{n-1}) P_n, as scikit-learn defines it. */
  readonly averagePrecision: number;
  readonly maxF1: number;
  /** F1 is greatest when scores >= this are called spikes; the highest such threshold. */
  readonly maxF1Threshold: number;
  readonly positives: number;
  readonly negatives: number;
}

/** Labels of a block: bit-packed rows (wordsPerBin = ceil(units / 32)) or one byte a cell. */
export type LabelRows = Uint32Array | Uint8Array;

export interface RankerOptions {
  /** Columns of every block; 1 for a plain list of scores. */
  readonly units: number;
  /** Rows that will be added at most; the memory is 8 bytes x bins x units (pooled), 4 (per unit alone). */
  readonly bins: number;
  /** Units that count, bit-packed; all by default. */
  readonly unitMask?: Uint32Array;
  /** Another build of the core (tests). */
  readonly core?: SpikeCore;
}

/** Rows copied into the core at a time: about 256 KiB of scores. */
const STAGE_SCORES = 1 << 16;

/** The columns of a unit mask, in order. */
export function maskedColumns(units: number, unitMask: Uint32Array | undefined): Uint32Array {
  const columns: number[] = [];
  for (let u = 0; u < units; u++) {
    if (unitMask === undefined || (unitMask[u >> 5] >>> (u & 31)) & 1) columns.push(u);
  }
  return Uint32Array.from(columns);
}

/** Staging buffers for blocks of (bins, units) scores and their labels, shared by ranking and histograms. */
export class ScoreStage {
  readonly columns: number;
  readonly kept: number;
  readonly rows: number;
  private readonly core: SpikeCore;
  private readonly units: number;
  private readonly scores: number;
  private readonly labels: number;

  constructor(core: SpikeCore, units: number, unitMask: Uint32Array | undefined) {
    const list = maskedColumns(units, unitMask);
    this.core = core;
    this.units = units;
    this.kept = list.length;
    this.rows = Math.max(1, Math.floor(STAGE_SCORES / units));
    this.columns = core.reserve(units * 4);
    this.scores = core.reserve(this.rows * units * 4);
    this.labels = core.reserve(this.rows * Math.max(units, Math.ceil(units / 32) * 4));
    new Uint32Array(core.buffer, this.columns, list.length).set(list);
  }

  /** Rows in a block; @throws E_RANK_SHAPE where scores and labels disagree. */
  rowsOf(scores: Float32Array, labels: LabelRows): number {
    const bins = scores.length / this.units;
    const row = labels instanceof Uint32Array ? Math.ceil(this.units / 32) : this.units;
    if (!Number.isInteger(bins) || labels.length !== bins * row) {
      throw new SpikeCoreError(
        'E_RANK_SHAPE',
        `${scores.length} scores and ${labels.length} labels received: (bins, ${this.units}) scores and ${row} ` +
          `${labels instanceof Uint32Array ? 'words' : 'bytes'} of labels a bin are expected`,
      );
    }
    return bins;
  }

  /** Copies rows [from, to) in and calls `use` with where they lie. */
  each(
    scores: Float32Array,
    labels: LabelRows,
    from: number,
    to: number,
    use: (
      scores: number,
      labels: number,
      labelRow: number,
      packed: number,
      first: number,
      rows: number,
    ) => void,
  ): void {
    const packed = labels instanceof Uint32Array;
    const row = packed ? Math.ceil(this.units / 32) : this.units;
    const scoreStage = new Float32Array(this.core.buffer, this.scores, this.rows * this.units);
    const labelStage = packed
      ? new Uint32Array(this.core.buffer, this.labels, this.rows * row)
      : new Uint8Array(this.core.buffer, this.labels, this.rows * row);
    for (let first = from; first < to; first += this.rows) {
      const last = Math.min(to, first + this.rows);
      scoreStage.set(scores.subarray(first * this.units, last * this.units));
      labelStage.set(labels.subarray(first * row, last * row));
      use(this.scores, this.labels, packed ? row * 4 : row, packed ? 1 : 0, first, last - first);
    }
  }
}

/**
 * Exact ROC-AUC, average precision and maximum F1 over blocks of scores. Keys are kept unit by unit, 4 bytes a pair, in a
 * memory that goes when the ranker does.
 */
export class Ranker {
  private readonly core: SpikeCore;
  private readonly stage: ScoreStage;
  private readonly units: number;
  private readonly columnOf: Uint32Array;
  private readonly capacity: number;
  private readonly keys: number;
  private readonly counts: number;
  private spare = 0;
  private spareKeys = 0;
  private filled = 0;
  private spent = false;

  /** @throws SpikeCoreError E_RANK_SHAPE, E_SPIKE_MEMORY. */
  constructor(options: RankerOptions) {
    const { units, bins } = options;
    if (
      !Number.isInteger(units) ||
      units < 1 ||
      !Number.isInteger(bins) ||
      bins < 0 ||
      units * bins >= 2 ** 31
    ) {
      throw new SpikeCoreError(
        'E_RANK_SHAPE',
        `(${bins}, ${units}) scores: both are counts, fewer than 2^31 in all`,
      );
    }
    this.core = options.core ?? new SpikeCore();
    this.units = units;
    this.capacity = bins;
    this.columnOf = maskedColumns(units, options.unitMask);
    this.stage = new ScoreStage(this.core, units, options.unitMask);
    this.counts = this.core.reserve(3 * 1024 * 4);
    this.keys = this.core.reserve(this.stage.kept * bins * 4);
  }

  /**
   * Adds a block of rows: scores (bins, units) in [0, 1] and their labels.
   * @throws SpikeCoreError E_RANK_SCORE (NaN or outside [0, 1]), E_RANK_SHAPE (shapes disagree, or more rows than stated).
   */
  add(scores: Float32Array, labels: LabelRows): void {
    this.refuseSpent();
    const rows = this.stage.rowsOf(scores, labels);
    if (this.filled + rows > this.capacity) {
      throw new SpikeCoreError(
        'E_RANK_SHAPE',
        `${this.filled + rows} rows received, ${this.capacity} were announced`,
      );
    }
    const { calls } = this.core;
    let bad = 0;
    this.stage.each(scores, labels, 0, rows, (at, labelAt, labelRow, packed, first, count) => {
      const { columns, kept } = this.stage;
      const to = this.filled + first;
      calls.rankIngest(
        at,
        labelAt,
        labelRow,
        packed,
        count,
        this.units,
        columns,
        kept,
        this.keys,
        this.capacity,
        to,
      );
      bad += calls.rankBadScores();
    });
    if (bad > 0) {
      throw new SpikeCoreError(
        'E_RANK_SCORE',
        `${bad} scores are NaN or outside [0, 1]: probabilities are expected`,
      );
    }
    this.filled += rows;
  }

  private refuseSpent(): void {
    if (this.spent) {
      throw new SpikeCoreError(
        'E_RANK_ORDER',
        'pooled() mixes the units for good: call perUnit() and add() before it',
      );
    }
  }

  private spareFor(keys: number): number {
    if (this.spareKeys < keys) {
      this.spare = this.core.reserve(keys * 4);
      this.spareKeys = keys;
    }
    return this.spare;
  }

  private measure(keys: number, n: number): RankingMetrics {
    const { calls } = this.core;
    const spare = this.spareFor(n);
    calls.rankSort(keys, spare, n, this.counts);
    calls.rankScan(spare, n);
    const bits = new Uint32Array([calls.rankMaxF1Key()]);
    const positives = calls.rankPositives();
    return {
      rocAuc: calls.rankRocAuc(),
      averagePrecision: calls.rankAveragePrecision(),
      maxF1: calls.rankMaxF1(),
      maxF1Threshold: positives === 0 ? NaN : new Float32Array(bits.buffer)[0],
      positives,
      negatives: n - positives,
    };
  }

  /** Metrics of each unit over the rows so far; null for units outside the mask. */
  perUnit(): (RankingMetrics | null)[] {
    this.refuseSpent();
    const out: (RankingMetrics | null)[] = new Array<RankingMetrics | null>(this.units).fill(null);
    this.columnOf.forEach((unit, j) => {
      out[unit] = this.measure(this.keys + j * this.capacity * 4, this.filled);
    });
    return out;
  }

  /** Metrics of all kept units together over the rows so far; the last call a ranker answers. */
  pooled(): RankingMetrics {
    this.refuseSpent();
    this.spent = true;
    const bytes = new Uint8Array(this.core.buffer);
    // Fewer rows than announced leave holes between the units: close them, once.
    if (this.filled < this.capacity) {
      for (let j = 1; j < this.stage.kept; j++) {
        const from = this.keys + j * this.capacity * 4;
        bytes.copyWithin(this.keys + j * this.filled * 4, from, from + this.filled * 4);
      }
    }
    return this.measure(this.keys, this.stage.kept * this.filled);
  }
}

/** Pooled metrics of a plain list of scores with one label byte each. */
export function rankScores(scores: Float32Array, labels: Uint8Array): RankingMetrics {
  const ranker = new Ranker({ units: 1, bins: scores.length });
  ranker.add(scores, labels);
  return ranker.pooled();
}
