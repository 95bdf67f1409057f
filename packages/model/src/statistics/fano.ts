// Fano factor: variance over mean of a unit's spike counts, in windows from 10 ms to 1 s. 1 for a Poisson train at any width;
// what grows with the width is shared drive, drift and bursts.
import { quantile } from '../evaluation/metrics/summaries.ts';
import { weightedSum } from '../evaluation/metrics/block-scores.ts';
import { medianDifference } from './distances.ts';
import { once, type Family } from './family.ts';
import { windowBins, type View } from './view.ts';
import { forEachWindow } from './walk.ts';

export const FANO_MILLISECONDS = [10, 30, 100, 300, 1000] as const;
/** A unit with fewer spikes has no figure. */
export const FEWEST_SPIKES = 50;
/** Nor has a width that fits fewer times into the view. */
const FEWEST_WINDOWS = 10;

interface FanoTable {
  readonly milliseconds: number;
  /** (blocks) windows that begin in each. */
  readonly windows: Float64Array;
  /** (blocks, units) sums of the counts, and of their squares. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

interface FanoTables {
  readonly units: number;
  readonly widths: readonly FanoTable[];
}

export interface FanoSummary {
  readonly milliseconds: number;
  /** (units) variance over mean of the counts; NaN below FEWEST_SPIKES. */
  readonly values: Float64Array;
}

function table(view: View, milliseconds: number): FanoTable {
  const { units } = view.raster;
  const { blocks } = view.blocks;
  const windows = new Float64Array(blocks);
  const sums = new Float64Array(blocks * units);
  const squares = new Float64Array(blocks * units);
  const bins = windowBins(milliseconds, view.raster);
  if (bins > 0)
    forEachWindow(view, bins, ({ counts, active, size, block }) => {
      windows[block]++;
      for (let i = 0; i < size; i++) {
        const at = block * units + active[i];
        const count = counts[active[i]];
        sums[at] += count;
        squares[at] += count * count;
      }
    });
  return { milliseconds, windows, sums, squares };
}

export const fanoFamily: Family<null, FanoTables, readonly FanoSummary[]> = {
  parameters: () => null,
  measure: (view) => ({
    units: view.raster.units,
    widths: FANO_MILLISECONDS.map((milliseconds) => table(view, milliseconds)),
  }),
  summarise: ({ units, widths }, times) =>
    widths.map(({ milliseconds, windows, sums, squares }) => {
      const weights = times ?? once(windows.length);
      const n = weightedSum(windows, 1, weights)[0];
      const sum = weightedSum(sums, units, weights);
      const square = weightedSum(squares, units, weights);
      const values = sum.map((total, unit) => {
        if (n < FEWEST_WINDOWS || total < FEWEST_SPIKES) return NaN;
        const mean = total / n;
        return Math.max(0, square[unit] / n - mean * mean) / mean;
      });
      return { milliseconds, values };
    }),
  rows: () =>
    FANO_MILLISECONDS.map((milliseconds, i) => ({
      key: `fano${milliseconds}`,
      title: `Fano factor, ${milliseconds} ms`,
      unit: '',
      distanceIs: 'median over units of |difference|',
      keptBy: [],
      value: (widths) => quantile(widths[i].values, 0.5),
      distance: (a, b) => medianDifference(a[i].values, b[i].values),
    })),
  curves: (widths) => [
    {
      key: 'fano',
      title: 'Fano factor of the median unit',
      x: { title: 'window, ms', logarithmic: true },
      y: { title: 'Fano factor', logarithmic: false },
      points: widths.map(({ milliseconds, values }) => ({ x: milliseconds, y: quantile(values, 0.5) })),
    },
  ],
  perUnit: (widths) =>
    Object.fromEntries(widths.map(({ milliseconds, values }) => [`fano${milliseconds}`, values])),
};
