// Clocks and bin edges in exact arithmetic, and the proof obligation of mul-shift.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binFraction, binOfTick, clockOf, exactDecimal, firstTickOfBin, mulShift } from './spike-fraction.ts';

describe('exactDecimal', () => {
  it.each([
    [30000, 30000n, 1n],
    [24414.0625, 390625n, 16n],
    [29999.954846, 14999977423n, 500000n],
    [0.1, 1n, 10n],
    [1e21, 10n ** 21n, 1n],
    [2.5e-7, 1n, 4000000n],
  ])('reads %d as written', (value, p, q) => {
    expect(exactDecimal(value)).toEqual({ p, q });
  });
  it.each([0, -1, NaN, Infinity])('refuses %d', (value) => {
    expect(() => exactDecimal(value)).toThrow(expect.objectContaining({ code: 'E_BIN_CLOCK' }) as Error);
  });
  it('gives clocks in lowest terms', () => {
    expect(clockOf(12500)).toEqual({ numerator: 12500, denominator: 1 });
    expect(clockOf(29999.954846)).toEqual({ numerator: 14999977423, denominator: 500000 });
  });
});

describe('binFraction', () => {
  it('reduces bins per tick', () => {
    expect(binFraction(30000, 1)).toEqual({ p: 1n, q: 30n });
    expect(binFraction(1000, 1)).toEqual({ p: 1n, q: 1n });
    expect(binFraction(30000, 2.5)).toEqual({ p: 1n, q: 75n });
    // A third of a millisecond, as a fraction; a clock as a fraction.
    expect(binFraction({ numerator: 60000, denominator: 2 }, { numerator: 1, denominator: 3 })).toEqual({
      p: 1n,
      q: 10n,
    });
  });
  it('refuses what 60 bits cannot hold', () => {
    expect(() => binFraction(12345.678901234567, 1.234567890123)).toThrow(
      expect.objectContaining({ code: 'E_BIN_CLOCK' }) as Error,
    );
  });
});

const clocks = fc.constantFrom(30000, 24414.0625, 29999.954846, 12500, 1000, 44100, 1e6, 333.25);
const widths = fc.constantFrom(1, 2.5, 0.1, 20, 0.001);

it('edges and bins are each other’s inverse', () => {
  fc.assert(
    fc.property(clocks, widths, fc.integer({ min: -1e6, max: 1e9 }), (fs, ms, bin) => {
      const fraction = binFraction(fs, ms);
      const first = firstTickOfBin(fraction, bin);
      // The first tick at or past the edge is in this bin or (bins finer than ticks) a later one; the tick before never is.
      expect(binOfTick(fraction, first)).toBeGreaterThanOrEqual(bin);
      expect(binOfTick(fraction, first - 1)).toBeLessThan(bin);
      if (fs * ms >= 1000) expect(binOfTick(fraction, first)).toBe(bin);
    }),
    { numRuns: 500 },
  );
});

describe('mulShift', () => {
  it('equals the division at every edge up to its end, or does not exist', () => {
    let found = 0;
    fc.assert(
      fc.property(
        clocks,
        widths,
        fc.integer({ min: 1, max: 2 ** 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (fs, ms, stop, share) => {
          const fraction = binFraction(fs, ms);
          const constants = mulShift(fraction, BigInt(stop));
          if (constants === null) return;
          found++;
          const { multiplier, shift } = constants;
          const somewhere = Math.floor(share * (stop - 1));
          const edge = firstTickOfBin(fraction, binOfTick(fraction, somewhere));
          for (const tick of [0, somewhere, edge, edge - 1, stop - 1]) {
            if (tick < 0 || tick >= stop) continue;
            const product = BigInt(tick) * multiplier;
            expect(product < 1n << 64n).toBe(true);
            expect(Number(product >> shift)).toBe(binOfTick(fraction, tick));
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(found).toBeGreaterThan(100);
  });
  it('serves an hour at 30 kHz and at 24414.0625 Hz, and no day of the latter', () => {
    expect(mulShift(binFraction(30000, 1), 108_000_000n)).not.toBeNull();
    expect(mulShift(binFraction(24414.0625, 1), 87_890_625n)).not.toBeNull();
    expect(mulShift(binFraction(24414.0625, 1), 4_218_750_000n)).toBeNull();
  });
});
