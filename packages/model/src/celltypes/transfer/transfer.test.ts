// Plan: alignment against numbers worked out by hand; the better candidate is chosen without a test cell; where the species share what tells
// classes apart, source cells gain at few target cells, and permuted ones do not; where they share nothing, no gain is shown; no donor is on
// both sides, all methods get the same rows, and the target alone hangs on no source cell; the document does not hang on the order of jobs.
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../engine/random.ts';
import { majorityClass } from '../evaluation/floors.ts';
import { runFoldJob } from '../evaluation/evaluate-table.ts';
import { matrixOf, rowOf } from '../tables/matrix.ts';
import { refusal } from '../tables/testing/thrown.ts';
import type { Classifier, FeatureTable, Matrix } from '../tables/types.ts';
import { kernelRidge } from '../classifiers/kernel-ridge.ts';
import { classShifts, evenRows, fitAlignment } from './alignment.ts';
import { learningCurve } from './learning-curve.ts';
import type { LearningCurve, TransferJob } from './learning-curve.ts';
import { TABLE_TRANSFER, tableMethods, transferContenders } from './methods.ts';
import { PairedDraws } from './paired-draws.ts';
import { selection } from './selection.ts';
import type { Selection } from './selection.ts';
import { drawnSpecies } from './testing/species.ts';

const SHARED = { along: [0, 1, 2], distance: 2.5 };
const source = drawnSpecies('mouse', {
  ...SHARED,
  ...{ seed: 1, donors: 60, cellsADonor: 5, shift: 0, scale: 1 },
});
/** Elsewhere and on another scale. */
const target = drawnSpecies('human', {
  ...SHARED,
  ...{ seed: 2, donors: 40, cellsADonor: 4, shift: 10, scale: 3 },
});
const stranger = drawnSpecies('squid', {
  ...{ seed: 3, along: [5, 4, 3], distance: 2.5, donors: 60, cellsADonor: 5, shift: 0, scale: 1 },
});
const methodsOf = (table: FeatureTable): Classifier[] =>
  tableMethods({ x: table.values, labels: table.labels, groups: table.donors, classes: 3 });

interface Run {
  readonly from?: FeatureTable;
  readonly names: readonly string[];
  readonly fractions: readonly number[];
  readonly repeats?: number;
  readonly atOnce?: number;
  readonly seen?: (job: TransferJob) => void;
}

function curveOf({
  from = source,
  names,
  fractions,
  repeats = 3,
  atOnce = 1,
  seen,
}: Run): Promise<LearningCurve> {
  const methods = methodsOf(from);
  return learningCurve(from, target, transferContenders(names), {
    ...{ fractions, folds: 4, repeats, seed: 5, draws: 300, apartBy: 'culture', atOnce },
    run: async (job) => {
      seen?.(job);
      // Answers of later jobs come earlier.
      await new Promise((settle) => setTimeout(settle, atOnce > 1 ? (job.fold * 7) % 5 : 0));
      const method = methods.find(({ name }) => name === job.model);
      if (method === undefined) throw new Error(`no method ${job.model}`);
      return runFoldJob(job, method);
    },
  });
}

describe('alignment', () => {
  const correlated = (sign: number, seed: number): Matrix => {
    const random = new RandomStream(seed, 1);
    return matrixOf(
      Array.from({ length: 4000 }, () => {
        const shared = random.normal();
        return [shared, 0.9 * sign * shared + Math.sqrt(1 - 0.81) * random.normal()];
      }),
    );
  };
  const correlation = ({ rows, values }: Matrix): number => {
    const [xx, xy, yy] = [0, 1, 2].map((which) => {
      let sum = 0;
      for (let r = 0; r < rows; r++) {
        const [x, y] = [values[2 * r], values[2 * r + 1]];
        sum += which === 0 ? x * x : which === 1 ? x * y : y * y;
      }
      return sum;
    });
    return xy / Math.sqrt(xx * yy);
  };

  it('CORAL brings correlations towards those of the source, as far as the added identity lets it', () => {
    const [here, there] = [correlated(1, 1), correlated(-1, 2)];
    // Along (1, 1) and (1, -1) variances 1.9 and 0.1 become 1.9 * 1.1 / 2.9 and 0.1 * 2.9 / 1.1.
    const [with1, against1] = [(1.9 * 1.1) / 2.9, (0.1 * 2.9) / 1.1];
    const wanted = (with1 - against1) / (with1 + against1);
    expect(correlation(fitAlignment(here, there, 'coral')(here))).toBeCloseTo(wanted, 1);
    expect(correlation(fitAlignment(here, there, 'standardised')(here))).toBeCloseTo(0.9, 1);
    expect(correlation(fitAlignment(here, here, 'coral')(here))).toBeCloseTo(0.9, 1);
  });

  it('standardises each species by its own rows, and asks nothing of the rows it is applied to', () => {
    const align = fitAlignment(target.values, source.values, 'standardised');
    const aligned = align(target.values);
    const mean = aligned.values.reduce((sum, value) => sum + value, 0) / aligned.values.length;
    expect(Math.abs(mean)).toBeLessThan(1e-9);
    const alone = align({ rows: 1, columns: 6, values: target.values.values.slice(0, 6) });
    expect([...alone.values]).toEqual([...rowOf(aligned, 0)]);
  });

  it('repeats rows of rare classes, and moves a class by its share of the difference', () => {
    const x = matrixOf([[1], [2], [3], [9]]);
    expect([...evenRows(x, Int32Array.of(0, 0, 0, 2), 3).values]).toEqual([1, 2, 3, 9, 9, 9]);
    const shifts = classShifts(
      { x: matrixOf([[4], [6]]), labels: Int32Array.of(0, 0) },
      { x: matrixOf([[1], [3], [7]]), labels: Int32Array.of(0, 0, 1) },
      2,
      2,
    );
    // Two cells of class 0, halfway at two: half of 5 - 2; class 1 has no target cell.
    expect([...shifts.values]).toEqual([1.5, 0]);
  });
});

