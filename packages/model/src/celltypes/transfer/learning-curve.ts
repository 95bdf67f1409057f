// What the source species adds where target cells are few: every method on the same folds and on the same growing sets of training donors, judged on
// donors that none of them has seen. The document that `celltype transfer --json` prints.
import { canonicalJson } from '../../config/canonical.ts';
import { sha256Hex, sha256HexOfText } from '../../config/sha256.ts';
import { CounterRandom, RandomStream } from '../../engine/random.ts';
import { SpikebridgeError } from '../../errors.ts';
import type { Estimate } from '../../evaluation/uncertainty/bootstrap.ts';
import { partRows } from '../classifiers/rows.ts';
import type { FoldJob } from '../evaluation/evaluate-table.ts';
import { assignFolds } from '../evaluation/folds.ts';
import { predictedClasses } from '../evaluation/scores.ts';
import { takeCells, takeRows } from '../tables/matrix.ts';
import type { FeatureTable, Matrix } from '../tables/types.ts';
import { PairedDraws } from './paired-draws.ts';

/** A fit of one method on some of the training donors of one fold. */
export interface TransferJob extends FoldJob {
  /** Of the fold's training donors. */
  readonly fraction: number;
}

/** A method by name, and the one it is held against: the target alone with the same budget. */
export interface TransferContender {
  readonly name: string;
  readonly against: string | null;
}

export interface LearningCurveOptions {
  /** Shares of the training donors, above 0 up to 1. */
  readonly fractions: readonly number[];
  readonly folds: number;
  readonly repeats: number;
  readonly seed: number;
  /** Resamples of donors and repeats. */
  readonly draws: number;
  /** An attribute of target cells by whose values they are also judged apart (`culture`). */
  readonly apartBy?: string;
  /** Jobs under way at a time. */
  readonly atOnce: number;
  /** Probabilities of the job's test rows; the method is the job's `model`. */
  run(job: TransferJob): Promise<Matrix>;
  readonly onFold?: (done: number, all: number, label: string) => void;
}

export const LEARNING_CURVE = {
  fractions: [0.05, 0.1, 0.25, 0.5, 1],
  folds: 5,
  repeats: 10,
  seed: 1,
  draws: 1000,
} as const;

export interface TransferFigures {
  readonly macroF1: Estimate;
  readonly accuracy: Estimate;
  /** Macro-F1 less that of `against`, on the same folds, training donors and draws; null for what is itself the target alone. */
  readonly gain: Estimate | null;
  readonly against: string | null;
}

export interface CurvePoint {
  readonly fraction: number;
  /** Means over folds and repeats of what the methods learned from. */
  readonly donors: number;
  readonly cells: number;
  readonly classes: number;
  readonly methods: Readonly<
    Record<string, TransferFigures & { readonly apart?: Readonly<Record<string, TransferFigures>> }>
  >;
}

export interface LearningCurve {
  readonly configHash: string;
  readonly features: readonly string[];
  readonly classes: readonly string[];
  readonly source: TableSummary;
  readonly target: TableSummary;
  readonly folds: number;
  readonly repeats: number;
  readonly draws: number;
  readonly seeds: { readonly base: number; readonly repeats: readonly number[] };
  readonly curve: readonly CurvePoint[];
}

interface TableSummary {
  readonly cells: number;
  readonly donors: number;
  readonly classes: Readonly<Record<string, number>>;
  readonly hash: string;
  readonly notes: readonly string[];
}

const FOLDS = 0x74666f;
const FITS = 0x746669;
const DONORS = 0x74646f;

/**
 * Both tables have the same features and classes (`harmonise`). A smaller share of the training donors is part of a larger one, and all methods get the
 * same. @throws E_CELLTYPE_TABLE for tables that do not fit each other, E_CELLTYPE_FOLDS for impossible folds
 */
