// The design of the shared kernel: a row for every bin and every unit, log-ratio features before the bin, and the logit of
// the unit's own rate as an offset. A sample is kept in memory; all rows of a recording are made again at every pass.
import type { BinSpan, Raster } from '../../recording/types.ts';
import { upToFour, type DenseHost } from '../dense-host.ts';
import { CausalCursor, spanBins, unpackBin } from '../features/cursor.ts';
import { LogRatioBank, SHARED_FEATURES } from '../features/log-ratio-bank.ts';
import { CHUNK_ROWS, type Design, type DesignChunk } from './logistic.ts';
import { logit } from './unit-glm.ts';

/** Features, ones, offset. */
const WIDTH = upToFour(SHARED_FEATURES + 2);

export interface SharedDesignOptions {
  readonly raster: Raster;
  /** (units) probability per bin. */
  readonly rates: Float64Array;
  readonly host: DenseHost;
  readonly train: readonly BinSpan[];
  readonly validation: readonly BinSpan[];
  /** Standardise by these instead of by the training rows; rows are then streamed and never kept. */
  readonly like?: Pick<Design, 'mean' | 'scale'>;
}

export class SharedDesign implements Design {
  readonly features = SHARED_FEATURES;
  readonly offset = true;
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  readonly #options: SharedDesignOptions;
  readonly #kept: {
    readonly train: readonly DesignChunk[];
    readonly validation: readonly DesignChunk[];
  } | null;
  readonly #spare: DesignChunk | null;

  constructor(options: SharedDesignOptions) {
    this.#options = options;
    this.mean = options.like?.mean ?? new Float64Array(SHARED_FEATURES);
    this.scale = options.like?.scale ?? new Float64Array(SHARED_FEATURES).fill(1);
    this.#spare = options.like === undefined ? null : this.#allocate(CHUNK_ROWS);
    this.#kept = null;
    if (options.like !== undefined) return;
    const kept = { train: this.#keep('train'), validation: this.#keep('validation') };
    this.#measure(kept.train);
    for (const chunk of [...kept.train, ...kept.validation]) this.#standardise(chunk);
    this.#kept = kept;
  }

  forEachChunk(part: 'train' | 'validation', visit: (chunk: DesignChunk) => void): void {
    if (this.#kept !== null) {
      this.#kept[part].forEach(visit);
      return;
    }
    this.#make(part, (chunk) => {
      this.#standardise(chunk);
      visit(chunk);
    });
  }

  #allocate(rows: number): DesignChunk {
    const { host } = this.#options;
    return { x: host.allocate(rows * WIDTH), y: host.allocate(upToFour(rows)), rows };
  }

  #keep(part: 'train' | 'validation'): DesignChunk[] {
    const chunks: DesignChunk[] = [];
    this.#make(part, (chunk) => chunks.push(chunk));
    return chunks;
  }

  /** Mean and scale of the features over some rows. */
  #measure(chunks: readonly DesignChunk[]): void {
    const squares = new Float64Array(SHARED_FEATURES);
    let n = 0;
    for (const { x, rows } of chunks) {
      const values = x.view;
      n += rows;
      for (let i = 0, at = 0; i < rows; i++, at += WIDTH) {
        for (let k = 0; k < SHARED_FEATURES; k++) {
          this.mean[k] += values[at + k];
          squares[k] += values[at + k] * values[at + k];
        }
      }
    }
    for (let k = 0; k < SHARED_FEATURES; k++) {
      this.mean[k] /= Math.max(1, n);
      const variance = squares[k] / Math.max(1, n) - this.mean[k] * this.mean[k];
      this.scale[k] = variance > 1e-12 ? Math.sqrt(variance) : 1;
    }
  }

  #standardise({ x, rows }: DesignChunk): void {
    const values = x.view;
    const inverse = this.scale.map((scale) => 1 / scale);
    for (let i = 0, at = 0; i < rows; i++, at += WIDTH) {
      for (let k = 0; k < SHARED_FEATURES; k++) {
        values[at + k] = (values[at + k] - this.mean[k]) * inverse[k];
      }
    }
  }

  /** Raw rows, chunk by chunk: bins in order, all units of each. */
  #make(part: 'train' | 'validation', visit: (chunk: DesignChunk) => void): void {
    const { raster, rates } = this.#options;
    const { units } = raster;
    const spans = this.#options[part];
    const offset = rates.map(logit);
    const bank = new LogRatioBank(rates, raster.binMilliseconds);
    const cursor = new CausalCursor(raster, [bank]);
    const spikes = new Float32Array(units);
    let left = spanBins(spans) * units;
    if (left === 0) return;
    let chunk = this.#spare ?? this.#allocate(Math.min(CHUNK_ROWS, left));
    let x = chunk.x.view;
    let y = chunk.y.view;
    let row = 0;
    for (const span of spans) {
      for (let bin = span.start; bin < span.stop; bin++) {
        cursor.seek(bin);
        unpackBin(raster, bin, spikes);
        const { features } = bank;
        for (let u = 0; u < units; u++) {
          const at = row * WIDTH;
          for (let k = 0; k < SHARED_FEATURES; k++) x[at + k] = features[k * units + u];
          x[at + SHARED_FEATURES] = 1;
          x[at + SHARED_FEATURES + 1] = offset[u];
          y[row] = spikes[u];
          row++;
          left--;
          if (row < CHUNK_ROWS && left > 0) continue;
          visit(row === chunk.rows ? chunk : { ...chunk, rows: row });
          row = 0;
          if (left === 0) return;
          chunk = this.#spare ?? this.#allocate(Math.min(CHUNK_ROWS, left));
          x = chunk.x.view;
          y = chunk.y.view;
        }
      }
    }
  }
}
