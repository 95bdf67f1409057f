// Losses straight from packed targets: three calls. OP_LOSS_SUMS leaves sums of each chunk of rows, OP_LOSS_TOTALS adds
// them in order (float64) and prepares coefficients, OP_LOSS_GRADIENT writes dLogits. x is the logit (or its sigmoid:
// doubleSigmoid), y the spike, p = sigmoid(x).
//   bce    softplus(x) - y x                             slope p - y
//   focal  q^g softplus(-v), v = +-x, q = sigmoid(-v)     slope -+ q^g (g (1 - q) softplus(-v) + q)
//   dice   D = 1 - N / M, N = 2 sum p y + s, M = sum p + sum y + s; slope (N / M^2 - 2 y / M) p (1 - p)
import { claim, float, int, pointer, scratch, tasksOf } from './control';
import { exp, log1p, sigmoid, softplus, splat, sumLanes } from './simd';

const ROWS: i32 = 64;
const BCE: i32 = 0;
const FOCAL: i32 = 1;
const DICE: i32 = 2;
const PER_UNIT: i32 = 3;

/** Doubles a chunk: bce, focal, sum p, sum y, sum p y, counted rows. */
const SUMS: usize = 64;

/** Four lanes of ones where bits u ... u + 3 of a row are set. */
@inline
function bits4(words: usize, u: i32): v128 {
  const word = load<u32>(words + (<usize>(u >> 5) << 2)) >> (u & 31);
  return i32x4.ne(v128.and(i32x4.splat(word), i32x4(1, 2, 4, 8)), i32x4.splat(0));
}

/** Lanes u ... u + 3 that are real units and counted. */
@inline
function counted4(unitMask: usize, u: i32, units: i32): v128 {
  const real = i32x4.lt_s(i32x4.add(i32x4.splat(u), i32x4(0, 1, 2, 3)), i32x4.splat(units));
  return v128.and(bits4(unitMask, u), real);
}

/** Logits u ... u + 3 of a row; lanes past the last unit read the row's own last logit, never another block. */
@inline
function logits4(row: usize, u: i32, units: i32): v128 {
  if (u + 4 <= units) return v128.load(row + (<usize>u << 2));
  const at = scratch();
  for (let i = 0; i < 4; i++) {
    store<f32>(at + (<usize>i << 2), load<f32>(row + (<usize>min(u + i, units - 1) << 2)));
  }
  return v128.load(at);
}

/** q^gamma = e^(-gamma softplus(v)). */
@inline
function modulation(v: v128, q: v128, gamma: f32): v128 {
  if (gamma == 2) return f32x4.mul(q, q);
  return exp(f32x4.mul(splat(-gamma), softplus(v)));
}

/** OP_LOSS_SUMS. Integers: kind, logits, targets, unit mask, row mask, rows, units, words a bin, double sigmoid, chunk sums,
 * unit sums (chunk, 3, units up; per unit only). Floats: gamma. */
