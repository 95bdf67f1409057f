// Plan: the generator against Random123's published vectors; the counter layout; the distributions by moments with
// intervals of 5 standard errors; shuffles uniform over all orders; positions resume.
import { describe, expect, it } from 'vitest';
import { CounterRandom, RandomStream, dropoutThreshold, philox4x32 } from './random.ts';

function philoxHex(counter: [number, number, number, number], key: [number, number]): string {
  const out = new Uint32Array(4);
  philox4x32(counter, key, out);
  return Array.from(out, (w) => w.toString(16).padStart(8, '0')).join(' ');
}

describe('philox4x32', () => {
  it("gives Random123's known answers (kat_vectors, philox4x32 10)", () => {
    expect(philoxHex([0, 0, 0, 0], [0, 0])).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    const ones = 0xffffffff;
    expect(philoxHex([ones, ones, ones, ones], [ones, ones])).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    expect(philoxHex([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    );
  });
});

describe('CounterRandom', () => {
  it('maps (seed, stream, step, index) onto key and counter as documented', () => {
    const random = new CounterRandom(0x1_2345_6789, 77);
    const out = new Uint32Array(4);
    for (const [step, index] of [
      [0, 0],
      [5, 3],
      [5, 4],
      [9, 2 ** 32 - 1],
      [9, 2 ** 32 + 6],
      [4294967295, 3 * 2 ** 40 + 1],
    ] as const) {
      philox4x32(
        [step, ((index % 2 ** 32) - (index % 4)) / 4, Math.floor(index / 2 ** 32), 0],
        [0x23456789, 77],
        out,
      );
      expect(random.word(step, index)).toBe(out[index % 4]);
    }
  });

  it('does not depend on the order of draws', () => {
    const forwards = new CounterRandom(1, 2);
    const backwards = new CounterRandom(1, 2);
    const a = Array.from({ length: 40 }, (_, i) => forwards.word(3, i));
    const b = Array.from({ length: 40 }, (_, i) => backwards.word(3, 39 - i)).reverse();
    expect(a).toEqual(b);
  });

  it('differs by seed, stream and step', () => {
    const draws = [new CounterRandom(1, 1), new CounterRandom(2, 1), new CounterRandom(1, 2)].map((r) =>
      r.word(0, 0),
    );
    draws.push(new CounterRandom(1, 1).word(1, 0));
    expect(new Set(draws).size).toBe(4);
  });

  it('uniform and normal have the moments they should', () => {
    const random = new CounterRandom(11, 4);
    const n = 40000;
    let sum = 0;
    const moments = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const u = random.uniform(0, i);
      expect(u >= 0 && u < 1).toBe(true);
      sum += u;
      const z = random.normal(1, i);
      for (let k = 0; k < 4; k++) moments[k] += z ** (k + 1) / n;
    }
    // Standard errors of the means: sqrt(1/12n), sqrt(1/n), sqrt(2/n), sqrt(15/n), sqrt(96/n).
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    [0, 1, 0, 3].forEach((expected, k) =>
      expect(Math.abs(moments[k] - expected)).toBeLessThan(5 * Math.sqrt([1, 2, 15, 96][k] / n)),
    );
  });
});

describe('dropoutThreshold', () => {
  it('keeps everything at 0 and a word exactly at the edge', () => {
    expect(dropoutThreshold(0)).toBe(0);
    expect(dropoutThreshold(0.5)).toBe(2 ** 31);
    expect(dropoutThreshold(0.1)).toBe(429496730); // 0.1 * 2^32 = 429496729.6
  });
});

describe('RandomStream', () => {
  it('continues from a saved position', () => {
    const whole = new RandomStream(3, 9);
    for (let i = 0; i < 7; i++) whole.normal();
    const resumed = new RandomStream(3, 9, whole.position);
    expect(whole.position).toBe(14);
    expect(resumed.uniform()).toBe(whole.uniform());
  });

  it('integer covers its range evenly and never reaches the bound', () => {
    const stream = new RandomStream(5, 1);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 14000; i++) counts[stream.integer(7)]++;
    // Binomial SD = sqrt(14000 * 6 / 49) = 41.4.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(5 * 41.4);
    expect(counts).toHaveLength(7);
  });

  it('exponential has mean 1', () => {
    const stream = new RandomStream(6, 1);
    let sum = 0;
    for (let i = 0; i < 20000; i++) sum += stream.exponential();
    expect(Math.abs(sum / 20000 - 1)).toBeLessThan(5 / Math.sqrt(20000));
  });

  it('shuffle reaches all orders of three about equally and keeps the elements', () => {
    const stream = new RandomStream(8, 2);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = stream.shuffle([0, 1, 2]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Binomial SD = sqrt(6000 * 5 / 36) = 28.9.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * 28.9);
    expect(Array.from(stream.shuffle(new Uint32Array([4, 5, 6, 7]))).sort()).toEqual([4, 5, 6, 7]);
  });
});