export async function learningCurve(
  sourceTable: FeatureTable,
  targetTable: FeatureTable,
  contenders: readonly TransferContender[],
  options: LearningCurveOptions,
): Promise<LearningCurve> {
  const [source, target] = [labelled(sourceTable), labelled(targetTable)];
  checkTables(source, target, options.apartBy);
  const { fractions, folds, repeats, seed, draws } = options;
  const [sourceSummary, targetSummary] = [summary(source), summary(target)];
  const config = {
    ...{ fractions, folds, repeats, seed, draws, contenders, apartBy: options.apartBy ?? null },
    ...{ source: sourceSummary.hash, target: targetSummary.hash },
  };
  const random = new CounterRandom(seed, FOLDS);
  const repeatSeeds = Array.from({ length: repeats }, (_, repeat) => random.word(0, repeat));
  const classes = target.classes.length;
  const foldOf = repeatSeeds.map((own) => assignFolds(target.labels, classes, target.donors, folds, own));
  const fits = new CounterRandom(seed, FITS);
  const tasks = fractions.flatMap((fraction, f) =>
    repeatSeeds.flatMap((_, repeat) =>
      Array.from({ length: folds }, (__, fold) => {
        const [train, test] = partRows(foldOf[repeat], fold);
        const own = fits.word(repeat, fold);
        return {
          f,
          fraction,
          repeat,
          fold,
          seed: own,
          train: someDonors(target, train, fraction, own),
          test,
        };
      }),
    ),
  );
  /** Class called, by fraction, method and repeat. */
  const called = fractions.map(() =>
    contenders.map(() => repeatSeeds.map(() => new Int32Array(target.cells.length))),
  );
  const work = tasks.flatMap((task) => contenders.map((contender, m) => ({ ...task, contender, m })));
  const left = work.values();
  let done = 0;
  const worker = async (): Promise<void> => {
    // One iterator for all: each task is taken once.
    for (const task of left) {
      const { contender, fraction, repeat, fold, train, test } = task;
      const p = await options.run({
        key: [
          ...['transfer', contender.name, sourceSummary.hash.slice(0, 16), targetSummary.hash.slice(0, 16)],
          ...[folds, repeatSeeds[repeat], fold, task.seed, fraction],
        ].join('.'),
        ...{ model: contender.name, repeat, fold, fraction },
        train: takeRows(target.values, train),
        labels: Int32Array.from(train, (row) => target.labels[row]),
        options: { classes, seed: task.seed, groups: train.map((row) => target.donors[row]) },
        test: takeRows(target.values, test),
        columns: classes,
      });
      const into = called[task.f][task.m][repeat];
      predictedClasses(p).forEach((label, i) => (into[test[i]] = label));
      options.onFold?.(++done, work.length, `${contender.name} at ${String(Math.round(100 * fraction))} %`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.atOnce) }, worker));
  const points = fractions.map((fraction, f): CurvePoint => {
    const here = tasks.filter((task) => task.f === f);
    const mean = (of: (rows: readonly number[]) => number): number =>
      here.reduce((sum, { train }) => sum + of(train), 0) / here.length;
    return {
      fraction,
      donors: mean((rows) => new Set(rows.map((row) => target.donors[row])).size),
      cells: mean((rows) => rows.length),
      classes: mean((rows) => new Set(rows.map((row) => target.labels[row])).size),
      methods: figures(target, contenders, called[f], options),
    };
  });
  return {
    configHash: sha256HexOfText(canonicalJson(config)),
    ...{ features: target.features, classes: target.classes, source: sourceSummary, target: targetSummary },
    ...{ folds, repeats, draws, seeds: { base: seed, repeats: repeatSeeds }, curve: points },
  };
}

/** Rows of this share of the donors, one donor at the least; those of a smaller share are among those of a larger one. */
function someDonors(table: FeatureTable, rows: readonly number[], fraction: number, seed: number): number[] {
  const donors = [...new Set(rows.map((row) => table.donors[row]))];
  const order = new RandomStream(seed, DONORS).shuffle([...donors.keys()]);
  const taken = new Set(
    order.slice(0, Math.max(1, Math.round(fraction * donors.length))).map((at) => donors[at]),
  );
  return rows.filter((row) => taken.has(table.donors[row]));
}

