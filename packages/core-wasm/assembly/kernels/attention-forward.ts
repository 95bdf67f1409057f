// Streaming causal attention, forward (Dao et al., FlashAttention, 2022, on a CPU). One task is one head of one sequence
// (or a share of its queries when heads are few): K is packed into transposed panels, V into rows; blocks of 64 queries
// run over blocks of 128 keys with a running maximum and sum a row. Scores live in a 4 x 128 buffer and are never
// stored. Per pair of bins: 2 x head width multiply-adds and one exp2; the scale and log2 e are folded into q.
import { claim, float, int, pointer, scratch } from './control';
import { HIDDEN, LN_2, LOG2_E, accumulateRows, chunkStart, hide, packPanels, packRows, scoreTile } from './attention-tiles';
import { keepFactors } from './philox';
import { exp2Negative, log, maxLanes, splat, sumLanes } from './simd';

const QUERIES: i32 = 64;
const KEYS: i32 = 128;
const ROW: usize = 512; // bytes of a row of the score buffer

/**
 * OP_ATTENTION. Integers: qkv, out, logSumExp, batch, bins, heads, head width, window, causal, stream, threshold, chunks.
 * Floats: scale, 1 / (1 - dropout). A threshold of 0 means no dropout.
 */
export function attention(record: usize): void {
  const qkv = pointer(record, 0);
  const out = pointer(record, 1);
  const logSumExp = pointer(record, 2);
  const batch = int(record, 3);
  const bins = int(record, 4);
  const heads = int(record, 5);
  const width = int(record, 6);
  const window = int(record, 7);
  const causal = int(record, 8) != 0;
  const stream = <u32>int(record, 9);
  const threshold = <u32>int(record, 10);
  const chunks = int(record, 11);
  const scale = float(record, 0);
  const keepScale = float(record, 1);

  const padded = (width + 3) & ~3;
  const vectors = padded >> 2;
  const rowBytes = <usize>padded << 2;
  const model = heads * width;
  const stride = <usize>(3 * model) << 2;
  const binsUp = (bins + 15) & ~15;
  const keys = scratch();
  const values = keys + (<usize>(binsUp * width) << 2);
  const queries = values + <usize>binsUp * rowBytes;
  const sums = queries + <usize>QUERIES * rowBytes;
  const rowMax = sums + <usize>QUERIES * rowBytes;
  const rowSum = rowMax + (QUERIES << 2);
  const scores = rowSum + (QUERIES << 2);
  const keep = scores + 4 * ROW + 64;
  const blocks = (bins + QUERIES - 1) / QUERIES;

  const tasks = batch * heads * chunks;
  for (let task = claim(); task < tasks; task = claim()) {
    const head = (task / chunks) % heads;
    const sequence = task / (chunks * heads);
    const chunk = task % chunks;
    const even = window > 0 || !causal;
    const firstBlock = chunkStart(chunk, chunks, blocks, even);
    const lastBlock = chunkStart(chunk + 1, chunks, blocks, even);
    if (firstBlock >= lastBlock) continue;
    const base = qkv + <usize>(sequence * bins) * stride + (<usize>(head * width) << 2);
    const visible = causal ? min(bins, lastBlock * QUERIES) : bins;
    packPanels(base + (<usize>model << 2), stride, visible, width, keys);
    packRows(base + (<usize>(2 * model) << 2), stride, visible, width, padded, values, 1);
    memory.fill(values + <usize>visible * rowBytes, 0, <usize>(((visible + 15) & ~15) - visible) * rowBytes);

    for (let block = firstBlock; block < lastBlock; block++) {
      const q0 = block * QUERIES;
      const rows = min(QUERIES, bins - q0);
      const rowsUp = (rows + 3) & ~3;
      packRows(base + <usize>q0 * stride, stride, rows, width, padded, queries, scale * LOG2_E);
      memory.fill(queries + <usize>rows * rowBytes, 0, <usize>(rowsUp - rows) * rowBytes);
      memory.fill(sums, 0, <usize>rowsUp * rowBytes);
      for (let r = 0; r < rowsUp; r++) {
        store<f32>(rowMax + (<usize>r << 2), HIDDEN);
        store<f32>(rowSum + (<usize>r << 2), 0);
      }
      const keyEnd = causal ? q0 + rows : bins;
      const keyStart = window > 0 ? max(0, q0 - window + 1) & ~(KEYS - 1) : 0;
      for (let k0 = keyStart; k0 < keyEnd; k0 += KEYS) {
        for (let r = 0; r < rowsUp; r += 4) {
          const q = q0 + r;
          const last = min(q + 3, bins - 1);
          const limit = min(KEYS, (causal ? last + 1 : bins) - k0);
          if (limit <= 0 || (window > 0 && k0 + KEYS <= q - window + 1)) continue;
          const columns = (limit + 15) & ~15;
          const rowsOfQ = queries + <usize>r * rowBytes;
          scoreTile(rowsOfQ, rowBytes, keys + (<usize>(k0 * width) << 2), width, scores, ROW, columns);
          const cut =
            (causal && k0 + columns - 1 > q) || k0 + columns > bins || (window > 0 && k0 < last - window + 1);
          if (cut) hide(scores, ROW, q, k0, columns, bins, window, causal);
          const bytes = <usize>columns << 2;
          for (let i = 0; i < 4; i++) {
            const row = scores + <usize>i * ROW;
            softmaxRow(row, bytes, rowMax + (<usize>(r + i) << 2), rowSum + (<usize>(r + i) << 2), sums + <usize>(r + i) * rowBytes, vectors);
            if (threshold != 0) {
              const index = ((<u64>(sequence * heads + head) * bins + min(q + i, bins - 1)) * bins) + k0;
              keepFactors(keep, index, columns, stream, threshold, keepScale);
              for (let p: usize = 0; p < bytes; p += 16) {
                v128.store(row + p, f32x4.mul(v128.load(row + p), v128.load(keep + p)));
              }
            }
          }
          accumulateRows(scores, ROW, columns, values + <usize>k0 * rowBytes, rowBytes, sums + <usize>r * rowBytes, rowBytes, vectors);
        }
      }
      for (let r = 0; r < rows; r++) {
        const total = load<f32>(rowSum + (<usize>r << 2));
        const row = sums + <usize>r * rowBytes;
        const target = out + (<usize>((sequence * bins + q0 + r) * model + head * width) << 2);
        const inverse = <f32>1 / total;
        for (let d = 0; d < width; d++) {
          store<f32>(target + (<usize>d << 2), load<f32>(row + (<usize>d << 2)) * inverse);
        }
        const logTotal = f32x4.extract_lane(log(splat(total)), 0);
        store<f32>(
          logSumExp + (<usize>((sequence * heads + head) * bins + q0 + r) << 2),
          load<f32>(rowMax + (<usize>r << 2)) * LN_2 + logTotal,
        );
      }
    }
  }
}

