// A table of cells, some classifiers, and what they are worth on donors they have not seen: the document that
// `celltype evaluate --json` prints. Fits can be done elsewhere, several at once; the result is the same.
import { canonicalJson } from '../../config/canonical.ts';
import { sha256Hex, sha256HexOfText } from '../../config/sha256.ts';
import { CounterRandom } from '../../engine/random.ts';
import { SpikebridgeError } from '../../errors.ts';
import type { Estimate } from '../../evaluation/uncertainty/bootstrap.ts';
import { partRows } from '../classifiers/rows.ts';
import { rowOf, takeCells, takeColumns, takeRows } from '../tables/matrix.ts';
import type { Classifier, FeatureTable, FitOptions, Matrix } from '../tables/types.ts';
import { type AttentionFigures, attentionFigures } from './attention.ts';
import {
  type Judged,
  type ModelFigures,
  type Resampled,
  DonorResamples,
  differenceOf,
  figuresOf,
  judge,
  resample,
} from './figures.ts';
import { majorityClass, priorDraw } from './floors.ts';
import { type CellSplit, assignFolds } from './folds.ts';

/** One classifier to fit on the training rows of one fold and to ask for the test rows; plain data but for the classifier. */
export interface FoldJob {
  /** Unlike for any two jobs that could differ in their answer: a name to keep an answer under. */
  readonly key: string;
  readonly model: string;
  readonly repeat: number;
  readonly fold: number;
  readonly train: Matrix;
  readonly labels: Int32Array;
  readonly options: FitOptions;
  readonly test: Matrix;
  /** Of the answer: the classes, then the families that the classifier looks at. */
  readonly columns: number;
}

/** What a job asks for: probabilities of its test rows and, beside them, the attention that each family got: (rows, columns). */
export function runFoldJob(job: FoldJob, classifier: Classifier): Matrix {
  const fitted = classifier.fit(job.train, job.labels, job.options);
  const p = fitted.probabilities(job.test);
  const attention = fitted.attention?.(job.test);
  if (attention === undefined) return p;
  const columns = p.columns + attention.columns;
  const values = new Float64Array(p.rows * columns);
  for (let row = 0; row < p.rows; row++) {
    values.set(rowOf(p, row), row * columns);
    values.set(rowOf(attention, row), row * columns + p.columns);
  }
  return { rows: p.rows, columns, values };
}

/** A classifier that is fitted elsewhere: its name is all that is needed of it here, and its families. */
export type Contender = Pick<Classifier, 'name' | 'families'> & Partial<Pick<Classifier, 'fit'>>;

export interface TableEvaluationOptions {
  readonly split: CellSplit;
  readonly folds: number;
  readonly repeats: number;
  readonly seed: number;
  /** Resamples of donors for intervals, and draws for the calibration error of a calibrated classifier. */
  readonly draws: number;
  /** An attribute of cells by whose values they are also judged apart (`culture`). */
  readonly apartBy?: string;
  /** Answers jobs on other threads, or from what was kept; `atOnce` of them at a time. In this thread otherwise. */
  readonly elsewhere?: { readonly atOnce: number; run(job: FoldJob): Promise<Matrix> };
  /** After each answer. */
  readonly onFold?: (done: number, all: number, model: string) => void;
}

export const TABLE_EVALUATION = { split: 'donor', folds: 5, repeats: 5, seed: 1, draws: 1000 } as const;

export interface TableEvaluation {
  /** Over options, names of models, and the table. */
  readonly configHash: string;
  readonly table: {
    readonly cells: number;
    readonly features: number;
    readonly donors: number;
    readonly classes: Readonly<Record<string, number>>;
    readonly hash: string;
    readonly notes: readonly string[];
  };
  readonly split: CellSplit;
  readonly folds: number;
  readonly repeats: number;
  readonly draws: number;
  /** The one asked for, and those that the repeats' folds were made with. */
  readonly seeds: { readonly base: number; readonly repeats: readonly number[] };
  readonly models: Readonly<Record<string, ModelReport>>;
  readonly floors: Readonly<Record<string, ModelFigures>>;
  /** Each model minus the first one. */
  readonly differences: readonly {
    readonly model: string;
    readonly against: string;
    readonly macroF1: Estimate;
    readonly accuracy: Estimate;
  }[];
}

export interface ModelReport extends ModelFigures {
  /** Of a classifier that looks at families of features. */
  readonly attention?: AttentionFigures;
  /** By value of `apartBy`: the same out-of-fold probabilities, those cells alone. */
  readonly apart?: Readonly<Record<string, ModelFigures>>;
}

