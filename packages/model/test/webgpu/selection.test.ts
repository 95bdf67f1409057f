// Plan: the few cases that a software adapter runs reach every WGSL kernel there is, but for the product in the other geometry.
import * as kernels from '@spikebridge/kernels-wgsl';
import { expect, it } from 'vitest';
import { runConformance, smallestOfEveryKernel } from '../../src/engine/conformance/index.ts';
import { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { dawnDevice } from './dawn.ts';

/** Names of all kernels that the package exports. */
const names = Object.values(kernels).flatMap((exported) =>
  typeof exported === 'object' && 'storage' in exported ? [exported.name] : [],
);

it('the smallest case of every kernel reaches every kernel of the geometry', async () => {
  const device = await dawnDevice();
  const backend = new WebGpuBackend(device, 'Dawn', { software: true });
  const reached = new Set<string>();
  const { runtime } = backend;
  const program = runtime.program.bind(runtime);
  runtime.program = (dispatches) => {
    for (const { kernel } of dispatches) reached.add(kernel.name);
    return program(dispatches);
  };
  const rows = await runConformance(backend, smallestOfEveryKernel());
  expect(rows.filter(({ pass }) => !pass)).toEqual([]);
  // No plan rolls out: rollout.test.ts.
  const apart: readonly string[] = [kernels.MATMUL_TILED.name, kernels.ROLLOUT.name];
  expect([...reached].sort()).toEqual(names.filter((name) => !apart.includes(name)).sort());
  expect(names.length).toBeGreaterThan(20);
  backend.dispose();
  device.destroy();
});
