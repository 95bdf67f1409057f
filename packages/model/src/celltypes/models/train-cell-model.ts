// Trains a model of one table: weights on all its cells, calibration and figures on donors held out fold by fold.
import { canonicalJson } from '../../config/canonical.ts';
import { sha256Hex, sha256HexOfText } from '../../config/sha256.ts';
import { SpikebridgeError } from '../../errors.ts';
import { quantile, presentValues } from '../classifiers/imputation.ts';
import { fitPerceptrons, perceptronProbabilities, PERCEPTRONS } from '../classifiers/perceptron.ts';
import { partRows } from '../classifiers/rows.ts';
import { fitSharpness, sharpen } from '../classifiers/temperature.ts';
import { calibrationError, confidences, surestFirst } from '../evaluation/calibration.ts';
import { assignFolds } from '../evaluation/folds.ts';
import { accuracyOf, classF1, confusion, macroF1, predictedClasses } from '../evaluation/scores.ts';
import { takeCells, takeColumns, takeRows } from '../tables/matrix.ts';
import type { FeatureTable, Matrix } from '../tables/types.ts';
import type { CellModel, CoverageStep, ModelCard } from './cell-model.ts';
import { distances, fitTypicality } from './typicality.ts';

export interface CellModelOptions {
  readonly species: string;
  /** Columns to rest on: those whose definition the extractor shares. Others of the table are left out. */
  readonly features: readonly string[];
  readonly seed: number;
  readonly folds: number;
  readonly about: Pick<ModelCard, 'name' | 'data' | 'licence' | 'limits'>;
  readonly onFold?: (done: number) => void;
}

/** Steps of the coverage curve. */
const STEPS = 40;
/** Of the held-out cells, those that are nearer than what counts as unlike. */
const FARTHEST = 0.99;
const MIXED = 0x6d6f;

/** @throws E_CELLTYPE_TABLE where a column is missing or fewer than two classes have labels */
export async function trainCellModel(whole: FeatureTable, options: CellModelOptions): Promise<CellModel> {
  const { species, features, seed, folds, about, onFold } = options;
  const table = labelled(whole, features);
  const { values: x, labels, donors, classes } = table;
  const count = classes.length;
  const assigned = assignFolds(labels, count, donors, folds, (seed ^ MIXED) >>> 0);
  const heldOut: Matrix = { rows: x.rows, columns: count, values: new Float64Array(x.rows * count) };
  const far = new Float64Array(x.rows);
  for (let fold = 0; fold < folds; fold++) {
    const [train, test] = partRows(assigned, fold);
    const truth = Int32Array.from(train, (row) => labels[row]);
    const weights = fitPerceptrons(
      takeRows(x, train),
      truth,
      { classes: count, seed: seed + fold + 1 },
      PERCEPTRONS,
    );
    const held = takeRows(x, test);
    const p = perceptronProbabilities(weights, held);
    const typical = fitTypicality(takeRows(x, train), truth, count, weights.scaling);
    distances(typical, held, weights.scaling).forEach((distance, i) => (far[test[i]] = distance));
    test.forEach((row, i) => heldOut.values.set(p.values.subarray(i * count, (i + 1) * count), row * count));
    onFold?.(fold + 1);
    // A turn for whoever shows progress or wants to stop.
    await Promise.resolve();
  }
  // One number for thousands of cells: what it gains from having seen them is far below the last digit shown.
  const sharpness = fitSharpness(heldOut, labels);
  const weights = fitPerceptrons(x, labels, { classes: count, seed }, PERCEPTRONS);
  onFold?.(folds + 1);
  const p = sharpen(heldOut, sharpness);
  const config = { species, features, seed, folds, classes, perceptrons: PERCEPTRONS, table: hashOf(table) };
  return {
    ...{ species, classes, weights, sharpness },
    features: table.features.map((name, f) => ({ name, unit: table.units[f] })),
    range: rangeOf(x),
    typicality: fitTypicality(x, labels, count, weights.scaling),
    farthest: quantile(far.sort(), FARTHEST),
    distributions: distributionsOf(x, labels, count),
    coverage: coverageOf(p, labels),
    card: {
      ...about,
      cells: x.rows,
      donors: new Set(donors).size,
      cellsByClass: Object.fromEntries(
        classes.map((name, c) => [name, labels.reduce((sum, label) => sum + Number(label === c), 0)]),
      ),
      heldOut: figures(p, labels, classes, folds),
      configHash: sha256HexOfText(canonicalJson(config)),
      seed,
    },
  };
}

