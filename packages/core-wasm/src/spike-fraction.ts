// Exact arithmetic of clocks and bins: bins per tick as a reduced fraction, bin edges as integers, and the constants of a
// multiply-and-shift that is proved equal to the division. Apart because readers of bin edges need no WebAssembly.
import { SpikeCoreError } from './spike-core.ts';

/** A rational number of ticks per second (or of milliseconds per bin): numerator / denominator. */
export interface Rational {
  readonly numerator: number;
  readonly denominator: number;
}

/** Bins per tick, p / q, reduced. bin(tick) = floor(tick * p / q). */
export interface BinFraction {
  readonly p: bigint;
  readonly q: bigint;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** Floor of a / b for b > 0, also for negative a. */
function floorDivide(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b < 0n ? q - 1n : q;
}

/**
 * The decimal that a number prints as, exactly: 0.1 is 1 / 10, 24414.0625 is 1562500 / 64. That is what somebody who
 * writes `--fs 29999.954846` means.
 * @throws SpikeCoreError E_BIN_CLOCK unless finite and positive.
 */
export function exactDecimal(value: number): { readonly p: bigint; readonly q: bigint } {
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new SpikeCoreError('E_BIN_CLOCK', `${value} received where a positive number is expected`);
  }
  const [digits, exponent = '0'] = String(value).split('e');
  const [whole, fraction = ''] = digits.split('.');
  const power = Number(exponent) - fraction.length;
  const mantissa = BigInt(whole + fraction);
  const p = power > 0 ? mantissa * 10n ** BigInt(power) : mantissa;
  const q = power < 0 ? 10n ** BigInt(-power) : 1n;
  const common = greatestCommonDivisor(p, q);
  return { p: p / common, q: q / common };
}

function exactRational(value: number | Rational): { readonly p: bigint; readonly q: bigint } {
  if (typeof value === 'number') return exactDecimal(value);
  const above = exactDecimal(value.numerator);
  const below = exactDecimal(value.denominator);
  return { p: above.p * below.q, q: above.q * below.p };
}

/** Decimal number -> { numerator, denominator } in integers, for a clock: 29999.954846 Hz = 14999977423 / 500000. */
export function clockOf(ticksPerSecond: number): Rational {
  const { p, q } = exactDecimal(ticksPerSecond);
  return { numerator: Number(p), denominator: Number(q) };
}

/**
 * Bins per tick: 1000 / (ticksPerSecond * binMilliseconds), reduced.
 * @throws SpikeCoreError E_BIN_CLOCK where a number is not positive or the reduced denominator passes 2^60.
 */
export function binFraction(clock: number | Rational, binMilliseconds: number | Rational): BinFraction {
  const fs = exactRational(clock);
  const width = exactRational(binMilliseconds);
  const p = 1000n * fs.q * width.q;
  const q = fs.p * width.p;
  const common = greatestCommonDivisor(p, q);
  const fraction = { p: p / common, q: q / common };
  if (fraction.q >= 1n << 60n || fraction.p >= 1n << 62n) {
    throw new SpikeCoreError(
      'E_BIN_CLOCK',
      `the clock and bin width reduce to ${fraction.p} / ${fraction.q} bins a tick, past 60 bits: state them with fewer digits`,
    );
  }
  return fraction;
}

/** Bin that holds a tick (integer, up to 2^53). */
export function binOfTick(fraction: BinFraction, tick: number): number {
  return Number(floorDivide(BigInt(tick) * fraction.p, fraction.q));
}

/** First tick of a bin: the smallest integer t with floor(t * p / q) >= bin. */
export function firstTickOfBin(fraction: BinFraction, bin: number): number {
  return Number(-floorDivide(-BigInt(bin) * fraction.q, fraction.p));
}

/**
 * M and S with (tick * M) >> S equal to floor(tick * p / q) for every integer tick in [0, stopTick), in 64 bits; null
 * where none exist. With M = ceil(2^S p / q) and e = M q - 2^S p, the product overshoots tick * p / q by
 * tick * e / (q 2^S); the floor is unharmed while that is under 1 / q, that is while tick * e < 2^S.
 * (Granlund and Montgomery, "Division by invariant integers using multiplication", PLDI 1994.)
 */
export function mulShift(
  fraction: BinFraction,
  stopTick: bigint,
): { readonly multiplier: bigint; readonly shift: bigint } | null {
  const largest = stopTick > 1n ? stopTick - 1n : 1n;
  for (let shift = 0n; shift < 64n; shift++) {
    const scaled = fraction.p << shift;
    const multiplier = (scaled + fraction.q - 1n) / fraction.q;
    if (multiplier * largest >= 1n << 64n) return null;
    if (largest * (multiplier * fraction.q - scaled) < 1n << shift) return { multiplier, shift };
  }
  return null;
}
