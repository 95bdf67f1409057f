// Small rasters for tests: drawn spikes with structure a net can learn, or bits set by hand.
import { CounterRandom } from '../../engine/random.ts';
import type { BinSpan, Raster } from '../../recording/types.ts';

/** A raster from a predicate; observed everywhere unless told. */
export function rasterOf(
  bins: number,
  units: number,
  fires: (bin: number, unit: number) => boolean,
  observed: readonly BinSpan[] = [{ start: 0, stop: bins }],
): Raster {
  const wordsPerBin = Math.ceil(units / 32);
  const words = new Uint32Array(bins * wordsPerBin);
  for (let bin = 0; bin < bins; bin++) {
    for (let unit = 0; unit < units; unit++) {
      if (fires(bin, unit)) words[bin * wordsPerBin + (unit >> 5)] |= 1 << (unit & 31);
    }
  }
  return { words, bins, units, wordsPerBin, binMilliseconds: 1, observed };
}

/** Whether a unit fires in a bin. */
export function fires({ words, wordsPerBin }: Raster, bin: number, unit: number): boolean {
  return ((words[bin * wordsPerBin + (unit >> 5)] >>> (unit & 31)) & 1) === 1;
}

/** Independent spikes of probability 0.1; each spike makes the next unit fire with probability 0.5 `lag` bins later. */
export function chainRaster(
  bins: number,
  units: number,
  seed = 1,
  observed?: readonly BinSpan[],
  lag = 2,
): Raster {
  const random = new CounterRandom(seed, 7);
  const spikes = new Uint8Array(bins * units);
  for (let bin = 0; bin < bins; bin++) {
    for (let unit = 0; unit < units; unit++) {
      const cause = bin >= lag && spikes[(bin - lag) * units + ((unit + units - 1) % units)] === 1;
      spikes[bin * units + unit] = random.uniform(bin, unit) < (cause ? 0.5 : 0.1) ? 1 : 0;
    }
  }
  return rasterOf(bins, units, (bin, unit) => spikes[bin * units + unit] === 1, observed);
}