describe('selection', () => {
  const good = kernelRidge('good', { width: 0.4, ridge: 0.3, relevance: 0.5 });
  const options = { classes: 3, seed: 1, groups: target.donors };

  it('takes what is better on held-out donors, wherever it stands; with one donor the first', () => {
    for (const candidates of [
      [majorityClass, good],
      [good, majorityClass],
    ])
      expect(selection('best', candidates).fit(target.values, target.labels, options).chosen).toBe('good');
    const groups = target.donors.map(() => 'one');
    const first = selection('best', [majorityClass, good]);
    expect(first.fit(target.values, target.labels, { ...options, groups }).chosen).toBe('majority-class');
  });

  it('fits candidates on other donors than it asks them about, each donor once', () => {
    const asked: number[] = [];
    const spy: Classifier = {
      name: 'spy',
      fit: (x, _, { groups }) => {
        const known = new Set(x.values);
        expect(groups).toHaveLength(x.rows);
        return {
          probabilities: (test) => {
            asked.push(test.rows);
            expect(test.values.some((value) => known.has(value))).toBe(false);
            return { rows: test.rows, columns: 3, values: new Float64Array(3 * test.rows).fill(1 / 3) };
          },
        };
      },
    };
    // A donor a value: a donor on both sides would show.
    const x = matrixOf(target.donors.map((donor) => [Number(donor.split(' ')[2])]));
    selection('spied', [spy]).fit(x, target.labels, options);
    expect(asked.reduce((sum, rows) => sum + rows, 0)).toBe(x.rows);
  });

  it('gives every way as many candidates as the target alone', () => {
    const chosen = methodsOf(source).filter((one): one is Selection => 'candidates' in one);
    expect(chosen.map(({ name }) => name).sort()).toEqual([
      'pooled',
      'pooled-by-class',
      'pooled-permuted',
      'stacked',
      'target-only',
    ]);
    for (const { candidates } of chosen) expect(new Set(candidates).size).toBe(6);
  });
});

