// One bin at a time: the two products that a free-running roll-out spends its time on. A product of one row has nothing to
// pack for, so its weights come packed once (panels of 32 columns) and are read in order: 2 flops for every 4 bytes. Attention
// of one query runs over a ring of the latest keys and values, kept per head as their products read them.
import { claim, float, int, pointer, scratch } from './control';
import { HIDDEN, LOG2_E } from './attention-tiles';
import { exp2Negative, gelu, madd, maxLanes, splat, sumLanes } from './simd';

/** Columns of a panel of weights: eight sums that do not wait for one another. */
const PANEL: i32 = 32;
/** Keys of a panel of the ring. */
const KEYS: i32 = 16;

const RELU: i32 = 1;
const GELU: i32 = 2;

@inline
function finish(sum: v128, bias: usize, residual: usize, out: usize, activation: i32): void {
  let y = f32x4.add(sum, v128.load(bias));
  if (activation == RELU) y = f32x4.pmax(splat(0), y);
  else if (activation == GELU) y = gelu(y);
  if (residual != 0) y = f32x4.add(y, v128.load(residual));
  v128.store(out, y);
}

/**
 * OP_ROW_LINEAR. out = act(x W + bias) + residual for one row. Integers: x, panels, bias, residual or 0, out, depth, panels'
 * number, activation (1 relu, 2 gelu). panels[j][p][0..32) = W[p, 32 j ...], zero padded; bias, residual and out are padded to
 * whole panels. Each element adds its products in the order of p.
 */
export function rowLinear(record: usize): void {
  const x = pointer(record, 0);
  const bias = pointer(record, 2);
  const residual = pointer(record, 3);
  const out = pointer(record, 4);
  const depth = int(record, 5);
  const tasks = int(record, 6);
  const activation = int(record, 7);
  const end = x + (<usize>depth << 2);
  const panelBytes = <usize>(depth * PANEL) << 2;
  for (let task = claim(); task < tasks; task = claim()) {
    let panel = pointer(record, 1) + <usize>task * panelBytes;
    let s0 = splat(0);
    let s1 = splat(0);
    let s2 = splat(0);
    let s3 = splat(0);
    let s4 = splat(0);
    let s5 = splat(0);
    let s6 = splat(0);
    let s7 = splat(0);
    for (let p = x; p < end; p += 4) {
      const left = v128.load_splat<f32>(p);
      s0 = madd(left, v128.load(panel), s0);
      s1 = madd(left, v128.load(panel, 16), s1);
      s2 = madd(left, v128.load(panel, 32), s2);
      s3 = madd(left, v128.load(panel, 48), s3);
      s4 = madd(left, v128.load(panel, 64), s4);
      s5 = madd(left, v128.load(panel, 80), s5);
      s6 = madd(left, v128.load(panel, 96), s6);
      s7 = madd(left, v128.load(panel, 112), s7);
      panel += 128;
    }
    const at = <usize>(task * PANEL) << 2;
    const b = bias + at;
    const r = residual == 0 ? 0 : residual + at;
    const o = out + at;
    finish(s0, b, r, o, activation);
    finish(s1, b + 16, r == 0 ? 0 : r + 16, o + 16, activation);
    finish(s2, b + 32, r == 0 ? 0 : r + 32, o + 32, activation);
    finish(s3, b + 48, r == 0 ? 0 : r + 48, o + 48, activation);
    finish(s4, b + 64, r == 0 ? 0 : r + 64, o + 64, activation);
    finish(s5, b + 80, r == 0 ? 0 : r + 80, o + 80, activation);
    finish(s6, b + 96, r == 0 ? 0 : r + 96, o + 96, activation);
    finish(s7, b + 112, r == 0 ? 0 : r + 112, o + 112, activation);
  }
}

/** scores[0..16) = q . k of one panel of keys; q is scaled already. */
@inline
function scorePanel(q: usize, panel: usize, width: i32, scores: usize): void {
  let s0 = splat(0);
  let s1 = splat(0);
  let s2 = splat(0);
  let s3 = splat(0);
  for (const end = q + (<usize>width << 2); q < end; q += 4) {
    const left = v128.load_splat<f32>(q);
    s0 = madd(left, v128.load(panel), s0);
    s1 = madd(left, v128.load(panel, 16), s1);
    s2 = madd(left, v128.load(panel, 32), s2);
    s3 = madd(left, v128.load(panel, 48), s3);
    panel += 64;
  }
  v128.store(scores, s0);
  v128.store(scores, s1, 16);
  v128.store(scores, s2, 32);
  v128.store(scores, s3, 48);
}

/** Turns `columns` scores (a multiple of 16) into 2^(score - maximum) and returns their sum. */
@inline
function softmax(scores: usize, columns: i32): f32 {
  const end = scores + (<usize>columns << 2);
  let m = v128.load(scores);
  for (let p = scores + 16; p < end; p += 16) m = f32x4.pmax(m, v128.load(p));
  const top = splat(maxLanes(m));
  let total = splat(0);
  let total2 = splat(0);
  for (let p = scores; p < end; p += 32) {
    const e = exp2Negative(f32x4.sub(v128.load(p), top));
    const e2 = exp2Negative(f32x4.sub(v128.load(p, 16), top));
    total = f32x4.add(total, e);
    total2 = f32x4.add(total2, e2);
    v128.store(p, e);
    v128.store(p, e2, 16);
  }
  return sumLanes(f32x4.add(total, total2));
}

