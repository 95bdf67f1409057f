// Summed activity of groups of units, bin by bin: what spectra and coherence are taken of.
import type { View } from './view.ts';
import { forEachSpike } from './walk.ts';

/** (groups) of (spans) of (bins of the span): spikes of each group's units. */
export function groupSignals(view: View, groups: readonly (readonly number[])[]): Float64Array[][] {
  const member = groups.map((units) => {
    const mask = new Uint8Array(view.raster.units);
    for (const unit of units) mask[unit] = 1;
    return mask;
  });
  const signals = groups.map(() => view.spans.map(({ start, stop }) => new Float64Array(stop - start)));
  const firstRow: number[] = [];
  let passed = 0;
  for (const { start, stop } of view.spans) {
    firstRow.push(passed);
    passed += stop - start;
  }
  forEachSpike(view, (unit, row, _, span) => {
    for (let g = 0; g < groups.length; g++)
      if (member[g][unit] === 1) signals[g][span][row - firstRow[span]]++;
  });
  return signals;
}

/** Block of a row; rows come in ascending order. */
export function blockFinder(firstRows: readonly number[]): (row: number) => number {
  let block = 0;
  return (row) => {
    while (block + 1 < firstRows.length && firstRows[block + 1] <= row) block++;
    return block;
  };
}
