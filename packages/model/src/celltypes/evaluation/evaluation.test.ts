// Plan: folds keep donors together and classes in proportion; scores and calibration against numbers worked out by hand; a calibrated
// classifier stays below its own 90th percentile nine times in ten; a whole evaluation sees no donor on both sides, falls to the floor
// with permuted labels, and does not depend on where fits are done; attention by class is that of held-out cells, its spread over folds.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../engine/random.ts';
import { discriminant } from '../classifiers/discriminant.ts';
import { clouds, tableOf } from '../testing/clouds.ts';
import { refusal } from '../tables/testing/thrown.ts';
import type { Classifier, Matrix } from '../tables/types.ts';
import {
  calibratedErrorQuantile,
  calibrationError,
  reliability,
  selectiveAccuracy,
  surestFirst,
} from './calibration.ts';
import { type TableEvaluation, evaluateTable, runFoldJob, TABLE_EVALUATION } from './evaluate-table.ts';
import { assignFolds } from './folds.ts';
import { accuracyOf, classF1, confusion, macroF1, predictedClasses } from './scores.ts';

describe('assignFolds', () => {
  const labels = Int32Array.from({ length: 300 }, (_, row) => (row % 10 < 6 ? 0 : row % 10 < 9 ? 1 : 2));
  const random = new RandomStream(5, 1);
  const donors = Array.from(labels, () => `d${random.integer(70)}`);

  it('never parts the cells of a donor, and keeps classes near their share', () => {
    for (const seed of [1, 2, 3]) {
      const folds = assignFolds(labels, 3, donors, 5, seed);
      const foldsOf = new Map<string, Set<number>>();
      donors.forEach((donor, row) => {
        foldsOf.set(donor, (foldsOf.get(donor) ?? new Set()).add(folds[row]));
      });
      expect([...foldsOf.values()].every((found) => found.size === 1)).toBe(true);
      const table = confusion(labels, folds, 5).subarray(0, 15);
      // 180, 90 and 30 cells: a fifth of each, give or take a donor or two.
      for (let fold = 0; fold < 5; fold++) {
        expect(Math.abs(table[fold] - 36)).toBeLessThanOrEqual(5);
        expect(Math.abs(table[5 + fold] - 18)).toBeLessThanOrEqual(5);
        expect(Math.abs(table[10 + fold] - 6)).toBeLessThanOrEqual(3);
      }
    }
    expect(assignFolds(labels, 3, donors, 5, 1)).toEqual(assignFolds(labels, 3, donors, 5, 1));
    expect(assignFolds(labels, 3, donors, 5, 1)).not.toEqual(assignFolds(labels, 3, donors, 5, 2));
  });

  it('without donors gives every fold its exact share', () => {
    const folds = assignFolds(labels, 3, null, 5, 1);
    const table = confusion(labels, folds, 5).subarray(0, 15);
    expect([...table]).toEqual([
      ...new Array<number>(5).fill(36),
      ...new Array<number>(5).fill(18),
      6,
      6,
      6,
      6,
      6,
    ]);
    expect(new Set(folds.subarray(0, 10)).size).toBeGreaterThan(2);
  });

  it('refuses what cannot be folded', () => {
    expect(
      refusal(() =>
        assignFolds(
          labels,
          3,
          donors.map((_, i) => `d${i % 4}`),
          5,
          1,
        ),
      ),
    ).toMatch(/^E_CELLTYPE_FOLDS \| 4 donors; 5 folds/);
    expect(refusal(() => assignFolds(Int32Array.from([0, 0, 0, 1]), 2, null, 3, 1))).toMatch(
      /class 1 has 1 cells/,
    );
    expect(refusal(() => assignFolds(labels, 3, null, 1, 1))).toMatch(/1 folds; expected 2/);
  });
});

