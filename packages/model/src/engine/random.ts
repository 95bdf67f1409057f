// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
// A draw is a pure function of (seed, stream, step, index), so that TypeScript, WASM and WGSL make the same dropout mask
// in any order and on any number of threads, and a resumed run continues exactly where it was.
import { cos, log } from './elementary.ts';

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const TWO_32 = 4294967296;

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers, by 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle2 = aLow * bHigh + (middle % 65536);
  return aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(middle2 / 65536);
}

/** Ten rounds of Philox4x32 on a counter of four words under a key of two; writes four words to `out`. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The smallest word that dropout keeps: an element stays when its word >= probability * 2^32. */
export function dropoutThreshold(probability: number): number {
  return Math.ceil(probability * TWO_32);
}

/**
 * Draws under one key (seed, stream). Key = (seed mod 2^32, stream); counter = (step, index lo32 >> 2, index hi, 0) and
 * the word is index & 3, so four consecutive indices cost one block. `index` is an integer in [0, 2^53).
 */
export class CounterRandom {
  readonly seed: number;
  readonly stream: number;
  private readonly key: readonly [number, number];
  private readonly block = new Uint32Array(4);
  private blockStep = -1;
  private blockLow = -1;
  private blockHigh = -1;

  constructor(seed: number, stream: number) {
    this.seed = seed;
    this.stream = stream;
    this.key = [seed >>> 0, stream >>> 0];
  }

  /** Uniform integer in [0, 2^32). */
  word(step: number, index: number): number {
    const low = (index >>> 0) >>> 2;
    const high = Math.floor(index / TWO_32);
    if (step !== this.blockStep || low !== this.blockLow || high !== this.blockHigh) {
      philox4x32([step >>> 0, low, high, 0], this.key, this.block);
      this.blockStep = step;
      this.blockLow = low;
      this.blockHigh = high;
    }
    return this.block[index & 3];
  }

  /** Uniform double in [0, 1) with 53 bits, from words 2 * index and 2 * index + 1. */
  uniform(step: number, index: number): number {
    const high = this.word(step, 2 * index) >>> 5;
    const low = this.word(step, 2 * index + 1) >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Standard normal draw (Box-Muller, cosine branch), from words 4 * index ... 4 * index + 3. */
  normal(step: number, index: number): number {
    const radius = Math.sqrt(-2 * log(1 - this.uniform(step, 2 * index)));
    return radius * cos(6.283185307179586 * this.uniform(step, 2 * index + 1));
  }
}

/**
 * The same generator read in order, for simulators, surrogates and the bootstrap: keeps a position, nothing else, so that
 * `new RandomStream(seed, stream, position)` continues an earlier one exactly.
 */
export class RandomStream {
  private readonly random: CounterRandom;
  private cursor: number;

  constructor(seed: number, stream: number, position = 0) {
    this.random = new CounterRandom(seed, stream);
    this.cursor = position;
  }

  /** Uniform draws used so far (a normal uses two). */
  get position(): number {
    return this.cursor;
  }

  /** Uniform double in [0, 1). */
  uniform(): number {
    return this.random.uniform(0, this.cursor++);
  }

  /** Standard normal draw. */
  normal(): number {
    const radius = Math.sqrt(-2 * log(1 - this.uniform()));
    return radius * cos(6.283185307179586 * this.uniform());
  }

  /** Exponential draw of mean 1. */
  exponential(): number {
    return -log(1 - this.uniform());
  }

  /** Uniform integer in [0, bound), bound <= 2^32: of 2^53 equally likely values, so its bias is below 2^-21. */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Fisher-Yates, in place; returns its argument. */
  shuffle<T extends { length: number; [index: number]: number }>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
    return values;
  }
}
