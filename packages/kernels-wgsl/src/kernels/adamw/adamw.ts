// AdamW over one block of all parameters, in two dispatches: squares of the gradients; then norm, update and mean.
import { adamwSource } from '../../generated/adamw.ts';
import { squareSumSource } from '../../generated/square-sum.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const SQUARE_SUM = {
  name: 'square-sum',
  source: squareSumSource,
  storage: ['gradients', 'table', 'workspace'],
  uniforms: { blocks: 'u32', groups: 'u32' },
  run: false,
} as const satisfies Kernel<Parameters<typeof squareSumSource>[0]>;

export const ADAMW = {
  name: 'adamw',
  source: adamwSource,
  storage: ['gradients', 'table', 'workspace', 'weights', 'first', 'second', 'mean'],
  uniforms: { blocks: 'u32', parts: 'u32' },
  run: false,
} as const satisfies Kernel<Parameters<typeof adamwSource>[0]>;

/** One tensor in the blocks of memory; `offset` is a multiple of 64 elements, and the padding after its end holds zeros. */
export interface OptimisedTensor {
  readonly offset: number;
  readonly length: number;
  /** Whether decoupled decay applies. */
  readonly decay: boolean;
  /** 0 = frozen. */
  readonly learningRateScale: number;
}

/** Elements of a group: 256 threads of a vector each. */
const BLOCK = 1024;

/** Where things lie in the workspace, in floats. */
export const ADAMW_NORM = 16;
const PARTS = 64;
/** Groups of the first dispatch, each of which leaves one sum. */
const MOST_PARTS = 1024;

/** Bytes of the workspace: settings, norm, partial sums. */
export const ADAMW_WORKSPACE_BYTES = 4 * (PARTS + MOST_PARTS);

/** The table of blocks, (blocks, 4) u32: first vector, vectors, learning-rate scale (its bits), 1 where weights decay. */
export function adamwBlocks(tensors: readonly OptimisedTensor[]): Uint32Array {
  const bits = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0];
  return Uint32Array.from(
    tensors.flatMap(({ offset, length, decay, learningRateScale }) =>
      Array.from({ length: Math.ceil(length / BLOCK) }, (_, block) => {
        const start = block * BLOCK;
        const vectors = Math.ceil(Math.min(BLOCK, length - start) / 4);
        return [(offset + start) / 4, vectors, bits(learningRateScale), decay ? 1 : 0];
      }).flat(),
    ),
  );
}

/** Settings of one step. */
export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Norm above which gradients are scaled down; 0 = none. */
  readonly clip: number;
  /** 1 - beta1^step and the root of 1 - beta2^step. */
  readonly correction1: number;
  readonly correction2: number;
  readonly meanDecay: number;
}

/** What is written to the start of the workspace before a step. */
export function adamwSettings(settings: AdamWSettings): Float32Array {
  const { beta1, beta2, correction1, correction2 } = settings;
  // In float32, as the host's running mean takes it.
  const meanDecay = Math.fround(settings.meanDecay);
  return Float32Array.of(
    ...[settings.learningRate, beta1, 1 - beta1, beta2, 1 - beta2, settings.epsilon],
    ...[settings.weightDecay, settings.clip, correction1, correction2, meanDecay, 1 - meanDecay],
  );
}

export interface AdamWCall {
  readonly weights: Slice; // f32, what the tensors' offsets count in; so are the next four
  readonly gradients: Slice;
  readonly first: Slice; // moments
  readonly second: Slice;
  readonly mean: Slice | null;
  readonly table: Slice; // from `adamwBlocks`
  readonly workspace: Slice; // ADAMW_WORKSPACE_BYTES; settings in front, the norm before clipping left at ADAMW_NORM
  readonly tensors: readonly OptimisedTensor[];
}

export function adamw(call: AdamWCall): Dispatch[] {
  const { weights, gradients, first, second, mean, table, workspace, tensors } = call;
  const blocks = tensors.reduce((sum, { length }) => sum + Math.ceil(length / BLOCK), 0);
  const elements = tensors.reduce((sum, { length }) => sum + length, 0);
  const parts = Math.max(1, Math.min(MOST_PARTS, blocks));
  return [
    dispatchOf(SQUARE_SUM, {
      label: 'squares of gradients',
      flags: { PARTS },
      storage: { gradients, table, workspace },
      uniforms: { blocks, groups: parts },
      groups: [parts, 1, 1],
      flops: 2 * elements,
      bytes: 4 * elements + 16 * blocks + 4 * parts,
    }),
    dispatchOf(ADAMW, {
      flags: { MEAN: mean !== null, NORM: ADAMW_NORM, PARTS },
      storage: { gradients, table, workspace, weights, first, second, mean },
      uniforms: { blocks, parts },
      groups: groupsInRow(Math.max(1, blocks)),
      flops: (mean === null ? 18 : 21) * elements,
      bytes: (mean === null ? 28 : 36) * elements + (16 + 4 * parts) * blocks,
    }),
  ];
}