export function lossSums(record: usize): void {
  const kind = int(record, 0);
  const unitMask = pointer(record, 3);
  const rowMask = pointer(record, 4);
  const rows = int(record, 5);
  const units = int(record, 6);
  const wordsPerBin = int(record, 7);
  const twice = int(record, 8) != 0;
  const gamma = float(record, 0);
  const unitsUp = (units + 3) & ~3;
  const unitBytes = <usize>unitsUp << 2;
  const one = splat(1);
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    let bce: f64 = 0;
    let focal: f64 = 0;
    let predicted: f64 = 0;
    let actual: f64 = 0;
    let overlap: f64 = 0;
    let countedRows: f64 = 0;
    const unitSums = pointer(record, 10) + <usize>task * 3 * unitBytes;
    if (kind == PER_UNIT) memory.fill(unitSums, 0, 3 * unitBytes);
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n++) {
      if (load<f32>(rowMask + (<usize>n << 2)) == 0) continue;
      countedRows += 1;
      const row = pointer(record, 1) + (<usize>n * <usize>units << 2);
      const words = pointer(record, 2) + (<usize>(n * wordsPerBin) << 2);
      let rowBce = splat(0);
      let rowFocal = splat(0);
      let rowP = splat(0);
      let rowY = splat(0);
      let rowPy = splat(0);
      for (let u = 0; u < units; u += 4) {
        const counted = counted4(unitMask, u, units);
        let x = logits4(row, u, units);
        if (twice) x = sigmoid(x);
        const y = bits4(words, u);
        const term = f32x4.sub(softplus(x), v128.and(y, x));
        rowBce = f32x4.add(rowBce, v128.and(term, counted));
        if (kind == FOCAL) {
          const v = v128.bitselect(x, f32x4.neg(x), y);
          const w = modulation(v, sigmoid(f32x4.neg(v)), gamma);
          rowFocal = f32x4.add(rowFocal, v128.and(f32x4.mul(w, softplus(f32x4.neg(v))), counted));
        } else if (kind >= DICE) {
          const p = v128.and(sigmoid(x), counted);
          const hit = v128.and(v128.and(y, one), counted);
          const both = v128.and(p, y);
          if (kind == PER_UNIT) {
            const at = unitSums + (<usize>u << 2);
            v128.store(at, f32x4.add(v128.load(at), p));
            v128.store(at + unitBytes, f32x4.add(v128.load(at + unitBytes), hit));
            v128.store(at + 2 * unitBytes, f32x4.add(v128.load(at + 2 * unitBytes), both));
          } else {
            rowP = f32x4.add(rowP, p);
            rowY = f32x4.add(rowY, hit);
            rowPy = f32x4.add(rowPy, both);
          }
        }
      }
      bce += <f64>sumLanes(rowBce);
      focal += <f64>sumLanes(rowFocal);
      predicted += <f64>sumLanes(rowP);
      actual += <f64>sumLanes(rowY);
      overlap += <f64>sumLanes(rowPy);
    }
    const out = pointer(record, 9) + <usize>task * SUMS;
    store<f64>(out, bce);
    store<f64>(out + 8, focal);
    store<f64>(out + 16, predicted);
    store<f64>(out + 24, actual);
    store<f64>(out + 32, overlap);
    store<f64>(out + 40, countedRows);
  }
}

/** Slopes of D with respect to p where y = 0 (first) and what y = 1 adds (second), times `outer`, for units u. */
@inline
function diceSlopes(at: usize, unitBytes: usize, numerator: f64, denominator: f64, outer: f64): void {
  store<f32>(at, <f32>((outer * numerator) / (denominator * denominator)));
  store<f32>(at + unitBytes, <f32>((-2 * outer) / denominator));
}

/**
 * OP_LOSS_TOTALS, one thread. Integers: kind, chunk sums, unit sums, chunks, unit mask, units, value (4),
 * coefficients (bce, focal, then dice slopes (2, units up) from byte 64), density penalty. Floats: smooth, bce share.
 */
export function lossTotals(record: usize): void {
  if (claim() != 0) return;
  const kind = int(record, 0);
  const sums = pointer(record, 1);
  const unitSums = pointer(record, 2);
  const chunks = int(record, 3);
  const unitMask = pointer(record, 4);
  const units = int(record, 5);
  const value = pointer(record, 6);
  const coefficients = pointer(record, 7);
  const penalised = int(record, 8) != 0;
  const smooth = <f64>float(record, 0);
  const share = <f64>float(record, 1);
  const unitsUp = (units + 3) & ~3;
  const unitBytes = <usize>unitsUp << 2;
  const slopes = coefficients + 64;
  let bce: f64 = 0;
  let focal: f64 = 0;
  let predicted: f64 = 0;
  let actual: f64 = 0;
  let overlap: f64 = 0;
  let countedRows: f64 = 0;
  for (let c = 0; c < chunks; c++) {
    const at = sums + <usize>c * SUMS;
    bce += load<f64>(at);
    focal += load<f64>(at + 8);
    predicted += load<f64>(at + 16);
    actual += load<f64>(at + 24);
    overlap += load<f64>(at + 32);
    countedRows += load<f64>(at + 40);
  }
  let countedUnits: f64 = 0;
  for (let u = 0; u < units; u++) {
    if ((load<u32>(unitMask + (<usize>(u >> 5) << 2)) >> (u & 31)) & 1) countedUnits += 1;
  }
  const count = countedRows * countedUnits;
  memory.fill(value, 0, 16);
  memory.fill(coefficients, 0, 64 + 2 * unitBytes);
  if (count == 0) return;
  bce /= count;
  let main = bce;
  let penalty: f64 = 0;
  if (kind == FOCAL) main = focal / count;
  if (kind == DICE) {
    const numerator = 2 * overlap + smooth;
    const denominator = predicted + actual + smooth;
    const d = 1 - numerator / denominator;
    main = d;
    let outer: f64 = 1 - share;
    if (penalised) {
      main = 0.9 * <f64>f32x4.extract_lane(log1p(splat(<f32>d)), 0);
      penalty = 0.1 * 10 * max<f64>(0, (predicted - actual) / count);
      outer *= 0.9 / (1 + d);
    }
    for (let u = 0; u < units; u++) diceSlopes(slopes + (<usize>u << 2), unitBytes, numerator, denominator, outer);
  }
  if (kind == PER_UNIT) {
    main = 0;
    for (let u = 0; u < units; u++) {
      if (!((load<u32>(unitMask + (<usize>(u >> 5) << 2)) >> (u & 31)) & 1)) continue;
      let p: f64 = 0;
      let y: f64 = 0;
      let py: f64 = 0;
      for (let c = 0; c < chunks; c++) {
        const at = unitSums + <usize>c * 3 * unitBytes + (<usize>u << 2);
        p += <f64>load<f32>(at);
        y += <f64>load<f32>(at + unitBytes);
        py += <f64>load<f32>(at + 2 * unitBytes);
      }
      const numerator = 2 * py + smooth;
      const denominator = p + y + smooth;
      main += (1 - numerator / denominator) / countedUnits;
      diceSlopes(slopes + (<usize>u << 2), unitBytes, numerator, denominator, (1 - share) / countedUnits);
    }
  }
  store<f32>(value, <f32>((1 - share) * (main + penalty) + share * bce));
  store<f32>(value + 4, <f32>main);
  store<f32>(value + 8, <f32>bce);
  store<f32>(value + 12, <f32>penalty);
  store<f32>(coefficients, <f32>((kind == BCE ? 1 : share) / count));
  store<f32>(coefficients + 4, <f32>(kind == FOCAL ? (1 - share) / count : 0));
}

