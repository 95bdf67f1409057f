// What a kernel row is made of: the same work done by ours and by tfjs, each of which can be run, shown and timed.
import type { Backend, Eventually } from '@spikebridge/model';
import { median, quartiles } from '../figures.ts';

/** One side of a row. */
export interface Contender {
  /** Queues the work once; nothing of it need be done when it returns. */
  submit(): void;
  /** Resolves when all that was queued is done, at the price of reading one number. */
  settle(): Eventually<void>;
  /** Runs the work once and reads what it computed: the same arrays on both sides, in the same order. */
  results(): Promise<readonly Float32Array[]>;
  dispose(): void;
}

export interface KernelCase {
  readonly what: string;
  readonly shape: string;
  /** Allowed difference, as in `difference`. */
  readonly tolerance: number;
  ours(backend: Backend): Contender;
  /** On tfjs's backend of the moment. */
  theirs(): Contender;
}

/**
 * Largest difference of any element, relative to the root mean square of its array on our side: float32 sums in another order leave
 * it far below 1e-3, a wrong formula does not. NaN where either side has one or the shapes differ.
 */
export function difference(ours: readonly Float32Array[], theirs: readonly Float32Array[]): number {
  if (ours.length !== theirs.length) return NaN;
  let worst = 0;
  for (const [i, a] of ours.entries()) {
    const b = theirs[i];
    if (a.length !== b.length) return NaN;
    let squares = 0;
    let most = 0;
    for (let j = 0; j < a.length; j++) {
      squares += a[j] * a[j];
      const apart = Math.abs(a[j] - b[j]);
      if (Number.isNaN(apart)) return NaN;
      most = Math.max(most, apart);
    }
    worst = Math.max(worst, most / Math.max(Math.sqrt(squares / a.length), 1e-12));
  }
  return worst;
}

export interface Turns {
  readonly medianMs: number;
  /** Half of the samples lie between these. */
  readonly quartilesMs: readonly [number, number];
  readonly samples: number;
  /** Repetitions that one sample is the mean of. */
  readonly repetitions: number;
}

export interface Effort {
  readonly samples: number;
  /** A sample is as many repetitions as take this long, so that neither the clock's grain nor the wait for the device shows. */
  readonly leastMs: number;
}

/** Times a contender that has run before. */
export async function timed(one: Contender, { samples, leastMs }: Effort): Promise<Turns> {
  const sample = async (repetitions: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < repetitions; i++) one.submit();
    await one.settle();
    return performance.now() - start;
  };
  const once = await sample(1);
  const repetitions = Math.min(1000, Math.max(1, Math.ceil(leastMs / Math.max(once, 0.01))));
  const times: number[] = [];
  for (let i = 0; i < samples; i++) times.push((await sample(repetitions)) / repetitions);
  return { medianMs: median(times), quartilesMs: quartiles(times), samples, repetitions };
}

/** Values without chance and without a pattern that hides a swapped axis. */
export const waves = (length: number, rate: number, height = 0.5): Float32Array =>
  Float32Array.from({ length }, (_, i) => height * Math.sin(rate * (i + 1)));

/** Bits that are set in one of `every` places or so. */
export function bits(words: number, every: number): Uint32Array {
  const out = new Uint32Array(words);
  let state = 2463534242;
  for (let i = 0; i < 32 * words; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    if (state % 1009 < 1009 / every) out[i >> 5] |= 1 << (i & 31);
  }
  return out;
}