function figures(
  target: FeatureTable,
  contenders: readonly TransferContender[],
  called: readonly (readonly Int32Array[])[],
  { draws, seed, apartBy }: LearningCurveOptions,
): CurvePoint['methods'] {
  const of = (cells: readonly number[] | null): TransferFigures[] => {
    const part = cells === null ? target : takeCells(target, cells);
    const paired = new PairedDraws(part, called[0].length, draws, seed);
    const sampled = called.map((byRepeat) =>
      paired.scores(
        byRepeat.map((all) => (cells === null ? all : Int32Array.from(cells, (cell) => all[cell]))),
      ),
    );
    return contenders.map(({ against }, m) => {
      const other = contenders.findIndex(({ name }) => name === against);
      const { macroF1, accuracy } = sampled[m];
      return {
        macroF1: paired.estimate(macroF1),
        accuracy: paired.estimate(accuracy),
        gain: other < 0 ? null : paired.difference(macroF1, sampled[other].macroF1),
        against: other < 0 ? null : against,
      };
    });
  };
  const all = of(null);
  const values = apartBy === undefined ? [] : [...new Set(target.attributes[apartBy])].sort();
  const apart = values.map((value) => {
    const cells = [...target.cells.keys()].filter((cell) => target.attributes[apartBy ?? ''][cell] === value);
    return [value, of(cells)] as const;
  });
  return Object.fromEntries(
    contenders.map(({ name }, m) => [
      name,
      values.length === 0
        ? all[m]
        : { ...all[m], apart: Object.fromEntries(apart.map(([value, figures]) => [value, figures[m]])) },
    ]),
  );
}

function labelled(table: FeatureTable): FeatureTable {
  const kept = [...table.cells.keys()].filter((cell) => table.labels[cell] >= 0);
  const left = table.cells.length - kept.length;
  return left === 0
    ? table
    : { ...takeCells(table, kept), notes: [...table.notes, `${left} cells without a label are left out.`] };
}

function checkTables(source: FeatureTable, target: FeatureTable, apartBy: string | undefined): void {
  const refuse = (message: string, fix: string): never => {
    throw new SpikebridgeError('E_CELLTYPE_TABLE', message, { fix, exitCode: 2 });
  };
  const same = (a: readonly string[], b: readonly string[]): boolean => a.join('\n') === b.join('\n');
  if (!same(source.features, target.features) || !same(source.classes, target.classes))
    refuse('the two tables have other features or classes', 'harmonise both by one feature map');
  if (source.cells.length === 0) refuse('the source table has no labelled cell', 'give a table with labels');
  const shared = target.donors.find((donor) => source.donors.includes(donor));
  if (shared !== undefined) refuse(`the donor ${shared} is in both tables`, 'give each donor one species');
  if (apartBy !== undefined && !Object.hasOwn(target.attributes, apartBy))
    refuse(
      `cells have no attribute ${apartBy}`,
      `judge apart by one of ${Object.keys(target.attributes).join(', ') || 'none'}`,
    );
}

function summary(table: FeatureTable): TableSummary {
  const text = canonicalJson([table.cells, table.features, table.classes, table.donors, [...table.labels]]);
  // One NaN for all, so that the bits of a missing value say nothing.
  const values = table.values.values.map((value) => (Number.isNaN(value) ? NaN : value));
  const count = (wanted: number): number => table.labels.filter((label) => label === wanted).length;
  return {
    ...{ cells: table.cells.length, donors: new Set(table.donors).size },
    classes: Object.fromEntries(table.classes.map((name, c) => [name, count(c)])),
    hash: sha256HexOfText(text + sha256Hex(new Uint8Array(values.buffer))),
    notes: table.notes,
  };
}
