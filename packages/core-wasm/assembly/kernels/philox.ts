// Philox4x32-10 (Salmon et al., SC 2011), four blocks at a time in SIMD. Key = (seed, stream); counter = (step,
// index lo32 >> 2, index hi32, 0); the word is index & 3; an element is kept when its word >= the threshold.
import { claim, float, int, pointer, scratch, tasksOf } from './control';
import { UNIFORM_SEED, UNIFORM_STEP } from './opcodes';
import { splat } from './simd';

const SIZE: i32 = 4096;

/** Low words of four 64-bit products, given as two halves. */
@inline
function lowWords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

@inline
function highWords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

/** Ten rounds on counters (c0, c1, c2, c3) of four blocks; writes their 16 words in order of block, then word. */
export function philox4(out: usize, first0: v128, first1: v128, first2: v128, first3: v128, key0: u32, key1: u32): void {
  let c0 = first0;
  let c1 = first1;
  let c2 = first2;
  let c3 = first3;
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  for (let round = 0; round < 10; round++) {
    const a = i64x2.extmul_low_i32x4_u(c0, m0);
    const b = i64x2.extmul_high_i32x4_u(c0, m0);
    const c = i64x2.extmul_low_i32x4_u(c2, m1);
    const d = i64x2.extmul_high_i32x4_u(c2, m1);
    c0 = v128.xor(v128.xor(highWords(c, d), c1), i32x4.splat(key0));
    c1 = lowWords(c, d);
    c2 = v128.xor(v128.xor(highWords(a, b), c3), i32x4.splat(key1));
    c3 = lowWords(a, b);
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  const t0 = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
  const t1 = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
  const t2 = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
  const t3 = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(t0, t1, 0, 2));
  v128.store(out, v128.shuffle<i64>(t0, t1, 1, 3), 16);
  v128.store(out, v128.shuffle<i64>(t2, t3, 0, 2), 32);
  v128.store(out, v128.shuffle<i64>(t2, t3, 1, 3), 48);
}

/** The 16 words of indices 4 block ... 4 block + 15 under the step's key. */
@inline
function wordsOf(out: usize, block: u64, stream: u32): void {
  const low = v128.and(
    i32x4.add(i32x4.splat(<i32>block), i32x4(0, 1, 2, 3)),
    i32x4.splat(0x3fffffff),
  );
  const high = i32x4(
    <i32>(block >> 30),
    <i32>((block + 1) >> 30),
    <i32>((block + 2) >> 30),
    <i32>((block + 3) >> 30),
  );
  philox4(out, i32x4.splat(load<i32>(UNIFORM_STEP)), low, high, i32x4.splat(0), load<u32>(UNIFORM_SEED), stream);
}

/**
 * out[j] = factor where index first + j is kept, else 0, for j < count. Works in groups of 16 from a multiple of four:
 * up to 3 floats before `out` and 15 behind out + count are overwritten.
 */
export function keepFactors(out: usize, first: u64, count: i32, stream: u32, threshold: u32, factor: f32): void {
  const lead = <i32>(first & 3);
  let at = out - (<usize>lead << 2);
  const limit = i32x4.splat(threshold);
  const value = splat(factor);
  let block = first >> 2;
  for (let done = -lead; done < count; done += 16) {
    wordsOf(at, block, stream);
    for (let j: usize = 0; j < 64; j += 16) {
      v128.store(at + j, v128.and(value, i32x4.ge_u(v128.load(at + j), limit)));
    }
    at += 64;
    block += 4;
  }
}

/**
 * OP_DROPOUT. out (+)= x * keep / (1 - p) (+ residual). Integers: out, length, x, residual, accumulate, stream,
 * threshold. Floats: 1 / (1 - p). Forward and backward draw the same mask, so this one serves both.
 */
export function dropout(record: usize): void {
  const out = pointer(record, 0);
  const length = int(record, 1);
  const x = pointer(record, 2);
  const residual = pointer(record, 3);
  const accumulate = int(record, 4) != 0;
  const stream = <u32>int(record, 5);
  const threshold = i32x4.splat(int(record, 6));
  const factor = splat(float(record, 0));
  const words = scratch();
  const tasks = tasksOf(length, SIZE);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(length, (task + 1) * SIZE);
    for (let i = task * SIZE; i < end; i += 16) {
      wordsOf(words, <u64>(i >> 2), stream);
      for (let j: usize = 0; j < 64; j += 16) {
        const at = (<usize>i << 2) + j;
        const keep = v128.and(factor, i32x4.ge_u(v128.load(words + j), threshold));
        let y = f32x4.mul(v128.load(x + at), keep);
        if (residual) y = f32x4.add(y, v128.load(residual + at));
        if (accumulate) y = f32x4.add(y, v128.load(out + at));
        v128.store(out + at, y);
      }
    }
  }
}

/** OP_PHILOX, for tests: out = words of blocks. Integers: out, blocks (multiple of 4), four counter words, two key words. */
export function philoxTest(record: usize): void {
  const out = pointer(record, 0);
  const blocks = int(record, 1);
  if (claim() != 0) return;
  for (let i = 0; i < blocks; i += 4) {
    philox4(
      out + (<usize>i << 4),
      i32x4.splat(int(record, 2)),
      i32x4.add(i32x4.splat(int(record, 3) + i), i32x4(0, 1, 2, 3)),
      i32x4.splat(int(record, 4)),
      i32x4.splat(int(record, 5)),
      <u32>int(record, 6),
      <u32>int(record, 7),
    );
  }
}
