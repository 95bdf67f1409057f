// Small rasters with known laws, for the tests of this room.
import { RandomStream } from '../../engine/random.ts';
import type { BinSpan, Raster } from '../../recording/types.ts';

export function emptyRaster(bins: number, units: number, observed?: readonly BinSpan[]): Raster {
  const wordsPerBin = Math.ceil(units / 32);
  return {
    words: new Uint32Array(bins * wordsPerBin),
    bins,
    units,
    wordsPerBin,
    binMilliseconds: 1,
    observed: observed ?? [{ start: 0, stop: bins }],
  };
}

export function setSpike(raster: Raster, bin: number, unit: number): void {
  raster.words[bin * raster.wordsPerBin + (unit >> 5)] |= 1 << (unit & 31);
}

/** Draws each bin from `probability(bin, unit, past)`, where `past(lag, unit)` reads bins already drawn. */
export function drawRaster(
  bins: number,
  units: number,
  seed: number,
  probability: (bin: number, unit: number, past: (lag: number, unit: number) => number) => number,
  observed?: readonly BinSpan[],
): Raster {
  const raster = emptyRaster(bins, units, observed);
  const random = new RandomStream(seed, 77);
  let now = 0;
  const past = (lag: number, unit: number): number =>
    now - lag < 0 ? 0 : (raster.words[(now - lag) * raster.wordsPerBin + (unit >> 5)] >>> (unit & 31)) & 1;
  for (now = 0; now < bins; now++) {
    for (let unit = 0; unit < units; unit++) {
      if (random.uniform() < probability(now, unit, past)) setSpike(raster, now, unit);
    }
  }
  return raster;
}

/** Independent trains of the given probabilities per bin. */
export function poissonRaster(bins: number, rates: readonly number[], seed: number): Raster {
  return drawRaster(bins, rates.length, seed, (_, unit) => rates[unit]);
}

/** 60 / 20 / 20 of a raster. */
export function thirds(raster: Raster): { train: BinSpan[]; validation: BinSpan[]; test: BinSpan[] } {
  const a = Math.round(raster.bins * 0.6);
  const b = Math.round(raster.bins * 0.8);
  return {
    train: [{ start: 0, stop: a }],
    validation: [{ start: a, stop: b }],
    test: [{ start: b, stop: raster.bins }],
  };
}
