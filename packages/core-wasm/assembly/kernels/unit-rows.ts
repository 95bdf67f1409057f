// Rows of length 1 in both directions, and rows copied from one block to another.
import { claim, int, pointer, tasksOf } from './control';
import { lanesAt, madd, put, splat, sumTaken, take } from './simd';

const ROWS: i32 = 32;
const EPSILON: f32 = 1e-12;

/** The sum of products of two rows. */
function dot(a: usize, b: usize, width: i32): f32 {
  let sum: f32 = 0;
  for (let j = 0; j < width; ) {
    const lanes = lanesAt(j, width);
    const p = <usize>j << 2;
    sum += sumTaken(f32x4.mul(take(a + p, lanes), take(b + p, lanes)), lanes);
    j += lanes;
  }
  return sum;
}

/** OP_UNIT_ROWS. out = x / sqrt(x . x + epsilon). Integers: x, out, inverse, rows, width. */
export function unitRows(record: usize): void {
  const rows = int(record, 3);
  const width = int(record, 4);
  const bytes = <usize>width << 2;
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n++) {
      const x = pointer(record, 0) + <usize>n * bytes;
      const out = pointer(record, 1) + <usize>n * bytes;
      const inverse = <f32>1 / sqrt<f32>(dot(x, x, width) + EPSILON);
      store<f32>(pointer(record, 2) + (<usize>n << 2), inverse);
      for (let j = 0; j < width; ) {
        const lanes = lanesAt(j, width);
        const p = <usize>j << 2;
        put(out + p, f32x4.mul(take(x + p, lanes), splat(inverse)), lanes);
        j += lanes;
      }
    }
  }
}

/** OP_UNIT_ROWS_BACKWARD. dX (+)= inverse (dOut - out (out . dOut)). Integers: out, inverse, dOut, dX, rows, width, accumulate. */
export function unitRowsBackward(record: usize): void {
  const rows = int(record, 4);
  const width = int(record, 5);
  const accumulate = int(record, 6) != 0;
  const bytes = <usize>width << 2;
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n++) {
      const out = pointer(record, 0) + <usize>n * bytes;
      const dOut = pointer(record, 2) + <usize>n * bytes;
      const dX = pointer(record, 3) + <usize>n * bytes;
      const inverse = v128.load_splat<f32>(pointer(record, 1) + (<usize>n << 2));
      const along = splat(dot(out, dOut, width));
      for (let j = 0; j < width; ) {
        const lanes = lanesAt(j, width);
        const p = <usize>j << 2;
        const across = f32x4.sub(take(dOut + p, lanes), f32x4.mul(take(out + p, lanes), along));
        const onto = accumulate ? take(dX + p, lanes) : splat(0);
        put(dX + p, madd(inverse, across, onto), lanes);
        j += lanes;
      }
    }
  }
}

/** OP_COPY_ROWS. Integers: x, out, count, width, xFirst, xStride, outFirst, outStride. */
export function copyRows(record: usize): void {
  const count = int(record, 2);
  const bytes = <usize>int(record, 3) << 2;
  const tasks = tasksOf(count, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(count, (task + 1) * ROWS);
    for (let i = task * ROWS; i < end; i++) {
      const x = pointer(record, 0) + <usize>(int(record, 4) + i * int(record, 5)) * bytes;
      memory.copy(pointer(record, 1) + <usize>(int(record, 6) + i * int(record, 7)) * bytes, x, bytes);
    }
  }
}
