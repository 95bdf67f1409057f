// The recurrence of the own-history path, one bin at a time: exponential traces and the age since the last spike. Apart because
// a recording (`TraceBank`) and a free-running roll-out step it alike.

/** Age of a unit that has not fired since its observed span began; also the largest age kept. */
export const AGE_LIMIT = 1e6;
/** Below this a trace is silence; without the cut float32 would idle in its slow subnormal range. */
export const TRACE_FLOOR = 1e-20;

/** What the own-history path of a net carries from bin to bin. */
export interface HistoryShape {
  /** Latest bits kept. */
  readonly lags: number;
  /** s[t] = decay * s[t-1] + x[t], one a trace. */
  readonly decays: readonly number[];
}

/** (traces + 1, units): traces at zero, ages at the limit, as where an observed span begins. */
export function emptyHistory(traces: number, units: number): Float32Array {
  return new Float32Array((traces + 1) * units).fill(AGE_LIMIT, traces * units);
}

/**
 * One silent bin of the recurrence: v = decay * s, float32, silence below the floor; ages rise by one. `state` is
 * (traces + 1, units) from `offset`: traces, then age. Spikes are added afterwards, which rounds as s = v + x does.
 */
function decay(state: Float32Array, offset: number, decays: Float32Array, units: number): void {
  let at = offset;
  for (let k = 0; k < decays.length; k++) {
    const factor = decays[k];
    for (const end = at + units; at < end; at++) {
      const decayed = Math.fround(factor * state[at]);
      state[at] = decayed < TRACE_FLOOR ? 0 : decayed;
    }
  }
  for (const end = at + units; at < end; at++) {
    const age = state[at];
    state[at] = age < AGE_LIMIT ? age + 1 : AGE_LIMIT;
  }
}

/** Rolls `state` (traces + 1, units), from `offset`, over one bin in which the units of `words` (wordsPerBin) fire. */
export function stepHistory(
  state: Float32Array,
  offset: number,
  decays: Float32Array,
  units: number,
  words: Uint32Array,
): void {
  decay(state, offset, decays, units);
  const ages = offset + decays.length * units;
  for (let w = 0; w < words.length; w++) {
    for (let bits = words[w]; bits !== 0; bits &= bits - 1) {
      const unit = 32 * w + 31 - Math.clz32(bits & -bits);
      if (unit >= units) break;
      for (let at = offset + unit; at < ages; at += units) state[at] += 1;
      state[ages + unit] = 0;
    }
  }
}
