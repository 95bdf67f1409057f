// A recording on another time scale: what it would look like if everything in it took `factor` times as long.
import { CounterRandom } from '../engine/random.ts';
import { unpackBin } from '../evaluation/features/cursor.ts';
import type { BinSpan, Raster } from '../recording/types.ts';

/** Of the counter generator: where inside its bin a spike is put before the scale changes. */
const STRETCH_STREAM = 0x73747263;

/** Spans side by side, each `factor` times as long, a bin at least. */
export function stretchedSpans(spans: readonly BinSpan[], factor: number): readonly BinSpan[] {
  let from = 0;
  return spans.map(({ start, stop }) => ({
    start: from,
    stop: (from += Math.max(1, Math.floor((stop - start) * factor))),
  }));
}

/**
 * The bins of `spans`, one after the other, stretched by `factor`: a spike at a place inside its bin that is drawn evenly moves
 * to factor times its time. Spikes that then share a bin are one.
 */
export function stretchRaster(
  raster: Raster,
  spans: readonly BinSpan[],
  factor: number,
  seed: number,
): Raster {
  const { units, wordsPerBin } = raster;
  const random = new CounterRandom(seed, STRETCH_STREAM);
  const observed = stretchedSpans(spans, factor);
  const bins = observed.at(-1)?.stop ?? 0;
  const words = new Uint32Array(bins * wordsPerBin);
  const spikes = new Float32Array(units);
  spans.forEach(({ start, stop }, i) => {
    const { start: from, stop: end } = observed[i];
    for (let bin = start; bin < stop; bin++) {
      unpackBin(raster, bin, spikes);
      for (let unit = 0; unit < units; unit++) {
        if (spikes[unit] === 0) continue;
        const place = factor === 1 ? 0 : random.uniform(bin, unit);
        const moved = Math.min(end - 1, from + Math.floor((bin - start + place) * factor));
        words[moved * wordsPerBin + (unit >> 5)] |= 1 << (unit & 31);
      }
    }
  });
  return { ...raster, bins, words, observed };
}
