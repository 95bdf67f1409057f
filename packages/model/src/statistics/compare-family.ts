// One family of statistics over all views of a comparison: points, replicates, and the rows they make.
import { quantile } from '../evaluation/metrics/summaries.ts';
import type { UnitInfo } from '../recording/index.ts';
import type {
  ComparedCurve,
  ComparedUnits,
  DistanceEstimate,
  MeasuredStatistic,
  StatisticsComparison,
} from './comparison.ts';
import type { Views } from './comparison-views.ts';
import type { Distance, Family, StatisticCurve, StatisticRow, Surrogate } from './family.ts';
import type { View } from './view.ts';

/** Mean of two; the other one alone where either is undefined. */
const meanOfKnown = (x: number, y: number): number => (x !== x ? y : y !== y ? x : (x + y) / 2);

function meanDistance(a: Distance, b: Distance): Distance {
  return {
    value: meanOfKnown(a.value, b.value),
    agreement: meanOfKnown(a.agreement, b.agreement),
    n: Math.min(a.n, b.n),
  };
}

/**
 * The 95 % interval of a distance. A resample adds noise of its own to both sides, so its distances lie above the point: their
 * spread is what is taken from them, laid around the point by its median, and cut at 0.
 */
function estimate(point: Distance, replicates: readonly number[]): DistanceEstimate {
  const finite = replicates.filter((value) => Number.isFinite(value));
  if (finite.length === 0 || !Number.isFinite(point.value)) return { ...point, low: NaN, high: NaN };
  const shift = point.value - quantile(finite, 0.5);
  return {
    ...point,
    low: Math.max(0, quantile(finite, 0.025) + shift),
    high: quantile(finite, 0.975) + shift,
  };
}

export interface ComparedFamily extends Pick<StatisticsComparison, 'curves' | 'perUnit'> {
  readonly statistics: readonly MeasuredStatistic[];
}

/** What one family makes of every recording. */
interface Summaries<S> {
  readonly halves: readonly [S, S];
  readonly generated: S | null;
  readonly floors: Readonly<Record<Surrogate, readonly [S, S]>>;
}

/** Measures one family on every view and makes its rows. What was measured goes once the rows are made. */
export function comparer<P, M, S>(family: Family<P, M, S>) {
  return (views: Views, units: readonly UnitInfo[]): ComparedFamily => {
    const parameters = family.parameters(views.reference, units);
    const rows = family.rows(parameters);
    if (rows.length === 0) return { statistics: [], curves: [], perUnit: [] };
    const measure = (view: View): M => family.measure(view, parameters);
    const [first, second] = [measure(views.halves[0]), measure(views.halves[1])];
    const made = views.generated === null ? null : measure(views.generated);
    const halves = [family.summarise(first), family.summarise(second)] as const;
    const generated = made === null ? null : family.summarise(made);
    const pairOf = ([a, b]: readonly [View, View]) =>
      [family.summarise(measure(a)), family.summarise(measure(b))] as const;
    const floors = { poisson: pairOf(views.floors.poisson), isiShuffle: pairOf(views.floors.isiShuffle) };

    const ceilings = rows.map((): number[] => []);
    const distances = rows.map((): number[] => []);
    for (const [a, b, g] of views.resamples) {
      const [one, two] = [family.summarise(first, a), family.summarise(second, b)];
      const third = made === null || g === null ? null : family.summarise(made, g);
      rows.forEach((row, i) => {
        ceilings[i].push(row.distance(one, two).value);
        if (third !== null) distances[i].push(toBoth(row, [one, two], [third, third]).value);
      });
    }
    const summaries = { halves, generated, floors };
    return {
      statistics: rows.map((row, i) => compared(row, summaries, ceilings[i], distances[i])),
      curves: curvesOf(family, summaries),
      perUnit: unitsOf(family, summaries),
    };
  };
}

function curvesOf<P, M, S>(
  family: Family<P, M, S>,
  { halves, generated, floors }: Summaries<S>,
): ComparedCurve[] {
  const curves = (summary: S): readonly StatisticCurve[] => family.curves?.(summary) ?? [];
  const made = generated === null ? null : curves(generated);
  const [poisson, isiShuffle] = [curves(floors.poisson[0]), curves(floors.isiShuffle[0])];
  return curves(halves[0]).map(({ points, ...about }, place) => ({
    ...about,
    series: {
      real: points,
      generated: made?.[place].points ?? null,
      poisson: poisson[place].points,
      isiShuffle: isiShuffle[place].points,
    },
  }));
}

function unitsOf<P, M, S>(family: Family<P, M, S>, { halves, generated }: Summaries<S>): ComparedUnits[] {
  const perUnit = (summary: S) => family.perUnit?.(summary) ?? {};
  const [first, second] = [perUnit(halves[0]), perUnit(halves[1])];
  const made = generated === null ? null : perUnit(generated);
  return Object.entries(first).map(([key, values]) => ({
    key,
    real: Float64Array.from(values, (value, unit) => meanOfKnown(value, second[key][unit])),
    generated: made === null ? null : Float64Array.from(made[key]),
  }));
}

/** Distance of a recording to each half, a surrogate's to the half that it was made of; their mean. */
const toBoth = <S>(row: StatisticRow<S>, halves: readonly [S, S], other: readonly [S, S]): Distance =>
  meanDistance(row.distance(halves[0], other[0]), row.distance(halves[1], other[1]));

function compared<S>(
  row: StatisticRow<S>,
  { halves, generated, floors }: Summaries<S>,
  ceilings: readonly number[],
  distances: readonly number[],
): MeasuredStatistic {
  const mean = ([a, b]: readonly [S, S]): number => meanOfKnown(row.value(a), row.value(b));
  const floor = (pair: readonly [S, S]) => ({ value: mean(pair), distance: toBoth(row, halves, pair) });
  const { key, title, unit, distanceIs, keptBy } = row;
  return {
    key,
    title,
    unit,
    distanceIs,
    keptBy,
    real: mean(halves),
    ceiling: estimate(row.distance(halves[0], halves[1]), ceilings),
    floors: { poisson: floor(floors.poisson), isiShuffle: floor(floors.isiShuffle) },
    generated:
      generated === null
        ? null
        : {
            value: row.value(generated),
            distance: estimate(toBoth(row, halves, [generated, generated]), distances),
          },
  };
}