/** Streams of the seed: folds by repeat, fits by repeat and fold. */
const FOLDS = 0x65666f;
const FITS = 0x656669;

/**
 * Fits every model on every fold of every repeat and judges it on the held-out cells. Every fit sees training rows alone, and
 * choices inside a model are the model's own business, on those rows.
 * @throws E_CELLTYPE_TABLE for a table without labels or two models of one name, E_CELLTYPE_FOLDS for impossible folds
 */
export async function evaluateTable(
  whole: FeatureTable,
  models: readonly Contender[],
  options: TableEvaluationOptions,
): Promise<TableEvaluation> {
  checkNames(models);
  const table = labelledCells(whole);
  const hash = tableHash(table);
  const { split, folds, repeats, seed, draws } = options;
  if (options.apartBy !== undefined) checkAttribute(table, options.apartBy);
  const apartBy = options.apartBy ?? null;
  const names = models.map(({ name }) => name);
  const config = { split, folds, repeats, seed, draws, apartBy, models: names, table: hash };
  const configHash = sha256HexOfText(canonicalJson(config));
  const random = new CounterRandom(seed, FOLDS);
  const repeatSeeds = Array.from({ length: repeats }, (_, repeat) => random.word(0, repeat));

  const all = [...models, majorityClass, priorDraw];
  const answered = await answerAll(table, all, options, repeatSeeds, hash);
  const { answers } = answered;
  const everyone = new DonorResamples(table.donors, draws, seed);
  const classes = table.classes;
  const judged = answers.map((byRepeat) => byRepeat.map((p) => judge(p, table.labels)));
  const resampled = judged.map((of) => resample(of, table.labels, classes.length, everyone));
  const figures = judged.map((of, m) => figuresOf(of, table.labels, classes, resampled[m], { draws, seed }));
  const report = (m: number): ModelReport => {
    const families = models[m].families?.map(({ name }) => name);
    return {
      ...figures[m],
      ...(apartBy === null ? {} : { apart: figuresApart(table, answers[m], apartBy, draws, seed) }),
      ...(families === undefined
        ? {}
        : {
            attention: attentionFigures(
              answered.attention[m],
              answered.folds,
              table.labels,
              classes,
              families,
            ),
          }),
    };
  };
  return {
    configHash,
    table: {
      cells: table.cells.length,
      features: table.features.length,
      donors: new Set(table.donors).size,
      classes: Object.fromEntries(classes.map((name, c) => [name, countOf(table.labels, c)])),
      hash,
      notes: table.notes,
    },
    split,
    folds,
    repeats,
    draws,
    seeds: { base: seed, repeats: repeatSeeds },
    models: Object.fromEntries(models.map(({ name }, m) => [name, report(m)])),
    floors: Object.fromEntries(
      [majorityClass, priorDraw].map(({ name }, f) => [name, figures[models.length + f]]),
    ),
    differences: differences(models, resampled, table.cells.length),
  };
}

function checkAttribute(table: FeatureTable, attribute: string): void {
  if (Object.hasOwn(table.attributes, attribute)) return;
  const known = Object.keys(table.attributes).join(', ') || 'none';
  throw new SpikebridgeError('E_CELLTYPE_TABLE', `cells have no attribute ${attribute}; they have ${known}`, {
    fix: 'judge apart by one of those',
    exitCode: 2,
  });
}

function differences(models: readonly Contender[], resampled: readonly Resampled[], n: number) {
  return models.slice(1).map(({ name }, i) => ({
    model: name,
    against: models[0].name,
    ...differenceOf(resampled[i + 1], resampled[0], n),
  }));
}

function checkNames(models: readonly Contender[]): void {
  const names = [...models, majorityClass, priorDraw].map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined || models.length === 0) {
    throw new SpikebridgeError(
      'E_CELLTYPE_TABLE',
      twice === undefined ? 'no model to evaluate' : `two models are called ${twice}`,
      { fix: 'name each model once', exitCode: 2 },
    );
  }
}

/** Cells with a label; a note says how many have none. */
function labelledCells(table: FeatureTable): FeatureTable {
  const kept = [...table.labels.keys()].filter((cell) => table.labels[cell] >= 0);
  const left = table.cells.length - kept.length;
  if (new Set(kept.map((cell) => table.labels[cell])).size < 2) {
    throw new SpikebridgeError(
      'E_CELLTYPE_TABLE',
      `${kept.length} cells with a label, of fewer than two classes`,
      {
        fix: 'give a table with labels of at least two classes',
      },
    );
  }
  const notes =
    left === 0
      ? table.notes
      : [...table.notes, `${left} cells without a label are left out of the evaluation.`];
  return { ...takeCells(table, kept), notes };
}

