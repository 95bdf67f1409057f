// The own-history path: each unit's logit gains a weighted sum of features of its own past (lags, exponential traces,
// age buckets). SIMD over four units; bins run in order because traces do. One task is four units of one sequence.
import { claim, int, pointer, scratch } from './control';
import { log1p, splat } from './simd';

const LARGEST_AGE: f32 = 1e6;
/** Traces below this are set to 0: silent units would otherwise sink into slow denormals. */
const SMALLEST_TRACE: f32 = 1e-20;
/** Bins whose gradient is summed apart before it joins the total, so that long sums keep their precision. */
const BLOCK: i32 = 256;

@inline
function bits4(words: usize, u: i32): v128 {
  const word = load<u32>(words + (<usize>(u >> 5) << 2)) >> (u & 31);
  return i32x4.ne(v128.and(i32x4.splat(word), i32x4(1, 2, 4, 8)), i32x4.splat(0));
}

/** Copies `lanes` floats to or from a vector-sized slot. */
@inline
function copyLanes(to: usize, from: usize, lanes: i32): void {
  if (lanes == 4) v128.store(to, v128.load(from));
  else memory.copy(to, from, <usize>lanes << 2);
}

/**
 * OP_OWN_HISTORY and OP_OWN_HISTORY_BACKWARD. Integers: words, recent, state, weight (forward) or parts (backward), logits
 * or dLogits, batch, bins, units, words a bin, lags, traces, buckets, table. Table: decays, log scales, scales, edges.
 * Backward: parts[b][f][u] = sum over bins of dLogits * feature; OP_COMBINE adds the sequences in order.
 */
export function ownHistory(record: usize, backward: bool): void {
  const words = pointer(record, 0);
  const recent = pointer(record, 1);
  const state = pointer(record, 2);
  const weight = pointer(record, 3);
  const logits = pointer(record, 4);
  const batch = int(record, 5);
  const bins = int(record, 6);
  const units = int(record, 7);
  const wordsPerBin = int(record, 8);
  const lags = int(record, 9);
  const traces = int(record, 10);
  const buckets = int(record, 11);
  const decays = pointer(record, 12);
  const logScales = decays + (<usize>traces << 2);
  const scales = logScales + (<usize>traces << 2);
  const edges = scales + (<usize>traces << 2);
  const features = lags + traces + buckets;
  const rowOfWords = <usize>wordsPerBin << 2;

  // Scratch: four-lane slots for each feature (weights, or gradients in two levels), each trace, and one spare.
  const slots = scratch();
  const totals = slots + (<usize>features << 4);
  const traceSlots = totals + (<usize>features << 4);
  const spare = traceSlots + (<usize>traces << 4);
  const groups = (units + 3) >> 2;
  const one = splat(1);

  const tasks = batch * groups;
  for (let task = claim(); task < tasks; task = claim()) {
    const b = task / groups;
    const u = (task % groups) << 2;
    const lanes = min(4, units - u);
    memory.fill(slots, 0, <usize>(2 * features) << 4);
    if (!backward) {
      for (let f = 0; f < features; f++) {
        copyLanes(slots + (<usize>f << 4), weight + (<usize>(f * units + u) << 2), lanes);
      }
    }
    memory.fill(traceSlots, 0, <usize>(traces + 1) << 4);
    for (let k = 0; k < traces; k++) {
      copyLanes(traceSlots + (<usize>k << 4), state + (<usize>((b * (traces + 1) + k) * units + u) << 2), lanes);
    }
    copyLanes(spare, state + (<usize>((b * (traces + 1) + traces) * units + u) << 2), lanes);
    let age = v128.load(spare);

    for (let t = 0; t < bins; t++) {
      const row = b * bins + t;
      const logit = logits + (<usize>row * <usize>units + <usize>u << 2);
      copyLanes(spare, logit, lanes);
      const d = v128.load(spare);
      let sum = d;
      for (let lag = 0; lag < lags; lag++) {
        const source =
          lag <= t ? words + <usize>(row - lag) * rowOfWords : recent + <usize>(b * lags + lags + t - lag) * rowOfWords;
        const spike = bits4(source, u);
        const slot = slots + (<usize>lag << 4);
        if (backward) v128.store(slot, f32x4.add(v128.load(slot), v128.and(spike, d)));
        else sum = f32x4.add(sum, v128.and(spike, v128.load(slot)));
      }
      const now = bits4(words + <usize>row * rowOfWords, u);
      const x = v128.and(now, one);
      for (let k = 0; k < traces; k++) {
        const at = <usize>k << 2;
        const slot = traceSlots + (<usize>k << 4);
        let s = f32x4.mul(v128.load_splat<f32>(decays + at), v128.load(slot));
        s = v128.and(s, f32x4.ge(s, splat(SMALLEST_TRACE)));
        s = f32x4.add(s, x);
        v128.store(slot, s);
        let feature = s;
        if (load<f32>(logScales + at) != 0) feature = log1p(f32x4.mul(v128.load_splat<f32>(logScales + at), s));
        feature = f32x4.mul(v128.load_splat<f32>(scales + at), feature);
        const w = slots + (<usize>(lags + k) << 4);
        if (backward) v128.store(w, f32x4.add(v128.load(w), f32x4.mul(feature, d)));
        else sum = f32x4.add(sum, f32x4.mul(feature, v128.load(w)));
      }
      age = v128.andnot(f32x4.pmin(f32x4.add(age, one), splat(LARGEST_AGE)), now);
      let free = i32x4.splat(-1);
      for (let j = 0; j < buckets; j++) {
        const below = f32x4.lt(age, v128.load_splat<f32>(edges + (<usize>j << 2)));
        const inside = v128.and(below, free);
        free = v128.andnot(free, below);
        const w = slots + (<usize>(lags + traces + j) << 4);
        if (backward) v128.store(w, f32x4.add(v128.load(w), v128.and(inside, d)));
        else sum = f32x4.add(sum, v128.and(inside, v128.load(w)));
      }
      if (!backward) {
        v128.store(spare, sum);
        copyLanes(logit, spare, lanes);
      } else if ((t + 1) % BLOCK == 0 || t + 1 == bins) {
        for (let f = 0; f < features; f++) {
          const at = <usize>f << 4;
          v128.store(totals + at, f32x4.add(v128.load(totals + at), v128.load(slots + at)));
          v128.store(slots + at, splat(0));
        }
      }
    }
    if (backward) {
      for (let f = 0; f < features; f++) {
        copyLanes(weight + (<usize>((b * features + f) * units + u) << 2), totals + (<usize>f << 4), lanes);
      }
    }
  }
}
