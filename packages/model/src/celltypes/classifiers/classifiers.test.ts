// Plan: the blocked factor against the plain one; kernel ridge against its own equations; the discriminant against Bayes'
// rule of two known normals; nets on what no line can split; calibration and mixtures with known answers and no donor on both sides.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../engine/random.ts';
import { factorCholesky } from '../../evaluation/linear-algebra.ts';
import { clouds, shareRight, tableOf } from '../testing/clouds.ts';
import type { Classifier, Matrix } from '../tables/types.ts';
import { factorInBlocks } from './block-cholesky.ts';
import { discriminant } from './discriminant.ts';
import { kernelRidge } from './kernel-ridge.ts';
import { mixture } from './mixture.ts';
import { TABLE_CLASSIFIERS } from './models.ts';
import { perceptrons } from './perceptron.ts';
import { withRelativeFeatures } from './relative-features.ts';
import { fitScaling, scale } from './scaling.ts';
import { calibrate, fitCalibration, fitSharpness, logLoss, sharpen } from './temperature.ts';

const groups: string[] = [];

describe('factorInBlocks', () => {
  it.each([1, 2, 3, 17, 63, 64, 65, 66, 127, 128, 129, 130, 197])(
    'of %i rows equals the plain factor',
    (n) => {
      const random = new RandomStream(n, 1);
      const root = Float64Array.from({ length: n * n }, () => random.normal());
      const a = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          for (let k = 0; k < n; k++) a[i * n + j] += root[i * n + k] * root[j * n + k];
        }
        a[i * n + i] += n;
      }
      const plain = a.slice();
      factorCholesky(plain, n);
      expect(factorInBlocks(a, n)).toBe(true);
      let worst = 0;
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) worst = Math.max(worst, Math.abs(a[i * n + j] - plain[i * n + j]));
      }
      // Entries up to sqrt(2 n), sums of n terms in another order: n rounding errors of that size.
      expect(worst).toBeLessThan(n * Math.sqrt(2 * n) * 2.3e-16 * 10);
    },
  );

  it('says so where a matrix is not positive definite', () => {
    expect(factorInBlocks(Float64Array.from([1, 2, 2, 1]), 2)).toBe(false);
  });
});

describe('scaling', () => {
  it('is straight in the middle, tame far out, and 0 for what is missing or constant', () => {
    const values = Float64Array.from({ length: 303 }, (_, i) => (i % 3 === 0 ? Math.floor(i / 3) - 50 : 7));
    values[3] = 1e9;
    values[6] = NaN;
    const x: Matrix = { rows: 101, columns: 3, values };
    const scaled = scale(x, fitScaling(x));
    const column = (row: number): number => scaled.values[row * 3];
    expect(column(1)).toBeLessThan(12);
    expect(Math.abs((column(61) - column(51)) / (column(56) - column(51)) - 2)).toBeLessThan(0.1);
    expect(scaled.values[4]).toBe(0);
    expect(scaled.values.every((value) => Number.isFinite(value))).toBe(true);
  });
});

