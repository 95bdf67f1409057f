// Plan: the balanced forest on the human table against scikit-learn's, same donor-grouped folds, median imputation on training
// rows, two seeds each. Needs the table (SPIKEBRIDGE_DATA) and a Python with scikit-learn; named as skipped without.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assignFolds } from '../evaluation/folds.ts';
import { confusion, macroF1, predictedClasses } from '../evaluation/scores.ts';
import { takeRows } from '../tables/matrix.ts';
import { readHumanTable } from '../tables/patch-seq.ts';
import { BALANCED_FOREST, forest } from './forest.ts';
import { partRows } from './rows.ts';

const folder = join(
  process.env['SPIKEBRIDGE_DATA'] ?? join(import.meta.dirname, '../../../../../data'),
  'patchseq/leedalley_human_gaba',
);
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

const SEEDS = [0, 1];
const absent = !existsSync(folder) ? 'no human table' : python === undefined ? 'no scikit-learn' : '';

describe.skipIf(absent !== '')(
  `scikit-learn's balanced forest${absent === '' ? '' : ` (skipped: ${absent})`}`,
  () => {
    it(
      'has the same macro-F1 on the human table, within its seed-to-seed spread',
      { timeout: 600_000 },
      () => {
        const text = (name: string) => ({ name, text: readFileSync(join(folder, name), 'utf8') });
        const table = readHumanTable(
          text('LeeDalley_ephys_fx.csv'),
          text('LeeDalley_manuscript_metadata.csv'),
        );
        const { values: x, labels, donors } = table;
        const folds = SEEDS.map((seed) => assignFolds(labels, 4, donors, 5, seed));
        const ours = folds.map((fold, seed) => {
          const called = new Int32Array(x.rows);
          for (let k = 0; k < 5; k++) {
            const [train, test] = partRows(fold, k);
            const known = Int32Array.from(train, (row) => labels[row]);
            const fitted = forest('f', BALANCED_FOREST).fit(takeRows(x, train), known, {
              classes: 4,
              seed,
              groups: [],
            });
            const found = predictedClasses(fitted.probabilities(takeRows(x, test)));
            test.forEach((row, i) => (called[row] = found[i]));
          }
          return macroF1(confusion(labels, called, 4), 4);
        });
        const scratch = mkdtempSync(join(tmpdir(), 'forest-'));
        try {
          writeFileSync(join(scratch, 'x.f64'), x.values);
          writeFileSync(join(scratch, 'y.i32'), labels);
          writeFileSync(join(scratch, 'folds.i32'), Int32Array.from(folds.flatMap((fold) => [...fold])));
          const out = execFileSync(python ?? '', ['-c', PEER, scratch, String(x.rows), String(x.columns)], {
            encoding: 'utf8',
          });
          const theirs = JSON.parse(out) as number[];
          const mean = (scores: readonly number[]): number =>
            scores.reduce((a, b) => a + b, 0) / scores.length;
          expect(Math.abs(mean(ours) - mean(theirs))).toBeLessThan(0.01);
        } finally {
          rmSync(scratch, { recursive: true, force: true });
        }
      },
    );
  },
);
