// The problem is the common ground of every peer: it must never change with the host, and targets must lie one bin ahead.
import { describe, expect, it } from 'vitest';
import { WEIGHT_NAMES, WEIGHT_SHAPES, WIDTH, WORDS_PER_BIN, makeProblem, unpack } from './problem.ts';

const row = (words: Uint32Array, n: number): number[] => [
  ...words.subarray(n * WORDS_PER_BIN, (n + 1) * WORDS_PER_BIN),
];

describe('training-step problem', () => {
  it('gives every weight its shape, in file order', () => {
    const { weights } = makeProblem({ batch: 1, bins: 1 });
    expect(weights.map((w) => w.name)).toEqual(WEIGHT_NAMES);
    for (const { name, values } of weights) {
      const shape: readonly number[] = WEIGHT_SHAPES[name];
      expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
    }
    // One encoder layer of width 128 with a feed-forward of 128, and the output: the published count of parameters.
    expect(weights.reduce((sum, w) => sum + w.values.length, 0)).toBe(116_096);
  });

  it('keeps biases off zero and gains off one, so that a swapped pair changes the loss', () => {
    for (const { name, values } of makeProblem({ batch: 1, bins: 1 }).weights) {
      const neutral = name.endsWith('.gain') ? 1 : 0;
      expect(values.filter((v) => v === neutral).length, name).toBeLessThan(2);
      expect(Math.max(...values.map((v) => Math.abs(v - neutral))), name).toBeGreaterThan(0.05);
    }
  });

  it('repeats itself for a seed and differs for another', () => {
    const sums = (seed: number) => {
      const { weights, inputs, targets } = makeProblem({ batch: 2, bins: 5 }, seed);
      return [
        ...inputs,
        ...targets,
        ...weights.map((w) => w.values.reduce((sum, v, i) => sum + v * (i + 1), 0)),
      ];
    };
    expect(sums(3)).toEqual(sums(3));
    for (const [i, value] of sums(3).slice(-WEIGHT_NAMES.length).entries()) {
      expect(value, WEIGHT_NAMES[i]).not.toBe(sums(4).slice(-WEIGHT_NAMES.length)[i]);
    }
    expect(sums(3).slice(0, 8)).not.toEqual(sums(4).slice(0, 8));
  });

  it('shifts targets by one bin within a sequence, and not across sequences', () => {
    const bins = 20;
    const { inputs, targets } = makeProblem({ batch: 3, bins });
    for (let b = 0; b < 3; b++) {
      for (let t = 0; t + 1 < bins; t++) {
        expect(row(targets, b * bins + t)).toEqual(row(inputs, b * bins + t + 1));
      }
    }
    expect(row(targets, bins - 1)).not.toEqual(row(inputs, bins));
  });

  it('fires unit u at 0.5 % + 9.5 % u / 128', () => {
    const bins = 4000;
    const dense = unpack(makeProblem({ batch: 1, bins }).inputs);
    for (const [from, to] of [
      [0, 32],
      [96, 128],
    ]) {
      let count = 0;
      for (let t = 0; t < bins; t++) for (let u = from; u < to; u++) count += dense[t * WIDTH + u];
      const expected = 0.005 + (0.095 * (from + to - 1)) / 2 / WIDTH;
      // Standard error of the mean over 128,000 draws is below 8e-4; four of them.
      expect(Math.abs(count / (bins * (to - from)) - expected)).toBeLessThan(3.2e-3);
    }
  });
});

describe('unpack', () => {
  it('puts bit u % 32 of word u / 32 into column u', () => {
    const words = new Uint32Array(2 * WORDS_PER_BIN);
    const set = [0, 31, 32, 63, 127];
    for (const u of set) words[WORDS_PER_BIN + (u >> 5)] |= 1 << (u & 31);
    const dense = unpack(words);
    expect(dense.length).toBe(2 * WIDTH);
    expect(dense.subarray(0, WIDTH).every((v) => v === 0)).toBe(true);
    const found = [...dense.subarray(WIDTH)].flatMap((v, u) => (v === 1 ? [u] : []));
    expect(found).toEqual(set);
  });
});
