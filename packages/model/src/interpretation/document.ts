// What was seen inside a net, as a document: means over cells of lag, over units and over groups of units. Arrays at every lag are
// files of their own.
import { z } from 'zod';
import type { UnitInfo } from '../recording/types.ts';
import type { Explanation } from './explain.ts';

export const INTERPRETATION_SCHEMA = 'spikebridge.interpretation/1';

const series = z.array(z.number());
const groupName = z.enum(['class', 'layer', 'region']);

export const interpretationDocumentSchema = z.strictObject({
  schema: z.literal(INTERPRETATION_SCHEMA),
  configHash: z.string(),
  /** Step of the weights. */
  step: z.number().int(),
  source: z.string(),
  target: z.string(),
  pairing: z.enum(['within', 'index', 'rank', 'random', 'free']),
  binMilliseconds: z.number(),
  /** Bins of context, and how many bins were judged. */
  context: z.number().int(),
  windows: z.number().int(),
  /** Cells of lag, in bins before the predicted one: 1 is the latest. `stop` is not in it. */
  lags: z.array(z.strictObject({ start: z.number().int(), stop: z.number().int() })),
  /** One a head: share of attention of one bin in each cell, and the mean number of bins back. */
  heads: z.array(
    z.strictObject({
      layer: z.number().int(),
      head: z.number().int(),
      attention: series,
      meanLag: z.number(),
    }),
  ),
  /** Of one bin in each cell: the author's I, and sums over units. */
  byLag: z.strictObject({ tokens: series, importance: series, throughAttention: series, product: series }),
  /** Summed over lags. */
  units: z.array(
    z.strictObject({
      id: z.string(),
      class: z.string().nullable(),
      layer: z.string().nullable(),
      region: z.string().nullable(),
      importance: z.number(),
      throughAttention: z.number(),
      product: z.number(),
      /** Importance in each cell of lag. */
      byLag: series,
    }),
  ),
  /** Mean importance of a unit of each group (column) to the prediction of each group (row). */
  groups: z.array(
    z.strictObject({
      kind: groupName,
      names: z.array(z.string()),
      sizes: z.array(z.number().int()),
      importance: z.array(series),
      /** (groups) mean over the units of each of what they mean to all units, and that times attention. */
      toAll: series,
      product: series,
    }),
  ),
});

export type InterpretationDocument = z.infer<typeof interpretationDocumentSchema>;
export type GroupKind = z.infer<typeof groupName>;
export type LagCell = InterpretationDocument['lags'][number];

/** Units of one label. */
export interface UnitGroup {
  readonly kind: GroupKind;
  readonly name: string;
  readonly columns: readonly number[];
}

/** More groups than this of one kind are not told apart in a chart, and each costs a pass. */
const MOST_GROUPS = 12;

/** Cells of lag that widen with it: 1, 2, 3, 4-5, 6-7, 8-11, ... bins back. */
export function lagCells(context: number): LagCell[] {
  const starts: number[] = [];
  for (let width = 1; width <= context; width *= 2)
    for (const start of [width, width + width / 2])
      if (Number.isInteger(start) && start <= context) starts.push(start);
  return starts.map((start, i) => ({ start, stop: i + 1 < starts.length ? starts[i + 1] : context + 1 }));
}

const LABELS: readonly (readonly [GroupKind, (unit: UnitInfo) => string | undefined])[] = [
  ['class', ({ cellClass }) => cellClass],
  ['layer', ({ layer }) => layer],
  ['region', ({ region }) => region],
];

/** Groups of the units that carry labels, where a kind of label has two values at least; the largest of many. */
export function unitGroups(columns: readonly (UnitInfo | null)[]): UnitGroup[] {
  return LABELS.flatMap(([kind, labelOf]) => {
    const found = new Map<string, number[]>();
    columns.forEach((unit, column) => {
      const name = unit === null ? undefined : labelOf(unit);
      if (name !== undefined) found.set(name, [...(found.get(name) ?? []), column]);
    });
    if (found.size < 2) return [];
    return [...found]
      .sort(([, a], [, b]) => b.length - a.length)
      .slice(0, MOST_GROUPS)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, own]) => ({ kind, name, columns: own }));
  });
}

