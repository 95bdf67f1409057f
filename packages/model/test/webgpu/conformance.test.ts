// Plan: every op's cases on the GPU backend against the float64 reference, at the tolerances derived beside them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES, caseName, runCase } from '../../src/engine/conformance/index.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { dawnDevice } from './dawn.ts';

const reference = new ReferenceBackend();

describe('conformance on Dawn', () => {
  let device: GPUDevice;
  let backend: WebGpuBackend;
  beforeAll(async () => {
    device = await dawnDevice();
    backend = new WebGpuBackend(device, 'Dawn');
  });
  afterAll(() => {
    backend.dispose();
    device.destroy();
  });

  const ops = [...new Set(CONFORMANCE_CASES.map(({ op }) => op))];
  it.each(ops)('%s', async (op) => {
    for (const one of CONFORMANCE_CASES.filter((candidate) => candidate.op === op)) {
      const row = await runCase(one, backend, reference);
      expect(
        row.pass,
        `${caseName(one)}: ${row.error ?? JSON.stringify(row.at)} worst ${row.worst} of ${row.tolerance}`,
      ).toBe(true);
    }
  });
});
