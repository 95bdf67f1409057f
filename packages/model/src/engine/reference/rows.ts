// Reference: rows of length 1, and rows copied from one tensor to another.
import type { CopyRows, UnitRows, UnitRowsBackward } from '../ops.ts';
import type { Memory } from './memory.ts';

/** Added to the sum of squares, in every backend. */
const UNIT_ROWS_EPSILON = 1e-12;

/** out = x / sqrt(sum of x^2 + epsilon), each row on its own. */
export function unitRows(call: UnitRows, memory: Memory): void {
  const [rows, width] = call.x.shape;
  const x = memory.values(call.x);
  const out = memory.values(call.out);
  const inverse = memory.values(call.inverse);
  for (let n = 0; n < rows; n++) {
    let squares = 0;
    for (let j = 0; j < width; j++) squares += x[n * width + j] ** 2;
    inverse[n] = 1 / Math.sqrt(squares + UNIT_ROWS_EPSILON);
    for (let j = 0; j < width; j++) out[n * width + j] = x[n * width + j] * inverse[n];
  }
}

/** dX (+)= inverse (dOut - out (out . dOut)): what points along the row changes its length alone. */
export function unitRowsBackward(call: UnitRowsBackward, memory: Memory): void {
  const [rows, width] = call.out.shape;
  const out = memory.values(call.out);
  const inverse = memory.values(call.inverse);
  const dOut = memory.values(call.dOut);
  const dX = memory.values(call.dX);
  for (let n = 0; n < rows; n++) {
    let along = 0;
    for (let j = 0; j < width; j++) along += out[n * width + j] * dOut[n * width + j];
    for (let j = 0; j < width; j++) {
      const at = n * width + j;
      dX[at] = (call.accumulate ? dX[at] : 0) + inverse[n] * (dOut[at] - out[at] * along);
    }
  }
}

/** Row outFirst + i outStride of out = row xFirst + i xStride of x. */
export function copyRows(call: CopyRows, memory: Memory): void {
  const width = call.x.shape[1];
  const x = memory.values(call.x);
  const out = memory.values(call.out);
  for (let i = 0; i < call.count; i++) {
    const from = (call.xFirst + i * call.xStride) * width;
    out.set(x.subarray(from, from + width), (call.outFirst + i * call.outStride) * width);
  }
}
