// Features cut into at most 256 bins, fitted on training rows: what trees are grown on and what new rows are read with.
import type { Matrix } from '../tables/types.ts';

/** Upper edges of the bins of each feature, rising; a value belongs to the first bin whose edge it does not exceed. */
export type BinEdges = readonly Float64Array[];

const MOST_BINS = 256;

/** Edges half way between neighbouring values where a feature has at most 256 of them, else between its quantiles. */
export function fitBins(x: Matrix): BinEdges {
  return Array.from({ length: x.columns }, (_, column) => {
    const values = new Float64Array(x.rows);
    for (let row = 0; row < x.rows; row++) values[row] = x.values[row * x.columns + column];
    values.sort();
    const distinct = values.filter((value, i) => i === 0 || value !== values[i - 1]);
    const edges: number[] = [];
    if (distinct.length <= MOST_BINS) {
      for (let i = 1; i < distinct.length; i++) edges.push(halfWay(distinct[i - 1], distinct[i]));
    } else {
      for (let bin = 1; bin < MOST_BINS; bin++) {
        const at = Math.round((bin * values.length) / MOST_BINS);
        if (values[at] === values[at - 1]) continue;
        edges.push(halfWay(values[at - 1], values[at]));
      }
    }
    return Float64Array.from(edges);
  });
}

/** Bins of every value, (columns, rows): feature after feature. */
export function binCodes(x: Matrix, edges: BinEdges): Uint8Array {
  const codes = new Uint8Array(x.rows * x.columns);
  edges.forEach((edge, column) => {
    for (let row = 0; row < x.rows; row++) {
      const value = x.values[row * x.columns + column];
      let low = 0;
      let high = edge.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (value <= edge[middle]) high = middle;
        else low = middle + 1;
      }
      codes[column * x.rows + row] = low;
    }
  });
  return codes;
}

/** Half way, but never above by rounding: the lower value stays below the edge. */
function halfWay(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return middle < high ? middle : low;
}
