// The design of one unit's own-history (and population) model: standardised rows of features before each bin of the fitted
// parts, kept in the memory of the matrix products while that allows and made again at every pass where it does not.
import type { BinSpan, Raster } from '../../recording/types.ts';
import { CausalCursor, forEachRun, observedSpan, spanBins, spikeAt } from '../features/cursor.ts';
import { OWN_HISTORY, POPULATION, PopulationBank, featureCount } from '../features/trace-bank.ts';
import { trainBlocks, upToFour, type DenseBlock, type DenseHost } from '../dense-host.ts';
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

/** Columns of a unit's own past. */
const OWN = featureCount(OWN_HISTORY);

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
  readonly #host: DenseHost;
  readonly #cached: boolean;
  readonly #chunks: { readonly train: readonly Chunk[]; readonly validation: readonly Chunk[] };
  readonly #own: ReturnType<typeof trainBlocks>;
  readonly #spikes: DenseBlock;
  /** Means, then 1 / scale, of whole rows. */
  readonly #by: DenseBlock;
  readonly #width: number;
  /** Whether cached rows hold what they have in common: the population's columns, standardised, and the ones. */
  #shared = false;
  #unit = -1;

  constructor(raster: Raster, parts: UnitDesignParts, host: DenseHost, cacheBytes: number = CACHE_BYTES) {
    this.#raster = raster;
    this.#parts = parts;
    this.#host = host;
    const decays = (taus: readonly number[]): number[] =>
      taus.map((tau) => Math.exp(-raster.binMilliseconds / tau));
    const { lags, traces, logTraces } = OWN_HISTORY;
    this.#own = trainBlocks(host, lags, decays(traces), decays(logTraces));
    this.#spikes = host.allocate(CHUNK_ROWS);
    this.features = OWN + (parts.population === null ? 0 : featureCount(POPULATION));
    this.mean = new Float64Array(this.features);
    this.scale = new Float64Array(this.features).fill(1);
    const width = widthOf(this);
    this.#width = width;
    this.#by = host.allocate(2 * width);
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
        x.view.fill(0);
        chunks.push({ start, rows, row, x, y });
      });
      return chunks;
    };
    this.#chunks = { train: cut(parts.train), validation: cut(parts.validation) };
  }

  /** Turns to a unit: features of its train, standardised over the training rows. */
  load(unit: number): void {
    this.#unit = unit;
    const width = this.#width;
    const squares = new Float64Array(width);
    const sums = new Float64Array(width);
    let n = 0;
    this.#make('train', ({ x, rows }) => {
      n += rows;
      this.#host.columnMoments(rows, width, x, sums, squares);
    });
    const measured = this.#shared ? OWN : this.features;
    for (let j = 0; j < measured; j++) {
      this.mean[j] = sums[j] / Math.max(1, n);
      const variance = squares[j] / Math.max(1, n) - this.mean[j] ** 2;
      // A column that never moves keeps scale 1: it stays at zero and its weight too.
      this.scale[j] = variance > 1e-12 ? Math.sqrt(variance) : 1;
    }
    // Columns that are left as they are: the ones, the padding, and what is standardised already.
    const by = this.#by.view;
    by.fill(0, 0, width).fill(1, width);
    by.set(this.mean.subarray(0, measured));
    by.set(
      this.scale.subarray(0, measured).map((scale) => 1 / scale),
      width,
    );
    if (!this.#cached) return;
    for (const chunk of this.#chunks.train) this.#standardise(chunk);
    this.#make('validation', (chunk) => this.#standardise(chunk));
    this.#shared = true;
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
    this.#host.standardise(rows, this.#width, x, this.#by);
  }

  /** Raw features, chunk by chunk; columns that all units have in common stand already where `#shared` says so. */
  #make(part: 'train' | 'validation', visit: (chunk: Chunk) => void): void {
    let span: BinSpan = { start: 0, stop: 0 };
    let position = 0;
    for (const chunk of this.#chunks[part]) {
      const { start, rows } = chunk;
      if (start < position || start + rows > span.stop) {
        span = observedSpan(this.#raster, start, start + rows);
        position = span.start;
        this.#own.state.view.fill(0);
      }
      // Bins before the chunk that no row asks for (the warm-up) are seen all the same.
      while (position < start) {
        const stop = Math.min(start, position + CHUNK_ROWS);
        this.#see(position, stop, null);
        position = stop;
      }
      this.#see(start, start + rows, chunk.x);
      position = start + rows;
      chunk.y.view.set(this.#spikes.view.subarray(0, rows));
      if (!this.#shared) this.#fillShared(chunk, this.#parts.population?.[part] ?? null);
      visit(chunk);
    }
  }

  #fillShared({ x, row, rows }: Chunk, population: Float32Array | null): void {
    const values = x.view;
    const extra = this.features - OWN;
    for (let i = 0, at = OWN; i < rows; i++, at += this.#width) {
      if (population !== null) {
        const from = (row + i) * extra;
        for (let j = 0; j < extra; j++) values[at + j] = population[from + j];
      }
      values[at + extra] = 1;
    }
  }

  /** Takes the unit's bins start ... stop - 1 as zeros and ones, and leaves what was known before each in `out`. */
  #see(start: number, stop: number, out: DenseBlock | null): void {
    const spikes = this.#spikes.view;
    for (let bin = start; bin < stop; bin++) spikes[bin - start] = spikeAt(this.#raster, bin, this.#unit);
    const { counts, decays, state } = this.#own;
    this.#host.trainRows(stop - start, this.#width, counts, decays, this.#spikes, state, out);
  }
}
