// Rasters from plain lists and from laws whose statistics are known, for the tests of this room.
import { emptyRaster, setSpike } from '../../evaluation/testing/synthetic.ts';
import { RandomStream } from '../../engine/random.ts';
import type { BinSpan, Raster } from '../../recording/types.ts';

/** A raster of the given bins of each unit. */
export function rasterOf(
  trains: readonly (readonly number[])[],
  bins: number,
  observed?: readonly BinSpan[],
): Raster {
  const raster = emptyRaster(bins, trains.length, observed);
  trains.forEach((train, unit) => train.forEach((bin) => setSpike(raster, bin, unit)));
  return raster;
}

/** Bins of a renewal process whose intervals are sums of `order` exponentials of mean `mean / order` bins. */
export function gammaTrain(bins: number, mean: number, order: number, seed: number): number[] {
  const random = new RandomStream(seed, 0x6a);
  const train: number[] = [];
  for (let time = 0; ;) {
    for (let i = 0; i < order; i++) time += (random.exponential() * mean) / order;
    if (time >= bins) return train;
    // Rounding moves a spike by half a bin, which is nothing beside intervals of hundreds.
    train.push(Math.floor(time));
  }
}

/**
 * Six units over 60,000 bins from a linear congruential generator of 32 bits that any language repeats exactly: a common
 * input to the first four, a square wave of 120 bins on all, and a silent sixth. The golden figures are of this raster.
 */
export function goldenRaster(): Raster {
  const probabilities = [0.004, 0.01, 0.02, 0.03, 0.05, 0];
  const raster = emptyRaster(60_000, probabilities.length);
  let state = 12_345;
  const draw = (): number => (state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0);
  const limits = probabilities.map((p) => Math.floor(p * 4_294_967_296));
  for (let bin = 0; bin < raster.bins; bin++) {
    const common = draw() < Math.floor(0.02 * 4_294_967_296);
    const busy = Math.floor(bin / 60) % 2 === 0;
    limits.forEach((limit, unit) => {
      const bar = common && unit < 4 ? 2_147_483_648 : limit * (busy ? 2 : 1);
      if (draw() < bar && limit > 0) setSpike(raster, bin, unit);
    });
  }
  return raster;
}