describe('kernel ridge', () => {
  it('fulfils its equations: what is left over at each training row is ridge / weight times its coefficient', () => {
    const { x, labels } = clouds([12, 6], { radius: 1 });
    const ridge = 0.5;
    const fitted = kernelRidge('k', { width: 1, ridge, relevance: 0 }).fit(x, labels, {
      classes: 2,
      seed: 1,
      groups,
    });
    const p = fitted.probabilities(x).values;
    // Scores from shares: with two classes whose scores sum to one, ln(p0 / p1) = 6 (s0 - s1).
    const score = (row: number): number => (Math.log(p[2 * row] / p[2 * row + 1]) / 6 + 1) / 2;
    const scaled = scale(x, fitScaling(x));
    const kernel = (a: number, b: number): number => {
      let squared = 0;
      for (let f = 0; f < 4; f++) squared += (scaled.values[a * 4 + f] - scaled.values[b * 4 + f]) ** 2;
      return Math.exp(-squared / 4);
    };
    const share = 12 / 18;
    const weight = (label: number): number => (label === 0 ? 18 / 24 : 18 / 12);
    const coefficient = Array.from(
      labels,
      (label, row) => (((label === 0 ? 1 : 0) - score(row)) * weight(label)) / ridge,
    );
    for (let row = 0; row < x.rows; row++) {
      const found = coefficient.reduce((sum, c, other) => sum + c * kernel(row, other), share);
      expect(found).toBeCloseTo(score(row), 9);
    }
  });

  it('with relevance sees through many features of noise', () => {
    const train = clouds([60, 60], { radius: 1.5, features: 60 });
    const test = clouds([200, 200], { radius: 1.5, features: 60, seed: 2 });
    const right = (relevance: number): number =>
      shareRight(
        kernelRidge('k', { width: 1, ridge: 0.3, relevance })
          .fit(train.x, train.labels, { classes: 2, seed: 1, groups })
          .probabilities(test.x),
        test.labels,
      );
    expect(right(0.5)).toBeGreaterThan(right(0) + 0.02);
  });
});

describe('discriminant', () => {
  it("follows Bayes' rule of normals with the shrunk common covariance, written out for two features", () => {
    const { x, labels } = clouds([40, 20], { radius: 1, features: 2 });
    const shrinkage = 0.3;
    const p = discriminant('d', { shrinkage })
      .fit(x, labels, { classes: 2, seed: 1, groups })
      .probabilities(x);
    const rows = scale(x, fitScaling(x));
    const at = (row: number): [number, number] => [rows.values[2 * row], rows.values[2 * row + 1]];
    const mean = [0, 1].map((c) => {
      const own = [...labels.keys()].filter((row) => labels[row] === c);
      return [0, 1].map((f) => own.reduce((sum, row) => sum + at(row)[f], 0) / own.length);
    });
    const covariance = (f: number, g: number): number =>
      [...labels.keys()].reduce(
        (sum, row) => sum + (at(row)[f] - mean[labels[row]][f]) * (at(row)[g] - mean[labels[row]][g]),
        0,
      ) / 58;
    const [a, b, d] = [covariance(0, 0), (1 - shrinkage) * covariance(0, 1), covariance(1, 1)];
    const density = (row: number, c: number): number => {
      const [u, v] = [at(row)[0] - mean[c][0], at(row)[1] - mean[c][1]];
      return Math.exp(-(d * u * u - 2 * b * u * v + a * v * v) / (2 * (a * d - b * b)));
    };
    for (let row = 0; row < x.rows; row++) {
      const odds = (2 * density(row, 0)) / density(row, 1);
      // The floor of 1e-6 on the diagonal is all that differs.
      expect(Math.abs(p.values[2 * row] - odds / (1 + odds))).toBeLessThan(1e-4);
    }
  });
});

describe('perceptrons', () => {
  const options = { nets: 2, hidden: 16, epochs: 60, batch: 16, learningRate: 1e-2, penalty: 1 };
  it('learn what no line can split', () => {
    const four = clouds([80, 80, 80, 80], { features: 2 });
    // Opposite corners of the circle are one class.
    const labels = four.labels.map((label) => label % 2);
    const fit = { classes: 2, seed: 1, groups };
    expect(
      shareRight(perceptrons('p', options).fit(four.x, labels, fit).probabilities(four.x), labels),
    ).toBeGreaterThan(0.95);
    const line = discriminant('d', { shrinkage: 0 }).fit(four.x, labels, fit);
    expect(shareRight(line.probabilities(four.x), labels)).toBeLessThan(0.7);
  });

  it('are the same bits with the same seed alone', () => {
    const { x, labels } = clouds([20, 20]);
    const ask = (seed: number) =>
      perceptrons('p', { ...options, epochs: 3 })
        .fit(x, labels, { classes: 2, seed, groups })
        .probabilities(x).values;
    expect(ask(1)).toEqual(ask(1));
    expect(ask(1)).not.toEqual(ask(2));
  });
});

