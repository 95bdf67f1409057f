// A roll-out as one dispatch: the list of row operations that a bin goes through, and how many bins.
import { rolloutSource, type RolloutFlags } from '../../generated/rollout.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const ROLLOUT = {
  name: 'rollout',
  source: rolloutSource,
  storage: ['floats', 'program', 'trains', 'angles', 'control'],
  uniforms: { records: 'u32', words: 'u32', units: 'u32', capacity: 'u32' },
  run: false,
} as const satisfies Kernel<RolloutFlags>;

/** Words of a record: the code and up to eleven operands, as the shader's functions name them. */
export const ROLLOUT_RECORD = 12;

export const ROLLOUT_CODES = {
  linear: 0,
  layerNorm: 1,
  embed: 2,
  unpack: 3,
  positions: 4,
  rotary: 5,
  attention: 6,
  history: 7,
  sample: 8,
} as const;

/** Words of `control` before its (units) flags; the shader says what each is. */
export const ROLLOUT_CONTROL = [
  'steps',
  'before',
  'sampleFrom',
  'drawn',
  'filled',
  'slot',
  'seed',
  'stream',
  'coldness',
  'advance',
] as const;

export interface RolloutCall {
  readonly floats: Slice;
  readonly program: Slice; // (records, 12) u32
  readonly trains: Slice; // (before + steps + 1, words) u32
  readonly angles: Slice; // (steps, headWidth)
  readonly control: Slice; // (10 + units) u32
  readonly records: number;
  readonly words: number;
  readonly units: number;
  readonly capacity: number;
  /** Lanes of the workgroup: a multiple of 32, at most 256. */
  readonly lanes: number;
  /** Of one bin, counted by whoever wrote the list. */
  readonly flops: number;
  readonly bytes: number;
}

export function rollout(call: RolloutCall): Dispatch {
  const { floats, program, trains, angles, control, records, words, units, capacity, lanes, flops, bytes } =
    call;
  return dispatchOf(ROLLOUT, {
    flags: { LANES: lanes },
    storage: { floats, program, trains, angles, control },
    uniforms: { records, words, units, capacity },
    groups: [1, 1, 1],
    flops,
    bytes,
  });
}

/** Into how many parts a sum over columns is cut, so that all lanes have work: a power of two, 1 from lanes / 2 + 1 columns on. */
export function partsFor(columns: number, lanes: number): number {
  let parts = 1;
  while (columns * parts * 2 <= lanes) parts *= 2;
  return parts;
}
