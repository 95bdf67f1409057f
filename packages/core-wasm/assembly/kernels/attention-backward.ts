// Streaming causal attention, backward. One task is one head (or a share of its keys when heads are few): blocks of 64
// keys, and for each the blocks of 32 queries that see it. Scores are recomputed from the kept log-sum-exp;
//   P = exp(S - lse), dP = dO V^T, dS = P (dP - delta), delta = sum_d dO O,
//   dV += P^T dO, dK += dS^T Q, dQ += dS K (both times scale).
// dK and dV of a block stay in the first-level cache; dQ of the head is summed in the order of the key blocks, whatever
// the threads. With several shares a head, each writes its own dQ and OP_ATTENTION_MERGE adds them in order.
// Per pair of bins: 5 x head width multiply-adds and one exp2.
import { LN_2, LOG2_E, accumulateColumns, accumulateRows, chunkStart, hide, packPanels, packRows, scoreTile } from './attention-tiles';
import { claim, float, int, pointer, scratch, tasksOf } from './control';
import { keepFactors } from './philox';
import { exp2Negative, splat } from './simd';

const QUERIES: i32 = 32;
const KEYS: i32 = 64;
const ROW: usize = 256;

/** to (rows, width; stride in bytes) = from (rows, padded) * scale. */
function unpackRows(from: usize, padded: i32, rows: i32, width: i32, to: usize, stride: usize, scale: f32): void {
  for (let i = 0; i < rows; i++) {
    for (let d = 0; d < width; d++) {
      store<f32>(to + (<usize>d << 2), load<f32>(from + (<usize>d << 2)) * scale);
    }
    from += <usize>padded << 2;
    to += stride;
  }
}

/**
 * OP_ATTENTION_BACKWARD. Integers: qkv, out, logSumExp, batch, bins, heads, head width, window, causal, stream,
 * threshold, chunks, dOut, delta, dQkv, parts of dQ (chunks > 1). Floats: scale, 1 / (1 - dropout).
 */