/** Turns one row of scores into 2^(score - maximum), keeping the running maximum, sum and weighted sums of the row. */
@inline
function softmaxRow(row: usize, bytes: usize, maxAt: usize, sumAt: usize, weighted: usize, vectors: i32): void {
  let m = v128.load(row);
  let m2 = v128.load(row, 16);
  for (let p: usize = 32; p < bytes; p += 32) {
    m = f32x4.pmax(m, v128.load(row + p));
    m2 = f32x4.pmax(m2, v128.load(row + p, 16));
  }
  m = f32x4.pmax(m, m2);
  const before = load<f32>(maxAt);
  const highest = max(before, maxLanes(m));
  if (highest > before) {
    const shrink = exp2Negative(splat(before - highest));
    store<f32>(maxAt, highest);
    store<f32>(sumAt, load<f32>(sumAt) * f32x4.extract_lane(shrink, 0));
    for (let v = 0; v < vectors; v++) {
      const at = weighted + (<usize>v << 4);
      v128.store(at, f32x4.mul(v128.load(at), shrink));
    }
  }
  const top = splat(highest);
  let total = splat(0);
  let total2 = splat(0);
  for (let p: usize = 0; p < bytes; p += 32) {
    const e = exp2Negative(f32x4.sub(v128.load(row + p), top));
    const e2 = exp2Negative(f32x4.sub(v128.load(row + p, 16), top));
    total = f32x4.add(total, e);
    total2 = f32x4.add(total2, e2);
    v128.store(row + p, e);
    v128.store(row + p, e2, 16);
  }
  total = f32x4.add(total, total2);
  store<f32>(sumAt, load<f32>(sumAt) + sumLanes(total));
}