/** Probabilities, and labels drawn with exactly those. */
function calibrated(rows: number, seed: number): { p: Matrix; labels: Int32Array } {
  const random = new RandomStream(seed, 9);
  const values = new Float64Array(rows * 2);
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    values[2 * row] = random.uniform();
    values[2 * row + 1] = 1 - values[2 * row];
    return random.uniform() < values[2 * row] ? 0 : 1;
  });
  return { p: { rows, columns: 2, values }, labels };
}

describe('temperature', () => {
  it('takes back an overconfidence, and leaves what is calibrated', () => {
    const { p, labels } = calibrated(20_000, 2);
    // A standard error of 0.01: 1 / sqrt(rows x mean of p (1 - p) ln^2 odds, 0.4 for even p).
    expect(Math.abs(fitSharpness(p, labels) - 1)).toBeLessThan(0.04);
    const over = sharpen(p, 3);
    expect(fitSharpness(over, labels) * 3).toBeCloseTo(fitSharpness(p, labels), 2);
    expect(logLoss(sharpen(over, fitSharpness(over, labels)), labels)).toBeLessThan(
      logLoss(over, labels) - 0.1,
    );
  });
});

describe('doubt', () => {
  const shares = Float64Array.from([0.5, 0.5]);

  it('is found where some labels are wrong however sure a cell looks, and not where none are', () => {
    // Half of the cells look sure (0.999), the others anything; labels are drawn with just these probabilities.
    const { p, labels } = calibrated(4000, 2);
    for (let row = 0; row < p.rows; row += 2) {
      labels[row] = row % 2000 === 0 ? 1 : 0;
      p.values.set([0.999, 0.001], 2 * row);
    }
    // Every 25th label is drawn anew: 0.04 of the probability belongs to the shares.
    const random = new RandomStream(6, 6);
    const wrong = labels.map((label, row) => (row % 25 === 0 ? random.integer(2) : label));
    const found = fitCalibration(p, wrong, shares);
    // Some 40 of the 2,000 sure cells are wrong then, give or take 6: 0.006 of doubt, of which three.
    expect(Math.abs(found.doubt - 0.04)).toBeLessThan(0.018);
    expect(fitCalibration(p, labels, shares).doubt).toBeLessThan(0.006);
    expect(logLoss(calibrate(p, found, shares), wrong)).toBeLessThan(
      // 20 nats over the rows: no chance.
      logLoss(sharpen(p, fitSharpness(p, wrong)), wrong) - 0.005,
    );
  });
});

