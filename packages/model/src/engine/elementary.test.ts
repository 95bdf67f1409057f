// Plan: against Math.* over each function's whole range, relative 1e-14, with the hard places by name: cancellation near
// zeros (log near 1, sin near k pi, log1p and expm1 near 0), overflow, underflow, NaN.
import { describe, expect, it } from 'vitest';
import { cos, exp, expm1, log, log1p, sigmoid, sin, softplus, tanh, wholePower } from './elementary.ts';

// Math.* of V8 is itself within about one unit in the last place (1.1e-16 .. 2.2e-16 relative); ours likewise, and a
// composed function chains at most four of them: 1e-14 leaves a factor of ten.
const TOLERANCE = 1e-14;

function expectClose(ours: number, host: number, at: number): void {
  const error = host === 0 ? Math.abs(ours) : Math.abs(ours - host) / Math.abs(host);
  if (!(error <= TOLERANCE)) expect.fail(`at ${at}: ours ${ours}, host ${host}, relative error ${error}`);
}

/** Low-discrepancy points of [low, high], enough to meet every branch. */
function points(low: number, high: number, count = 4000): number[] {
  return Array.from({ length: count }, (_, i) => low + (high - low) * ((i * 0.6180339887498949) % 1));
}

describe('elementary functions', () => {
  it('exp over its range, its ends and the subnormals', () => {
    for (const x of [...points(-700, 709), ...points(-1, 1)]) expectClose(exp(x), Math.exp(x), x);
    expect(exp(0)).toBe(1);
    expect(exp(710)).toBe(Infinity);
    expect(exp(-746)).toBe(0);
    expect(exp(NaN)).toBeNaN();
    expect(exp(-Infinity)).toBe(0);
    expect(Math.abs(exp(-740) - Math.exp(-740))).toBeLessThanOrEqual(5e-324);
  });

  it('log over its range, near 1 and at the ends', () => {
    for (const x of points(-300, 300)) expectClose(log(10 ** x), Math.log(10 ** x), x);
    for (const x of points(0.5, 2)) expectClose(log(x), Math.log(x), x);
    for (const x of points(0.999999, 1.000001)) expectClose(log(x), Math.log(x), x);
    expect(log(1)).toBe(0);
    expect(log(0)).toBe(-Infinity);
    expect(log(-1)).toBeNaN();
    expect(log(Infinity)).toBe(Infinity);
    expectClose(log(5e-324), Math.log(5e-324), 5e-324);
  });

  it('log1p and expm1 keep their digits near 0', () => {
    for (const p of points(-18, 0)) {
      for (const x of [10 ** p, -(10 ** p) * 0.99]) {
        expectClose(log1p(x), Math.log1p(x), x);
        expectClose(expm1(x), Math.expm1(x), x);
      }
    }
  });

  it('sin and cos over positions of a long context and next to multiples of pi / 2', () => {
    for (const x of [...points(-200000, 200000, 20000), ...points(-4, 4)]) {
      expectClose(sin(x), Math.sin(x), x);
      expectClose(cos(x), Math.cos(x), x);
    }
    for (let n = 1; n < 2000; n++) {
      const x = (n * Math.PI) / 2;
      expectClose(sin(x), Math.sin(x), x);
      expectClose(cos(x), Math.cos(x), x);
    }
    expect(sin(0)).toBe(0);
    expect(cos(0)).toBe(1);
    expect(sin(1e7)).toBeNaN();
    expect(cos(Infinity)).toBeNaN();
  });

  it('tanh, sigmoid and softplus, tails included', () => {
    for (const x of [...points(-30, 30), ...points(-1e-6, 1e-6)]) {
      expectClose(tanh(x), Math.tanh(x), x);
      expectClose(sigmoid(x), 1 / (1 + Math.exp(-x)), x);
      expectClose(softplus(x), Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), x);
    }
    expect(sigmoid(1000)).toBe(1);
    expect(sigmoid(-1000)).toBe(0);
    expect(softplus(1000)).toBe(1000);
    expect(softplus(-1000)).toBe(0);
  });

  it('whole powers', () => {
    for (const base of [0.9, 0.999, 1, -2]) {
      for (const exponent of [0, 1, 2, 3, 17, 64])
        expectClose(wholePower(base, exponent), base ** exponent, exponent);
    }
  });

  it('gives these very bits on every host', () => {
    // Made by this file on Node 20; a host that fuses or reorders double arithmetic would differ.
    const bits = (x: number): string => {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, x);
      return view.getBigUint64(0).toString(16);
    };
    expect([exp(1), log(10), sin(100), cos(100)].map(bits)).toEqual([
      '4005bf0a8b14576a',
      '40026bb1bbb55516',
      'bfe03425b78c4db8',
      '3feb981dbf665fdf',
    ]);
  });
});
