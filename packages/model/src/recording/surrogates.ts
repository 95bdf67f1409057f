// Surrogate recordings for the guards: what a model may and may not find in trains whose structure was destroyed on
// purpose. They are data sets, not predictors. Each keeps the shape and the observed spans of the raster it comes from.
import { RandomStream } from '../engine/random.ts';
import { log1p } from '../engine/elementary.ts';
import { spikeCounts } from './raster.ts';
import type { BinSpan, Raster } from './types.ts';

const POISSON_STREAM = 0x9015;
const SHIFT_STREAM = 0x5417;
const ISI_STREAM = 0x1515;

/** (units) bins of every unit within one span, in order; one pass over the words. */
function trainsOf(raster: Raster, span: BinSpan): number[][] {
  const trains = Array.from({ length: raster.units }, (): number[] => []);
  for (let bin = span.start; bin < span.stop; bin++) {
    for (let w = 0; w < raster.wordsPerBin; w++) {
      let word = raster.words[bin * raster.wordsPerBin + w];
      while (word !== 0) {
        trains[w * 32 + 31 - Math.clz32(word & -word)].push(bin);
        word &= word - 1;
      }
    }
  }
  return trains;
}

/** A raster of the same shape, unit by unit and span by span: `place` gets a unit's bins in a span, returns the new ones. */
function rebuilt(
  raster: Raster,
  place: (bins: readonly number[], span: BinSpan, unit: number) => Iterable<number>,
): Raster {
  const words = new Uint32Array(raster.words.length);
  for (const span of raster.observed) {
    trainsOf(raster, span).forEach((train, unit) => {
      const word = unit >> 5;
      const bit = 1 << (unit & 31);
      for (const bin of place(train, span, unit)) words[bin * raster.wordsPerBin + word] |= bit;
    });
  }
  return { ...raster, words };
}

/** One generator per unit, so that a unit's surrogate does not depend on how many others there are. */
const unitStream = (seed: number, stream: number, unit: number): RandomStream =>
  new RandomStream(seed, stream * 65536 + unit);

/** Bins of a Bernoulli process of probability p in [start, stop): gaps between spikes are geometric. */
function* bernoulliBins(random: RandomStream, p: number, span: BinSpan): Generator<number> {
  if (p <= 0) return;
  const scale = p < 1 ? -1 / log1p(-p) : 0;
  for (let bin = span.start; ; bin++) {
    bin += Math.floor(random.exponential() * scale);
    if (bin >= span.stop) return;
    yield bin;
  }
}

/**
 * Rate-matched independent Poisson trains (Bernoulli in each bin): every unit fires with its mean probability over the
 * observed rows. Nobody can predict it beyond its rate.
 */
export function poissonSurrogate(raster: Raster, seed: number): Raster {
  const rows = raster.observed.reduce((sum, span) => sum + span.stop - span.start, 0);
  const fired = spikeCounts(raster);
  const streams = Array.from(fired, (_, unit) => unitStream(seed, POISSON_STREAM, unit));
  return rebuilt(raster, (_, span, unit) => bernoulliBins(streams[unit], fired[unit] / rows, span));
}

/**
 * Each unit is turned round by its own offset within each observed span: its own history stays (but for one seam), what it
 * shares with others goes. Offsets are uniform in 1 ... length - 1.
 */
export function circularShift(raster: Raster, seed: number): Raster {
  const streams = Array.from({ length: raster.units }, (_, unit) => unitStream(seed, SHIFT_STREAM, unit));
  return rebuilt(raster, (bins, span, unit) => {
    const length = span.stop - span.start;
    const offset = length > 1 ? 1 + streams[unit].integer(length - 1) : 0;
    return bins.map((bin) => span.start + ((bin - span.start + offset) % length));
  });
}

/**
 * Each unit's intervals are put in random order within each observed span; its first and last spike stay. Rate, interval
 * distribution and CV are kept; bursts, rhythms and everything shared go.
 */
export function isiShuffle(raster: Raster, seed: number): Raster {
  const streams = Array.from({ length: raster.units }, (_, unit) => unitStream(seed, ISI_STREAM, unit));
  return rebuilt(raster, (bins, _, unit) => {
    if (bins.length < 3) return bins;
    const intervals = streams[unit].shuffle(bins.slice(1).map((bin, i) => bin - bins[i]));
    let bin = bins[0];
    return [bin, ...intervals.map((interval) => (bin += interval))];
  });
}