function labelled(whole: FeatureTable, features: readonly string[]): FeatureTable {
  const columns = features.map((name) => whole.features.indexOf(name));
  const missing = features.filter((_, i) => columns[i] < 0);
  const cells = [...whole.labels.keys()].filter((cell) => whole.labels[cell] >= 0);
  const classes = new Set(cells.map((cell) => whole.labels[cell]));
  if (missing.length > 0 || classes.size < 2)
    throw new SpikebridgeError(
      'E_CELLTYPE_TABLE',
      missing.length > 0
        ? `the table has no column ${missing.join(', ')}`
        : `${cells.length} cells with a label, of fewer than two classes`,
      { fix: 'give a table with these columns and with labels of at least two classes' },
    );
  const part = takeCells(whole, cells);
  return {
    ...part,
    features,
    units: columns.map((column) => whole.units[column]),
    values: takeColumns(part.values, columns),
  };
}

const hashOf = ({ values, labels, donors }: FeatureTable): string =>
  sha256HexOfText(
    canonicalJson([donors, [...labels]]) +
      sha256Hex(new Uint8Array(values.values.map((value) => (Number.isNaN(value) ? NaN : value)).buffer)),
  );

function rangeOf(x: Matrix): CellModel['range'] {
  const ends = (share: number) =>
    Float64Array.from({ length: x.columns }, (_, column) => quantile(presentValues(x, column), share));
  return { low: ends(0), high: ends(1) };
}

function distributionsOf(x: Matrix, labels: Int32Array, classes: number): Float64Array {
  const out = new Float64Array(classes * x.columns * 3);
  for (let c = 0; c < classes; c++) {
    const rows = [...labels.keys()].filter((row) => labels[row] === c);
    const part = takeRows(x, rows);
    for (let column = 0; column < x.columns; column++) {
      const values = presentValues(part, column);
      out.set(
        [0.1, 0.5, 0.9].map((share) => quantile(values, share)),
        (c * x.columns + column) * 3,
      );
    }
  }
  return out;
}

function coverageOf(p: Matrix, labels: Int32Array): CoverageStep[] {
  const predicted = predictedClasses(p);
  const confidence = confidences(p, predicted);
  const order = surestFirst(confidence);
  const right = Array.from(order, (row) => Number(predicted[row] === labels[row]));
  return Array.from({ length: STEPS }, (_, step) => {
    const cells = Math.max(1, Math.round(((step + 1) / STEPS) * p.rows));
    const correct = right.slice(0, cells).reduce((sum, one) => sum + one, 0);
    return { coverage: cells / p.rows, confidence: confidence[order[cells - 1]], accuracy: correct / cells };
  });
}

function figures(
  p: Matrix,
  labels: Int32Array,
  classes: readonly string[],
  folds: number,
): ModelCard['heldOut'] {
  const predicted = predictedClasses(p);
  const table = confusion(labels, predicted, classes.length, null);
  const right = Uint8Array.from(predicted, (label, row) => Number(label === labels[row]));
  const f1 = classF1(table, classes.length);
  return {
    macroF1: macroF1(table, classes.length),
    accuracy: accuracyOf(table, classes.length),
    ece: calibrationError(confidences(p, predicted), right, null),
    f1ByClass: Object.fromEntries(classes.map((name, c) => [name, f1[c]])),
    ...{ folds, n: p.rows },
  };
}
