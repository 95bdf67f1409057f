// Passes of logistic regression over rows that stay in memory: log-likelihood, gradient and curvature in one reading of
// them. Written for fits that walk the same rows some thirty times. Sums are float32 within a task and leave it as such
// (losses and curvatures of one weight vector as float64); whoever calls adds the tasks up in order, in float64.
import { claim, int, pointer, tasksOf } from './control';
import { exp, log1p, madd, splat, sumLanes } from './simd';

/** Rows a task of OP_LOGISTIC_ROWS and of OP_LOGISTIC_GRID; `kernel-logistic.ts` lays the sums out by them. */
const ROWS: i32 = 512;
const GRID_ROWS: i32 = 256;

/** Dot product of a row and the weights. */
@inline
function dot(row: usize, weights: usize, bytes: usize): f32 {
  let sum = splat(0);
  for (let j: usize = 0; j < bytes; j += 16) sum = madd(v128.load(row + j), v128.load(weights + j), sum);
  return sumLanes(sum);
}

/** A row of `to` = factor * a row of `from`. */
@inline
function scaleRow(to: usize, from: usize, bytes: usize, factor: v128): void {
  for (let j: usize = 0; j < bytes; j += 16) v128.store(to + j, f32x4.mul(factor, v128.load(from + j)));
}

/**
 * OP_LOGISTIC_ROWS: one weight vector. z = x w, p = sigmoid(z). Integers: x (rows, width), y (rows, zeros and ones as
 * floats), weights (width), task sums (loss f64, sum of p (1 - p) f64, gradient x'(p - y) (width) f32), root, rows, width
 * (a multiple of 4), stride. Where `root` is not 0 it receives sqrt(p (1 - p)) x of every stride-th group of 4 rows, one
 * after the other, zeros standing for rows past the end: root'root is then the Hessian of those rows.
 */
export function logisticRows(record: usize): void {
  const weights = pointer(record, 2);
  const root = pointer(record, 4);
  const rows = int(record, 5);
  const bytes = <usize>int(record, 6) << 2;
  const stride = int(record, 7);
  const one = splat(1);
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const sums = pointer(record, 3) + <usize>task * (16 + bytes);
    memory.fill(sums, 0, 16 + bytes);
    const gradient = sums + 16;
    let loss = splat(0);
    let curvature = splat(0);
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n += 4) {
      // Past the end the last row stands in, with its weight taken away.
      const x0 = pointer(record, 0) + <usize>n * bytes;
      const x1 = pointer(record, 0) + <usize>min(n + 1, end - 1) * bytes;
      const x2 = pointer(record, 0) + <usize>min(n + 2, end - 1) * bytes;
      const x3 = pointer(record, 0) + <usize>min(n + 3, end - 1) * bytes;
      const real = i32x4.lt_s(i32x4.add(i32x4.splat(n), i32x4(0, 1, 2, 3)), i32x4.splat(end));
      let z = splat(dot(x0, weights, bytes));
      z = f32x4.replace_lane(z, 1, dot(x1, weights, bytes));
      z = f32x4.replace_lane(z, 2, dot(x2, weights, bytes));
      z = f32x4.replace_lane(z, 3, dot(x3, weights, bytes));
      const y = v128.load(pointer(record, 1) + (<usize>n << 2));
      const e = exp(f32x4.neg(f32x4.abs(z)));
      const inverse = f32x4.div(one, f32x4.add(one, e));
      const small = f32x4.mul(e, inverse);
      const p = v128.bitselect(inverse, small, f32x4.gt(z, splat(0)));
      const term = f32x4.sub(f32x4.add(f32x4.pmax(z, splat(0)), log1p(e)), f32x4.mul(y, z));
      const r = v128.and(f32x4.sub(p, y), real);
      const w = v128.and(f32x4.mul(inverse, small), real);
      loss = f32x4.add(loss, v128.and(term, real));
      curvature = f32x4.add(curvature, w);
      const r0 = splat(f32x4.extract_lane(r, 0));
      const r1 = splat(f32x4.extract_lane(r, 1));
      const r2 = splat(f32x4.extract_lane(r, 2));
      const r3 = splat(f32x4.extract_lane(r, 3));
      for (let j: usize = 0; j < bytes; j += 16) {
        let sum = v128.load(gradient + j);
        sum = madd(v128.load(x0 + j), r0, sum);
        sum = madd(v128.load(x1 + j), r1, sum);
        sum = madd(v128.load(x2 + j), r2, sum);
        sum = madd(v128.load(x3 + j), r3, sum);
        v128.store(gradient + j, sum);
      }
      if (root != 0 && (n >> 2) % stride == 0) {
        const scale = f32x4.sqrt(w);
        const to = root + <usize>(((n >> 2) / stride) << 2) * bytes;
        scaleRow(to, x0, bytes, splat(f32x4.extract_lane(scale, 0)));
        scaleRow(to + bytes, x1, bytes, splat(f32x4.extract_lane(scale, 1)));
        scaleRow(to + 2 * bytes, x2, bytes, splat(f32x4.extract_lane(scale, 2)));
        scaleRow(to + 3 * bytes, x3, bytes, splat(f32x4.extract_lane(scale, 3)));
      }
    }
    store<f64>(sums, <f64>sumLanes(loss));
    store<f64>(sums + 8, <f64>sumLanes(curvature));
  }
}

/**
 * OP_LOGISTIC_GRID: many columns side by side, each with its own logits. Integers: z (rows, columns), replaced by
 * p - y; y (rows, columns) zeros and ones as floats; task sums (3, columns): loss, p - y, p (1 - p); rows; columns (a
 * multiple of 4).
 */
export function logisticGrid(record: usize): void {
  const rows = int(record, 3);
  const columns = int(record, 4);
  const bytes = <usize>columns << 2;
  const one = splat(1);
  const tasks = tasksOf(rows, GRID_ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * GRID_ROWS);
    const sums = pointer(record, 2) + <usize>task * 3 * bytes;
    for (let j: usize = 0; j < bytes; j += 16) {
      let loss = splat(0);
      let residual = splat(0);
      let curvature = splat(0);
      let at = pointer(record, 0) + <usize>(task * GRID_ROWS) * bytes + j;
      let spike = pointer(record, 1) + <usize>(task * GRID_ROWS) * bytes + j;
      for (let n = task * GRID_ROWS; n < end; n++, at += bytes, spike += bytes) {
        const z = v128.load(at);
        const y = v128.load(spike);
        const e = exp(f32x4.neg(f32x4.abs(z)));
        const inverse = f32x4.div(one, f32x4.add(one, e));
        const small = f32x4.mul(e, inverse);
        const p = v128.bitselect(inverse, small, f32x4.gt(z, splat(0)));
        const r = f32x4.sub(p, y);
        loss = f32x4.add(loss, f32x4.sub(f32x4.add(f32x4.pmax(z, splat(0)), log1p(e)), f32x4.mul(y, z)));
        residual = f32x4.add(residual, r);
        curvature = f32x4.add(curvature, f32x4.mul(inverse, small));
        v128.store(at, r);
      }
      v128.store(sums + j, loss);
      v128.store(sums + bytes + j, residual);
      v128.store(sums + 2 * bytes + j, curvature);
    }
  }
}
