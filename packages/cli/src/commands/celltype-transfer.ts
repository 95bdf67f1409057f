// `celltype transfer`: what mouse cells add to a classifier of human cells, by how many human donors there are to learn from.
import { join } from 'node:path';
import type {
  FeatureTable,
  LearningCurve,
  SourceCells,
  TransferFigures,
  TransferJob,
} from '@spikebridge/model';
import { harmonise, learningCurve, TABLE_TRANSFER, transferContenders, VERSION } from '@spikebridge/model';
import { fitFolds } from '../celltype/fit-folds.ts';
import { openFeatureMap, openTable } from '../celltype/tables.ts';
import type { TransferRequest } from '../celltype/transfer-worker.ts';
import { writeWhole } from '../host/files.ts';
import { INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags } from '../options.ts';
import { formatTable, Terminal } from '../terminal.ts';

export interface TransferFlags extends GlobalFlags {
  readonly tables: string;
  /** Per cent of the human training donors. */
  readonly fractions: readonly number[];
  readonly methods: readonly string[];
  readonly folds: number;
  readonly repeats: number;
  readonly seed: number;
  readonly draws: number;
  readonly out?: string;
  readonly jobs?: number;
}

const CULTURE = 'culture';

/** Returns the exit code: 0, or 130 after Ctrl-C. */
export async function transferCells(flags: TransferFlags): Promise<number> {
  const terminal = Terminal.of(flags);
  const names = flags.methods.length === 0 ? TABLE_TRANSFER.map(({ name }) => name) : flags.methods;
  const contenders = transferContenders(names);
  const { tables, folds, repeats, seed, draws } = flags;
  const map = openFeatureMap(tables);
  const mouse = harmonise(openTable({ species: 'mouse', tables }), map, 'mouse');
  const human = harmonise(openTable({ species: 'human', tables }), map, 'human');
  for (const note of [...mouse.notes, ...human.notes]) terminal.note(`  ${note}`);
  const source = sourceOf(mouse);
  const found = await fitFolds<TransferJob, TransferRequest, LearningCurve>({
    ...{ terminal, name: 'transfer', out: flags.out, jobs: flags.jobs },
    module: new URL('../celltype/transfer-worker.js', import.meta.url),
    ask: (job) => ({ job, source, features: mouse.features }),
    fits: contenders.length * flags.fractions.length * folds * repeats,
    compute: (fitting) =>
      learningCurve(mouse, human, contenders, {
        fractions: flags.fractions.map((percent) => percent / 100),
        ...{ folds, repeats, seed, draws, apartBy: CULTURE, ...fitting },
      }),
  });
  if (found === undefined) return INTERRUPTED;
  const document = { schema: 'spikebridge.celltype-transfer/1', spikebridge: VERSION, ...found };
  if (flags.out !== undefined)
    writeWhole(join(flags.out, 'transfer.json'), `${JSON.stringify(document, null, 2)}\n`);
  terminal.result(described(found), document);
  return 0;
}

function sourceOf({ values, labels, donors, classes }: FeatureTable): SourceCells {
  return { x: values, labels, groups: donors, classes: classes.length };
}

type Estimate = TransferFigures['macroF1'];

function described({ source, target, features, folds, repeats, curve }: LearningCurve): string {
  const estimate = ({ value, low, high }: Estimate): string =>
    low === null || high === null
      ? value.toFixed(3)
      : `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  const gain = (of: TransferFigures): string => {
    if (of.gain === null) return '';
    return `${of.gain.value < 0 ? '' : '+'}${estimate(of.gain)}`;
  };
  const heads = [
    ...new Set(
      curve.flatMap(({ methods }) => Object.values(methods)).flatMap(({ apart }) => Object.keys(apart ?? {})),
    ),
  ];
  const rows = curve.flatMap(({ fraction, donors, cells, methods }) =>
    Object.entries(methods).map(([name, of], i) => [
      i === 0
        ? `${String(Math.round(1000 * fraction) / 10)} % (${donors.toFixed(0)} donors, ${cells.toFixed(0)} cells)`
        : '',
      name,
      estimate(of.macroF1),
      of.accuracy.value.toFixed(3),
      gain(of),
      ...heads.map((value) => {
        const apart = of.apart?.[value];
        return apart === undefined ? '' : `${apart.macroF1.value.toFixed(3)} ${gain(apart)}`.trim();
      }),
    ]),
  );
  return [
    `${String(source.cells)} mouse cells, ${String(target.cells)} human cells of ${String(target.donors)} donors, ${String(features.length)} shared features; ` +
      `${String(folds)} folds by donor, ${String(repeats)} repeats`,
    formatTable(
      [
        'human training donors',
        'method',
        'macro-F1',
        'accuracy',
        'gain over the human cells alone',
        ...heads,
      ],
      rows,
    ),
    'Human Lamp5 is LAMP5/PAX6/Other, wider than the mouse class; mouse Sncg counts as Vip.',
  ].join('\n');
}