describe('mixture', () => {
  const { x, labels, donors } = clouds([60, 60, 60], { radius: 2 });
  const fit = { classes: 3, seed: 3, groups: donors };
  const blind: Classifier = {
    name: 'blind',
    fit: () => ({
      probabilities: (test) => ({
        rows: test.rows,
        columns: 3,
        values: new Float64Array(test.rows * 3).fill(1 / 3),
      }),
    }),
  };

  it('gives its weight to the member that knows something', () => {
    const found = mixture('m', [blind, discriminant('d', { shrinkage: 0.1 })]).fit(x, labels, fit);
    expect(found.weights[1]).toBeGreaterThan(0.85);
    expect(found.weights[0] + found.weights[1]).toBeCloseTo(1, 12);
  });

  it('calibrates a member that is far too sure of what it learnt by heart', () => {
    // The nearest training cell, as if that were certain: always right on the rows it was fitted on.
    const nearest: Classifier = {
      name: 'nearest',
      fit: (train, known, { classes }) => ({
        probabilities: (test) => {
          const values = new Float64Array(test.rows * classes);
          for (let row = 0; row < test.rows; row++) {
            let best = 0;
            let least = Infinity;
            for (let other = 0; other < train.rows; other++) {
              let squared = 0;
              for (let f = 0; f < test.columns; f++) {
                squared +=
                  (test.values[row * test.columns + f] - train.values[other * test.columns + f]) ** 2;
              }
              if (squared < least) {
                least = squared;
                best = known[other];
              }
            }
            values[row * classes + best] = 1;
          }
          return { rows: test.rows, columns: classes, values };
        },
      }),
    };
    const fresh = clouds([200, 200, 200], { radius: 2, seed: 8 });
    const raw = nearest.fit(x, labels, fit).probabilities(fresh.x);
    const mixed = mixture('m', [nearest]).fit(x, labels, fit).probabilities(fresh.x);
    expect(shareRight(mixed, fresh.labels)).toBe(shareRight(raw, fresh.labels));
    const sure = mixed.values.filter((value) => value > 0.5);
    const mean = sure.reduce((sum, value) => sum + value, 0) / sure.length;
    expect(Math.abs(mean - shareRight(raw, fresh.labels))).toBeLessThan(0.06);
  });

  it('holds whole donors out: no row is asked of a member that saw its donor', () => {
    // The donor's number is a feature, so that a member can tell whom it was fitted on and whom it is asked about.
    const marked: Matrix = {
      rows: x.rows,
      columns: 1,
      values: Float64Array.from(donors, (donor) => Number(donor.slice(6))),
    };
    const asked: boolean[] = [];
    const spy: Classifier = {
      name: 'spy',
      fit: (train, _, options) => {
        const seen = new Set(train.values);
        expect([...train.values].map((donor) => `donor ${donor}`)).toEqual(options.groups);
        return {
          probabilities: (test) => {
            asked.push([...test.values].some((donor) => seen.has(donor)));
            return blind.fit(train, labels, fit).probabilities(test);
          },
        };
      },
    };
    mixture('m', [spy]).fit(marked, labels, fit);
    expect(asked).toEqual([false, false, false, false]);
  });
});

describe('withRelativeFeatures', () => {
  it('adds what a spike is over its threshold, with units, and keeps a missing value missing', () => {
    const { x, labels, donors } = clouds([2, 2]);
    const values = Float64Array.from([10, -40, -70, 3, NaN, -41, -71, 3, 12, -42, -72, 3, 13, -43, -73, 3]);
    const features = ['peak_v_ramp', 'threshold_v_ramp', 'trough_v_ramp', 'sag'];
    const table = tableOf(
      { x: { ...x, values }, labels, donors },
      { features, units: ['mV', 'mV', 'mV', 'ratio'] },
    );
    const wide = withRelativeFeatures(table);
    expect(wide.features.slice(4)).toEqual([
      'peak_v_ramp-threshold_v_ramp',
      'trough_v_ramp-threshold_v_ramp',
    ]);
    expect(wide.units.slice(4)).toEqual(['mV', 'mV']);
    expect([...wide.values.values.subarray(0, 6)]).toEqual([10, -40, -70, 3, 50, -30]);
    expect([...wide.values.values.subarray(10, 12)]).toEqual([NaN, -30]);
    expect(withRelativeFeatures(tableOf({ x, labels, donors })).features).toHaveLength(4);
  });
});

describe('every classifier of tables', () => {
  it.each(TABLE_CLASSIFIERS.map((classifier) => [classifier.name, classifier] as const))(
    '%s: rows sum to one, gaps and constant features do no harm, far clouds are told apart',
    (_, classifier) => {
      const { x, labels, donors } = clouds([24, 16, 12], { radius: 6 });
      const values = x.values.slice();
      for (let row = 0; row < x.rows; row++) values[row * 4 + 3] = 5;
      for (let row = 0; row < x.rows; row += 7) values[row * 4 + 2] = NaN;
      const holes = { ...x, values };
      const fitted = classifier.fit(holes, labels, { classes: 3, seed: 1, groups: donors });
      const p = fitted.probabilities(holes);
      for (let row = 0; row < p.rows; row++) {
        expect(p.values.subarray(row * 3, row * 3 + 3).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
      }
      expect(shareRight(p, labels)).toBeGreaterThan(0.95);
    },
  );
});