describe('scores', () => {
  const truth = Int32Array.from([0, 0, 0, 1, 1, 2]);
  const called = Int32Array.from([0, 0, 1, 1, 0, 0]);

  it('are those of the confusion matrix, worked out by hand', () => {
    const table = confusion(truth, called, 3);
    expect([...table]).toEqual([2, 1, 0, 1, 1, 0, 1, 0, 0]);
    expect(accuracyOf(table, 3)).toBeCloseTo(3 / 6, 12);
    // F1: 2 x 2 / (3 + 4), 2 x 1 / (2 + 2), 0.
    expect([...classF1(table, 3)]).toEqual([4 / 7, 0.5, 0]);
    expect(macroF1(table, 3)).toBeCloseTo((4 / 7 + 0.5) / 3, 12);
  });

  it('count a weighted row as often as it weighs, and leave out a class that is nowhere', () => {
    const twice = confusion(truth, called, 3, Float64Array.from([2, 0, 0, 1, 0, 0]));
    expect([...twice]).toEqual([2, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect(macroF1(twice, 3)).toBe(1);
  });
});

describe('calibration', () => {
  it('error and reliability by hand', () => {
    const confidence = Float64Array.from([0.95, 0.97, 0.5, 0.52]);
    const right = Uint8Array.from([1, 0, 1, 1]);
    // Bins of a fifteenth: the first two share the last one, the others the eighth.
    expect(calibrationError(confidence, right)).toBeCloseTo(
      (Math.abs(1 - 1.92) + Math.abs(2 - 1.02)) / 4,
      12,
    );
    const bins = reliability(confidence, right).filter(({ cells }) => cells > 0);
    expect(bins.map(({ cells, accuracy }) => [cells, accuracy])).toEqual([
      [2, 1],
      [2, 0.5],
    ]);
    expect(reliability(Float64Array.from([1]), Uint8Array.from([1]))[14].cells).toBe(1);
  });

  it('a calibrated classifier stays under its 90th percentile nine times in ten, an overconfident one does not', () => {
    const random = new RandomStream(3, 3);
    const confidence = Float64Array.from({ length: 700 }, () => 0.5 + random.uniform() / 2);
    const limit = calibratedErrorQuantile(confidence, 0.9, { draws: 400, seed: 1 });
    let over = 0;
    for (let draw = 0; draw < 400; draw++) {
      const right = Uint8Array.from(confidence, (p) => (random.uniform() < p ? 1 : 0));
      if (calibrationError(confidence, right) > limit) over++;
    }
    // 40 expected, deviation 6, and the limit itself is one of 400 draws.
    expect(over).toBeGreaterThan(15);
    expect(over).toBeLessThan(70);
    const bold = Uint8Array.from(confidence, (p) => (random.uniform() < p - 0.1 ? 1 : 0));
    expect(calibrationError(confidence, bold)).toBeGreaterThan(limit);
  });

  it('selective accuracy takes the surest, and of equals a share of each', () => {
    const confidence = Float64Array.from([0.9, 0.5, 0.7, 0.5]);
    const right = Uint8Array.from([1, 1, 0, 0]);
    const order = surestFirst(confidence);
    const at = (coverage: number): number => selectiveAccuracy(confidence, right, order, coverage);
    expect(at(0.25)).toBe(1);
    expect(at(0.5)).toBe(0.5);
    expect(at(0.75)).toBeCloseTo((1 + 0 + 0.5) / 3, 12);
    expect(at(1)).toBe(0.5);
    const weights = Float64Array.from([0, 1, 1, 0]);
    expect(selectiveAccuracy(confidence, right, order, 0.5, weights)).toBe(0);
  });
});

const options = { ...TABLE_EVALUATION, repeats: 2, draws: 200 };
const linear = discriminant('linear', { shrinkage: 0.1 });
const bounds = ({ low, high }: { low: number | null; high: number | null }): [number, number] => [
  low ?? NaN,
  high ?? NaN,
];

describe('evaluateTable', () => {
  const cells = clouds([80, 60, 40], { radius: 2.5 });
  const table = tableOf(cells, {
    attributes: { culture: Array.from(cells.labels, (_, row) => (row % 3 === 0 ? 'acute' : 'cultured')) },
  });

  it('finds what is there, and with permuted labels nothing above the floor', async () => {
    const found = await evaluateTable(table, [linear], options);
    const { macroF1: score, accuracy, perClass, confusion: calls } = found.models['linear'];
    expect(score.value).toBeGreaterThan(0.9);
    expect(bounds(score)[0]).toBeLessThan(score.value);
    expect(bounds(score)[1]).toBeGreaterThan(score.value);
    expect(accuracy.n).toBe(180);
    expect(Object.keys(perClass)).toEqual(['class 0', 'class 1', 'class 2']);
    expect(calls.flat().reduce((sum, value) => sum + value, 0)).toBeCloseTo(180, 9);
    expect(found.floors['majority-class'].accuracy.value).toBeCloseTo(80 / 180, 12);
    // One class of three is called: 2 x 80 / (80 + 180) / 3.
    expect(found.floors['majority-class'].macroF1.value).toBeCloseTo(160 / 260 / 3, 12);

    const labels = new RandomStream(4, 4).shuffle(table.labels.slice());
    const lost = await evaluateTable({ ...table, labels }, [linear], options);
    expect(lost.models['linear'].macroF1.value).toBeLessThan(0.42);
    // Shares 4/9, 3/9, 2/9: a draw is right with the sum of their squares, 0.36.
    expect(Math.abs(lost.floors['prior-draw'].accuracy.value - 0.36)).toBeLessThan(0.08);
  });

  it('asks no classifier for a cell whose donor it was fitted on; plain stratified folds do', async () => {
    const marked: Matrix = {
      rows: 180,
      columns: 1,
      values: Float64Array.from(table.donors, (donor) => Number(donor.slice(6))),
    };
    const shared: boolean[] = [];
    const spy: Classifier = {
      name: 'spy',
      fit: (train, _, { classes }) => ({
        probabilities: (test) => {
          const seen = new Set(train.values);
          shared.push([...test.values].some((donor) => seen.has(donor)));
          return {
            rows: test.rows,
            columns: classes,
            values: new Float64Array(test.rows * classes).fill(1 / classes),
          };
        },
      }),
    };
    await evaluateTable({ ...table, features: ['donor'], values: marked }, [spy], options);
    expect(shared).toEqual(new Array<boolean>(10).fill(false));
    await evaluateTable({ ...table, features: ['donor'], values: marked }, [spy], {
      ...options,
      split: 'stratified',
    });
    expect(shared.slice(10)).toContain(true);
  });

  it('is the same document again, and with fits done elsewhere, several at once, in any order', async () => {
    const here = await evaluateTable(table, [linear], options);
    const keys = new Set<string>();
    const there = await evaluateTable(table, [linear], {
      ...options,
      elsewhere: {
        atOnce: 3,
        run: async (job) => {
          keys.add(job.key);
          await new Promise((settle) => setTimeout(settle, job.fold % 2 === 0 ? 4 : 0));
          return structuredClone(runFoldJob(structuredClone(job), linear));
        },
      },
    });
    expect(there).toEqual(here);
    expect(keys.size).toBe(10);
    const other = await evaluateTable(table, [linear], { ...options, seed: 2 });
    expect(other.configHash).not.toBe(here.configHash);
    expect(other.seeds.repeats).not.toEqual(here.seeds.repeats);
  });

  it('sets models side by side, donors resampled for both alike', async () => {
    const blurred = discriminant('blurred', { shrinkage: 0.1 });
    const noisy: Classifier = {
      name: 'noisy',
      fit: (x, labels, fit) => {
        const fitted = blurred.fit(x, labels, fit);
        // Every third call is turned to the next class.
        return {
          probabilities: (test) => {
            const p = fitted.probabilities(test);
            for (let row = 0; row < p.rows; row += 3) {
              const own = p.values.subarray(row * 3, row * 3 + 3);
              own.set([own[2], own[0], own[1]]);
            }
            return p;
          },
        };
      },
    };
    const found: TableEvaluation = await evaluateTable(table, [linear, blurred, noisy], options);
    const [same, worse] = found.differences;
    expect([same.macroF1.value, ...bounds(same.macroF1)]).toEqual([0, 0, 0]);
    expect(bounds(worse.macroF1)[1]).toBeLessThan(-0.2);
    expect(worse.against).toBe('linear');
  });

  it('gives attention by class over held-out cells, and its spread over folds, beside the same figures', async () => {
    // What a row is looked at for is written in it: a share, and its class.
    const shares = Float64Array.from({ length: 180 }, (_, row) => ((row * 37) % 100) / 100);
    const values = Float64Array.from({ length: 360 }, (_, at) =>
      at % 2 === 0 ? shares[at / 2] : table.labels[(at - 1) / 2],
    );
    const written = { ...table, features: ['share', 'class'], values: { rows: 180, columns: 2, values } };
    const families = [{ name: 'here' }, { name: 'there' }];
    const looking: Classifier = {
      ...{ name: 'looking', families },
      fit: (train, labels, fit) => ({
        probabilities: (test) => linear.fit(train, labels, fit).probabilities(test),
        attention: ({ rows, values: of }) => ({
          rows,
          columns: 2,
          values: Float64Array.from({ length: 2 * rows }, (_, at) =>
            at % 2 === 0 ? of[at] : 1 - of[at - 1],
          ),
        }),
      }),
    };
    const folds: Float64Array[] = [];
    // Fitted elsewhere, a name and families are all that is needed here.
    const found = await evaluateTable(written, [{ name: 'looking', families }], {
      ...options,
      elsewhere: {
        atOnce: 1,
        run: async (job) => {
          folds.push(job.test.values);
          expect(job.columns).toBe(5);
          return Promise.resolve(runFoldJob(job, looking));
        },
      },
    });
    const { attention, ...figures } = found.models['looking'];
    const blind = await evaluateTable(written, [{ ...linear, name: 'looking' }], options);
    expect(figures).toEqual(blind.models['looking']);
    expect(attention?.families).toEqual(['here', 'there']);
    expect(attention?.classes).toEqual(table.classes);
    const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
    for (let c = 0; c < 3; c++) {
      const all = mean([...shares].filter((_, row) => table.labels[row] === c));
      expect(attention?.mean[c][0]).toBeCloseTo(all, 12);
      expect(attention?.mean[c][1]).toBeCloseTo(1 - all, 12);
      const byFold = folds.map((of) => mean([...of].filter((_, at) => at % 2 === 0 && of[at + 1] === c)));
      const variance = byFold.reduce((sum, one) => sum + (one - mean(byFold)) ** 2, 0) / (byFold.length - 1);
      expect(attention?.sd[c][0]).toBeCloseTo(Math.sqrt(variance), 12);
    }
    expect(folds).toHaveLength(10);
  });

  it('judges cells apart by an attribute, from the same answers', async () => {
    const found = await evaluateTable(table, [linear], { ...options, apartBy: 'culture' });
    const { apart, accuracy } = found.models['linear'];
    expect(apart?.['acute'].accuracy.n).toBe(60);
    const all =
      (60 * (apart?.['acute'].accuracy.value ?? NaN) + 120 * (apart?.['cultured'].accuracy.value ?? NaN)) /
      180;
    expect(all).toBeCloseTo(accuracy.value, 12);
  });

  it('leaves unlabelled cells out and says so; refuses what it cannot judge', async () => {
    const labels = table.labels.slice();
    labels[3] = -1;
    const found = await evaluateTable({ ...table, labels }, [linear], options);
    expect(found.table.cells).toBe(179);
    expect(found.table.notes.join()).toContain('1 cells without a label are left out');
    await expect(evaluateTable(table, [linear, linear], options)).rejects.toThrow(
      'two models are called linear',
    );
    await expect(evaluateTable(table, [], options)).rejects.toThrow('no model');
    await expect(evaluateTable(table, [linear], { ...options, apartBy: 'age' })).rejects.toThrow(
      'no attribute age; they have culture',
    );
  });

  it('predicts the likeliest class', () => {
    const p = { rows: 2, columns: 3, values: Float64Array.from([0.2, 0.5, 0.3, 0.4, 0.2, 0.4]) };
    expect([...predictedClasses(p)]).toEqual([1, 0]);
  });
});
