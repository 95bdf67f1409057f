// Plan: at the penalty where the path stops, coordinate descent (a solver of another kind) finds the same coefficients; as many as asked
// are non-zero, and the next variable is just about to enter. Drawn problems, wide and tall, with and without drops on the way, and columns
// that are sums of others.
import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../engine/random.ts';
import { elasticNetAt } from './elastic-net-path.ts';

const RIDGE = 1e-3;

interface Problem {
  readonly gram: Float64Array;
  readonly target: Float64Array;
  readonly size: number;
}

/** Columns that share a direction, so that variables also leave on the way. */
function problem(rows: number, size: number, shared: number, seed: number): Problem {
  const random = new CounterRandom(seed, 5);
  const x = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: size }, (__, c) => random.normal(c, r) + shared * random.normal(size, r)),
  );
  const y = Array.from({ length: rows }, (_, r) => random.normal(size + 1, r) + 2 * x[r][0] - x[r][size - 1]);
  const gram = Float64Array.from({ length: size * size }, (_, at) =>
    x.reduce((sum, row) => sum + row[Math.floor(at / size)] * row[at % size], 0),
  );
  return {
    gram,
    target: Float64Array.from({ length: size }, (_, c) => x.reduce((sum, row, r) => sum + row[c] * y[r], 0)),
    size,
  };
}

/** What of the target each column still sees, given these coefficients. */
function correlations({ gram, target, size }: Problem, b: Float64Array): Float64Array {
  return target.map(
    (value, i) =>
      b.reduce((rest, coefficient, j) => rest - gram[i * size + j] * coefficient, value) - RIDGE * b[i],
  );
}

/** b' (gram + ridge) b / 2 - target' b + penalty |b|_1 at its least, one coefficient after another until none moves. */
function coordinateDescent(of: Problem, penalty: number): Float64Array {
  const { gram, target, size } = of;
  const b = new Float64Array(size);
  for (let round = 0, moved = 1; moved > 1e-13 && round < 200_000; round++) {
    moved = 0;
    for (let j = 0; j < size; j++) {
      let rest = target[j];
      for (let k = 0; k < size; k++) if (k !== j) rest -= gram[j * size + k] * b[k];
      const next = (Math.sign(rest) * Math.max(0, Math.abs(rest) - penalty)) / (gram[j * size + j] + RIDGE);
      moved = Math.max(moved, Math.abs(next - b[j]));
      b[j] = next;
    }
  }
  return b;
}

const nonZero = (b: Float64Array): number => b.filter((value) => value !== 0).length;

describe('the elastic net at a number of coefficients', () => {
  it.each([
    [30, 6, 0, 1],
    [30, 12, 1, 2],
    [8, 12, 1, 3],
    [60, 20, 2, 4],
    [25, 20, 3, 5],
    [15, 24, 2, 6],
  ])('%i rows of %i columns that share %i', (rows, size, shared, seed) => {
    const drawn = problem(rows, size, shared, seed);
    for (let count = 1; count <= Math.min(size, rows - 3); count++) {
      const b = elasticNetAt(drawn.gram, drawn.target, size, count, RIDGE);
      expect(nonZero(b), `${count} coefficients`).toBe(count);
      const seen = correlations(drawn, b);
      const penalty =
        count === size
          ? 0
          : Math.max(...[...seen.keys()].filter((j) => b[j] !== 0).map((j) => Math.abs(seen[j])));
      const expected = coordinateDescent(drawn, penalty);
      // Descent stops within 1e-13 a round; the worst conditioned problem here needs a thousand times that.
      b.forEach((value, j) => expect(value).toBeCloseTo(expected[j], 8));
      // The least penalty with so few: the next variable sees as much as those that are in.
      if (count < size) {
        const next = Math.max(...[...seen.keys()].filter((j) => b[j] === 0).map((j) => Math.abs(seen[j])));
        expect(next / penalty).toBeCloseTo(1, 8);
      }
    }
  });

  it('variables also leave on the way', () => {
    // Otherwise the case above says nothing of it: along the path some coefficient has to become zero again.
    const drawn = problem(25, 20, 3, 5);
    const sets = Array.from({ length: 20 }, (_, i) =>
      elasticNetAt(drawn.gram, drawn.target, 20, i + 1, RIDGE),
    );
    const left = sets.some((b, i) => i > 0 && sets[i - 1].some((value, j) => value !== 0 && b[j] === 0));
    expect(left).toBe(true);
  });

  it('a column that stands there twice enters once where the ridge cannot tell them apart', () => {
    const { gram, target } = problem(20, 4, 0, 6);
    const place = [0, 1, 2, 3, 1];
    const twice = Float64Array.from(
      { length: 25 },
      (_, at) => gram[place[Math.floor(at / 5)] * 4 + place[at % 5]],
    );
    const b = elasticNetAt(
      twice,
      Float64Array.from(place, (c) => target[c]),
      5,
      5,
      0,
    );
    expect(b[1] * b[4]).toBe(0);
    const alone = elasticNetAt(gram, target, 4, 4, 0);
    place.slice(0, 4).forEach((c) => expect(c === 1 ? b[1] + b[4] : b[c]).toBeCloseTo(alone[c], 10));
  });

  it('nothing to explain gives nothing', () => {
    expect([...elasticNetAt(Float64Array.of(1, 0, 0, 1), new Float64Array(2), 2, 1, 0)]).toEqual([0, 0]);
  });
});