describe('the learning curve', () => {
  it('shows a gain at few cells where the species share what tells classes apart, and none of permuted labels', async () => {
    const names = ['pooled', 'pooled-by-class', 'stacked', 'pooled-permuted', 'zero-shot'];
    const { curve } = await curveOf({ names, fractions: [0.07, 0.5], repeats: 2 });
    const [few, all] = curve;
    expect([few.donors, few.cells]).toEqual([2, 8]);
    for (const name of ['pooled', 'pooled-by-class', 'stacked'])
      expect(few.methods[name].gain?.low, name).toBeGreaterThan(0);
    expect(few.methods['pooled-permuted'].gain?.low).toBeLessThan(0);
    expect(all.methods['pooled'].gain?.value).toBeLessThan((few.methods['pooled'].gain?.value ?? 0) - 0.1);
    // Without a label of the target the source already knows it.
    expect(all.methods['zero-shot'].macroF1.value).toBeGreaterThan(0.8);
    expect(few.methods['target-only'].gain).toBeNull();
    expect(Object.keys(few.methods['pooled'].apart ?? {})).toEqual(['acute', 'cultured']);
    expect(few.methods['pooled'].apart?.['acute'].macroF1.n).toBe(80);
  });

  it('shows none of a species that shares nothing', async () => {
    const { curve } = await curveOf({
      from: stranger,
      names: ['pooled-by-class', 'stacked'],
      fractions: [0.25],
    });
    for (const name of ['pooled-by-class', 'stacked']) {
      const { gain } = curve[0].methods[name];
      expect(gain?.low, name).toBeLessThan(0);
    }
  });

  it('gives all methods the same rows, smaller sets inside larger ones, and never a donor on both sides', async () => {
    const rows = new Map<string, Set<string>[]>();
    const donorOf = new Map(
      target.cells.map((_, cell) => [rowOf(target.values, cell).join(), target.donors[cell]]),
    );
    await curveOf({
      ...{ names: ['pooled', 'majority-class'], fractions: [0.1, 0.5], repeats: 2 },
      seen: ({ model, repeat, fold, fraction, train, test, options }) => {
        const train1 = Array.from({ length: train.rows }, (_, r) => rowOf(train, r).join());
        const tested = Array.from({ length: test.rows }, (_, r) => donorOf.get(rowOf(test, r).join()));
        expect(tested.some((donor) => options.groups.includes(donor ?? ''))).toBe(false);
        expect(train1.map((row) => donorOf.get(row))).toEqual(options.groups);
        const key = [repeat, fold, fraction].join();
        rows.set(key, [...(rows.get(key) ?? []), new Set(train1)]);
        expect(model).toBeTruthy();
      },
    });
    expect(rows.size).toBe(2 * 4 * 2);
    for (const [key, sets] of rows) {
      expect(sets).toHaveLength(3);
      for (const other of sets) expect(other).toEqual(sets[0]);
      const larger = rows.get(key.replace('0.1', '0.5'))?.[0] ?? new Set();
      expect([...sets[0]].every((row) => larger.has(row))).toBe(true);
    }
  });

  it('is the same in any order of jobs; the target alone hangs on no source cell', async () => {
    const run = { names: ['pooled'], fractions: [0.2] };
    const one = await curveOf(run);
    expect(await curveOf({ ...run, atOnce: 3 })).toEqual(one);
    const other = await curveOf({ ...run, from: stranger });
    expect(other.configHash).not.toBe(one.configHash);
    expect(other.curve[0].methods['target-only']).toEqual(one.curve[0].methods['target-only']);
    expect(other.curve[0].methods['pooled']).not.toEqual(one.curve[0].methods['pooled']);
  });

  it('refuses tables that do not fit each other, and ways that there are none of', async () => {
    const attempt = (a: FeatureTable, b: FeatureTable, apartBy = 'culture'): Promise<string> =>
      learningCurve(a, b, TABLE_TRANSFER, {
        ...{ fractions: [1], folds: 4, repeats: 1, seed: 1, draws: 10, apartBy, atOnce: 1 },
        run: () => Promise.reject(new Error('nothing is run')),
      }).then(
        () => 'ran',
        (error: unknown) =>
          refusal(() => {
            throw error;
          }),
      );
    expect(await attempt({ ...source, features: [...source.features].reverse() }, target)).toMatch(
      /^E_CELLTYPE_TABLE .*other features/,
    );
    expect(await attempt({ ...source, donors: source.donors.map(() => target.donors[0]) }, target)).toMatch(
      /is in both tables/,
    );
    expect(await attempt(source, target, 'age')).toMatch(/no attribute age.*culture/);
    expect(refusal(() => transferContenders(['magic']))).toMatch(/^E_USAGE .*magic.*pooled/);
  });
});

describe('paired draws', () => {
  it('differ by nothing from themselves, and count a donor as often as it is drawn', () => {
    const draws = new PairedDraws(target, 2, 200, 1);
    const right = target.labels;
    const wrong = right.map((label) => (label + 1) % 3);
    const half = draws.scores([right, wrong]);
    expect(draws.difference(half.macroF1, half.macroF1)).toMatchObject({ value: 0, low: 0, high: 0 });
    // All right in one repeat, all wrong in the other: only the drawing of repeats moves it, to 0, 1/2 or 1.
    expect(new Set(half.accuracy.draws)).toEqual(new Set([0, 0.5, 1]));
    // One donor right and all others wrong: the share of draws of that donor.
    const one = right.map((label, cell) =>
      target.donors[cell] === target.donors[0] ? label : (label + 1) % 3,
    );
    const scores = draws.scores([one, one]).accuracy;
    expect(scores.exact).toBeCloseTo(1 / 40, 12);
    for (const value of scores.draws) expect(40 * value).toBeCloseTo(Math.round(40 * value), 9);
    expect(new Set(scores.draws).size).toBeGreaterThan(2);
  });
});
