// What the other units have just done, seen through how they behave around a unit's spikes: for each unit and time constant
// sum over v of w[u, v] (z_v - mean z_v), with w[u, v] the shift of v's trace at u's spikes over the trace's variance. These are
// cross-correlograms seen through exponential windows, counted on the part of the target that may be known; nothing is fitted.
import type { BinSpan, Raster } from '../../recording/types.ts';
import type { DenseBlock, DenseHost } from '../dense-host.ts';
import { forEachRun } from '../features/cursor.ts';
import type { TraceBankSpec } from '../features/trace-bank.ts';
import { TraceRows } from '../floors/trace-rows.ts';

/** Time constants of the other units' traces, milliseconds. */
export const PAIRS: TraceBankSpec = { lags: 0, traces: [5, 40], logTraces: [] };
export const PAIR_KINDS = PAIRS.traces.length;
const BLOCK_ROWS = 512;

/** Pair statistics of a recording. Axis order of `weights`: (from: kind and unit v, to: kind and unit u); zero between kinds. */
export interface PairWeights {
  readonly units: number;
  readonly weights: Float32Array;
  /** (kinds, units) sum over v of w[u, v] mean z_v. */
  readonly shift: Float64Array;
}

/** Counts pair weights over `spans`; `raster` is to be observed there and nowhere else. */
export function countPairs(raster: Raster, spans: readonly BinSpan[], host: DenseHost): PairWeights {
  const { units } = raster;
  const width = PAIR_KINDS * units;
  const rows = new TraceRows(raster, host, BLOCK_ROWS, PAIRS);
  const product = host.allocate(units * width);
  /** (units u, kinds and units v): sum of z_v over the spikes of u. */
  const atSpikes = new Float64Array(units * width);
  const sum = new Float64Array(width);
  const squares = new Float64Array(width);
  const spikes = new Float64Array(units);
  let bins = 0;
  forEachRun(spans, BLOCK_ROWS, (start, stop) => {
    const n = stop - start;
    rows.load(start, stop);
    host.matMul('tn', units, width, n, rows.spikes, rows.x, product, false);
    const found = product.view;
    for (let i = 0; i < found.length; i++) atSpikes[i] += found[i];
    const x = rows.x.view;
    for (let i = 0, at = 0; i < n; i++)
      for (let j = 0; j < width; j++, at++) {
        sum[j] += x[at];
        squares[j] += x[at] * x[at];
      }
    const fired = rows.spikes.view;
    for (let i = 0, at = 0; i < n; i++) for (let u = 0; u < units; u++, at++) spikes[u] += fired[at];
    bins += n;
  });
  const weights = new Float32Array(width * width);
  const shift = new Float64Array(width);
  for (let kind = 0; kind < PAIR_KINDS; kind++)
    for (let u = 0; u < units; u++) {
      if (spikes[u] === 0) continue;
      for (let v = 0; v < units; v++) {
        const from = kind * units + v;
        const mean = sum[from] / bins;
        const variance = squares[from] / bins - mean * mean;
        if (v === u || !(variance > 0)) continue;
        const moved = atSpikes[u * width + from] / spikes[u] - mean;
        // Chance moves the mean of n draws by sqrt(variance / n): what it may have moved is taken off (James and Stein).
        const real = Math.max(0, 1 - variance / spikes[u] / (moved * moved));
        const weight = (moved / variance) * real;
        weights[from * width + kind * units + u] = weight;
        shift[kind * units + u] += weight * mean;
      }
    }
  return { units, weights, shift };
}

/** The pair scalars of a raster, block by block. */
export class PairScalars {
  /** (rows, kinds, units), of the block loaded last, before their means are taken off. */
  readonly values: DenseBlock;
  readonly #rows: TraceRows;
  readonly #host: DenseHost;
  readonly #weights: DenseBlock;
  readonly #width: number;

  constructor(pairs: PairWeights, raster: Raster, host: DenseHost) {
    this.#host = host;
    this.#width = PAIR_KINDS * pairs.units;
    this.#rows = new TraceRows(raster, host, BLOCK_ROWS, PAIRS);
    this.values = host.allocate(BLOCK_ROWS * this.#width);
    this.#weights = host.allocate(pairs.weights.length);
    this.#weights.view.set(pairs.weights);
  }

  /** Fills `values` for bins start ... stop - 1, at most 512, from the bins before each. */
  load(start: number, stop: number): void {
    this.#rows.load(start, stop);
    const { x } = this.#rows;
    this.#host.matMul('nn', stop - start, this.#width, this.#width, x, this.#weights, this.values, false);
  }
}

export const PAIR_BLOCK_ROWS = BLOCK_ROWS;
