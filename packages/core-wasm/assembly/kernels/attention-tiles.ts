// What both directions of attention share: packing of one head, two small products, masks. Two shapes of product
// suffice. `scoreTile` is a row block times packed panels of 16 keys (SIMD over keys, depth = head width);
// `accumulateRows` and `accumulateColumns` add a block of probabilities, as it is or transposed, times rows of a head (SIMD
// over the head's dimensions).
import { madd, splat } from './simd';

/** Stands for "not visible": exp2 makes an exact 0 of it once a row has any visible key. */
export const HIDDEN: f32 = -1e30;
export const LOG2_E: f32 = 1.44269504088896341;
export const LN_2: f32 = 0.69314718055994531;

/** to (rows, padded) = scale * from (rows, width) with its row stride in bytes; the padding is zero. */
export function packRows(
  from: usize,
  stride: usize,
  rows: i32,
  width: i32,
  padded: i32,
  to: usize,
  scale: f32,
): void {
  const factor = splat(scale);
  for (let i = 0; i < rows; i++) {
    let d = 0;
    for (; d + 4 <= width; d += 4) {
      const at = <usize>d << 2;
      v128.store(to + at, f32x4.mul(v128.load(from + at), factor));
    }
    for (; d < padded; d++) {
      const at = <usize>d << 2;
      store<f32>(to + at, d < width ? load<f32>(from + at) * scale : 0);
    }
    from += stride;
    to += <usize>padded << 2;
  }
}

/** Panels of 16 rows, transposed: to[panel][d][j] = from[16 panel + j][d]; rows past the end are zero. */
export function packPanels(from: usize, stride: usize, rows: i32, width: i32, to: usize): void {
  for (let i = 0; i < rows; i += 16) {
    const here = min(16, rows - i);
    if (here < 16) memory.fill(to, 0, <usize>width << 6);
    for (let j = 0; j < here; j++) {
      const source = from + <usize>(i + j) * stride;
      const target = to + (<usize>j << 2);
      for (let d = 0; d < width; d++) {
        store<f32>(target + (<usize>d << 6), load<f32>(source + (<usize>d << 2)));
      }
    }
    to += <usize>width << 6;
  }
}

/** to[0..3][0..columns) = four rows of a (stride lda bytes) times panels, `depth` deep; columns is a multiple of 16. */
@inline
export function scoreTile(
  a: usize,
  lda: usize,
  panels: usize,
  depth: i32,
  to: usize,
  ldt: usize,
  columns: i32,
): void {
  const end = <usize>depth << 2;
  for (let pair = 0; pair < 2; pair++) {
    const a0 = a + <usize>(2 * pair) * lda;
    const a1 = a0 + lda;
    let c0 = to + <usize>(2 * pair) * ldt;
    let c1 = c0 + ldt;
    let panel = panels;
    for (let j = 0; j < columns; j += 16) {
      let s00 = splat(0);
      let s01 = splat(0);
      let s02 = splat(0);
      let s03 = splat(0);
      let s10 = splat(0);
      let s11 = splat(0);
      let s12 = splat(0);
      let s13 = splat(0);
      for (let p: usize = 0; p < end; p += 4) {
        const b0 = v128.load(panel);
        const b1 = v128.load(panel, 16);
        const b2 = v128.load(panel, 32);
        const b3 = v128.load(panel, 48);
        const x0 = v128.load_splat<f32>(a0 + p);
        s00 = madd(x0, b0, s00);
        s01 = madd(x0, b1, s01);
        s02 = madd(x0, b2, s02);
        s03 = madd(x0, b3, s03);
        const x1 = v128.load_splat<f32>(a1 + p);
        s10 = madd(x1, b0, s10);
        s11 = madd(x1, b1, s11);
        s12 = madd(x1, b2, s12);
        s13 = madd(x1, b3, s13);
        panel += 64;
      }
      v128.store(c0, s00);
      v128.store(c0, s01, 16);
      v128.store(c0, s02, 32);
      v128.store(c0, s03, 48);
      v128.store(c1, s10);
      v128.store(c1, s11, 16);
      v128.store(c1, s12, 32);
      v128.store(c1, s13, 48);
      c0 += 64;
      c1 += 64;
    }
  }
}

/**
 * c[r][:] += sum over p < count of a[r][p] * b[p][:], for four rows r of a (stride lda bytes): P V and dS K.
 * `vectors` = padded head width / 4.
 */