/** sums[0..16) = the sum of four vectors of each row, weighted; two rows a turn, so that no sum waits for itself. */
@inline
function weigh4(weights: usize, rows: i32, values: usize, rowBytes: usize, sums: usize): void {
  let a0 = splat(0);
  let a1 = splat(0);
  let a2 = splat(0);
  let a3 = splat(0);
  let b0 = splat(0);
  let b1 = splat(0);
  let b2 = splat(0);
  let b3 = splat(0);
  for (const end = weights + (<usize>rows << 2); weights < end; weights += 8) {
    const first = v128.load_splat<f32>(weights);
    a0 = madd(first, v128.load(values), a0);
    a1 = madd(first, v128.load(values, 16), a1);
    a2 = madd(first, v128.load(values, 32), a2);
    a3 = madd(first, v128.load(values, 48), a3);
    values += rowBytes;
    const second = v128.load_splat<f32>(weights, 4);
    b0 = madd(second, v128.load(values), b0);
    b1 = madd(second, v128.load(values, 16), b1);
    b2 = madd(second, v128.load(values, 32), b2);
    b3 = madd(second, v128.load(values, 48), b3);
    values += rowBytes;
  }
  v128.store(sums, f32x4.add(a0, b0));
  v128.store(sums, f32x4.add(a1, b1), 16);
  v128.store(sums, f32x4.add(a2, b2), 32);
  v128.store(sums, f32x4.add(a3, b3), 48);
}

/** The same for one vector of each row, four rows a turn. */
@inline
function weigh1(weights: usize, rows: i32, values: usize, rowBytes: usize, sums: usize): void {
  let a = splat(0);
  let b = splat(0);
  let c = splat(0);
  let d = splat(0);
  for (const end = weights + (<usize>rows << 2); weights < end; weights += 16) {
    a = madd(v128.load_splat<f32>(weights), v128.load(values), a);
    b = madd(v128.load_splat<f32>(weights, 4), v128.load(values + rowBytes), b);
    c = madd(v128.load_splat<f32>(weights, 8), v128.load(values + 2 * rowBytes), c);
    d = madd(v128.load_splat<f32>(weights, 12), v128.load(values + 3 * rowBytes), d);
    values += 4 * rowBytes;
  }
  v128.store(sums, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

/**
 * OP_ROW_ATTENTION. Puts k and v of one row into a ring and attends to all that it holds. Integers: qkv, keys, values, out,
 * heads, head width, capacity (a multiple of 16), position. Floats: scale. `position` is two words: the slot to write, and how
 * many slots count once it is written (they are the first ones). keys[head][slot / 16][d][16], values[head][slot][padded to 4].
 * Scratch: capacity + 2 x padded head width floats. One task is one head.
 */
export function rowAttention(record: usize): void {
  const qkv = pointer(record, 0);
  const heads = int(record, 4);
  const width = int(record, 5);
  const capacity = int(record, 6);
  const slot = load<i32>(pointer(record, 7));
  const count = load<i32>(pointer(record, 7), 4);
  const factor = float(record, 0) * LOG2_E;

  const model = <usize>(heads * width) << 2;
  const padded = (width + 3) & ~3;
  const rowBytes = <usize>padded << 2;
  const panelBytes = <usize>(width * KEYS) << 2;
  const columns = (count + KEYS - 1) & ~(KEYS - 1);
  const scores = scratch();
  const query = scores + (<usize>capacity << 2);
  const sums = query + rowBytes;
  for (let head = claim(); head < heads; head = claim()) {
    const keys = pointer(record, 1) + <usize>head * <usize>(capacity * width) * 4;
    const values = pointer(record, 2) + <usize>head * <usize>(capacity * padded) * 4;
    const q = qkv + (<usize>(head * width) << 2);
    const key = keys + <usize>(slot / KEYS) * panelBytes + (<usize>(slot % KEYS) << 2);
    const value = values + <usize>slot * rowBytes;
    for (let d = 0; d < width; d++) {
      const at = <usize>d << 2;
      store<f32>(query + at, load<f32>(q + at) * factor);
      store<f32>(key + <usize>(d * KEYS) * 4, load<f32>(q + model + at));
      store<f32>(value + at, load<f32>(q + 2 * model + at));
    }
    for (let s = 0; s < columns; s += KEYS) {
      scorePanel(query, keys + <usize>(s / KEYS) * panelBytes, width, scores + (<usize>s << 2));
    }
    for (let s = count; s < columns; s++) store<f32>(scores + (<usize>s << 2), HIDDEN);
    const inverse = <f32>1 / softmax(scores, columns);
    let d = 0;
    for (; d + 16 <= padded; d += 16) {
      weigh4(scores, columns, values + (<usize>d << 2), rowBytes, sums + (<usize>d << 2));
    }
    for (; d < padded; d += 4) weigh1(scores, columns, values + (<usize>d << 2), rowBytes, sums + (<usize>d << 2));
    const out = pointer(record, 3) + (<usize>(head * width) << 2);
    for (let i = 0; i < width; i++) {
      store<f32>(out + (<usize>i << 2), load<f32>(sums + (<usize>i << 2)) * inverse);
    }
  }
}
