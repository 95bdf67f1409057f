// How excitatory and inhibitory activity move together: the correlation of their summed counts. In a balanced network it is
// close to 1 although single pairs hardly correlate (Renart et al. 2010).
import { weightedSum } from '../evaluation/metrics/block-scores.ts';
import { CLASS_MILLISECONDS } from './correlations.ts';
import { difference } from './distances.ts';
import { once, type Family } from './family.ts';
import { classesOf, type Classes } from './groups.ts';
import { windowBins } from './view.ts';
import { forEachWindow } from './walk.ts';

/** Columns: windows, E, I, E^2, I^2, E I. */
const WIDTH = 6;

interface ClassTables {
  readonly blocks: number;
  /** (blocks, 6) sums over windows. */
  readonly sums: Float64Array;
}

/** Pearson correlation of the two summed counts; NaN without labels or where either never changes. */
export type ClassPopulations = number;

export const classFamily: Family<Classes | null, ClassTables, ClassPopulations> = {
  parameters: (_, units) => classesOf(units),
  measure: (view, classes) => {
    const { blocks } = view.blocks;
    const sums = new Float64Array(blocks * WIDTH);
    const bins = windowBins(CLASS_MILLISECONDS, view.raster);
    if (classes !== null && bins > 0)
      forEachWindow(view, bins, ({ counts, block }) => {
        const e = classes.excitatory.reduce((sum, unit) => sum + counts[unit], 0);
        const i = classes.inhibitory.reduce((sum, unit) => sum + counts[unit], 0);
        [1, e, i, e * e, i * i, e * i].forEach((value, column) => (sums[block * WIDTH + column] += value));
      });
    return { blocks, sums };
  },
  summarise: ({ blocks, sums }, times = once(blocks)) => {
    const [n, e, i, ee, ii, ei] = weightedSum(sums, WIDTH, times);
    const spread = Math.sqrt((n * ee - e * e) * (n * ii - i * i));
    return spread > 0 ? (n * ei - e * i) / spread : NaN;
  },
  rows: (classes) =>
    classes === null
      ? []
      : [
          {
            key: 'populationEI',
            title: `E and I activity, correlation, ${CLASS_MILLISECONDS} ms`,
            unit: '',
            distanceIs: '|difference|',
            keptBy: [],
            value: (correlation) => correlation,
            distance: difference,
          },
        ],
};