/** OP_LOSS_GRADIENT. Integers as OP_LOSS_SUMS up to double sigmoid, then dLogits, coefficients. Floats: gamma. */
export function lossGradient(record: usize): void {
  const kind = int(record, 0);
  const unitMask = pointer(record, 3);
  const rowMask = pointer(record, 4);
  const rows = int(record, 5);
  const units = int(record, 6);
  const wordsPerBin = int(record, 7);
  const twice = int(record, 8) != 0;
  const coefficients = pointer(record, 10);
  const gamma = float(record, 0);
  const unitBytes = <usize>((units + 3) & ~3) << 2;
  const one = splat(1);
  const bceScale = v128.load_splat<f32>(coefficients);
  const focalScale = v128.load_splat<f32>(coefficients + 4);
  const slopes = coefficients + 64;
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n++) {
      const row = pointer(record, 1) + (<usize>n * <usize>units << 2);
      const words = pointer(record, 2) + (<usize>(n * wordsPerBin) << 2);
      const out = pointer(record, 9) + (<usize>n * <usize>units << 2);
      if (load<f32>(rowMask + (<usize>n << 2)) == 0) {
        memory.fill(out, 0, <usize>units << 2);
        continue;
      }
      for (let u = 0; u < units; u += 4) {
        let x = logits4(row, u, units);
        let inner = one;
        if (twice) {
          x = sigmoid(x);
          inner = f32x4.mul(x, f32x4.sub(one, x));
        }
        const y = bits4(words, u);
        const p = sigmoid(x);
        let slope = f32x4.mul(bceScale, f32x4.sub(p, v128.and(y, one)));
        if (kind == FOCAL) {
          const v = v128.bitselect(x, f32x4.neg(x), y);
          const q = sigmoid(f32x4.neg(v));
          const lost = f32x4.mul(f32x4.mul(splat(gamma), sigmoid(v)), softplus(f32x4.neg(v)));
          const d = f32x4.mul(modulation(v, q, gamma), f32x4.add(lost, q));
          slope = f32x4.add(slope, f32x4.mul(focalScale, v128.bitselect(f32x4.neg(d), d, y)));
        } else if (kind >= DICE) {
          const at = slopes + (<usize>u << 2);
          const s = f32x4.add(v128.load(at), v128.and(y, v128.load(at + unitBytes)));
          const bell = f32x4.mul(p, sigmoid(f32x4.neg(x)));
          slope = f32x4.add(slope, f32x4.mul(s, bell));
        }
        slope = v128.and(f32x4.mul(slope, inner), counted4(unitMask, u, units));
        if (u + 4 <= units) {
          v128.store(out + (<usize>u << 2), slope);
        } else {
          const at = scratch();
          v128.store(at, slope);
          memory.copy(out + (<usize>u << 2), at, <usize>(units - u) << 2);
        }
      }
    }
  }
}
