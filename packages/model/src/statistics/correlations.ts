// Pearson correlations of spike counts over all pairs of units, at several window widths, and their means within and between
// cell classes. Exact: sums of products are whole numbers, added up window by window over the units that fire in it.
import { weightedSum } from '../evaluation/metrics/block-scores.ts';
import { difference, rootMeanSquare } from './distances.ts';
import { once, type Family, type StatisticRow } from './family.ts';
import { FEWEST_SPIKES } from './fano.ts';
import { classesOf, type Classes } from './groups.ts';
import { windowBins, type View } from './view.ts';
import { forEachWindow } from './walk.ts';

export const CORRELATION_MILLISECONDS = [5, 20, 100] as const;
/** Width at which classes are compared: long enough for synaptic interplay, short enough not to see drift alone. */
export const CLASS_MILLISECONDS = 20;
/** More pairs than this are resampled by an even choice among them; the point is that of all pairs. */
const RESAMPLED_PAIRS = 20_000;

/** Place of the pair (i, j), i < j, among all pairs: (0, 1), (0, 2), (1, 2), (0, 3), ... */
export const pairPlace = (i: number, j: number): number => (j * (j - 1)) / 2 + i;

interface PairTable {
  readonly milliseconds: number;
  readonly windows: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  /** (pairs) sums of products over the whole view. */
  readonly products: Float64Array;
  /** (blocks, pairs / stride) the same by block, of every `stride`-th pair. */
  readonly byBlock: Float64Array;
}

interface PairTables {
  readonly units: number;
  readonly stride: number;
  readonly classes: Classes | null;
  readonly widths: readonly PairTable[];
}

export interface PairSummary {
  readonly milliseconds: number;
  /** (pairs) in the order of pairPlace; NaN where either unit has fewer than FEWEST_SPIKES spikes. */
  readonly values: Float64Array;
  /** Mean over the pairs of two excitatory, of mixed and of two inhibitory units; NaN without labels. */
  readonly classMeans: { readonly EE: number; readonly EI: number; readonly II: number };
}

const strideOf = (units: number): number => Math.ceil((units * (units - 1)) / 2 / RESAMPLED_PAIRS) || 1;

function table(view: View, milliseconds: number, stride: number): PairTable {
  const { units } = view.raster;
  const { blocks } = view.blocks;
  const pairs = (units * (units - 1)) / 2;
  const kept = Math.ceil(pairs / stride);
  const windows = new Float64Array(blocks);
  const sums = new Float64Array(blocks * units);
  const squares = new Float64Array(blocks * units);
  const products = new Float64Array(pairs);
  const byBlock = new Float64Array(blocks * kept);
  const current = new Float64Array(pairs);
  let open = 0;
  const close = (): void => {
    for (let p = 0; p < pairs; p++) products[p] += current[p];
    for (let p = 0, at = open * kept; p < pairs; p += stride) byBlock[at++] = current[p];
    current.fill(0);
  };
  const bins = windowBins(milliseconds, view.raster);
  if (bins > 0) {
    forEachWindow(view, bins, ({ counts, active, size, block }) => {
      if (block !== open) {
        close();
        open = block;
      }
      windows[block]++;
      // In ascending order the pair of two units has one place.
      const firing = active.subarray(0, size).sort();
      for (let a = 0; a < size; a++) {
        const unit = firing[a];
        const count = counts[unit];
        sums[block * units + unit] += count;
        squares[block * units + unit] += count * count;
        const row = (unit * (unit - 1)) / 2;
        for (let b = 0; b < a; b++) current[row + firing[b]] += count * counts[firing[b]];
      }
    });
    close();
  }
  return { milliseconds, windows, sums, squares, products, byBlock };
}

