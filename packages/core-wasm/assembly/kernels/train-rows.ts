// The design of a model of one spike train: features before each bin side by side in a row, and its columns measured and
// standardised. Fits walk every bin of a recording for every unit, so these three are much of what they cost.
import { claim, int, pointer, tasksOf } from './control';
import { log1p, splat } from './simd';
import { SILENCE } from './traces';

/** Rows a task of OP_STANDARDISE. */
const ROWS: i32 = 512;

/** Columns taken up by `count` of them in whole vectors. */
@inline
function padded(count: i32): i32 {
  return (count + 3) & ~3;
}

/** The first `count` lanes, four at most, to `p`. */
@inline
function storeLanes(p: usize, value: v128, count: i32): void {
  if (count >= 4) return v128.store(p, value);
  store<f32>(p, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(p, f32x4.extract_lane(value, 1), 4);
  if (count > 2) store<f32>(p, f32x4.extract_lane(value, 2), 8);
}

/**
 * OP_TRAIN_ROWS. Integers: spikes (rows) as floats; state; decays; out (rows, width) or 0; rows; width; lags; traces; log
 * traces. The state holds lags, traces and log traces, each padded to whole vectors, the decays those of traces and log
 * traces alike. Columns 0 ... lags + traces + logs - 1 of row i are the state before spikes[i]: lag 1 first, the traces
 * s <- decay s + x, then ln(1 + s) of the log traces. Time runs on: one thread does it all.
 */
export function trainRows(record: usize): void {
  if (claim() != 0) return;
  let out = pointer(record, 3);
  const rows = int(record, 4);
  const bytes = <usize>int(record, 5) << 2;
  const lags = int(record, 6);
  const traces = int(record, 7);
  const logs = int(record, 8);
  const last = pointer(record, 1);
  const state = last + (<usize>padded(lags) << 2);
  const decays = pointer(record, 2);
  const tracesPadded = padded(traces);
  const columns = tracesPadded + padded(logs);
  const silence = splat(SILENCE);
  for (let i = 0; i < rows; i++) {
    const spike = load<f32>(pointer(record, 0) + (<usize>i << 2));
    if (out != 0) for (let k = 0; k < lags; k++) store<f32>(out + (<usize>k << 2), load<f32>(last + (<usize>k << 2)));
    for (let k = lags - 1; k > 0; k--) store<f32>(last + (<usize>k << 2), load<f32>(last + (<usize>(k - 1) << 2)));
    if (lags > 0) store<f32>(last, spike);
    const heard = splat(spike);
    for (let j = 0; j < columns; j += 4) {
      const at = <usize>j << 2;
      const trace = v128.load(state + at);
      if (out != 0) {
        if (j < tracesPadded) storeLanes(out + (<usize>(lags + j) << 2), trace, traces - j);
        else {
          const k = j - tracesPadded;
          storeLanes(out + (<usize>(lags + traces + k) << 2), log1p(trace), logs - k);
        }
      }
      const kept = f32x4.mul(trace, v128.load(decays + at));
      v128.store(state + at, f32x4.add(v128.and(kept, f32x4.ge(kept, silence)), heard));
    }
    if (out != 0) out += bytes;
  }
}

/** OP_COLUMN_MOMENTS. Integers: x (rows, width), sums and sums of squares (2, width), rows, width (a multiple of 4). */
export function columnMoments(record: usize): void {
  const rows = int(record, 2);
  const bytes = <usize>int(record, 3) << 2;
  const tasks = int(record, 3) >> 2;
  for (let task = claim(); task < tasks; task = claim()) {
    let x = pointer(record, 0) + (<usize>task << 4);
    let sum = splat(0);
    let squares = splat(0);
    for (let i = 0; i < rows; i++, x += bytes) {
      const value = v128.load(x);
      sum = f32x4.add(sum, value);
      squares = f32x4.add(squares, f32x4.mul(value, value));
    }
    const to = pointer(record, 1) + (<usize>task << 4);
    v128.store(to, sum);
    v128.store(to + bytes, squares);
  }
}

/** OP_STANDARDISE. x = (x - mean) inverse. Integers: x (rows, width), mean and inverse (2, width), rows, width (a multiple of 4). */
export function standardise(record: usize): void {
  const rows = int(record, 2);
  const bytes = <usize>int(record, 3) << 2;
  const mean = pointer(record, 1);
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * ROWS);
    let x = pointer(record, 0) + <usize>(task * ROWS) * bytes;
    for (let i = task * ROWS; i < end; i++, x += bytes) {
      for (let j: usize = 0; j < bytes; j += 16) {
        const centred = f32x4.sub(v128.load(x + j), v128.load(mean + j));
        v128.store(x + j, f32x4.mul(centred, v128.load(mean + bytes + j)));
      }
    }
  }
}
