// Additive attention that pools the steps of each sequence (Bahdanau, Cho, Bengio, 2015). A task is a few sequences; keys and values
// are read once in either direction, tanh of the keys is computed again in backward. The gradient of the query leaves one partial row
// a task for OP_COMBINE.
import { claim, int, pointer, tasksOf } from './control';
import { exp, lanesAt, madd, put, splat, sumTaken, take, tanh } from './simd';

/** Sequences a forward task. */
const SEQUENCES: i32 = 8;

@inline
function exponential(x: f32): f32 {
  return f32x4.extract_lane(exp(splat(x)), 0);
}

/** OP_ATTENTION_POOL. Integers: keys, query, values, mask, weights, out, batch, steps, width of keys, width. */
export function attentionPool(record: usize): void {
  const keys = pointer(record, 0);
  const query = pointer(record, 1);
  const values = pointer(record, 2);
  const mask = pointer(record, 3);
  const weights = pointer(record, 4);
  const batch = int(record, 6);
  const steps = int(record, 7);
  const keyWidth = int(record, 8);
  const width = int(record, 9);
  const bytes = <usize>width << 2;
  const tasks = tasksOf(batch, SEQUENCES);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(batch, (task + 1) * SEQUENCES);
    for (let b = task * SEQUENCES; b < end; b++) {
      const first = <usize>(b * steps);
      let top: f32 = -Infinity;
      for (let t = 0; t < steps; t++) {
        const n = first + <usize>t;
        let score: f32 = 0;
        const key = keys + n * (<usize>keyWidth << 2);
        for (let a = 0; a < keyWidth; ) {
          const lanes = lanesAt(a, keyWidth);
          const at = <usize>a << 2;
          score += sumTaken(f32x4.mul(take(query + at, lanes), tanh(take(key + at, lanes))), lanes);
          a += lanes;
        }
        if (mask != 0 && load<f32>(mask + (n << 2)) == 0) score = -Infinity;
        top = max(top, score);
        store<f32>(weights + (n << 2), score);
      }
      let total: f32 = 0;
      for (let t = 0; t < steps; t++) {
        const at = weights + ((first + <usize>t) << 2);
        const score = load<f32>(at);
        const e = score == -Infinity ? <f32>0 : exponential(score - top);
        total += e;
        store<f32>(at, e);
      }
      const out = pointer(record, 5) + <usize>b * bytes;
      memory.fill(out, 0, bytes);
      for (let t = 0; t < steps; t++) {
        const n = first + <usize>t;
        const at = weights + (n << 2);
        if (total == 0 || load<f32>(at) == 0) continue;
        const weight = load<f32>(at) / total;
        store<f32>(at, weight);
        for (let j = 0; j < width; ) {
          const lanes = lanesAt(j, width);
          const p = <usize>j << 2;
          put(out + p, madd(splat(weight), take(values + n * bytes + p, lanes), take(out + p, lanes)), lanes);
          j += lanes;
        }
      }
    }
  }
}

/**
 * OP_ATTENTION_POOL_BACKWARD. Integers: keys, query, values, weights, dOut, dKeys, parts of dQuery (tasks, width of keys), dValues,
 * batch, steps, width of keys, width, sequences a task.
 */
export function attentionPoolBackward(record: usize): void {
  const keys = pointer(record, 0);
  const query = pointer(record, 1);
  const values = pointer(record, 2);
  const weights = pointer(record, 3);
  const dKeys = pointer(record, 5);
  const dValues = pointer(record, 7);
  const batch = int(record, 8);
  const steps = int(record, 9);
  const keyWidth = int(record, 10);
  const width = int(record, 11);
  const chunk = int(record, 12);
  const bytes = <usize>width << 2;
  const keyBytes = <usize>keyWidth << 2;
  const one = splat(1);
  const tasks = tasksOf(batch, chunk);
  for (let task = claim(); task < tasks; task = claim()) {
    const part = pointer(record, 6) + <usize>task * keyBytes;
    memory.fill(part, 0, keyBytes);
    const end = min(batch, (task + 1) * chunk);
    for (let b = task * chunk; b < end; b++) {
      const dOut = pointer(record, 4) + <usize>b * bytes;
      // The slope by a weight waits where the first of the row's dValues will be.
      let mean: f32 = 0;
      for (let t = 0; t < steps; t++) {
        const n = <usize>(b * steps + t);
        let dWeight: f32 = 0;
        for (let j = 0; j < width; ) {
          const lanes = lanesAt(j, width);
          const p = <usize>j << 2;
          dWeight += sumTaken(f32x4.mul(take(dOut + p, lanes), take(values + n * bytes + p, lanes)), lanes);
          j += lanes;
        }
        mean += load<f32>(weights + (n << 2)) * dWeight;
        store<f32>(dValues + n * bytes, dWeight);
      }
      for (let t = 0; t < steps; t++) {
        const n = <usize>(b * steps + t);
        const weight = load<f32>(weights + (n << 2));
        const dScore = splat(weight * (load<f32>(dValues + n * bytes) - mean));
        for (let a = 0; a < keyWidth; ) {
          const lanes = lanesAt(a, keyWidth);
          const p = <usize>a << 2;
          const bent = tanh(take(keys + n * keyBytes + p, lanes));
          const d = f32x4.mul(dScore, take(query + p, lanes));
          put(dKeys + n * keyBytes + p, f32x4.mul(d, f32x4.sub(one, f32x4.mul(bent, bent))), lanes);
          put(part + p, madd(dScore, bent, take(part + p, lanes)), lanes);
          a += lanes;
        }
        for (let j = 0; j < width; ) {
          const lanes = lanesAt(j, width);
          const p = <usize>j << 2;
          put(dValues + n * bytes + p, f32x4.mul(splat(weight), take(dOut + p, lanes)), lanes);
          j += lanes;
        }
      }
    }
  }
}
