// The free-running loop, whatever the model: probabilities of the next bin, a Bernoulli draw for each unit, the bin appended,
// and on. Draws are keyed by (seed, stream, bin, unit), so that nothing else decides what is sampled.
import { log, sigmoid } from '../engine/elementary.ts';
import type { Eventually } from '../engine/backend.ts';
import { CounterRandom } from '../engine/random.ts';
import { SpikebridgeError } from '../errors.ts';
import type { RateControl } from './rate-control.ts';
import type { Prompt, Roller } from './types.ts';

/** Of the counter generator, apart from those of training, simulation and evaluation. */
export const GENERATION_STREAM = 0x6e4e;
const TWO_32 = 4294967296;
/** Bins between two looks at the host. */
const PACE = 256;

export interface GenerateOptions {
  /** Bins to sample after the prompt. */
  readonly bins: number;
  readonly seed: number;
  /** (units) 1 where a unit may fire; a column that held no unit in training is silent. */
  readonly present: Uint8Array;
  /** Divides the log-odds of every probability; 1 by default. Towards 0, a unit fires where its probability is above one half. */
  readonly temperature?: number;
  /** Holds each unit to the rates of a recording; after the temperature. None by default. */
  readonly rateControl?: RateControl;
  /** Receives bin 0, 1, ... of what is sampled, (wordsPerBin); the array is used again. */
  readonly take: (bin: number, words: Uint32Array) => void;
  /** Asked every 256 bins, prompt included, with the bins sampled; the loop waits for its answer. */
  readonly onProgress?: (done: number) => Eventually<void>;
  /** Looked at after each `onProgress`: ends the roll-out early. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a model freely after a prompt.
 * @returns bins sampled: all of them unless the signal came.
 * @throws E_GENERATE_PROMPT (no bin, or another width than the model's), E_GENERATE_TEMPERATURE.
 */
export async function generate(roller: Roller, prompt: Prompt, options: GenerateOptions): Promise<number> {
  checkRollout(roller, prompt, options);
  const { bins, seed, present, temperature = 1, rateControl, take, onProgress, signal } = options;
  const { units, wordsPerBin } = roller;
  const random = new CounterRandom(seed, GENERATION_STREAM);
  const probabilities = new Float32Array(units);
  const next = new Uint32Array(wordsPerBin);
  let stepped = 0;
  const step = async (words: Uint32Array, done: number): Promise<boolean> => {
    roller.step(words, probabilities);
    rateControl?.push(words);
    stepped += 1;
    if (stepped % PACE > 0) return true;
    await onProgress?.(done);
    return signal?.aborted !== true;
  };
  for (let bin = 0; bin < prompt.bins; bin++) {
    const words = prompt.words.subarray(bin * wordsPerBin, (bin + 1) * wordsPerBin);
    if (!(await step(words, 0))) return 0;
  }
  for (let bin = 0; bin < bins; bin++) {
    next.fill(0);
    for (let unit = 0; unit < units; unit++) {
      if (present[unit] === 0) continue;
      let p = probabilities[unit];
      if (temperature !== 1) p = sigmoid(log(p / (1 - p)) / temperature);
      if (rateControl !== undefined) p = rateControl.control(unit, p);
      if (random.word(bin, unit) < p * TWO_32) next[unit >>> 5] |= 1 << (unit & 31);
    }
    take(bin, next);
    if (!(await step(next, bin + 1))) return bin + 1;
  }
  return bins;
}

export function checkRollout(
  { wordsPerBin }: Pick<Roller, 'wordsPerBin'>,
  prompt: Prompt,
  { temperature = 1 }: Pick<GenerateOptions, 'temperature'>,
): void {
  if (!(prompt.bins >= 1 && prompt.words.length === prompt.bins * wordsPerBin))
    throw new SpikebridgeError(
      'E_GENERATE_PROMPT',
      `the prompt has ${prompt.bins} bins in ${prompt.words.length} words; ${wordsPerBin} words a bin and a bin at least are needed`,
      { fix: 'begin after at least one bin; a silent one will do', exitCode: 2 },
    );
  if (!(temperature > 0 && temperature < Infinity))
    throw new SpikebridgeError('E_GENERATE_TEMPERATURE', `the temperature is ${temperature}`, {
      fix: 'choose a number above 0; 1 samples the model as it is',
      exitCode: 2,
    });
}