@inline
export function accumulateRows(
  a: usize,
  lda: usize,
  count: i32,
  b: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
  vectors: i32,
): void {
  const a1 = a + lda;
  const a2 = a1 + lda;
  const a3 = a2 + lda;
  const end = <usize>count << 2;
  let v = vectors;
  while (v >= 2) {
    const c1 = c + ldc;
    const c2 = c1 + ldc;
    const c3 = c2 + ldc;
    let s00 = v128.load(c);
    let s01 = v128.load(c, 16);
    let s10 = v128.load(c1);
    let s11 = v128.load(c1, 16);
    let s20 = v128.load(c2);
    let s21 = v128.load(c2, 16);
    let s30 = v128.load(c3);
    let s31 = v128.load(c3, 16);
    let row = b;
    for (let p: usize = 0; p < end; p += 4) {
      const b0 = v128.load(row);
      const b1 = v128.load(row, 16);
      const x0 = v128.load_splat<f32>(a + p);
      s00 = madd(x0, b0, s00);
      s01 = madd(x0, b1, s01);
      const x1 = v128.load_splat<f32>(a1 + p);
      s10 = madd(x1, b0, s10);
      s11 = madd(x1, b1, s11);
      const x2 = v128.load_splat<f32>(a2 + p);
      s20 = madd(x2, b0, s20);
      s21 = madd(x2, b1, s21);
      const x3 = v128.load_splat<f32>(a3 + p);
      s30 = madd(x3, b0, s30);
      s31 = madd(x3, b1, s31);
      row += ldb;
    }
    v128.store(c, s00);
    v128.store(c, s01, 16);
    v128.store(c1, s10);
    v128.store(c1, s11, 16);
    v128.store(c2, s20);
    v128.store(c2, s21, 16);
    v128.store(c3, s30);
    v128.store(c3, s31, 16);
    b += 32;
    c += 32;
    v -= 2;
  }
  if (v > 0) {
    const c1 = c + ldc;
    const c2 = c1 + ldc;
    const c3 = c2 + ldc;
    let s0 = v128.load(c);
    let s1 = v128.load(c1);
    let s2 = v128.load(c2);
    let s3 = v128.load(c3);
    for (let p: usize = 0; p < end; p += 4) {
      const b0 = v128.load(b);
      s0 = madd(v128.load_splat<f32>(a + p), b0, s0);
      s1 = madd(v128.load_splat<f32>(a1 + p), b0, s1);
      s2 = madd(v128.load_splat<f32>(a2 + p), b0, s2);
      s3 = madd(v128.load_splat<f32>(a3 + p), b0, s3);
      b += ldb;
    }
    v128.store(c, s0);
    v128.store(c1, s1);
    v128.store(c2, s2);
    v128.store(c3, s3);
  }
}

/**
 * c[r][:] += sum over p < count of a[p][r] * b[p][:], for four columns r of a (stride ap bytes): P^T dO and dS^T Q.
 */
@inline
export function accumulateColumns(
  a: usize,
  ap: usize,
  count: i32,
  b: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
  vectors: i32,
): void {
  const end = a + <usize>count * ap;
  let left = vectors;
  while (left >= 2) {
    const c0 = c;
    const c1 = c + <usize>1 * ldc;
    const c2 = c + <usize>2 * ldc;
    const c3 = c + <usize>3 * ldc;
    let s00 = v128.load(c0);
    let s01 = v128.load(c0, 16);
    let s10 = v128.load(c1);
    let s11 = v128.load(c1, 16);
    let s20 = v128.load(c2);
    let s21 = v128.load(c2, 16);
    let s30 = v128.load(c3);
    let s31 = v128.load(c3, 16);
    let row = b;
    for (let p = a; p < end; p += ap) {
      const b0 = v128.load(row);
      const b1 = v128.load(row, 16);
      row += ldb;
      const x0 = v128.load_splat<f32>(p);
      s00 = madd(x0, b0, s00);
      s01 = madd(x0, b1, s01);
      const x1 = v128.load_splat<f32>(p, 4);
      s10 = madd(x1, b0, s10);
      s11 = madd(x1, b1, s11);
      const x2 = v128.load_splat<f32>(p, 8);
      s20 = madd(x2, b0, s20);
      s21 = madd(x2, b1, s21);
      const x3 = v128.load_splat<f32>(p, 12);
      s30 = madd(x3, b0, s30);
      s31 = madd(x3, b1, s31);
    }
    v128.store(c0, s00);
    v128.store(c0, s01, 16);
    v128.store(c1, s10);
    v128.store(c1, s11, 16);
    v128.store(c2, s20);
    v128.store(c2, s21, 16);
    v128.store(c3, s30);
    v128.store(c3, s31, 16);
    b += 32;
    c += 32;
    left -= 2;
  }
  if (left > 0) {
    const c0 = c;
    const c1 = c + <usize>1 * ldc;
    const c2 = c + <usize>2 * ldc;
    const c3 = c + <usize>3 * ldc;
    let s00 = v128.load(c0);
    let s10 = v128.load(c1);
    let s20 = v128.load(c2);
    let s30 = v128.load(c3);
    let row = b;
    for (let p = a; p < end; p += ap) {
      const b0 = v128.load(row);
      row += ldb;
      const x0 = v128.load_splat<f32>(p);
      s00 = madd(x0, b0, s00);
      const x1 = v128.load_splat<f32>(p, 4);
      s10 = madd(x1, b0, s10);
      const x2 = v128.load_splat<f32>(p, 8);
      s20 = madd(x2, b0, s20);
      const x3 = v128.load_splat<f32>(p, 12);
      s30 = madd(x3, b0, s30);
    }
    v128.store(c0, s00);
    v128.store(c1, s10);
    v128.store(c2, s20);
    v128.store(c3, s30);
  }
}

/**
 * Hides what rows q ... q + 3 must not see among keys k ... k + columns: later keys (causal), keys past the end, keys
 * before the window. The diagonal is cut here and by the loop bounds, not by added infinities.
 */
export function hide(
  scores: usize,
  ld: usize,
  q: i32,
  k: i32,
  columns: i32,
  bins: i32,
  window: i32,
  causal: bool,
): void {
  for (let r = 0; r < 4; r++) {
    const row = scores + <usize>r * ld;
    const t = min(q + r, bins - 1);
    const first = window > 0 ? min(columns, max(0, t - window + 1 - k)) : 0;
    const behind = max(0, min(columns, (causal ? t + 1 : bins) - k));
    for (let j = 0; j < first; j++) store<f32>(row + (<usize>j << 2), HIDDEN);
    for (let j = behind; j < columns; j++) store<f32>(row + (<usize>j << 2), HIDDEN);
  }
}

/** Where chunk c of `chunks` starts among `blocks`, when the work of block i grows with i (or is even). */
export function chunkStart(c: i32, chunks: i32, blocks: i32, even: bool): i32 {
  if (c >= chunks) return blocks;
  const share = <f64>c / <f64>chunks;
  return <i32>(<f64>blocks * (even ? share : sqrt<f64>(share)));
}
