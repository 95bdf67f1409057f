// `celltype evaluate`: classifiers of a table of cells on donors they have not seen, side by side, with their floors.
import { join } from 'node:path';
import type { CellSplit, Contender, FeatureTable, FoldJob, TableEvaluation } from '@spikebridge/model';
import {
  evaluateTable,
  FAMILY_CLASSIFIERS,
  scalarFamilies,
  SpikebridgeError,
  TABLE_CLASSIFIERS,
  TABLE_EVALUATION,
  withRelativeFeatures,
  VERSION,
} from '@spikebridge/model';
import { fitFolds } from '../celltype/fit-folds.ts';
import type { FoldRequest } from '../celltype/fold-worker.ts';
import { openTable } from '../celltype/tables.ts';
import type { TableFlags } from '../celltype/tables.ts';
import { writeWhole } from '../host/files.ts';
import { INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags } from '../options.ts';
import { formatTable, Terminal } from '../terminal.ts';

export interface CellEvaluateFlags extends GlobalFlags, TableFlags {
  readonly split: CellSplit;
  readonly models: readonly string[];
  readonly folds: number;
  readonly repeats?: number;
  readonly seed: number;
  readonly draws: number;
  readonly apartBy?: string;
  readonly out?: string;
  readonly jobs?: number;
}

/** Human cells are few: their figures need more repeats. */
const REPEATS = { mouse: TABLE_EVALUATION.repeats, human: 10 };
const APART = { human: 'culture' } as const;

/** Returns the exit code: 0, or 130 after Ctrl-C. */
export async function evaluateCells(flags: CellEvaluateFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  const table = withRelativeFeatures(openTable(flags));
  for (const note of table.notes) terminal.note(`  ${note}`);
  const models = modelsCalled(flags.models, table);
  const published = flags.tables !== undefined && flags.species === 'human' ? APART.human : undefined;
  const apartBy = flags.apartBy ?? published;
  const { split, folds, seed, draws } = flags;
  const repeats = flags.repeats ?? REPEATS[flags.species];
  const found = await fitFolds<FoldJob, FoldRequest, TableEvaluation>({
    ...{ terminal, name: 'evaluation', out: flags.out, jobs: flags.jobs },
    module: new URL('../celltype/fold-worker.js', import.meta.url),
    ask: (job) => ({ job, features: table.features }),
    fits: (models.length + 2) * folds * repeats,
    compute: ({ atOnce, run, onFold }) =>
      evaluateTable(table, models, {
        ...{ split, folds, repeats, seed, draws, elsewhere: { atOnce, run }, onFold },
        ...(apartBy === undefined ? {} : { apartBy }),
      }),
  });
  if (found === undefined) return INTERRUPTED;
  const document = {
    ...{ schema: 'spikebridge.celltype-evaluation/1', spikebridge: VERSION, species: flags.species },
    ...found,
  };
  if (flags.out !== undefined)
    writeWhole(join(flags.out, 'evaluation.json'), `${JSON.stringify(document, null, 2)}\n`);
  terminal.result(described(found), document);
  return 0;
}

/** @throws E_USAGE for a name that no classifier has */
function modelsCalled(names: readonly string[], { features }: FeatureTable): readonly Contender[] {
  if (names.length === 0) return TABLE_CLASSIFIERS;
  return names.map((name) => {
    if (FAMILY_CLASSIFIERS.includes(name)) return { name, families: scalarFamilies(features) };
    const found = TABLE_CLASSIFIERS.find((classifier) => classifier.name === name);
    if (found !== undefined) return found;
    throw new SpikebridgeError('E_USAGE', `no classifier is called ${name}`, {
      where: '--models',
      fix: `choose of ${[...TABLE_CLASSIFIERS.map((classifier) => classifier.name), ...FAMILY_CLASSIFIERS].join(', ')}`,
      exitCode: 2,
    });
  });
}

function described({ table, split, folds, repeats, models, floors, differences }: TableEvaluation): string {
  const estimate = ({ value, low, high }: { value: number; low: number | null; high: number | null }) =>
    low === null || high === null
      ? value.toFixed(3)
      : `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const row = (name: string, { macroF1, accuracy, ece }: TableEvaluation['models'][string]) => [
    name,
    ...[macroF1, accuracy, ece].map(estimate),
  ];
  const rows = [
    ...Object.entries(models),
    ...Object.entries(floors).map(([name, one]) => [`floor: ${name}`, one] as const),
  ];
  return [
    `${String(table.cells)} cells of ${String(table.donors)} donors, ${String(table.features)} features, ` +
      `${String(folds)} folds by ${split === 'donor' ? 'donor' : 'cell (donors may stand on both sides)'}, ${String(repeats)} repeats`,
    formatTable(
      ['model', 'macro-F1', 'accuracy', 'ECE'],
      rows.map(([name, one]) => row(name, one)),
    ),
    ...differences.map(
      ({ model, against, macroF1 }) => `${model} - ${against}: macro-F1 ${estimate(macroF1)}`,
    ),
  ].join('\n');
}
