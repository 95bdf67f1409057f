// Plan: what classes weigh against counts worked by hand; donors that are held out are whole, about the share of every class, another
// choice under another seed, and never all of a class.
import { describe, expect, it } from 'vitest';
import { classWeights, heldOutRows } from './class-weights.ts';

const labelsOf = (...counts: number[]): Int32Array =>
  Int32Array.from(counts.flatMap((count, label) => Array.from({ length: count }, () => label)));

describe('classWeights', () => {
  it('balances by counts, with mean 1', () => {
    expect([...classWeights(labelsOf(10, 30), 2, 'balanced')]).toEqual([1.5, 0.5]);
    expect([...classWeights(labelsOf(10, 30), 2, 'none')]).toEqual([1, 1]);
  });

  it('by effective numbers: even between rare classes and levelled off for common ones', () => {
    const effective = (n: number): number => 0.001 / (1 - 0.999 ** n);
    const [a, b] = [effective(10), effective(3000)];
    const weights = classWeights(labelsOf(10, 3000), 2, 'effective');
    expect(weights[0]).toBeCloseTo((2 * a) / (a + b), 6);
    expect(weights[1] / weights[0]).toBeGreaterThan(10 / 3000);
  });

  it('leaves out classes that are not there', () => {
    expect([...classWeights(labelsOf(5, 0, 5), 3, 'balanced')]).toEqual([1, 1, 1]);
  });
});

describe('heldOutRows', () => {
  const labels = Int32Array.from({ length: 400 }, (_, r) => (r % 10 === 0 ? 1 : 0));
  const groups = Array.from({ length: 400 }, (_, r) => `donor ${Math.floor(r / 7)}`);

  it('holds whole donors, about the share of every class', () => {
    const held = new Set(heldOutRows(labels, groups, 0.15, 1));
    const donors = new Set([...held].map((r) => groups[r]));
    groups.forEach((donor, r) => expect(held.has(r)).toBe(donors.has(donor)));
    const rare = [...held].filter((r) => labels[r] === 1).length;
    expect(held.size).toBeLessThanOrEqual(60);
    expect(held.size).toBeGreaterThan(40);
    expect(rare).toBeLessThanOrEqual(6);
    expect(rare).toBeGreaterThan(2);
    expect(heldOutRows(labels, groups, 0.15, 1)).toEqual(heldOutRows(labels, groups, 0.15, 1));
    expect(heldOutRows(labels, groups, 0.15, 2)).not.toEqual(heldOutRows(labels, groups, 0.15, 1));
  });

  it('holds nobody where one donor has a class alone', () => {
    const one = Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0);
    expect(heldOutRows(one, new Array<string>(8).fill('a'), 0.25, 1)).toHaveLength(0);
  });
});
