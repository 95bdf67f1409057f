// Plan: the doctor on this machine's GPU reports the adapter that WebGPU reports and tests every op, all of which agree; the same
// kernels with one result spoiled make it fail. What `auto` says names the adapter. The CPU builds are the unit lane's: two cases of them here.
import type { Plan } from '@spikebridge/model';
import { CONFORMANCE_CASES, gpuName, openDevice } from '@spikebridge/model';
import { describe, expect, it, vi } from 'vitest';
import { doctor } from '../../src/commands/doctor.ts';
import type { DoctorParts } from '../../src/commands/doctor.ts';
import { nodeDeviceHost } from '../../src/device.ts';
import { openGpuDevice } from '../../src/device-gpu.ts';
import type { DoctorDocument } from '../../src/doctor-text.ts';
import { wrongIn } from '../../src/testing/wrong-backend.ts';
import { testGpu } from './device.ts';

const cpuCases = CONFORMANCE_CASES.slice(0, 2);
const auto: DoctorParts['auto'] = () =>
  Promise.resolve({
    ...{ backend: 'wasm', build: 'plain', threads: 1, description: 'wasm: plain SIMD, 1 thread' },
    why: 'not measured here',
  });

async function run(parts: Partial<DoctorParts> = {}): Promise<{ code: number; document: DoctorDocument }> {
  let stdout = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  try {
    const code = await doctor({ json: true, quiet: true, threads: 1 }, { auto, cpuCases, ...parts });
    return { code, document: JSON.parse(stdout) as DoctorDocument };
  } finally {
    spy.mockRestore();
  }
}

/** This machine's GPU with one op spoiled. */
const spoiled = (op: Plan['forward'][number]['op']) => async () => {
  const gpu = await openGpuDevice();
  return 'missing' in gpu ? gpu : { ...gpu, backend: wrongIn(op, gpu.backend) };
};

describe('doctor on Dawn', () => {
  it('reports the adapter, its limits, and every op, all of which agree', async () => {
    const { info, adapter } = await testGpu();
    const { code, document } = await run();
    const { gpu } = document;
    expect(gpu?.failures).toEqual([]);
    expect([code, document.healthy]).toEqual([0, true]);
    expect(gpu).toMatchObject({
      host: 'dawn',
      adapter: { vendor: info.vendor, description: info.description, software: info.software },
      features: info.adapterFeatures,
      timestampQuery: adapter.features.has('timestamp-query'),
    });
    expect(gpu?.limits.maxComputeInvocationsPerWorkgroup).toEqual({
      adapter: adapter.limits.maxComputeInvocationsPerWorkgroup,
      device: 256,
    });
    expect(new Set(gpu?.ops.map(({ op }) => op))).toEqual(new Set(CONFORMANCE_CASES.map(({ op }) => op)));
    for (const { op, cases, agree, worst } of gpu?.ops ?? []) {
      expect(agree, op).toBe(cases);
      expect(worst, op).toBeLessThanOrEqual(1);
    }
    if (info.software) expect(gpu?.cases).toBeLessThan(CONFORMANCE_CASES.length);
    else expect(gpu?.cases).toBe(CONFORMANCE_CASES.length);
  });

  it('fails where a kernel computes wrongly, and names it alone', async () => {
    const { code, document } = await run({ openGpu: spoiled('sigmoid') });
    expect([code, document.healthy]).toEqual([1, false]);
    expect(document.gpu?.failures.length).toBeGreaterThan(0);
    expect(new Set(document.gpu?.failures.map(({ op }) => op))).toEqual(new Set(['sigmoid']));
    expect(document.gpu?.failures[0]?.at).toMatchObject({ index: expect.any(Number) as number });
  });
});

it.each([1, undefined])('auto names the adapter, measured or not (threads: %s)', async (threads) => {
  const { info } = await testGpu();
  const asked: string[] = [];
  const device = await openDevice(nodeDeviceHost, {
    ...{ device: 'auto', deterministic: false, threads, startDriver: true },
    probe: () => ({
      shape: { batch: 1, bins: 64, whole: true },
      time: ({ name }) => {
        asked.push(name);
        return Promise.resolve({ milliseconds: name === 'webgpu' ? 1 : 9, steps: 1 });
      },
    }),
  });
  device.dispose();
  const name = gpuName(info);
  const { why, backend } = device.choice;
  if (info.software) expect(why).toContain(`${name} computes on the CPU and was not measured`);
  else expect(why).toContain(`1.0 ms with ${name}; 9.0 ms with`);
  expect(backend).toBe(info.software ? 'wasm' : 'webgpu');
  expect(asked.includes('webgpu')).toBe(!info.software);
});
