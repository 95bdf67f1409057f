// Exact ranking metrics. A score in [0, 1] is a non-negative f32, whose bits sort like the number; shifted left by one
// they leave the lowest bit for the label, so a key of 32 bits is all that is kept of a (score, label) pair.
// Least-significant-digit radix sort, three passes of 10 bits over the 30 bits of the score (1.0 = 0x3F800000 < 2^30);
// the label bit takes no part. Then one scan from the highest score down, group by group of equal scores.

const BITS: u32 = 10;
const BUCKETS: u32 = 1 << BITS;
const LARGEST: u32 = 0x3f800000;

let badScores: i64 = 0;
let rocAuc: f64 = NaN;
let averagePrecision: f64 = NaN;
let maxF1: f64 = NaN;
let maxF1Key: u32 = 0;
let positives: f64 = 0;

export function rankBadScores(): f64 {
  return <f64>badScores;
}
export function rankRocAuc(): f64 {
  return rocAuc;
}
export function rankAveragePrecision(): f64 {
  return averagePrecision;
}
export function rankMaxF1(): f64 {
  return maxF1;
}
/** Bits of the f32 score at which F1 is greatest: predict a spike at scores >= it. */
export function rankMaxF1Key(): u32 {
  return maxF1Key;
}
export function rankPositives(): f64 {
  return positives;
}

/**
 * Turns rows of scores (bins, rowUnits) into keys, unit by unit: key of row t of the j-th kept unit goes to
 * keys + (j * capacity + at + t) * 4. `columns` lists the kept units (u32). Labels: bit-packed rows of `labelRow` bytes, or
 * (packed = 0) bytes. Scores outside [0, 1] and NaN are counted as bad.
 */
export function rankIngest(
  scores: usize,
  labels: usize,
  labelRow: usize,
  packed: i32,
  rows: usize,
  rowUnits: usize,
  columns: usize,
  kept: usize,
  keys: usize,
  capacity: usize,
  at: usize,
): void {
  let bad: i64 = 0;
  // Blocks of rows small enough for the first-level cache are read once a column while each column is written in order.
  const tile: usize = 64;
  for (let t0: usize = 0; t0 < rows; t0 += tile) {
    const t1 = min(t0 + tile, rows);
    for (let j: usize = 0; j < kept; j++) {
      const u = <usize>load<u32>(columns + (j << 2));
      let to = keys + ((j * capacity + at + t0) << 2);
      const byte = packed ? (u >> 5) << 2 : u;
      const bit = <u32>(u & 31);
      for (let t = t0; t < t1; t++) {
        const raw = load<u32>(scores + ((t * rowUnits + u) << 2));
        // -0 has the sign bit alone and is a fair zero; any other sign, a NaN or a value above 1 is not a probability.
        const value = raw == 0x80000000 ? <u32>0 : raw;
        bad += value > LARGEST ? 1 : 0;
        const where = labels + t * labelRow + byte;
        const label = packed ? (load<u32>(where) >> bit) & 1 : load<u8>(where) != 0 ? 1 : 0;
        store<u32>(to, (value << 1) | label);
        to += 4;
      }
    }
  }
  badScores = bad;
}

// @ts-ignore: decorator
@inline
function prefixSums(counts: usize): void {
  let sum: u32 = 0;
  for (let i: usize = 0; i < BUCKETS; i++) {
    const c = load<u32>(counts + (i << 2));
    store<u32>(counts + (i << 2), sum);
    sum += c;
  }
}

// @ts-ignore: decorator
@inline
function pass(from: usize, to: usize, n: usize, counts: usize, shift: u32): void {
  const end = from + (n << 2);
  for (; from < end; from += 4) {
    const key = load<u32>(from);
    const slot = counts + (((key >> shift) & (BUCKETS - 1)) << 2);
    const place = load<u32>(slot);
    store<u32>(slot, place + 1);
    store<u32>(to + (<usize>place << 2), key);
  }
}

/** Sorts n keys at `keys` by score, with `spare` of the same size and `counts` of 3 * 1024 u32; the result is at `spare`. */
export function rankSort(keys: usize, spare: usize, n: usize, counts: usize): void {
  const second = counts + (BUCKETS << 2);
  const third = second + (BUCKETS << 2);
  memory.fill(counts, 0, 3 * (BUCKETS << 2));
  const end = keys + (n << 2);
  for (let at = keys; at < end; at += 4) {
    const key = load<u32>(at);
    const a = counts + (((key >> 1) & (BUCKETS - 1)) << 2);
    const b = second + (((key >> (1 + BITS)) & (BUCKETS - 1)) << 2);
    const c = third + ((key >> (1 + 2 * BITS)) << 2);
    store<u32>(a, load<u32>(a) + 1);
    store<u32>(b, load<u32>(b) + 1);
    store<u32>(c, load<u32>(c) + 1);
  }
  prefixSums(counts);
  prefixSums(second);
  prefixSums(third);
  pass(keys, spare, n, counts, 1);
  pass(spare, keys, n, second, 1 + BITS);
  pass(keys, spare, n, third, 1 + 2 * BITS);
}

/**
 * Scans n sorted keys from the highest score down. ROC-AUC = sum over groups of equal scores of
 * negatives * (2 * true positives above + positives of the group) / (2 P N), in integers. Average precision = sum of
 * (positives of the group / P) * TP / (TP + FP). F1 = 2 TP / (TP + FP + P), compared by cross-multiplication in
 * integers; of equal maxima the highest threshold stays. Needs n < 2^31.
 */
export function rankScan(keys: usize, n: usize): void {
  let tp: u64 = 0;
  let fp: u64 = 0;
  let total: u64 = 0;
  const end = keys + (n << 2);
  for (let at = keys; at < end; at += 4) total += load<u32>(at) & 1;
  let pairs: u64 = 0;
  let precision: f64 = 0;
  let lost: f64 = 0;
  let bestTp: u64 = 0;
  let bestSize: u64 = 1;
  let bestKey: u32 = 0;
  let at = end;
  while (at > keys) {
    const score = load<u32>(at - 4) >> 1;
    let pos: u64 = 0;
    let size: u64 = 0;
    while (at > keys) {
      const key = load<u32>(at - 4);
      if (key >> 1 != score) break;
      pos += key & 1;
      size++;
      at -= 4;
    }
    const neg = size - pos;
    pairs += neg * (2 * tp + pos);
    tp += pos;
    fp += neg;
    if (pos > 0) {
      // Compensated sum: millions of tiny terms must not cost the last digits.
      const term = (<f64>pos * <f64>tp) / <f64>(tp + fp) - lost;
      const next = precision + term;
      lost = next - precision - term;
      precision = next;
      if (tp * (bestSize + total) > bestTp * (tp + fp + total)) {
        bestTp = tp;
        bestSize = tp + fp;
        bestKey = score;
      }
    }
  }
  positives = <f64>total;
  const none = total == 0;
  rocAuc = none || fp == 0 ? NaN : <f64>pairs / (2 * <f64>total * <f64>fp);
  averagePrecision = none ? NaN : precision / <f64>total;
  maxF1 = none ? NaN : (2 * <f64>bestTp) / <f64>(bestSize + total);
  maxF1Key = bestKey;
}
