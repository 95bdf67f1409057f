// The design of one unit's own-history (and population) model: standardised rows of features before each bin of the fitted
// parts, kept in the memory of the matrix products while that allows and made again at every pass where it does not.
import type { BinSpan, Raster } from '../../recording/types.ts';
import { CausalCursor, forEachRun, observedSpan, spanBins, spikeAt } from '../features/cursor.ts';
import { OWN_HISTORY, POPULATION, PopulationBank, featureCount } from '../features/trace-bank.ts';
import { TraceRows } from '../features/trace-rows.ts';
import { upToFour, type DenseBlock, type DenseHost } from '../dense-host.ts';
import { CHUNK_ROWS, widthOf, type Design, type DesignChunk } from './logistic.ts';

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
  readonly x: DenseBlock;
  readonly y: DenseBlock;
}

/** Designs above this many bytes are made again at every pass. */
const CACHE_BYTES = 1.2e9;

/** Reused from unit to unit: `load(unit)` fills it. */
export class UnitDesign implements Design {
  readonly features: number;
  readonly offset = false;
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  readonly #raster: Raster;
  readonly #parts: UnitDesignParts;
  readonly #cached: boolean;
  readonly #chunks: { readonly train: readonly Chunk[]; readonly validation: readonly Chunk[] };
  readonly #rows: TraceRows;
  readonly #train = new Float32Array(CHUNK_ROWS);
  readonly #width: number;
  #unit = -1;

  constructor(raster: Raster, parts: UnitDesignParts, host: DenseHost, cacheBytes: number = CACHE_BYTES) {
    this.#raster = raster;
    this.#parts = parts;
    this.#rows = new TraceRows(OWN_HISTORY, raster.binMilliseconds);
    this.features = this.#rows.count + (parts.population === null ? 0 : featureCount(POPULATION));
    this.mean = new Float64Array(this.features);
    this.scale = new Float64Array(this.features).fill(1);
    const width = widthOf(this);
    this.#width = width;
    const bins = spanBins(parts.train) + spanBins(parts.validation);
    this.#cached = bins * width * 4 <= cacheBytes;
    const spare = this.#cached
      ? null
      : { x: host.allocate(CHUNK_ROWS * width), y: host.allocate(CHUNK_ROWS) };
    const cut = (spans: readonly BinSpan[]): Chunk[] => {
      const chunks: Chunk[] = [];
      forEachRun(spans, CHUNK_ROWS, (start, stop, row) => {
        const rows = stop - start;
        const { x, y } = spare ?? { x: host.allocate(rows * width), y: host.allocate(upToFour(rows)) };
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
      for (let i = 0, at = 0; i < rows; i++, at += this.#width - k) {
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
    for (let i = 0, at = 0; i < rows; i++, at += this.#width - k) {
      for (let j = 0; j < k; j++, at++) values[at] = (values[at] - this.mean[j]) * inverse[j];
    }
  }

  /** Raw features, chunk by chunk. */
  #make(part: 'train' | 'validation', visit: (chunk: Chunk) => void): void {
    const width = this.#width;
    const own = this.#rows.count;
    const extra = this.features - own;
    const population = this.#parts.population?.[part] ?? null;
    let span: BinSpan = { start: 0, stop: 0 };
    let position = 0;
    for (const chunk of this.#chunks[part]) {
      const { start, rows } = chunk;
      if (start < position || start + rows > span.stop) {
        span = observedSpan(this.#raster, start, start + rows);
        position = span.start;
        this.#rows.reset();
      }
      // Bins before the chunk that no row asks for (the warm-up) are seen all the same.
      while (position < start) {
        const stop = Math.min(start, position + CHUNK_ROWS);
        this.#rows.run(this.#spikes(position, stop), stop - position, null, width);
        position = stop;
      }
      const values = chunk.x.view;
      const spikes = this.#spikes(start, start + rows);
      this.#rows.run(spikes, rows, values, width);
      position = start + rows;
      chunk.y.view.set(spikes);
      for (let i = 0, at = own; i < rows; i++, at += width) {
        if (population !== null) {
          const from = (chunk.row + i) * extra;
          for (let j = 0; j < extra; j++) values[at + j] = population[from + j];
        }
        values[at + extra] = 1;
      }
      visit(chunk);
    }
  }

  /** The unit's bins as zeros and ones; valid until the next call. */
  #spikes(start: number, stop: number): Float32Array {
    for (let bin = start; bin < stop; bin++)
      this.#train[bin - start] = spikeAt(this.#raster, bin, this.#unit);
    return this.#train.subarray(0, stop - start);
  }
}
