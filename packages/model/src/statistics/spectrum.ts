// Power spectrum of the population rate, as a multiple of what independent Poisson trains of the same rates would have: 1 at
// every frequency where nothing is shared and nothing is rhythmic.
import { weightedSum } from '../evaluation/metrics/block-scores.ts';
import { bandMeans, BANDS, SEGMENT_SECONDS, spectrumPoints } from './bands.ts';
import { logRatio, logs, meanDifference } from './distances.ts';
import { once, type Family, type StatisticRow } from './family.ts';
import { forEachSegment, SegmentTransform, segmentSize } from './fourier.ts';
import { blockFinder, groupSignals } from './population-signal.ts';
import { countsPerBlock } from './rates.ts';
import { blockRows, type View } from './view.ts';

interface SpectrumTables {
  readonly units: number;
  readonly bins: number;
  /** Hz between two frequencies. */
  readonly step: number;
  /** Factor from |transform|^2 to a one-sided density, spikes^2 / Hz (spikes^2 a bin over the rate of bins). */
  readonly scale: number;
  readonly rows: Float64Array;
  readonly counts: Float64Array;
  /** (blocks) segments that begin in each. */
  readonly segments: Float64Array;
  /** (blocks, bins) sum of |transform|^2. */
  readonly power: Float64Array;
}

export interface SpectrumSummary {
  /** Hz between two frequencies; the first stands at 0. */
  readonly step: number;
  readonly segments: number;
  /** (frequencies) one-sided density of the spikes of all units in a bin, spikes^2 / Hz. NaN where no segment fits. */
  readonly density: Float64Array;
  /** (frequencies) the same over that of independent trains: 2 sum p (1 - p) / rate of bins. */
  readonly relative: Float64Array;
  /** (bands) means of `relative`. */
  readonly bands: Float64Array;
}

function measure(view: View): SpectrumTables {
  const { raster, spans, blocks } = view;
  const rate = 1000 / raster.binMilliseconds;
  const transform = new SegmentTransform(segmentSize(SEGMENT_SECONDS, raster.binMilliseconds));
  const { bins, size } = transform;
  const segments = new Float64Array(blocks.blocks);
  const power = new Float64Array(blocks.blocks * bins);
  const [signals] = groupSignals(view, [Array.from({ length: raster.units }, (_, unit) => unit)]);
  const blockOf = blockFinder(blocks.firstRows);
  forEachSegment(
    spans.map(({ start, stop }) => stop - start),
    size,
    (span, start, row) => {
      const out = transform.transform(signals[span], start);
      const block = blockOf(row);
      segments[block]++;
      for (let k = 0; k < bins; k++) power[block * bins + k] += out[2 * k] ** 2 + out[2 * k + 1] ** 2;
    },
  );
  return {
    units: raster.units,
    bins,
    step: rate / size,
    scale: 1 / (rate * transform.windowPower),
    rows: blockRows(view),
    counts: countsPerBlock(view),
    segments,
    power,
  };
}

function summarise(tables: SpectrumTables, times?: ArrayLike<number>): SpectrumSummary {
  const { bins, units, step, scale } = tables;
  const weights = times ?? once(tables.segments.length);
  const segments = weightedSum(tables.segments, 1, weights)[0];
  const rows = weightedSum(tables.rows, 1, weights)[0];
  const variance = weightedSum(tables.counts, units, weights).reduce((sum, count) => {
    const p = count / rows;
    return sum + p * (1 - p);
  }, 0);
  const level = (2 * variance) / (step * 2 * (bins - 1));
  const density = weightedSum(tables.power, bins, weights).map((power, k) => {
    // One-sided: what lies at -f is added to f; 0 and half the sampling rate have no partner.
    const sides = k === 0 || k === bins - 1 ? 1 : 2;
    return segments > 0 ? (sides * scale * power) / segments : NaN;
  });
  const relative = density.map((value) => (level > 0 ? value / level : NaN));
  return { step, segments, density, relative, bands: bandMeans(relative, step) };
}

const keyOf = (band: string): string =>
  `power${band.replace(/(?:^| )(\w)/g, (_, first: string) => first.toUpperCase())}`;

const ROWS: readonly StatisticRow<SpectrumSummary>[] = [
  {
    key: 'spectrum',
    title: 'population spectrum',
    unit: 'x Poisson',
    distanceIs: 'mean over bands of |ln ratio|',
    keptBy: [],
    value: ({ bands }) => {
      const finite = bands.filter((x) => x === x);
      return finite.length > 0 ? finite.reduce((sum, x) => sum + x, 0) / finite.length : NaN;
    },
    distance: (a, b) => meanDifference(logs(a.bands), logs(b.bands)),
  },
  ...BANDS.map(({ name, low, high }, band): StatisticRow<SpectrumSummary> => ({
    key: keyOf(name),
    title: `power, ${name} ${low}-${high} Hz`,
    unit: 'x Poisson',
    distanceIs: '|ln ratio|',
    keptBy: [],
    value: ({ bands }) => bands[band],
    distance: (a, b) => logRatio(a.bands[band], b.bands[band]),
  })),
];

export const spectrumFamily: Family<null, SpectrumTables, SpectrumSummary> = {
  parameters: () => null,
  measure,
  summarise,
  rows: () => ROWS,
  curves: ({ relative, step }) => [
    {
      key: 'spectrum',
      title: 'Population spectrum',
      x: { title: 'Hz', logarithmic: true },
      y: { title: 'x Poisson', logarithmic: true },
      points: spectrumPoints(relative, step),
    },
  ],
};
