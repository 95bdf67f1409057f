// Spike binner: bin = floor(tick * P / Q), the fraction P / Q (bins per tick) reduced, exact at every edge.
//
// Two ways to the same integer, chosen by the loader. Mul-shift: (tick * M) >> S, one 64-bit multiply, where the loader
// has proved M and S exact for every tick before the end. Estimate and correct: q = trunc(f64(tick) * P / Q) is off by a
// few at most; its remainder tick * P - q * Q is computed modulo 2^64, which is exact because the true remainder is small
// (Q < 2^60), and q moves until 0 <= remainder < Q. Memory traffic: 4-8 bytes a time, 4 a unit, one word or byte
// read and written at the output.

/** Bit-packed words, bytes holding 0 or 1, bytes holding counts (saturating at 255). */
const PACKED: i32 = 0;
const BINARY: i32 = 1;
const COUNTS: i32 = 2;

let fractionP: i64 = 0;
let fractionQ: i64 = 1;
let binsPerTick: f64 = 0;
let multiplier: u64 = 0;
let shift: u64 = 0;
let startTick: i64 = 0;
let stopTick: i64 = 0;
let firstBin: i64 = 0;
let units: u32 = 0;
let rowSize: usize = 0;
let layout: i32 = 0;
let output: usize = 0;
let ticksPerSecond: f64 = 0;

let before: i64 = 0;
let after: i64 = 0;
let merged: i64 = 0;
let saturated: i64 = 0;
let badUnits: i64 = 0;
let badTimes: i64 = 0;

/** Sets the grid and the output, and zeroes the counters. `multiplier` 0 asks for estimate-and-correct. */
export function binConfigure(
  p: i64,
  q: i64,
  mulShiftM: u64,
  mulShiftS: u64,
  start: i64,
  stop: i64,
  first: i64,
  unitCount: u32,
  rowBytes: usize,
  kind: i32,
  out: usize,
  fs: f64,
): void {
  fractionP = p;
  fractionQ = q;
  binsPerTick = <f64>p / <f64>q;
  multiplier = mulShiftM;
  shift = mulShiftS;
  startTick = start;
  stopTick = stop;
  firstBin = first;
  units = unitCount;
  rowSize = rowBytes;
  layout = kind;
  output = out;
  ticksPerSecond = fs;
  before = after = merged = saturated = badUnits = badTimes = 0;
}

export function binBefore(): f64 {
  return <f64>before;
}
export function binAfter(): f64 {
  return <f64>after;
}
export function binMerged(): f64 {
  return <f64>merged;
}
export function binSaturated(): f64 {
  return <f64>saturated;
}
export function binBadUnits(): f64 {
  return <f64>badUnits;
}
export function binBadTimes(): f64 {
  return <f64>badTimes;
}

/** Largest magnitude a float time may have and still be an exact integer (2^53). */
const EXACT: f64 = 9007199254740992;

// @ts-ignore: decorator
@inline
function loop<T>(times: usize, unitIds: usize, unitStep: usize, n: usize, seconds: bool, fast: bool, kind: i32): void {
  const p = fractionP;
  const q = fractionQ;
  const rate = binsPerTick;
  const m = multiplier;
  const s = shift;
  const start = startTick;
  const stop = stopTick;
  const first = firstBin;
  const unitCount = units;
  const row = rowSize;
  const out = output;
  const fs = ticksPerSecond;
  let same: i64 = 0;
  const end = times + n * sizeof<T>();
  for (; times < end; times += sizeof<T>(), unitIds += unitStep) {
    let tick: i64;
    if (isFloat<T>()) {
      let t = <f64>load<T>(times);
      if (seconds) t = Math.floor(t * fs + 0.5);
      // NaN fails the first comparison, a fractional tick the second.
      if (!(Math.abs(t) <= EXACT) || Math.trunc(t) != t) {
        badTimes++;
        continue;
      }
      tick = <i64>t;
    } else {
      tick = <i64>load<T>(times);
    }
    const unit = load<u32>(unitIds);
    if (unit >= unitCount) {
      badUnits++;
      continue;
    }
    if (tick < start) {
      before++;
      continue;
    }
    if (tick >= stop) {
      after++;
      continue;
    }
    let bin: i64;
    if (fast) {
      bin = <i64>((<u64>tick * m) >> s);
    } else {
      bin = <i64>(<f64>tick * rate);
      let remainder = tick * p - bin * q;
      while (remainder < 0) {
        remainder += q;
        bin--;
      }
      while (remainder >= q) {
        remainder -= q;
        bin++;
      }
    }
    const place = out + <usize>(bin - first) * row;
    if (kind == PACKED) {
      const word = place + ((unit >> 5) << 2);
      const old = load<u32>(word);
      same += (old >> (unit & 31)) & 1;
      store<u32>(word, old | (1 << (unit & 31)));
    } else if (kind == BINARY) {
      same += load<u8>(place + unit);
      store<u8>(place + unit, 1);
    } else {
      const old = load<u8>(place + unit);
      same += old > 0 ? 1 : 0;
      if (old == 255) saturated++;
      else store<u8>(place + unit, old + 1);
    }
  }
  merged += same;
}

// @ts-ignore: decorator
@inline
function dispatch<T>(times: usize, unitIds: usize, unitStep: usize, n: usize, seconds: bool): void {
  if (multiplier != 0) {
    if (layout == PACKED) loop<T>(times, unitIds, unitStep, n, seconds, true, PACKED);
    else if (layout == BINARY) loop<T>(times, unitIds, unitStep, n, seconds, true, BINARY);
    else loop<T>(times, unitIds, unitStep, n, seconds, true, COUNTS);
  } else {
    if (layout == PACKED) loop<T>(times, unitIds, unitStep, n, seconds, false, PACKED);
    else if (layout == BINARY) loop<T>(times, unitIds, unitStep, n, seconds, false, BINARY);
    else loop<T>(times, unitIds, unitStep, n, seconds, false, COUNTS);
  }
}

/** n unsigned 32-bit ticks; unitIds u32, `unitStep` bytes apart (0: one unit for all). */
export function binTicksU32(times: usize, unitIds: usize, unitStep: usize, n: usize): void {
  dispatch<u32>(times, unitIds, unitStep, n, false);
}
/** n signed 64-bit ticks. */
export function binTicksI64(times: usize, unitIds: usize, unitStep: usize, n: usize): void {
  dispatch<i64>(times, unitIds, unitStep, n, false);
}
/** n ticks held as doubles; a fractional one is counted as bad. */
export function binTicksF64(times: usize, unitIds: usize, unitStep: usize, n: usize): void {
  dispatch<f64>(times, unitIds, unitStep, n, false);
}
/** n times in seconds, brought to the nearest tick first. */
export function binSeconds(times: usize, unitIds: usize, unitStep: usize, n: usize): void {
  dispatch<f64>(times, unitIds, unitStep, n, true);
}
