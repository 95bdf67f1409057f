// Drawn values of conformance cases: from the counter generator, so that every host tests the same numbers.
import { CounterRandom } from '../random.ts';
import type { SpikePattern } from './types.ts';

/** Normal values of mean 0. */
export function drawNormal(seed: number, stream: number, count: number, deviation = 1): Float32Array {
  const random = new CounterRandom(seed, stream);
  return Float32Array.from({ length: count }, (_, i) => deviation * random.normal(0, i));
}

/** Packed spikes, (rows, words): drawn at 0.3 a bin, absent, or everywhere. Bits past the last unit stay 0. */
export function drawSpikes(
  seed: number,
  stream: number,
  rows: number,
  units: number,
  pattern: SpikePattern,
): Uint32Array {
  const random = new CounterRandom(seed, stream);
  const wordsPerBin = Math.ceil(units / 32);
  const words = new Uint32Array(rows * wordsPerBin);
  if (pattern === 'silent') return words;
  for (let n = 0; n < rows; n++) {
    for (let u = 0; u < units; u++) {
      if (pattern === 'all' || random.uniform(n, u) < 0.3)
        words[n * wordsPerBin + (u >>> 5)] |= 1 << (u & 31);
    }
  }
  return words;
}
