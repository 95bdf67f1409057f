// Operations on each element of flat arrays. Every block of memory is padded to 64 bytes, so that whole vectors may run
// over the end of an array into its own padding; what is there is never read as a value.
import { claim, float, int, pointer, tasksOf } from './control';
import { MAP_DOUBLE_SIGMOID, MAP_EXP, MAP_LOG, MAP_LOG1P, MAP_SIGMOID, MAP_TANH } from './opcodes';
import { exp, geluSlope, log, log1p, sigmoid, splat, tanh } from './simd';

/** Elements a task: 16 KiB of floats. */
const SIZE: i32 = 4096;

/** OP_FILL. Integers: out, length. Floats: value. */
export function fill(record: usize): void {
  const out = pointer(record, 0);
  const length = int(record, 1);
  const value = splat(float(record, 0));
  const tasks = tasksOf(length, SIZE);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = (<usize>min(length, (task + 1) * SIZE)) << 2;
    for (let p = (<usize>(task * SIZE)) << 2; p < end; p += 16) v128.store(out + p, value);
  }
}

/** OP_ADD. out = a + b. Integers: out, length, a, b. */
export function add(record: usize): void {
  const out = pointer(record, 0);
  const length = int(record, 1);
  const a = pointer(record, 2);
  const b = pointer(record, 3);
  const tasks = tasksOf(length, SIZE);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = (<usize>min(length, (task + 1) * SIZE)) << 2;
    for (let p = (<usize>(task * SIZE)) << 2; p < end; p += 16) {
      v128.store(out + p, f32x4.add(v128.load(a + p), v128.load(b + p)));
    }
  }
}

/** OP_MAP. out = f(x). Integers: out, length, x, function. */
export function map(record: usize): void {
  const out = pointer(record, 0);
  const length = int(record, 1);
  const x = pointer(record, 2);
  const kind = int(record, 3);
  const tasks = tasksOf(length, SIZE);
  for (let task = claim(); task < tasks; task = claim()) {
    const start = (<usize>(task * SIZE)) << 2;
    const end = (<usize>min(length, (task + 1) * SIZE)) << 2;
    for (let p = start; p < end; p += 16) {
      const v = v128.load(x + p);
      if (kind == MAP_EXP) v128.store(out + p, exp(v));
      else if (kind == MAP_LOG1P) v128.store(out + p, log1p(v));
      else if (kind == MAP_SIGMOID) v128.store(out + p, sigmoid(v));
      else if (kind == MAP_DOUBLE_SIGMOID) v128.store(out + p, sigmoid(sigmoid(v)));
      else if (kind == MAP_TANH) v128.store(out + p, tanh(v));
      else if (kind == MAP_LOG) v128.store(out + p, log(v));
    }
  }
}

/** OP_ACTIVATION_BACKWARD. out = d * act'(kept). Integers: out, length, d, kept, activation (1 relu, 2 gelu). */
export function activationBackward(record: usize): void {
  const out = pointer(record, 0);
  const length = int(record, 1);
  const d = pointer(record, 2);
  const kept = pointer(record, 3);
  const relu = int(record, 4) == 1;
  const tasks = tasksOf(length, SIZE);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = (<usize>min(length, (task + 1) * SIZE)) << 2;
    for (let p = (<usize>(task * SIZE)) << 2; p < end; p += 16) {
      const x = v128.load(kept + p);
      if (relu) v128.store(out + p, v128.and(v128.load(d + p), f32x4.gt(x, splat(0))));
      else v128.store(out + p, f32x4.mul(v128.load(d + p), geluSlope(x)));
    }
  }
}
