// Plan: every op's cases on the GPU backend against the float64 reference, at the tolerances derived beside them; ops whose kernels
// have another geometry for software adapters run in both.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CONFORMANCE_CASES,
  caseName,
  runCase,
  type ConformanceOp,
} from '../../src/engine/conformance/index.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { dawnDevice } from './dawn.ts';

const reference = new ReferenceBackend();

/** Ops whose lowering asks `place.software`. */
const TWO_GEOMETRIES: ReadonlySet<ConformanceOp> = new Set(['matMul', 'attention', 'attentionBackward']);

describe.each([
  { geometry: 'GPUs', software: false },
  { geometry: 'software adapters', software: true },
])('conformance on Dawn, geometry of $geometry', ({ software }) => {
  let device: GPUDevice;
  let backend: WebGpuBackend;
  beforeAll(async () => {
    device = await dawnDevice();
    backend = new WebGpuBackend(device, 'Dawn', { software });
  });
  afterAll(() => {
    backend.dispose();
    device.destroy();
  });

  const ops = [...new Set(CONFORMANCE_CASES.map(({ op }) => op))];
  it.each(ops.filter((op) => !software || TWO_GEOMETRIES.has(op)))('%s', async (op) => {
    for (const one of CONFORMANCE_CASES.filter((candidate) => candidate.op === op)) {
      const row = await runCase(one, backend, reference);
      expect(
        row.pass,
        `${caseName(one)}: ${row.error ?? JSON.stringify(row.at)} worst ${row.worst} of ${row.tolerance}`,
      ).toBe(true);
    }
  });
});
