// Calls of the logistic passes: where a task leaves its sums, and how they are added up.
import { OP_LOGISTIC_GRID, OP_LOGISTIC_ROWS } from './generated/opcodes.ts';
import type { KernelMemory } from './kernel-memory.ts';
import type { KernelRecord } from './kernel-program.ts';

/** As in `assembly/kernels/logistic.ts`. */
const ROWS = 512;
const GRID_ROWS = 256;

/** One weight vector over rows, all addresses in kernel memory. `width` is a multiple of 4: pad with columns of zeros. */
export interface LogisticRowsCall {
  readonly rows: number;
  readonly width: number;
  /** (rows, width). */
  readonly x: number;
  /** (rows), zeros and ones; allocated up to a multiple of 4. */
  readonly y: number;
  /** (width). */
  readonly weights: number;
  /** Receives sqrt(p (1 - p)) x of every stride-th group of 4 rows: (`logisticRootRows`, width). Nothing leaves it. */
  readonly root?: { readonly address: number; readonly stride: number };
}

/** What a call adds to: minus the log-likelihood in nats, the sum of p (1 - p), and x'(p - y) (width). */
export interface LogisticRowsSums {
  loss: number;
  curvature: number;
  readonly gradient: Float64Array;
}

/** Columns with logits of their own. `columns` is a multiple of 4. */
export interface LogisticGridCall {
  readonly rows: number;
  readonly columns: number;
  /** (rows, columns) logits; p - y afterwards. */
  readonly z: number;
  /** (rows, columns), zeros and ones. */
  readonly y: number;
}

/** What a call adds to, one entry a column: minus the log-likelihood, the sum of p - y, the sum of p (1 - p). */
export interface LogisticGridSums {
  readonly loss: Float64Array;
  readonly residual: Float64Array;
  readonly curvature: Float64Array;
}

/** Rows that `root` holds after a call: groups of 4, the last one filled up with zeros. */
export function logisticRootRows(rows: number, stride: number): number {
  return 4 * Math.ceil(Math.ceil(rows / 4) / stride);
}

const multipleOfFour = (value: number, what: string): void => {
  if (value % 4 !== 0) throw new RangeError(`${what} must be a multiple of 4, got ${value}`);
};

/** Floats that the tasks of a call need for their sums. */
export function logisticRowsFloats({ rows, width }: LogisticRowsCall): number {
  return Math.ceil(rows / ROWS) * (4 + width);
}

export function logisticRowsRecord(call: LogisticRowsCall, sums: number): KernelRecord {
  multipleOfFour(call.width, 'the width');
  const { x, y, weights, root, rows, width } = call;
  const ints = [x, y, weights, sums, root?.address ?? 0, rows, width, root?.stride ?? 1];
  return { opcode: OP_LOGISTIC_ROWS, ints };
}

export function addLogisticRows(
  call: LogisticRowsCall,
  memory: KernelMemory,
  address: number,
  to: LogisticRowsSums,
): void {
  const { rows, width } = call;
  const tasks = Math.ceil(rows / ROWS);
  const floats = memory.floats(address, logisticRowsFloats(call));
  const doubles = new Float64Array(floats.buffer, floats.byteOffset, floats.length / 2);
  for (let task = 0; task < tasks; task++) {
    const at = task * (4 + width);
    to.loss += doubles[at / 2];
    to.curvature += doubles[at / 2 + 1];
    for (let j = 0; j < to.gradient.length; j++) to.gradient[j] += floats[at + 4 + j];
  }
}

export function logisticGridFloats({ rows, columns }: LogisticGridCall): number {
  return Math.ceil(rows / GRID_ROWS) * 3 * columns;
}

export function logisticGridRecord(call: LogisticGridCall, sums: number): KernelRecord {
  multipleOfFour(call.columns, 'the number of columns');
  const { z, y, rows, columns } = call;
  return { opcode: OP_LOGISTIC_GRID, ints: [z, y, sums, rows, columns] };
}

export function addLogisticGrid(
  call: LogisticGridCall,
  memory: KernelMemory,
  address: number,
  to: LogisticGridSums,
): void {
  const { columns } = call;
  const floats = memory.floats(address, logisticGridFloats(call));
  for (let at = 0; at < floats.length; at += 3 * columns) {
    for (let j = 0; j < to.loss.length; j++) {
      to.loss[j] += floats[at + j];
      to.residual[j] += floats[at + columns + j];
      to.curvature[j] += floats[at + 2 * columns + j];
    }
  }
}