/** Over values, labels, donors and names: what a result hangs on. */
function tableHash(table: FeatureTable): string {
  const text = canonicalJson([table.cells, table.features, table.classes, table.donors, [...table.labels]]);
  // One NaN for all, so that the bits of a missing value say nothing.
  const values = table.values.values.map((value) => (Number.isNaN(value) ? NaN : value));
  return sha256HexOfText(text + sha256Hex(new Uint8Array(values.buffer)));
}

function countOf(labels: Int32Array, wanted: number): number {
  return labels.reduce((sum, label) => sum + (label === wanted ? 1 : 0), 0);
}

interface Answers {
  /** Probabilities of every cell, (cells, classes), by model and repeat. */
  readonly answers: readonly (readonly Matrix[])[];
  /** (cells, families) alike; without a column for a model that has none. */
  readonly attention: readonly (readonly Matrix[])[];
  /** Fold of every cell by repeat. */
  readonly folds: readonly Int32Array[];
}

async function answerAll(
  table: FeatureTable,
  models: readonly Contender[],
  options: TableEvaluationOptions,
  repeatSeeds: readonly number[],
  hash: string,
): Promise<Answers> {
  const classes = table.classes.length;
  const groups = options.split === 'donor' ? table.donors : null;
  const folds = repeatSeeds.map((seed) => assignFolds(table.labels, classes, groups, options.folds, seed));
  const fits = new CounterRandom(options.seed, FITS);
  const widths = models.map(({ families = [] }) => classes + families.length);
  const found = widths.map((columns) =>
    repeatSeeds.map((): Matrix => ({
      rows: table.cells.length,
      columns,
      values: new Float64Array(table.cells.length * columns),
    })),
  );
  const tasks = repeatSeeds.flatMap((_, repeat) =>
    Array.from({ length: options.folds }, (__, fold) =>
      models.map((___, model) => ({ repeat, fold, model })),
    ).flat(),
  );
  const left = tasks.values();
  let done = 0;
  const work = async (): Promise<void> => {
    // One iterator for all workers: each task is taken once.
    for (const { repeat, fold, model } of left) {
      const classifier = models[model];
      const [train, test] = partRows(folds[repeat], fold);
      const seed = fits.word(repeat, fold);
      const job: FoldJob = {
        key: [
          classifier.name,
          hash.slice(0, 16),
          options.split,
          options.folds,
          repeatSeeds[repeat],
          fold,
          seed,
        ].join('.'),
        model: classifier.name,
        repeat,
        fold,
        train: takeRows(table.values, train),
        labels: Int32Array.from(train, (row) => table.labels[row]),
        options: { classes, seed, groups: train.map((row) => table.donors[row]) },
        test: takeRows(table.values, test),
        columns: widths[model],
      };
      const here = options.elsewhere === undefined || model >= models.length - 2;
      const p = here ? runFoldJob(job, fittedHere(classifier)) : await options.elsewhere.run(job);
      const into = found[model][repeat];
      test.forEach((row, i) => rowOf(into, row).set(rowOf(p, i)));
      options.onFold?.(++done, tasks.length, classifier.name);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.elsewhere?.atOnce ?? 1) }, work));
  const part = (start: number, stop?: number) =>
    found.map((byRepeat, m) => {
      const columns = Array.from({ length: widths[m] }, (_, c) => c).slice(start, stop);
      return byRepeat.map((answer) => takeColumns(answer, columns));
    });
  return { answers: part(0, classes), attention: part(classes), folds };
}

function fittedHere({ name, families, fit }: Contender): Classifier {
  if (fit === undefined) throw new TypeError(`${name} is fitted elsewhere, and nothing says where`);
  return { name, fit, ...(families === undefined ? {} : { families }) };
}

function figuresApart(
  table: FeatureTable,
  answers: readonly Matrix[],
  attribute: string,
  draws: number,
  seed: number,
): Record<string, ModelFigures> {
  const values = table.attributes[attribute];
  return Object.fromEntries(
    [...new Set(values)].sort().map((value) => {
      const cells = [...values.keys()].filter((cell) => values[cell] === value);
      const part = takeCells(table, cells);
      const judged: Judged[] = answers.map((p) => judge(takeRows(p, cells), part.labels));
      const resamples = new DonorResamples(part.donors, draws, seed);
      const resampled = resample(judged, part.labels, part.classes.length, resamples);
      return [value, figuresOf(judged, part.labels, part.classes, resampled, { draws, seed })];
    }),
  );
}
