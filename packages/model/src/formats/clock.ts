// Clocks: turning "30000", "29999.954846" or "1 ms" into an exact fraction of ticks a second, and asking when a file is silent.
import { SpikebridgeError } from '../errors.ts';
import type { Clock } from '../recording/types.ts';
import type { ReadOptions } from './types.ts';

/** Decimals beyond this many are the tail of a repeating fraction, not a rate that somebody wrote down. */
const MAX_DECIMAL = 1_000_000_000n;

/** The clock of files that give seconds and no sampling rate: whole microseconds. */
export const MICROSECONDS: Clock = { numerator: 1_000_000, denominator: 1 };

/**
 * The exact fraction of a positive decimal number: 29999.954846 = 14999977423 / 500000. Where that takes more than nine decimals
 * (20833.333333333332) the simplest fraction that rounds to the same double is taken (62500 / 3).
 * @throws E_CLOCK_INVALID for anything but a positive finite number.
 */
export function clockOf(ticksPerSecond: number, where?: string): Clock {
  if (!Number.isFinite(ticksPerSecond) || ticksPerSecond <= 0) {
    throw new SpikebridgeError(
      'E_CLOCK_INVALID',
      `A sampling rate must be a positive number of ticks a second; received ${ticksPerSecond}.`,
      { ...(where === undefined ? {} : { where }), fix: 'State it, for example --fs 30000.', exitCode: 2 },
    );
  }
  const [mantissa, exponent = '0'] = ticksPerSecond.toString().split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const shift = Number(exponent) - fraction.length;
  let numerator = BigInt(whole + fraction);
  let denominator = 1n;
  if (shift >= 0) numerator *= 10n ** BigInt(shift);
  else denominator = 10n ** BigInt(-shift);
  const divisor = greatestCommonDivisor(numerator, denominator);
  numerator /= divisor;
  denominator /= divisor;
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  if (numerator <= limit && denominator <= MAX_DECIMAL) {
    return { numerator: Number(numerator), denominator: Number(denominator) };
  }
  return continuedFraction(ticksPerSecond);
}

/** Ticks a second as a plain number, for messages and for turning seconds into ticks. */
export function ticksPerSecond(clock: Clock): number {
  return clock.numerator / clock.denominator;
}

/**
 * What the user stated, if anything.
 * @throws E_CLOCK_TWICE when both `fs` and `binUnitMs` are given.
 */
export function statedClock(options: ReadOptions): Clock | undefined {
  if (options.fs !== undefined && options.binUnitMs !== undefined) {
    throw new SpikebridgeError(
      'E_CLOCK_TWICE',
      'Both --fs and --bin-unit were given; they say the same thing.',
      {
        fix: 'Keep one of them.',
        exitCode: 2,
      },
    );
  }
  if (options.fs !== undefined) return clockOf(options.fs);
  if (options.binUnitMs === undefined) return undefined;
  if (options.binUnitMs > 0 && Number.isFinite(options.binUnitMs)) {
    const unit = clockOf(options.binUnitMs);
    const divisor = Number(greatestCommonDivisor(BigInt(unit.denominator) * 1000n, BigInt(unit.numerator)));
    return { numerator: (unit.denominator * 1000) / divisor, denominator: unit.numerator / divisor };
  }
  throw new SpikebridgeError(
    'E_CLOCK_INVALID',
    `A bin unit must be a positive time in milliseconds; received ${options.binUnitMs}.`,
    { fix: 'State it, for example --bin-unit 1ms.', exitCode: 2 },
  );
}

/** True when both clocks tick equally often. */
export function sameClock(a: Clock, b: Clock): boolean {
  return BigInt(a.numerator) * BigInt(b.denominator) === BigInt(b.numerator) * BigInt(a.denominator);
}

/** What a reader found out about the clock of integer times, and what it says of it. */
export interface ResolvedClock {
  readonly clock: Clock;
  readonly assumption: string;
}

/**
 * The clock of a file with integer times: the file's own where it has one, the user's where it is silent.
 * @throws E_CLOCK_UNKNOWN with the exact option to add, E_CLOCK_CONFLICT where file and user disagree.
 */
export function resolveClock(
  options: ReadOptions,
  file: {
    readonly name: string;
    readonly found?: { clock: Clock; source: string } | undefined;
    readonly ask: string;
  },
): ResolvedClock {
  const stated = statedClock(options);
  const found = file.found;
  if (found !== undefined) {
    if (stated !== undefined && !sameClock(stated, found.clock)) {
      throw new SpikebridgeError(
        'E_CLOCK_CONFLICT',
        `${found.source} says ${rate(found.clock)}, the command says ${rate(stated)}.`,
        { where: file.name, fix: 'Leave out --fs and --bin-unit: the file knows its clock.', exitCode: 2 },
      );
    }
    return { clock: found.clock, assumption: `The clock is ${rate(found.clock)}, from ${found.source}.` };
  }
  if (stated === undefined) {
    throw new SpikebridgeError(
      'E_CLOCK_UNKNOWN',
      'The file counts time in integers and does not say of what.',
      {
        where: file.name,
        fix: file.ask,
        exitCode: 2,
      },
    );
  }
  return {
    clock: stated,
    assumption: `The clock is ${rate(stated)}, as stated on the command; the file is silent.`,
  };
}

/** "30000 ticks/s" */
export function rate(clock: Clock): string {
  return `${ticksPerSecond(clock)} ticks/s`;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** First convergent of the continued fraction of `value` that rounds to the same double. */
function continuedFraction(value: number): Clock {
  let [h0, h1, k0, k1] = [0, 1, 1, 0];
  let rest = value;
  for (let step = 0; step < 64; step++) {
    const whole = Math.floor(rest);
    const [h, k] = [whole * h1 + h0, whole * k1 + k0];
    if (h > Number.MAX_SAFE_INTEGER || k > Number.MAX_SAFE_INTEGER) break;
    [h0, h1, k0, k1] = [h1, h, k1, k];
    if (h / k === value || rest === whole) break;
    rest = 1 / (rest - whole);
  }
  return { numerator: h1, denominator: Math.max(1, k1) };
}
