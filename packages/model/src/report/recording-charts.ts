// A recording at a glance, as charts: who fires how often, at which intervals, and what the population does over time.
import type { Raster, Recording } from '../recording/types.ts';
import { intervalFamily } from '../statistics/intervals.ts';
import { rateFamily } from '../statistics/rates.ts';
import { spectrumFamily } from '../statistics/spectrum.ts';
import type { Family } from '../statistics/family.ts';
import { logHistogram } from '../statistics/samples.ts';
import { viewOf } from '../statistics/view.ts';
import type { Chart } from './drawing.ts';
import { linePlot } from './line-plot.ts';
import type { LinePoint, PlotAxis } from './line-plot.ts';
import { ACCENT } from './palette.ts';

/** Points of the population's rate over time. */
const SHOWN_TIMES = 400;

/** @param raster the recording's units, or those of them that matter, binned */
export function recordingCharts(recording: Recording, raster: Raster): Chart[] {
  const view = viewOf(raster);
  const of = <P, M, S>(family: Family<P, M, S>): S =>
    family.summarise(family.measure(view, family.parameters(view, [])));
  const rates = Float64Array.from(of(rateFamily).rates).sort();
  const { pooled } = of(intervalFamily);
  const spectrum = of(spectrumFamily);
  const ranked = Array.from(rates, (y, index) => ({ x: (100 * (index + 1)) / rates.length, y }));
  // Short classes may hold no whole number of bins: there is nothing to show in them.
  const intervals = logHistogram(pooled)
    .filter(({ x, y }) => y > 0 || x > 10)
    .map(({ x, y }) => ({ x: x * raster.binMilliseconds, y }));
  const relative = Array.from(spectrum.relative, (y, index) => ({ x: index * spectrum.step, y })).slice(1);
  const chart = (
    key: string,
    title: string,
    words: string,
    points: LinePoint[],
    x: PlotAxis,
    y: PlotAxis,
  ): Chart => ({
    ...{ key, title, words },
    spec: linePlot({
      lines: [{ name: title, colour: ACCENT, dash: [1, 0], points }],
      ...{ x, y, width: 300, height: 180 },
    }),
  });
  return [
    chart(
      'rates',
      'Rates',
      `Firing rates of ${rates.length} units in rising order`,
      ranked,
      { title: 'share of units (%)', domain: [0, 100] },
      { title: 'rate (Hz)', logarithmic: true },
    ),
    chart(
      'intervals',
      'Inter-spike intervals',
      'Share of all inter-spike intervals by their length, on a logarithmic axis',
      intervals,
      { title: 'interval (ms)', logarithmic: true },
      { title: 'share of intervals', zero: true },
    ),
    chart(
      'population',
      'Population rate',
      'Mean rate of all units over the time of the recording',
      populationRate(recording),
      { title: 'time (s)' },
      { title: 'rate a unit (Hz)', zero: true },
    ),
    chart(
      'spectrum',
      'Spectrum of the population',
      'Power of the population rate by frequency, as a multiple of independent Poisson trains',
      relative,
      { title: 'frequency (Hz)', logarithmic: true },
      { title: 'power over Poisson', logarithmic: true },
    ),
  ];
}

/** Hz a unit, over stretches of equal length; nothing where nobody recorded. */
function populationRate({ times, units, observed, clock }: Recording): LinePoint[] {
  const first = observed[0]?.start ?? 0;
  const last = observed.at(-1)?.stop ?? 1;
  const perSecond = clock.numerator / clock.denominator;
  const width = (last - first) / SHOWN_TIMES;
  const counts = new Float64Array(SHOWN_TIMES);
  for (const time of times) counts[Math.min(SHOWN_TIMES - 1, Math.floor((time - first) / width))] += 1;
  return Array.from(counts, (count, index) => {
    const [from, to] = [first + index * width, first + (index + 1) * width];
    const seen = observed.reduce(
      (sum, { start, stop }) => sum + Math.max(0, Math.min(to, stop) - Math.max(from, start)),
      0,
    );
    return {
      x: (from + to) / 2 / perSecond,
      y: seen < width / 2 ? NaN : count / ((seen / perSecond) * Math.max(1, units.length)),
    };
  });
}
