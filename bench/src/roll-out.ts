// A free-running roll-out against the clock, on any host.
import { generate } from '@spikebridge/model';
import type { Roller } from '@spikebridge/model';

export interface RollOutEffort {
  /** Bins before the first sample: a context, so that every sample has a full one. */
  readonly full: number;
  /** Bins of a sample. */
  readonly bins: number;
  readonly samples: number;
}

/** Milliseconds of each sample, the draws included. The roller is disposed of. */
export async function rollOut(roller: Roller, { full, bins, samples }: RollOutEffort): Promise<number[]> {
  const present = new Uint8Array(roller.units).fill(1);
  const run = (length: number, seed: number): Promise<number> => {
    const prompt = { words: new Uint32Array(roller.wordsPerBin), bins: 1 };
    return generate(roller, prompt, { bins: length, seed, present, take: () => undefined });
  };
  await run(full + bins, 0);
  const times: number[] = [];
  for (let i = 1; i <= samples; i++) {
    const start = performance.now();
    await run(bins, i);
    times.push(performance.now() - start);
  }
  roller.dispose();
  return times;
}
