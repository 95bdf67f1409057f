// Where the heavy passes of the floors run: matrix products and logistic passes over blocks of the host's own memory, by
// the threaded kernels (`kernel-host.ts`) or, here, by plain loops.

import { logisticRootRows, trainStateFloats } from '@spikebridge/core-wasm';
import { SILENCE } from './features/trace-bank.ts';

/** nn: a (m, k), b (k, n). nt: b is (n, k). tn: a is (k, m). Result (m, n). */
export type MatMulForm = 'nn' | 'nt' | 'tn';

/** A float32 block in the memory of whatever computes. Ask for `view` after every allocation: memory may move. */
export interface DenseBlock {
  readonly length: number;
  readonly view: Float32Array;
}

/** What a pass over rows adds to: minus the log-likelihood (nats), the sum of p (1 - p), and x'(p - y) (width). */
export interface LogisticSums {
  loss: number;
  curvature: number;
  readonly gradient: Float64Array;
}

/** What a pass over columns adds to, one entry each: minus the log-likelihood, sum of p - y, sum of p (1 - p). */
export interface LogisticColumnSums {
  readonly loss: Float64Array;
  readonly residual: Float64Array;
  readonly curvature: Float64Array;
}

/** Columns of a spike train's rows, by kind. */
export interface TrainColumns {
  readonly lags: number;
  readonly traces: number;
  /** Traces of which the column holds ln(1 + s). */
  readonly logs: number;
}

/** Passes over blocks of its own memory. */
export interface DenseHost {
  allocate(length: number): DenseBlock;
  /** c = op(a) op(b), or c += with `accumulate`. */
  matMul(
    form: MatMulForm,
    m: number,
    n: number,
    k: number,
    a: DenseBlock,
    b: DenseBlock,
    c: DenseBlock,
    accumulate: boolean,
  ): void;
  /**
   * One weight vector (width) over rows x (rows, width) with spikes y (rows), zeros and ones; `width` is a multiple of 4,
   * y allocated up to one. `root`, where given, receives sqrt(p (1 - p)) x of every stride-th group of 4 rows, one after
   * the other and zeros for rows past the end: `logisticRootRows(rows, stride)` rows of `width`.
   */
  logisticRows(
    rows: number,
    width: number,
    x: DenseBlock,
    y: DenseBlock,
    weights: DenseBlock,
    root: { readonly block: DenseBlock; readonly stride: number } | null,
    sums: LogisticSums,
  ): void;
  /** Logits z (rows, columns) become p - y; y (rows, columns) zeros and ones; `columns` is a multiple of 4. */
  logisticGrid(rows: number, columns: number, z: DenseBlock, y: DenseBlock, sums: LogisticColumnSums): void;
  /**
   * Lags and exponential traces (s <- decay s + x) of `units` trains before each of `rows` bins. spikes (rows, units);
   * state (lags + traces, units) is what went before and is left as the next call needs it; out (rows, (lags + traces)
   * units), or null to only pass the bins by. `decays` holds one factor a trace and nothing else.
   */
  traceRows(
    rows: number,
    units: number,
    lags: number,
    decays: DenseBlock,
    spikes: DenseBlock,
    state: DenseBlock,
    out: DenseBlock | null,
  ): void;
  /**
   * Features of one spike train before each of `rows` bins: lags, traces, then ln(1 + s) of the log traces, in columns 0 ...
   * of out (rows, width), or null to only pass the bins by. spikes (rows); state (`trainStateFloats`) is what went before
   * and is left as the next call needs it; `decays` holds one factor a trace, then one a log trace, each part padded to a
   * multiple of 4 by zeros.
   */
  trainRows(
    rows: number,
    width: number,
    counts: TrainColumns,
    decays: DenseBlock,
    spikes: DenseBlock,
    state: DenseBlock,
    out: DenseBlock | null,
  ): void;
  /** Adds the columns of x (rows, width), and their squares, to `sums` and `squares` (width). `width` is a multiple of 4. */
  columnMoments(rows: number, width: number, x: DenseBlock, sums: Float64Array, squares: Float64Array): void;
  /** x = (x - mean) / scale in place; `by` (2, width) holds the means, then 1 / scale. `width` is a multiple of 4. */
  standardise(rows: number, width: number, x: DenseBlock, by: DenseBlock): void;
  /** Gives back every block allocated so far. */
  release(): void;
}

/** Blocks of a spike train's rows: factors of the traces as `trainRows` takes them, and a state before any bin. */
export function trainBlocks(
  host: DenseHost,
  lags: number,
  traces: readonly number[],
  logs: readonly number[],
): { readonly counts: TrainColumns; readonly decays: DenseBlock; readonly state: DenseBlock } {
  const counts = { lags, traces: traces.length, logs: logs.length };
  const decays = host.allocate(upToFour(traces.length) + upToFour(logs.length));
  const state = host.allocate(trainStateFloats(counts));
  decays.view.fill(0);
  decays.view.set(traces);
  decays.view.set(logs, upToFour(traces.length));
  state.view.fill(0);
  return { counts, decays, state };
}

