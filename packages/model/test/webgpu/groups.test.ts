// Plan: a row of workgroups as long as a dimension allows, and one and two longer, which folds into two dimensions: every element is
// written, those at the fold and in the last, short group among them, and nothing past the end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, GpuRuntime } from '@spikebridge/kernels-wgsl';
import { dawnDevice } from './dawn.ts';

const SIZE = 256;
const MOST = 65_535;
/** Elements behind the last one, which stay as they are. */
const BEHIND = 2 * SIZE;

describe('rows of workgroups', () => {
  let device: GPUDevice;
  let runtime: GpuRuntime;
  beforeAll(async () => {
    device = await dawnDevice();
    runtime = new GpuRuntime(device);
  });
  afterAll(() => {
    runtime.dispose();
    device.destroy();
  });

  it.each([
    { count: MOST, groups: [MOST, 1, 1] },
    { count: MOST + 1, groups: [32_768, 2, 1] },
    { count: MOST + 2, groups: [32_769, 2, 1] },
  ])('of $count fill all their elements', async ({ count, groups }) => {
    const length = SIZE * (count - 1) + 3;
    const out = runtime.allocate(4 * (length + BEHIND), 'out');
    const dispatch = fill({ out, length, value: 1.5 });
    expect(dispatch.groups).toEqual(groups);
    const program = runtime.program([dispatch]);
    runtime.encode(program);
    const values = await runtime.floats(out);
    // In loops of its own: expectations of 17 million elements one by one would take minutes.
    expect(values.findIndex((value) => value !== 1.5)).toBe(length);
    expect(values.subarray(length).every((value) => value === 0)).toBe(true);
    runtime.release(program);
    runtime.free(out);
  });
});
