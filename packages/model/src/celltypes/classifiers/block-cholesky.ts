// Cholesky factors of matrices of some thousand rows. Apart from the plain one of the floors because here the cube of n is
// the whole cost: blocks that stay in cache, and sixteen products for eight loads.
import { factorCholesky } from '../../evaluation/linear-algebra.ts';

const BLOCK = 64;

/** Lower factor of a symmetric positive definite matrix (n, n), in place; false when it is not positive definite. */
export function factorInBlocks(a: Float64Array, n: number): boolean {
  const diagonal = new Float64Array(BLOCK * BLOCK);
  for (let k = 0; k < n; k += BLOCK) {
    const width = Math.min(BLOCK, n - k);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) diagonal[i * width + j] = a[(k + i) * n + k + j];
    }
    if (!factorCholesky(diagonal, width)) return false;
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) a[(k + i) * n + k + j] = diagonal[i * width + j];
    }
    for (let i = k + width; i < n; i++) solveRow(a, i * n + k, diagonal, width);
    subtractProducts(a, n, k, k + width, width);
  }
  return true;
}

/** One row of the panel: x L' = row. */
function solveRow(a: Float64Array, at: number, diagonal: Float64Array, width: number): void {
  for (let j = 0; j < width; j++) {
    let sum = a[at + j];
    for (let l = 0; l < j; l++) sum -= a[at + l] * diagonal[j * width + l];
    a[at + j] = sum / diagonal[j * width + j];
  }
}

/** a[i, j] -= sum over the panel of a[i, k + l] a[j, k + l], for the lower triangle from row `first` on. */
function subtractProducts(a: Float64Array, n: number, k: number, first: number, width: number): void {
  let i = first;
  for (; i + 2 <= n; i += 2) {
    const r0 = i * n + k;
    const r1 = r0 + n;
    let j = first;
    for (; j + 4 <= i + 2; j += 4) {
      const c0 = j * n + k;
      const c1 = c0 + n;
      const c2 = c1 + n;
      const c3 = c2 + n;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      for (let l = 0; l < width; l++) {
        const x0 = a[r0 + l];
        const x1 = a[r1 + l];
        const y0 = a[c0 + l];
        const y1 = a[c1 + l];
        const y2 = a[c2 + l];
        const y3 = a[c3 + l];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
      }
      const to = i * n + j;
      a[to] -= s00;
      a[to + 1] -= s01;
      a[to + 2] -= s02;
      a[to + 3] -= s03;
      a[to + n] -= s10;
      a[to + n + 1] -= s11;
      a[to + n + 2] -= s12;
      a[to + n + 3] -= s13;
    }
    for (; j <= i + 1; j++) {
      for (let row = Math.max(i, j); row < i + 2; row++) subtractOne(a, n, k, row, j, width);
    }
  }
  for (; i < n; i++) for (let j = first; j <= i; j++) subtractOne(a, n, k, i, j, width);
}

function subtractOne(a: Float64Array, n: number, k: number, i: number, j: number, width: number): void {
  let sum = 0;
  for (let l = 0; l < width; l++) sum += a[i * n + k + l] * a[j * n + k + l];
  a[i * n + j] -= sum;
}
