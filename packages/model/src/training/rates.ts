// Each unit's own rate on a part, and the cross-entropy that knowing only the rate gives.
import { log } from '../engine/elementary.ts';
import { spikeCounts } from '../recording/raster.ts';
import type { BinSpan, Raster } from '../recording/types.ts';

/** Own rate of each unit, probability of a spike a bin: (n + 0.5) / (N + 1). The null model of bits/spike. */
export function ownRates(raster: Raster, spans: readonly BinSpan[]): Float64Array {
  const bins = spans.reduce((total, { start, stop }) => total + stop - start, 0);
  return spikeCounts(raster, spans).map((count) => (count + 0.5) / (bins + 1));
}

/** Whether the bit of `unit` is set in a mask (wordsPerBin). */
export function inMask(mask: Uint32Array, unit: number): boolean {
  return ((mask[unit >> 5] >>> (unit & 31)) & 1) === 1;
}

/** Cross-entropy of constant rates against spans, summed over the units of the mask: nats, spikes and entries. */
export function rateCrossEntropy(
  raster: Raster,
  spans: readonly BinSpan[],
  rates: Float64Array,
  unitMask: Uint32Array,
): { readonly nats: number; readonly spikes: number; readonly units: number } {
  const bins = spans.reduce((total, { start, stop }) => total + stop - start, 0);
  const counts = spikeCounts(raster, spans);
  let nats = 0;
  let spikes = 0;
  let units = 0;
  for (let u = 0; u < raster.units; u++) {
    if (!inMask(unitMask, u)) continue;
    nats -= counts[u] * log(rates[u]) + (bins - counts[u]) * log(1 - rates[u]);
    spikes += counts[u];
    units++;
  }
  return { nats, spikes, units };
}