function classMeans(
  values: ArrayLike<number>,
  units: number,
  classes: Classes | null,
): PairSummary['classMeans'] {
  const kind = new Int8Array(units).fill(-1);
  for (const unit of classes?.excitatory ?? []) kind[unit] = 0;
  for (const unit of classes?.inhibitory ?? []) kind[unit] = 1;
  const sums = [0, 0, 0];
  const counts = [0, 0, 0];
  for (let j = 1, p = 0; j < units; j++) {
    for (let i = 0; i < j; i++, p++) {
      if (kind[i] < 0 || kind[j] < 0 || values[p] !== values[p]) continue;
      sums[kind[i] + kind[j]] += values[p];
      counts[kind[i] + kind[j]]++;
    }
  }
  const [EE, EI, II] = sums.map((sum, c) => (counts[c] > 0 ? sum / counts[c] : NaN));
  return { EE, EI, II };
}

function summary(tables: PairTables, width: PairTable, times: ArrayLike<number> | undefined): PairSummary {
  const { units } = tables;
  const weights = times ?? once(width.windows.length);
  const stride = times === undefined ? 1 : tables.stride;
  const kept = width.byBlock.length / width.windows.length;
  const products = times === undefined ? width.products : weightedSum(width.byBlock, kept, times);
  const n = weightedSum(width.windows, 1, weights)[0];
  const sums = weightedSum(width.sums, units, weights);
  const squares = weightedSum(width.squares, units, weights);
  const spread = sums.map((sum, unit) =>
    sum >= FEWEST_SPIKES ? Math.sqrt(n * squares[unit] - sum * sum) : NaN,
  );
  const values = new Float64Array(width.products.length).fill(NaN);
  for (let j = 1, p = 0; j < units; j++) {
    for (let i = 0; i < j; i++, p++) {
      if (p % stride !== 0) continue;
      const both = spread[i] * spread[j];
      if (both > 0) values[p] = (n * products[p / stride] - sums[i] * sums[j]) / both;
    }
  }
  return { milliseconds: width.milliseconds, values, classMeans: classMeans(values, units, tables.classes) };
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  let n = 0;
  for (let p = 0; p < values.length; p++) {
    if (values[p] !== values[p]) continue;
    sum += values[p];
    n++;
  }
  return n > 0 ? sum / n : NaN;
}

const CLASS_PLACE = CORRELATION_MILLISECONDS.indexOf(CLASS_MILLISECONDS);

const classRow = (kind: 'EE' | 'EI' | 'II'): StatisticRow<readonly PairSummary[]> => ({
  key: `correlation${kind}`,
  title: `${kind[0]}-${kind[1]} correlation, ${CLASS_MILLISECONDS} ms`,
  unit: '',
  distanceIs: '|difference| of the means over pairs',
  keptBy: [],
  value: (widths) => widths[CLASS_PLACE].classMeans[kind],
  distance: (a, b) => difference(a[CLASS_PLACE].classMeans[kind], b[CLASS_PLACE].classMeans[kind]),
});

export const correlationFamily: Family<Classes | null, PairTables, readonly PairSummary[]> = {
  parameters: (_, units) => classesOf(units),
  measure: (view, classes) => {
    const stride = strideOf(view.raster.units);
    return {
      units: view.raster.units,
      stride,
      classes,
      widths: CORRELATION_MILLISECONDS.map((milliseconds) => table(view, milliseconds, stride)),
    };
  },
  summarise: (tables, times) => tables.widths.map((width) => summary(tables, width, times)),
  rows: (classes) => [
    ...CORRELATION_MILLISECONDS.map((milliseconds, i): StatisticRow<readonly PairSummary[]> => ({
      key: `correlation${milliseconds}`,
      title: `pair correlation, ${milliseconds} ms`,
      unit: '',
      distanceIs: 'root mean square over pairs of the difference',
      keptBy: [],
      value: (widths) => meanOf(widths[i].values),
      distance: (a, b) => rootMeanSquare(a[i].values, b[i].values),
    })),
    ...(classes === null ? [] : [classRow('EE'), classRow('EI'), classRow('II')]),
  ],
};
