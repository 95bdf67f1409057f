// Coherence between groups of units: how much of two summed activities moves together at each frequency, 0 ... 1. Between
// excitatory and inhibitory cells and between layers where a file has labels, else between two halves of the units.
import { weightedSum } from '../evaluation/metrics/block-scores.ts';
import { bandMeans, SEGMENT_SECONDS, spectrumPoints } from './bands.ts';
import { meanDifference } from './distances.ts';
import { once, type Family } from './family.ts';
import { forEachSegment, SegmentTransform, segmentSize } from './fourier.ts';
import { groupingsOf, type Grouping } from './groups.ts';
import { blockFinder, groupSignals } from './population-signal.ts';
import { countsPerBlock } from './rates.ts';
import type { View } from './view.ts';

/** Of one segment coherence is 1 whatever the signals are; of a few it is mostly that. */
const FEWEST_SEGMENTS = 8;

interface CrossTable {
  readonly grouping: Grouping;
  readonly bins: number;
  readonly step: number;
  /** (blocks) segments that begin in each. */
  readonly segments: Float64Array;
  /** (groups) of (blocks, bins): sums of |transform|^2. */
  readonly power: readonly Float64Array[];
  /** (pairs of groups) of (blocks, 2 * bins): sums of the cross-products' real and imaginary parts in turn. */
  readonly cross: readonly Float64Array[];
}

export interface CoherenceSummary {
  readonly kind: Grouping['kind'];
  readonly step: number;
  readonly segments: number;
  readonly pairs: readonly {
    readonly groups: readonly [string, string];
    /** (frequencies) magnitude-squared coherence; its level for independent signals is about 1 / segments. */
    readonly values: Float64Array;
    /** (bands) */
    readonly bands: Float64Array;
  }[];
}

const pairsOf = (groups: number): (readonly [number, number])[] =>
  Array.from({ length: groups }, (_, b) => Array.from({ length: b }, (__, a) => [a, b] as const)).flat();

function crossTable(view: View, grouping: Grouping): CrossTable {
  const { raster, spans, blocks } = view;
  const transform = new SegmentTransform(segmentSize(SEGMENT_SECONDS, raster.binMilliseconds));
  const { bins, size } = transform;
  const signals = groupSignals(
    view,
    grouping.groups.map((group) => group.units),
  );
  const pairs = pairsOf(signals.length);
  const segments = new Float64Array(blocks.blocks);
  const power = signals.map(() => new Float64Array(blocks.blocks * bins));
  const cross = pairs.map(() => new Float64Array(blocks.blocks * 2 * bins));
  const blockOf = blockFinder(blocks.firstRows);
  forEachSegment(
    spans.map(({ start, stop }) => stop - start),
    size,
    (span, start, row) => {
      const block = blockOf(row);
      segments[block]++;
      const out = signals.map((signal) => transform.transform(signal[span], start));
      out.forEach((x, group) => {
        for (let k = 0; k < bins; k++) power[group][block * bins + k] += x[2 * k] ** 2 + x[2 * k + 1] ** 2;
      });
      pairs.forEach(([a, b], pair) => {
        const [x, y, sums] = [out[a], out[b], cross[pair]];
        for (let k = 0, at = block * 2 * bins; k < bins; k++, at += 2) {
          sums[at] += x[2 * k] * y[2 * k] + x[2 * k + 1] * y[2 * k + 1];
          sums[at + 1] += x[2 * k] * y[2 * k + 1] - x[2 * k + 1] * y[2 * k];
        }
      });
    },
  );
  return { grouping, bins, step: 1000 / raster.binMilliseconds / size, segments, power, cross };
}

function summary(table: CrossTable, times: ArrayLike<number> | undefined): CoherenceSummary {
  const { bins, grouping, step } = table;
  const weights = times ?? once(table.segments.length);
  const segments = weightedSum(table.segments, 1, weights)[0];
  const power = table.power.map((sums) => weightedSum(sums, bins, weights));
  const pairs = pairsOf(power.length).map(([a, b], pair) => {
    const cross = weightedSum(table.cross[pair], 2 * bins, weights);
    const values = Float64Array.from({ length: bins }, (_, k) => {
      const both = power[a][k] * power[b][k];
      if (segments < FEWEST_SEGMENTS || !(both > 0)) return NaN;
      return (cross[2 * k] ** 2 + cross[2 * k + 1] ** 2) / both;
    });
    return {
      groups: [grouping.groups[a].name, grouping.groups[b].name] as const,
      values,
      bands: bandMeans(values, step),
    };
  });
  return { kind: grouping.kind, step, segments, pairs };
}

const allBands = ({ pairs }: CoherenceSummary): number[] => pairs.flatMap(({ bands }) => [...bands]);

const TITLES: Readonly<Record<Grouping['kind'], string>> = {
  class: 'coherence, E and I',
  layer: 'coherence, layers',
  halves: 'coherence, halves of the units',
};
const KEYS: Readonly<Record<Grouping['kind'], string>> = {
  class: 'coherenceClass',
  layer: 'coherenceLayer',
  halves: 'coherenceHalves',
};

export const coherenceFamily: Family<
  readonly Grouping[],
  readonly CrossTable[],
  readonly CoherenceSummary[]
> = {
  parameters: (reference, units) => {
    const counts = new Float64Array(reference.raster.units);
    countsPerBlock(reference).forEach((count, at) => (counts[at % counts.length] += count));
    return groupingsOf(units, counts);
  },
  measure: (view, groupings) => groupings.map((grouping) => crossTable(view, grouping)),
  summarise: (tables, times) => tables.map((table) => summary(table, times)),
  rows: (groupings) =>
    groupings.map(({ kind }, place) => ({
      key: KEYS[kind],
      title: TITLES[kind],
      unit: '',
      distanceIs: 'mean over bands (and pairs of groups) of |difference|',
      keptBy: [],
      value: (all) => {
        const finite = allBands(all[place]).filter((x) => x === x);
        return finite.length > 0 ? finite.reduce((sum, x) => sum + x, 0) / finite.length : NaN;
      },
      distance: (a, b) => meanDifference(allBands(a[place]), allBands(b[place])),
    })),
  curves: (all) =>
    all.map(({ kind, pairs, step }) => ({
      key: KEYS[kind],
      title: `${TITLES[kind][0].toUpperCase()}${TITLES[kind].slice(1)}`,
      x: { title: 'Hz', logarithmic: true },
      y: { title: pairs.length > 1 ? 'mean over pairs of groups' : 'coherence', logarithmic: false },
      points: spectrumPoints(
        pairs[0].values.map((_, k) => pairs.reduce((sum, { values }) => sum + values[k], 0) / pairs.length),
        step,
      ),
    })),
};