export interface InterpretationSubject extends Pick<
  InterpretationDocument,
  'configHash' | 'step' | 'source' | 'target' | 'pairing' | 'binMilliseconds'
> {
  /** In the order of columns; null where a column has no unit, or one that is not scored. */
  readonly columns: readonly (UnitInfo | null)[];
  /** As `explain` was given them. */
  readonly groups: readonly UnitGroup[];
}

export function interpretationDocument(
  seen: Explanation,
  { columns, groups, ...about }: InterpretationSubject,
): InterpretationDocument {
  const { lags, units } = seen;
  const cells = lagCells(lags);
  /** Mean over the lags of each cell of `at` (lag 0 is one bin back). */
  const inCells = (at: (lag: number) => number): number[] =>
    cells.map(({ start, stop }) => {
      let sum = 0;
      for (let back = start; back < stop; back++) sum += at(back - 1);
      return sum / (stop - start);
    });
  const present = columns.flatMap((unit, column) => (unit === null ? [] : [{ unit, column }]));
  const summed = (table: Float64Array, column: number): number => {
    let sum = 0;
    for (let lag = 0; lag < lags; lag++) sum += table[lag * units + column];
    return sum;
  };
  const acrossUnits = (table: Float64Array): number[] =>
    inCells((lag) => present.reduce((sum, { column }) => sum + table[lag * units + column], 0));
  const mean = (members: readonly number[], of: (column: number) => number): number =>
    members.reduce((sum, column) => sum + of(column), 0) / members.length;
  const heads = Array.from({ length: seen.layers * seen.heads }, (_, i) => {
    const own = seen.attention.subarray(i * lags, (i + 1) * lags);
    const total = own.reduce((sum, share) => sum + share, 0);
    const weighted = own.reduce((sum, share, lag) => sum + share * (lag + 1), 0);
    return {
      ...{ layer: Math.floor(i / seen.heads) + 1, head: (i % seen.heads) + 1 },
      ...{ attention: inCells((lag) => own[lag]), meanLag: total > 0 ? weighted / total : 0 },
    };
  });
  const kinds = [...new Set(groups.map(({ kind }) => kind))];
  return {
    schema: INTERPRETATION_SCHEMA,
    ...about,
    ...{ context: lags, windows: seen.windows, lags: cells, heads },
    byLag: {
      tokens: inCells((lag) => seen.tokens[lag]),
      importance: acrossUnits(seen.importance),
      throughAttention: acrossUnits(seen.throughAttention),
      product: acrossUnits(seen.product),
    },
    units: present.map(({ unit, column }) => ({
      ...{
        id: unit.id,
        class: unit.cellClass ?? null,
        layer: unit.layer ?? null,
        region: unit.region ?? null,
      },
      importance: summed(seen.importance, column),
      throughAttention: summed(seen.throughAttention, column),
      product: summed(seen.product, column),
      byLag: inCells((lag) => seen.importance[lag * units + column]),
    })),
    groups: kinds.map((kind) => {
      const own = groups.flatMap((group, row) => (group.kind === kind ? [{ ...group, row }] : []));
      return {
        kind,
        names: own.map(({ name }) => name),
        sizes: own.map((group) => group.columns.length),
        importance: own.map(({ row }) =>
          own.map((group) => mean(group.columns, (column) => seen.ofGroups[row * units + column])),
        ),
        toAll: own.map((group) => mean(group.columns, (column) => summed(seen.importance, column))),
        product: own.map((group) => mean(group.columns, (column) => summed(seen.product, column))),
      };
    }),
  };
}