export function attentionBackward(record: usize): void {
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
  const dOut = pointer(record, 12);
  const delta = pointer(record, 13);
  const dQkv = pointer(record, 14);
  const parts = pointer(record, 15);
  const scale = float(record, 0);
  const keepScale = float(record, 1);

  const padded = (width + 3) & ~3;
  const vectors = padded >> 2;
  const rowBytes = <usize>padded << 2;
  const model = heads * width;
  const modelBytes = <usize>model << 2;
  const stride = 3 * modelBytes;
  const binsUp = (bins + 3) & ~3;
  const headBytes = <usize>binsUp * rowBytes;
  const queries = scratch();
  const dOuts = queries + headBytes;
  const dQueries = dOuts + headBytes;
  const lses = dQueries + headBytes;
  const deltas = lses + (<usize>binsUp << 2);
  const keyPanels = deltas + (<usize>binsUp << 2);
  const valuePanels = keyPanels + (<usize>(KEYS * width) << 2);
  const keys = valuePanels + (<usize>(KEYS * width) << 2);
  const dKeys = keys + <usize>KEYS * rowBytes;
  const dValues = dKeys + <usize>KEYS * rowBytes;
  const probabilities = dValues + <usize>KEYS * rowBytes;
  const dScores = probabilities + <usize>QUERIES * ROW;
  const keep = dScores + <usize>QUERIES * ROW + 64;
  const blocks = (bins + KEYS - 1) / KEYS;

  const tasks = batch * heads * chunks;
  for (let task = claim(); task < tasks; task = claim()) {
    const head = (task / chunks) % heads;
    const sequence = task / (chunks * heads);
    const chunk = task % chunks;
    // The first key blocks are seen by the most queries: chunks are cut from the far end.
    const even = window > 0 || !causal;
    const firstBlock = blocks - chunkStart(chunks - chunk, chunks, blocks, even);
    const lastBlock = blocks - chunkStart(chunks - chunk - 1, chunks, blocks, even);
    const column = <usize>(head * width) << 2;
    const base = qkv + <usize>(sequence * bins) * stride + column;
    const dBase = dQkv + <usize>(sequence * bins) * stride + column;
    const dOutBase = dOut + <usize>(sequence * bins) * modelBytes + column;
    const outBase = out + <usize>(sequence * bins) * modelBytes + column;
    const statistics = <usize>((sequence * heads + head) * bins) << 2;

    packRows(base, stride, bins, width, padded, queries, scale * LOG2_E);
    packRows(dOutBase, modelBytes, bins, width, padded, dOuts, 1);
    memory.fill(queries + <usize>bins * rowBytes, 0, <usize>(binsUp - bins) * rowBytes);
    memory.fill(dOuts + <usize>bins * rowBytes, 0, <usize>(binsUp - bins) * rowBytes);
    memory.fill(dQueries, 0, headBytes);
    for (let t = 0; t < binsUp; t++) {
      const at = <usize>t << 2;
      let sum: f32 = 0;
      let lse: f32 = 0;
      if (t < bins) {
        const o = outBase + <usize>t * modelBytes;
        const g = dOutBase + <usize>t * modelBytes;
        for (let d: usize = 0; d < <usize>width << 2; d += 4) sum += load<f32>(o + d) * load<f32>(g + d);
        lse = load<f32>(logSumExp + statistics + at) * LOG2_E;
        if (chunk == 0) store<f32>(delta + statistics + at, sum);
      }
      store<f32>(deltas + at, sum);
      store<f32>(lses + at, lse);
    }

    for (let block = firstBlock; block < lastBlock; block++) {
      const k0 = block * KEYS;
      const keyRows = min(KEYS, bins - k0);
      const keysUp = (keyRows + 15) & ~15;
      const keyBase = base + modelBytes + <usize>k0 * stride;
      packPanels(keyBase, stride, keyRows, width, keyPanels);
      packPanels(keyBase + modelBytes, stride, keyRows, width, valuePanels);
      packRows(keyBase, stride, keyRows, width, padded, keys, 1);
      memory.fill(keys + <usize>keyRows * rowBytes, 0, <usize>(keysUp - keyRows) * rowBytes);
      memory.fill(dKeys, 0, <usize>KEYS * rowBytes);
      memory.fill(dValues, 0, <usize>KEYS * rowBytes);

      const queryStart = causal ? k0 : 0;
      const queryEnd = window > 0 ? min(bins, k0 + keyRows - 1 + window) : bins;
      for (let q0 = queryStart; q0 < queryEnd; q0 += QUERIES) {
        const rows = min(QUERIES, binsUp - q0);
        for (let r = 0; r < rows; r += 4) {
          const q = q0 + r;
          const last = min(q + 3, bins - 1);
          const limit = min(keyRows, causal ? last + 1 - k0 : keyRows);
          const columns = (limit + 15) & ~15;
          const p4 = probabilities + <usize>r * ROW;
          const s4 = dScores + <usize>r * ROW;
          const gradient = dOuts + <usize>q * rowBytes;
          scoreTile(queries + <usize>q * rowBytes, rowBytes, keyPanels, width, p4, ROW, columns);
          const cut =
            (causal && k0 + columns - 1 > q) || k0 + columns > bins || (window > 0 && k0 < last - window + 1);
          if (cut) hide(p4, ROW, q, k0, columns, bins, window, causal);
          scoreTile(gradient, rowBytes, valuePanels, width, s4, ROW, columns);
          const bytes = <usize>columns << 2;
          for (let i: usize = 0; i < 4; i++) {
            const p = p4 + i * ROW;
            const s = s4 + i * ROW;
            const at = (<usize>q + i) << 2;
            const lse = v128.load_splat<f32>(lses + at);
            const own = v128.load_splat<f32>(deltas + at);
            if (threshold == 0) {
              for (let x: usize = 0; x < bytes; x += 32) {
                const e = exp2Negative(f32x4.sub(v128.load(p + x), lse));
                const e2 = exp2Negative(f32x4.sub(v128.load(p + x, 16), lse));
                v128.store(p + x, e);
                v128.store(p + x, e2, 16);
                v128.store(s + x, f32x4.mul(e, f32x4.sub(v128.load(s + x), own)));
                v128.store(s + x, f32x4.mul(e2, f32x4.sub(v128.load(s + x, 16), own)), 16);
              }
            } else {
              const t = min(q + <i32>i, bins - 1);
              const index = (<u64>(sequence * heads + head) * bins + t) * bins + k0;
              keepFactors(keep, index, columns, stream, threshold, keepScale);
              for (let x: usize = 0; x < bytes; x += 16) {
                const e = exp2Negative(f32x4.sub(v128.load(p + x), lse));
                const factor = v128.load(keep + x);
                v128.store(p + x, f32x4.mul(e, factor));
                v128.store(s + x, f32x4.mul(e, f32x4.sub(f32x4.mul(v128.load(s + x), factor), own)));
              }
            }
          }
          accumulateRows(s4, ROW, columns, keys, rowBytes, dQueries + <usize>q * rowBytes, rowBytes, vectors);
        }
        for (let j = 0; j < keyRows; j += 4) {
          // Rows before `first` see none of these four keys; their entries were never computed.
          const first = causal ? max(0, k0 + j - q0) & ~3 : 0;
          const count = rows - first;
          if (count <= 0) break;
          const at = (<usize>first * ROW) + (<usize>j << 2);
          const row = <usize>(q0 + first) * rowBytes;
          const key = <usize>j * rowBytes;
          accumulateColumns(probabilities + at, ROW, count, dOuts + row, rowBytes, dValues + key, rowBytes, vectors);
          accumulateColumns(dScores + at, ROW, count, queries + row, rowBytes, dKeys + key, rowBytes, vectors);
        }
      }
      const target = dBase + modelBytes + <usize>k0 * stride;
      unpackRows(dKeys, padded, keyRows, width, target, stride, LN_2);
      unpackRows(dValues, padded, keyRows, width, target + modelBytes, stride, 1);
    }
    if (chunks == 1) {
      unpackRows(dQueries, padded, bins, width, dBase, stride, scale);
    } else {
      const part = parts + (<usize>chunk * <usize>(batch * bins) + <usize>(sequence * bins)) * modelBytes + column;
      unpackRows(dQueries, padded, bins, width, part, modelBytes, scale);
    }
  }
}

/** OP_ATTENTION_MERGE. dQkv[n, :width] = sum of the parts. Integers: dQkv, parts, chunks, rows, model width. */
export function attentionMerge(record: usize): void {
  const dQkv = pointer(record, 0);
  const parts = pointer(record, 1);
  const chunks = int(record, 2);
  const rows = int(record, 3);
  const model = int(record, 4);
  const size = 64;
  const tasks = tasksOf(rows, size);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * size);
    for (let n = task * size; n < end; n++) {
      for (let j = 0; j < model; j++) {
        let sum: f32 = 0;
        for (let c = 0; c < chunks; c++) sum += load<f32>(parts + (<usize>((c * rows + n) * model + j) << 2));
        store<f32>(dQkv + (<usize>(n * 3 * model + j) << 2), sum);
      }
    }
  }
}
