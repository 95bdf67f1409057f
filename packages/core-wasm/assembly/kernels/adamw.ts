// AdamW (Loshchilov and Hutter, 2019) with clipping by the global norm, over one contiguous block of parameters and in
// PyTorch's order. A table of chunks (start, length, decay, learning-rate scale; 16 bytes each) cuts the block by tensor.
import { claim, int, pointer } from './control';
import {
  RESULT_CLIP_SCALE,
  RESULT_NORM,
  UNIFORM_BETA1,
  UNIFORM_BETA2,
  UNIFORM_CLIP,
  UNIFORM_CORRECTION1,
  UNIFORM_CORRECTION2,
  UNIFORM_EPSILON,
  UNIFORM_LEARNING_RATE,
  UNIFORM_REST1,
  UNIFORM_REST2,
  UNIFORM_WEIGHT_DECAY,
} from './opcodes';
import { splat } from './simd';

/** OP_SQUARE_SUM. parts[c] = sum of squares of chunk c (float64). Integers: gradients, table, chunks, parts. */
export function squareSum(record: usize): void {
  const gradients = pointer(record, 0);
  const table = pointer(record, 1);
  const chunks = int(record, 2);
  const parts = pointer(record, 3);
  for (let c = claim(); c < chunks; c = claim()) {
    const row = table + (<usize>c << 4);
    const start = gradients + (<usize>load<u32>(row) << 2);
    const length = load<i32>(row + 4);
    let sum: f64 = 0;
    if (load<f32>(row + 12) != 0) {
      let low = f64x2.splat(0);
      let high = f64x2.splat(0);
      let i = 0;
      for (; i + 4 <= length; i += 4) {
        const g = v128.load(start + (<usize>i << 2));
        const a = f64x2.promote_low_f32x4(g);
        const b = f64x2.promote_low_f32x4(v128.shuffle<i64>(g, g, 1, 1));
        low = f64x2.add(low, f64x2.mul(a, a));
        high = f64x2.add(high, f64x2.mul(b, b));
      }
      const both = f64x2.add(low, high);
      sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
      for (; i < length; i++) {
        const g = <f64>load<f32>(start + (<usize>i << 2));
        sum += g * g;
      }
    }
    store<f64>(parts + (<usize>c << 3), sum);
  }
}

/** OP_SQUARE_TOTAL, one thread: the norm, and min(1, clip / (norm + 1e-6)). Integers: parts, chunks. */
export function squareTotal(record: usize): void {
  if (claim() != 0) return;
  const parts = pointer(record, 0);
  const chunks = int(record, 1);
  let sum: f64 = 0;
  for (let c = 0; c < chunks; c++) sum += load<f64>(parts + (<usize>c << 3));
  const norm = sqrt<f64>(sum);
  const clip = <f64>load<f32>(UNIFORM_CLIP);
  store<f32>(RESULT_NORM, <f32>norm);
  store<f32>(RESULT_CLIP_SCALE, <f32>(clip > 0 ? min<f64>(1, clip / (norm + 1e-6)) : 1));
}

/** OP_ADAMW. Integers: weights, gradients, m, v, table, chunks. Everything else is in the uniforms. */
export function adamw(record: usize): void {
  const table = pointer(record, 4);
  const chunks = int(record, 5);
  const beta1 = load<f32>(UNIFORM_BETA1);
  const beta2 = load<f32>(UNIFORM_BETA2);
  const rest1 = v128.load_splat<f32>(UNIFORM_REST1);
  const rest2 = v128.load_splat<f32>(UNIFORM_REST2);
  const clipScale = v128.load_splat<f32>(RESULT_CLIP_SCALE);
  const correction2 = v128.load_splat<f32>(UNIFORM_CORRECTION2);
  const epsilon = v128.load_splat<f32>(UNIFORM_EPSILON);
  for (let c = claim(); c < chunks; c = claim()) {
    const row = table + (<usize>c << 4);
    const scale = load<f32>(row + 12);
    if (scale == 0) continue;
    const rate = load<f32>(UNIFORM_LEARNING_RATE) * scale;
    const shrink = splat(<f32>1 - rate * load<f32>(UNIFORM_WEIGHT_DECAY) * load<f32>(row + 8));
    const stepSize = splat(rate / load<f32>(UNIFORM_CORRECTION1));
    const start = <usize>load<u32>(row) << 2;
    // Tensors are padded to 64 bytes with zeros, and a step keeps zeros zero: whole vectors are safe.
    const end = start + (<usize>load<i32>(row + 4) << 2);
    for (let p = start; p < end; p += 16) {
      const g = f32x4.mul(v128.load(pointer(record, 1) + p), clipScale);
      const mAt = pointer(record, 2) + p;
      const vAt = pointer(record, 3) + p;
      const wAt = pointer(record, 0) + p;
      const m = f32x4.add(f32x4.mul(splat(beta1), v128.load(mAt)), f32x4.mul(rest1, g));
      const v = f32x4.add(
        f32x4.mul(splat(beta2), v128.load(vAt)),
        f32x4.mul(f32x4.mul(rest2, g), g),
      );
      v128.store(mAt, m);
      v128.store(vAt, v);
      const w = f32x4.mul(v128.load(wAt), shrink);
      const root = f32x4.add(f32x4.div(f32x4.sqrt(v), correction2), epsilon);
      v128.store(wAt, f32x4.sub(w, f32x4.div(f32x4.mul(stepSize, m), root)));
    }
  }
}