/** The next multiple of 4: what widths of logistic passes are padded to. */
export function upToFour(length: number): number {
  return (length + 3) & ~3;
}

/** Everything in plain loops: slow, right, and always there. */
export function plainHost(): DenseHost {
  return {
    allocate: (length) => ({ length, view: new Float32Array(length) }),
    matMul: (form, m, n, k, a, b, c, accumulate) => {
      const A = a.view;
      const B = b.view;
      const C = c.view;
      const row = new Float64Array(n);
      for (let i = 0; i < m; i++) {
        if (accumulate) for (let j = 0; j < n; j++) row[j] = C[i * n + j];
        else row.fill(0);
        for (let l = 0; l < k; l++) {
          const x = form === 'tn' ? A[l * m + i] : A[i * k + l];
          if (x === 0) continue;
          if (form === 'nt') for (let j = 0; j < n; j++) row[j] += x * B[j * k + l];
          else for (let j = 0; j < n; j++) row[j] += x * B[l * n + j];
        }
        for (let j = 0; j < n; j++) C[i * n + j] = row[j];
      }
    },
    logisticRows: (rows, width, x, y, weights, root, sums) => {
      root?.block.view.fill(0, 0, logisticRootRows(rows, root.stride) * width);
      for (let i = 0; i < rows; i++) {
        const row = x.view.subarray(i * width, (i + 1) * width);
        let z = 0;
        for (let j = 0; j < width; j++) z += row[j] * weights.view[j];
        const { loss, residual, curvature } = logisticTerm(z, y.view[i]);
        sums.loss += loss;
        sums.curvature += curvature;
        for (let j = 0; j < sums.gradient.length; j++) sums.gradient[j] += residual * row[j];
        if (root === null || (i >> 2) % root.stride !== 0) continue;
        const to = (((i >> 2) / root.stride) * 4 + (i & 3)) * width;
        for (let j = 0; j < width; j++) root.block.view[to + j] = Math.sqrt(curvature) * row[j];
      }
    },
    logisticGrid: (rows, columns, z, y, sums) => {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const at = i * columns + j;
          const { loss, residual, curvature } = logisticTerm(z.view[at], y.view[at]);
          z.view[at] = residual;
          if (j >= sums.loss.length) continue;
          sums.loss[j] += loss;
          sums.residual[j] += residual;
          sums.curvature[j] += curvature;
        }
      }
    },
    traceRows: (rows, units, lags, decays, spikes, state, out) => {
      const s = state.view;
      const count = lags + decays.length;
      for (let i = 0; i < rows; i++) {
        out?.view.set(s.subarray(0, count * units), i * count * units);
        const row = spikes.view.subarray(i * units, (i + 1) * units);
        if (lags > 0) {
          s.copyWithin(units, 0, (lags - 1) * units);
          s.set(row);
        }
        decays.view.forEach((decay, j) => {
          for (let u = 0, at = (lags + j) * units; u < units; u++, at++) {
            const kept = Math.fround(s[at] * decay);
            s[at] = (kept < SILENCE ? 0 : kept) + row[u];
          }
        });
      }
    },
    trainRows: (rows, width, { lags, traces, logs }, decays, spikes, state, out) => {
      const s = state.view;
      const first = upToFour(lags);
      for (let i = 0; i < rows; i++) {
        const spike = spikes.view[i];
        for (let k = 0; k < lags && out !== null; k++) out.view[i * width + k] = s[k];
        if (lags > 0) {
          s.copyWithin(1, 0, lags - 1);
          s[0] = spike;
        }
        const step = (at: number, decay: number): number => {
          const before = s[at];
          const kept = Math.fround(before * decay);
          s[at] = (kept < SILENCE ? 0 : kept) + spike;
          return before;
        };
        for (let j = 0; j < traces; j++) {
          const trace = step(first + j, decays.view[j]);
          if (out !== null) out.view[i * width + lags + j] = trace;
        }
        for (let j = 0; j < logs; j++) {
          const trace = step(first + upToFour(traces) + j, decays.view[upToFour(traces) + j]);
          if (out !== null) out.view[i * width + lags + traces + j] = Math.log1p(trace);
        }
      }
    },
    columnMoments: (rows, width, x, sums, squares) => {
      for (let i = 0, at = 0; i < rows; i++) {
        for (let j = 0; j < width; j++, at++) {
          sums[j] += x.view[at];
          squares[j] += x.view[at] ** 2;
        }
      }
    },
    standardise: (rows, width, x, by) => {
      for (let i = 0, at = 0; i < rows; i++)
        for (let j = 0; j < width; j++, at++)
          x.view[at] = Math.fround(x.view[at] - by.view[j]) * by.view[width + j];
    },
    release: () => undefined,
  };
}

function logisticTerm(z: number, y: number): { loss: number; residual: number; curvature: number } {
  const e = Math.exp(-Math.abs(z));
  const p = z > 0 ? 1 / (1 + e) : e / (1 + e);
  return {
    loss: Math.max(z, 0) + Math.log1p(e) - y * z,
    residual: p - y,
    curvature: e / ((1 + e) * (1 + e)),
  };
}
