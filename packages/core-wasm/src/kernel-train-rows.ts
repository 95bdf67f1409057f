// Calls of the kernels that make, measure and standardise the rows of one spike train's design.
import { OP_COLUMN_MOMENTS, OP_STANDARDISE, OP_TRAIN_ROWS } from './generated/opcodes.ts';
import type { KernelRecord } from './kernel-program.ts';

/** Features of one spike train before each of `rows` bins, all addresses in kernel memory. */
export interface TrainRowsCall {
  readonly rows: number;
  /** Floats from row to row of `out`. */
  readonly width: number;
  readonly lags: number;
  readonly traces: number;
  /** Traces of which the column holds ln(1 + s). */
  readonly logs: number;
  /** (rows), zeros and ones. */
  readonly spikes: number;
  /** (`trainStateFloats`): what went before; left as the next call needs it. */
  readonly state: number;
  /** Factor from bin to bin of each trace, then of each log trace, both padded to multiples of 4 by zeros. */
  readonly decays: number;
  /** (rows, width): columns 0 ... lags + traces + logs - 1 are written. Nothing to only pass the bins by. */
  readonly out?: number;
}

const padded = (count: number): number => (count + 3) & ~3;

/** Floats of the state of a call. */
export function trainStateFloats({
  lags,
  traces,
  logs,
}: Pick<TrainRowsCall, 'lags' | 'traces' | 'logs'>): number {
  return padded(lags) + padded(traces) + padded(logs);
}

export function trainRowsRecord(call: TrainRowsCall): KernelRecord {
  const { spikes, state, decays, out = 0, rows, width, lags, traces, logs } = call;
  return { opcode: OP_TRAIN_ROWS, ints: [spikes, state, decays, out, rows, width, lags, traces, logs] };
}

/** Columns of x (rows, width); `width` is a multiple of 4. */
export interface ColumnsCall {
  readonly rows: number;
  readonly width: number;
  readonly x: number;
}

/** Leaves sums and sums of squares, float32, in `sums` (2, width). */
export function columnMomentsRecord({ x, rows, width }: ColumnsCall, sums: number): KernelRecord {
  return { opcode: OP_COLUMN_MOMENTS, ints: [x, sums, rows, width] };
}

/** `by`: mean and 1 / scale, (2, width). */
export function standardiseRecord({ x, rows, width }: ColumnsCall, by: number): KernelRecord {
  return { opcode: OP_STANDARDISE, ints: [x, by, rows, width] };
}
