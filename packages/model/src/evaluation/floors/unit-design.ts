// The design of one unit's own-history (and population) model: standardised rows of features before each bin of the fitted
// parts, kept in the memory of the matrix products while that allows and made again at every pass where it does not.
import type { BinSpan, Raster } from '../../recording/types.ts';
import { CausalCursor, forEachRun, spanBins, spikeAt } from '../features/cursor.ts';
import { OWN_HISTORY, POPULATION, PopulationBank, TraceBank, featureCount } from '../features/trace-bank.ts';
import type { MatMulBlock, MatMulHost } from '../linear-algebra.ts';
import { CHUNK_ROWS, type Design, type DesignChunk } from './logistic.ts';

/** Fits leave out this much after every start of observation, while the slow traces fill, milliseconds. */
export const WARM_UP_MILLISECONDS = 5000;

/** Cuts the first `bins` bins after the start of each observed span out of `spans`. */
export function leaveOutStart(
  spans: readonly BinSpan[],
  observed: readonly BinSpan[],
  bins: number,
): readonly BinSpan[] {
  return spans.flatMap((span) => {
    const start = observed.find((o) => o.start <= span.start && span.start < o.stop)?.start ?? span.start;
    const from = Math.max(span.start, start + bins);
    return from < span.stop ? [{ start: from, stop: span.stop }] : [];
  });
}

/** The population's features before each bin of `spans`, (rows, features): the same for every unit, so made once. */
export function populationRows(raster: Raster, spans: readonly BinSpan[]): Float32Array {
  const bank = new PopulationBank(POPULATION, raster.binMilliseconds);
  const width = bank.bank.count;
  const rows = new Float32Array(spanBins(spans) * width);
  const cursor = new CausalCursor(raster, [bank]);
  forEachRun(spans, CHUNK_ROWS, (start, stop, row) => {
    for (let bin = start; bin < stop; bin++) {
      cursor.seek(bin);
      rows.set(bank.bank.features, (row + bin - start) * width);
    }
  });
  return rows;
}

export interface UnitDesignParts {
  readonly train: readonly BinSpan[];
  readonly validation: readonly BinSpan[];
  /** From `populationRows`, or null for own-history alone. */
  readonly population: { readonly train: Float32Array; readonly validation: Float32Array } | null;
}

interface Chunk {
  readonly start: number;
  readonly rows: number;
  /** Row of the part at which the chunk starts. */
  readonly row: number;
  readonly x: MatMulBlock;
  readonly y: Uint8Array;
}

/** Designs above this many bytes are made again at every pass. */
const CACHE_BYTES = 1.2e9;

/** Reused from unit to unit: `load(unit)` fills it. */
export class UnitDesign implements Design {
  readonly features: number;
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  readonly #raster: Raster;
  readonly #parts: UnitDesignParts;
  readonly #cached: boolean;
  readonly #chunks: { readonly train: readonly Chunk[]; readonly validation: readonly Chunk[] };
  readonly #bank: TraceBank;
  #unit = -1;

  constructor(raster: Raster, parts: UnitDesignParts, host: MatMulHost, cacheBytes: number = CACHE_BYTES) {
    this.#raster = raster;
    this.#parts = parts;
    this.#bank = new TraceBank(OWN_HISTORY, 1, raster.binMilliseconds);
    this.features = this.#bank.count + (parts.population === null ? 0 : featureCount(POPULATION));
    this.mean = new Float64Array(this.features);
    this.scale = new Float64Array(this.features).fill(1);
    const width = this.features + 1;
    const bins = spanBins(parts.train) + spanBins(parts.validation);
    this.#cached = bins * width * 4 <= cacheBytes;
    const spare = this.#cached
      ? null
      : { x: host.allocate(CHUNK_ROWS * width), y: new Uint8Array(CHUNK_ROWS) };
    const cut = (spans: readonly BinSpan[]): Chunk[] => {
      const chunks: Chunk[] = [];
      forEachRun(spans, CHUNK_ROWS, (start, stop, row) => {
        const rows = stop - start;
        const { x, y } = spare ?? { x: host.allocate(rows * width), y: new Uint8Array(rows) };
        chunks.push({ start, rows, row, x, y });
      });
      return chunks;
    };
    this.#chunks = { train: cut(parts.train), validation: cut(parts.validation) };
  }

  /** Turns to a unit: features of its train, standardised over the training rows. */
  load(unit: number): void {
    this.#unit = unit;
    this.mean.fill(0);
    this.scale.fill(1);
    const k = this.features;
    const squares = new Float64Array(k);
    const sums = new Float64Array(k);
    let n = 0;
    this.#make('train', ({ x, rows }) => {
      const values = x.view;
      n += rows;
      for (let i = 0, at = 0; i < rows; i++, at++) {
        for (let j = 0; j < k; j++, at++) {
          sums[j] += values[at];
          squares[j] += values[at] * values[at];
        }
      }
    });
    for (let j = 0; j < k; j++) {
      this.mean[j] = sums[j] / Math.max(1, n);
      const variance = squares[j] / Math.max(1, n) - this.mean[j] ** 2;
      // A column that never moves keeps scale 1: it stays at zero and its weight too.
      this.scale[j] = variance > 1e-12 ? Math.sqrt(variance) : 1;
    }
    if (!this.#cached) return;
    for (const chunk of this.#chunks.train) this.#standardise(chunk);
    this.#make('validation', (chunk) => this.#standardise(chunk));
  }

  forEachChunk(part: 'train' | 'validation', visit: (chunk: DesignChunk) => void): void {
    if (this.#cached) {
      for (const chunk of this.#chunks[part]) visit(chunk);
      return;
    }
    this.#make(part, (chunk) => {
      this.#standardise(chunk);
      visit(chunk);
    });
  }

  #standardise({ x, rows }: DesignChunk): void {
    const values = x.view;
    const k = this.features;
    const inverse = this.scale.map((scale) => 1 / scale);
    for (let i = 0, at = 0; i < rows; i++, at++) {
      for (let j = 0; j < k; j++, at++) values[at] = (values[at] - this.mean[j]) * inverse[j];
    }
  }

  /** Raw features, chunk by chunk. */
  #make(part: 'train' | 'validation', visit: (chunk: Chunk) => void): void {
    const cursor = new CausalCursor(this.#raster, [this.#bank], this.#unit);
    const own = this.#bank.count;
    const width = this.features + 1;
    const extra = this.features - own;
    const population = this.#parts.population?.[part] ?? null;
    const { features } = this.#bank;
    for (const chunk of this.#chunks[part]) {
      const values = chunk.x.view;
      for (let i = 0, at = 0; i < chunk.rows; i++, at += width) {
        cursor.seek(chunk.start + i);
        for (let j = 0; j < own; j++) values[at + j] = features[j];
        if (population !== null) {
          const from = (chunk.row + i) * extra;
          for (let j = 0; j < extra; j++) values[at + own + j] = population[from + j];
        }
        values[at + width - 1] = 1;
        chunk.y[i] = spikeAt(this.#raster, chunk.start + i, this.#unit);
      }
      visit(chunk);
    }
  }
}
