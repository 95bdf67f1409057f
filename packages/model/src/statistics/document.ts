// The JSON document of a comparison, as a schema: what `--json` prints, what tables and charts read and what a test checks.
import { z } from 'zod';
import type { UnitInfo } from '../recording/index.ts';
import type { ComparedStatistic, DistanceEstimate, StatisticsComparison } from './comparison.ts';
import { SURROGATES, type Distance, type StatisticCurve } from './family.ts';
import { VERDICTS } from './verdict.ts';

/** null stands for "undefined here" (too few spikes, no burst, too few blocks). */
const figure = z.number().nullable();
const span = z.strictObject({ start: z.number().int(), stop: z.number().int() });

/** `agreement`: Pearson correlation over units or pairs; `n`: how many units, pairs, bands or events were compared. */
const distanceSchema = z.strictObject({ value: figure, agreement: figure, n: z.number().int() });
const estimatedSchema = distanceSchema.extend({ low: figure, high: figure });
const floorSchema = z.strictObject({ value: figure, distance: distanceSchema });

const statisticSchema = z.strictObject({
  key: z.string(),
  title: z.string(),
  /** Unit of the values; empty for a pure number. */
  unit: z.string(),
  distanceIs: z.string(),
  /** Surrogates that keep the statistic by construction: no floor for it. */
  keptBy: z.array(z.enum(SURROGATES)),
  /** Mean over the two halves of the real recording. */
  real: figure,
  /** Distance of the two halves. */
  ceiling: estimatedSchema,
  poisson: floorSchema,
  isiShuffle: floorSchema,
  generated: z
    .strictObject({
      value: figure,
      distance: estimatedSchema,
      /** 1 at the ceiling, 0 at the best floor; null where the two are not told apart. */
      shareKept: figure,
      /** That it is no nearer than the best floor, and no farther than the ceiling: adjusted by Benjamini and Hochberg. */
      pFloor: figure,
      pCeiling: figure,
      verdict: z.enum(VERDICTS).nullable(),
    })
    .nullable(),
});

const axis = z.strictObject({ title: z.string(), logarithmic: z.boolean() });
const points = z.array(z.strictObject({ x: z.number(), y: figure }));
const curveSchema = z.strictObject({
  key: z.string(),
  title: z.string(),
  x: axis,
  y: axis,
  /** The real recording's and the surrogates' are those of the first half. */
  series: z.strictObject({ real: points, generated: points.nullable(), poisson: points, isiShuffle: points }),
});

const recordingSchema = z.strictObject({
  name: z.string(),
  /** Bins that count, of which `compared.bins` are used at a time. */
  spans: z.array(span),
  seconds: z.number(),
});

export const STATISTICS_SCHEMA = 'spikebridge.statistics/1';

export const statisticsDocumentSchema = z.strictObject({
  schema: z.literal(STATISTICS_SCHEMA),
  real: recordingSchema,
  generated: recordingSchema.nullable(),
  /** How the generated units were matched to the real ones. */
  pairing: z.enum(['id', 'index']).nullable(),
  binMilliseconds: z.number(),
  seed: z.number().int(),
  /** Every distance is between recordings of this length. */
  compared: z.strictObject({
    bins: z.number().int(),
    seconds: z.number(),
    halves: z.tuple([z.array(span), z.array(span)]),
    generated: z.array(span).nullable(),
  }),
  blocks: z.strictObject({
    count: z.number().int(),
    bins: z.number().int(),
    intervals: z.boolean(),
    replicates: z.number().int(),
  }),
  statistics: z.array(statisticSchema),
  curves: z.array(curveSchema),
  units: z.array(
    z.strictObject({
      id: z.string(),
      cellClass: z.string().nullable(),
      layer: z.string().nullable(),
      real: z.record(z.string(), figure),
      generated: z.record(z.string(), figure).nullable(),
    }),
  ),
});

export type StatisticsDocument = z.infer<typeof statisticsDocumentSchema>;
export type StatisticFigures = StatisticsDocument['statistics'][number];

/** What a comparison does not know: names, and the whole of what was given to it. */
export interface StatisticsSubject {
  readonly real: StatisticsDocument['real'];
  readonly generated: StatisticsDocument['generated'];
  readonly pairing: StatisticsDocument['pairing'];
  readonly binMilliseconds: number;
  readonly units: readonly UnitInfo[];
}

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

const distanceOf = ({ value, agreement, n }: Distance) => ({
  value: known(value),
  agreement: known(agreement),
  n,
});
const estimateOf = (estimate: DistanceEstimate) => ({
  ...distanceOf(estimate),
  low: known(estimate.low),
  high: known(estimate.high),
});

function statisticOf(found: ComparedStatistic): StatisticFigures {
  const { key, title, unit, distanceIs, keptBy, real, ceiling, floors, generated } = found;
  const floor = (name: keyof typeof floors) => ({
    value: known(floors[name].value),
    distance: distanceOf(floors[name].distance),
  });
  return {
    key,
    title,
    unit,
    distanceIs,
    keptBy: [...keptBy],
    real: known(real),
    ceiling: estimateOf(ceiling),
    poisson: floor('poisson'),
    isiShuffle: floor('isiShuffle'),
    generated:
      generated === null
        ? null
        : {
            value: known(generated.value),
            distance: estimateOf(generated.distance),
            shareKept: known(generated.shareKept),
            pFloor: known(generated.pFloor),
            pCeiling: known(generated.pCeiling),
            verdict: generated.verdict,
          },
  };
}

const pointsOf = (all: StatisticCurve['points']) => all.map(({ x, y }) => ({ x, y: known(y) }));

/** A comparison as a document: plain JSON, null for what is undefined. */
export function statisticsDocument(
  comparison: StatisticsComparison,
  subject: StatisticsSubject,
): StatisticsDocument {
  const spans = (all: readonly { readonly start: number; readonly stop: number }[]) =>
    all.map(({ start, stop }) => ({ start, stop }));
  const { halves, generated } = comparison;
  const row = (unit: number, side: 'real' | 'generated') =>
    Object.fromEntries(comparison.perUnit.map((values) => [values.key, known(values[side]?.[unit] ?? NaN)]));
  return {
    schema: STATISTICS_SCHEMA,
    real: subject.real,
    generated: subject.generated,
    pairing: subject.pairing,
    binMilliseconds: subject.binMilliseconds,
    seed: comparison.seed,
    compared: {
      bins: comparison.bins,
      seconds: comparison.seconds,
      halves: [spans(halves[0]), spans(halves[1])],
      generated: generated === null ? null : spans(generated),
    },
    blocks: { ...comparison.blocks, replicates: comparison.replicates },
    statistics: comparison.statistics.map(statisticOf),
    curves: comparison.curves.map(({ key, title, x, y, series }) => ({
      key,
      title,
      x,
      y,
      series: {
        real: pointsOf(series.real),
        generated: series.generated === null ? null : pointsOf(series.generated),
        poisson: pointsOf(series.poisson),
        isiShuffle: pointsOf(series.isiShuffle),
      },
    })),
    units: subject.units.map(({ id, cellClass, layer }, unit) => ({
      id,
      cellClass: cellClass ?? null,
      layer: layer ?? null,
      real: row(unit, 'real'),
      generated: generated === null ? null : row(unit, 'generated'),
    })),
  };
}
