// Plan: the balanced forest on each published table against scikit-learn's, same donor-grouped folds, median imputation on training
// rows, the same seeds: two for human and one for mouse; with SPIKEBRIDGE_THOROUGH=1 the whole protocol, ten and five (ten minutes).
// Needs the tables (SPIKEBRIDGE_DATA) and a Python with scikit-learn; named as skipped without.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assignFolds } from '../evaluation/folds.ts';
import { confusion, macroF1, predictedClasses } from '../evaluation/scores.ts';
import { takeRows } from '../tables/matrix.ts';
import type { TableText } from '../tables/patch-seq.ts';
import type { FeatureTable } from '../tables/types.ts';
import { readHumanTable, readMouseTable } from '../tables/patch-seq.ts';
import { BALANCED_FOREST, forest } from './forest.ts';
import { partRows } from './rows.ts';

const folder = join(
  process.env['SPIKEBRIDGE_DATA'] ?? join(import.meta.dirname, '../../../../../data'),
  'patchseq',
);
const text = (...parts: string[]): TableText => ({
  name: parts.at(-1) ?? '',
  text: readFileSync(join(folder, ...parts), 'utf8'),
});
const thorough = process.env['SPIKEBRIDGE_THOROUGH'] === '1';
const TABLES = [
  {
    species: 'human',
    repeats: thorough ? 10 : 2,
    read: () =>
      readHumanTable(
        text('leedalley_human_gaba', 'LeeDalley_ephys_fx.csv'),
        text('leedalley_human_gaba', 'LeeDalley_manuscript_metadata.csv'),
      ),
  },
  {
    species: 'mouse',
    repeats: thorough ? 5 : 1,
    read: () =>
      readMouseTable(
        text('deepmanreg_mouse_visual_cortex', 'efeature_filtered.csv'),
        text('deepmanreg_mouse_visual_cortex', 'label_visual.csv'),
        text('allen_mouse_metadata_20200711', '20200711_patchseq_metadata_mouse.csv'),
      ),
  },
];
const python = [process.env['SPIKEBRIDGE_PYTHON'], '/usr/bin/python3', 'python3'].find((candidate) => {
  if (candidate === undefined) return false;
  try {
    execFileSync(candidate, ['-c', 'import sklearn'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** Arguments: folder, rows, columns. Prints the macro-F1 of each seed. */
const PEER = `
import json, sys
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import f1_score
folder, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
x = np.fromfile(folder + '/x.f64').reshape(rows, columns)
y = np.fromfile(folder + '/y.i32', np.int32)
folds = np.fromfile(folder + '/folds.i32', np.int32).reshape(-1, rows)
scores = []
for seed, fold in enumerate(folds):
    called = np.zeros(rows, int)
    for k in range(5):
        fill = SimpleImputer(strategy='median').fit(x[fold != k])
        model = RandomForestClassifier(500, class_weight='balanced', random_state=seed)
        model.fit(fill.transform(x[fold != k]), y[fold != k])
        called[fold == k] = model.predict(fill.transform(x[fold == k]))
    scores.append(f1_score(y, called, average='macro'))
print(json.dumps(scores))
`;

const absent = !existsSync(folder) ? 'no tables' : python === undefined ? 'no scikit-learn' : '';

/** Macro-F1 of our forest over the cells of all five folds; `seed` is the forest's. */
function ourScore({ values, labels, classes }: FeatureTable, folds: Int32Array, seed: number): number {
  const called = new Int32Array(values.rows);
  for (let fold = 0; fold < 5; fold++) {
    const [train, test] = partRows(folds, fold);
    const known = Int32Array.from(train, (row) => labels[row]);
    const fitted = forest('f', BALANCED_FOREST).fit(takeRows(values, train), known, {
      ...{ classes: classes.length, seed, groups: [] },
    });
    const found = predictedClasses(fitted.probabilities(takeRows(values, test)));
    test.forEach((row, i) => (called[row] = found[i]));
  }
  return macroF1(confusion(labels, called, classes.length), classes.length);
}

/** The same of scikit-learn's, a score a seed. */
function peerScores({ values, labels }: FeatureTable, folds: readonly Int32Array[]): number[] {
  const scratch = mkdtempSync(join(tmpdir(), 'forest-'));
  try {
    writeFileSync(join(scratch, 'x.f64'), values.values);
    writeFileSync(join(scratch, 'y.i32'), labels);
    writeFileSync(join(scratch, 'folds.i32'), Int32Array.from(folds.flatMap((fold) => [...fold])));
    const words = ['-c', PEER, scratch, String(values.rows), String(values.columns)];
    return JSON.parse(execFileSync(python ?? '', words, { encoding: 'utf8' })) as number[];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const mean = (scores: readonly number[]): number => scores.reduce((a, b) => a + b, 0) / scores.length;

describe.skipIf(absent !== '')(
  `scikit-learn's balanced forest${absent === '' ? '' : ` (skipped: ${absent})`}`,
  () => {
    it.each(TABLES)(
      'has the same macro-F1 on the $species table, within 0.01, over the same folds and seeds',
      { timeout: 3_600_000 },
      ({ species, repeats, read }) => {
        const table = read();
        const folds = Array.from({ length: repeats }, (_, seed) =>
          assignFolds(table.labels, table.classes.length, table.donors, 5, seed),
        );
        const ours = folds.map((fold, seed) => ourScore(table, fold, seed));
        const theirs = peerScores(table, folds);
        const told = (scores: readonly number[]) => scores.map((score) => score.toFixed(4)).join(' ');
        console.log(`${species}: ours ${told(ours)}, scikit-learn's ${told(theirs)}`);
        expect(theirs).toHaveLength(repeats);
        expect(Math.abs(mean(ours) - mean(theirs))).toBeLessThan(0.01);
      },
    );
  },
);
