// Causal features of many spike trains, written out bin by bin: lagged bins and exponential traces. A fit that walks a
// recording some fifty times would otherwise spend most of its time on them.
import { claim, int, pointer, tasksOf } from './control';
import { splat } from './simd';

/** Units a task. */
const UNITS: i32 = 64;
/** Below this a trace is silence: it would otherwise fall into (very slow) denormals. */
export const SILENCE: f32 = 1e-20;

/** One bin of one trace for units first ... end - 1: whole vectors, then single units with the same two roundings. */
@inline
function stepTrace(state: usize, spikes: usize, out: usize, decay: f32, first: i32, end: i32): void {
  const decays = splat(decay);
  const silence = splat(SILENCE);
  let u = first;
  for (; u + 4 <= end; u += 4) {
    const at = <usize>u << 2;
    const trace = v128.load(state + at);
    if (out != 0) v128.store(out + at, trace);
    const kept = f32x4.mul(trace, decays);
    const heard = v128.and(kept, f32x4.ge(kept, silence));
    v128.store(state + at, f32x4.add(heard, v128.load(spikes + at)));
  }
  for (; u < end; u++) {
    const at = <usize>u << 2;
    const trace = load<f32>(state + at);
    if (out != 0) store<f32>(out + at, trace);
    const kept = trace * decay;
    store<f32>(state + at, (kept < SILENCE ? 0 : kept) + load<f32>(spikes + at));
  }
}

/**
 * OP_TRACE_ROWS. Integers: spikes (rows, units) as floats, state (lags + traces, units), out (rows, (lags + traces) units)
 * or 0, decays (traces), rows, units, lags, traces. Row i of `out` is the state before spikes[i]: lag 1 first, then the
 * traces s <- decay s + x. The state is left as the next call needs it.
 */
export function traceRows(record: usize): void {
  const rows = int(record, 4);
  const units = int(record, 5);
  const lags = int(record, 6);
  const traces = int(record, 7);
  const row = <usize>units << 2;
  const features = <usize>(lags + traces) * row;
  const chunks = tasksOf(units, UNITS);
  const tasks = chunks * (1 + traces);
  for (let task = claim(); task < tasks; task = claim()) {
    const first = (task % chunks) * UNITS;
    const end = min(units, first + UNITS);
    const what = task / chunks;
    let spikes = pointer(record, 0);
    let out = pointer(record, 2);
    if (what > 0) {
      const at = <usize>(lags + what - 1) * row;
      const decay = load<f32>(pointer(record, 3) + (<usize>(what - 1) << 2));
      if (out != 0) out += at;
      for (let i = 0; i < rows; i++) {
        stepTrace(pointer(record, 1) + at, spikes, out, decay, first, end);
        spikes += row;
        if (out != 0) out += features;
      }
      continue;
    }
    const from = <usize>first << 2;
    const bytes = <usize>(end - first) << 2;
    for (let i = 0; i < rows; i++) {
      for (let k = lags - 1; k >= 0; k--) {
        const state = pointer(record, 1) + <usize>k * row + from;
        if (out != 0) memory.copy(out + <usize>k * row + from, state, bytes);
        memory.copy(state, k == 0 ? spikes + from : state - row, bytes);
      }
      spikes += row;
      if (out != 0) out += features;
    }
  }
}
