// Plan: blocks cover each tensor once, whole vectors, with its own flags; settings lie where the shader reads them; partial sums are
// bounded and fit the workspace.
import { describe, expect, it } from 'vitest';
import type { Slice } from '../../kernel.ts';
import { adamw, ADAMW_WORKSPACE_BYTES, adamwBlocks, adamwSettings } from './adamw.ts';

const slice = { buffer: {} as GPUBuffer, offset: 0, size: 16 } satisfies Slice;
const buffers = {
  ...{ weights: slice, gradients: slice, first: slice, second: slice, mean: null },
  ...{ table: slice, workspace: slice },
};

const HALF = 0x3f000000;

describe('adamwBlocks', () => {
  it('cuts tensors into blocks of 256 vectors', () => {
    const tensors = [
      { offset: 0, length: 3, decay: true, learningRateScale: 0.5 },
      { offset: 64, length: 2049, decay: false, learningRateScale: 0 },
    ];
    expect([...adamwBlocks(tensors)]).toEqual(
      [
        [0, 1, HALF, 1],
        [16, 256, 0, 0],
        [272, 256, 0, 0],
        [528, 1, 0, 0],
      ].flat(),
    );
  });
});

describe('adamwSettings', () => {
  it('holds what the shader reads, shares of the mean in float32', () => {
    const values = adamwSettings({
      ...{ learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 2, weightDecay: 3, clip: 4 },
      ...{ correction1: 5, correction2: 6, meanDecay: 0.9 },
    });
    const decay = Math.fround(0.9);
    const wanted = [1, 0.9, 1 - 0.9, 0.999, 1 - 0.999, 2, 3, 4, 5, 6, decay, Math.fround(1 - decay)];
    expect(values).toEqual(Float32Array.from(wanted));
  });
});

describe('adamw', () => {
  it.each([
    [1, 1, 1],
    [1024, 1, 1],
    [1025, 2, 2],
    [4_000_000, 3907, 1024],
  ])('of %i elements has %i blocks and %i partial sums', (length, blocks, parts) => {
    const tensors = [{ offset: 0, length, decay: true, learningRateScale: 1 }];
    const [squares, update] = adamw({ ...buffers, tensors });
    expect(squares.groups).toEqual([parts, 1, 1]);
    expect(squares.uniforms).toEqual({ blocks, groups: parts });
    expect(update.groups).toEqual([blocks, 1, 1]);
    expect(update.uniforms).toEqual({ blocks, parts });
    expect(4 * (64 + parts)).toBeLessThanOrEqual(ADAMW_WORKSPACE_BYTES);
  });

  it('takes the mean only where one is kept', () => {
    const tensors = [{ offset: 0, length: 1, decay: true, learningRateScale: 1 }];
    const meanOf = (mean: Slice | null) => adamw({ ...buffers, mean, tensors })[1];
    expect(meanOf(null).storage).not.toHaveProperty('mean');
    expect(meanOf(null).source).not.toContain('mean[at]');
    expect(meanOf(slice).storage).toHaveProperty('mean');
    expect(meanOf(slice).source).toContain('mean[at]');
  });

  it('still finds a norm where there is nothing', () => {
    const [squares, update] = adamw({ ...buffers, tensors: [] });
    expect([squares.groups, update.groups]).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });
});
