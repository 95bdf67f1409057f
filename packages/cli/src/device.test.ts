// Opening a device: what is measured and when, what a run remembers, and what is refused.
import type { Backend, DeviceRequest } from '@spikebridge/model';
import {
  hasRelaxedSimd,
  hasSharedMemory,
  openDevice,
  prepareSource,
  resolveConfig,
  simulateInVivo,
  trainingProbe,
} from '@spikebridge/model';
import { availableParallelism } from 'node:os';
import { nodeDeviceHost } from './device.ts';
import { describe, expect, test } from 'vitest';
import { enableRelaxedSimd } from './host/runtime.ts';

enableRelaxedSimd();
const cores = hasSharedMemory() ? availableParallelism() : 1;

/** Opens and closes; `times` answers the measurement and keeps what it was asked. */
async function choose(request: Partial<DeviceRequest>, times?: (backend: Backend) => number) {
  const asked: string[] = [];
  const device = await openDevice(nodeDeviceHost, {
    device: 'auto',
    deterministic: false,
    ...(times === undefined
      ? {}
      : {
          probe: () => ({
            shape: { batch: 2, bins: 64, whole: true },
            time: (backend) => {
              asked.push(backend.description);
              return Promise.resolve({ milliseconds: times(backend), steps: 2 });
            },
          }),
        }),
    ...request,
  });
  device.dispose();
  return { choice: device.choice, asked };
}

describe('auto', () => {
  test.skipIf(cores < 2)('takes what its measurement says (needs 2 cores)', async () => {
    const alone = await choose({}, ({ description }) => (/\b1 thread/.test(description) ? 1 : 2));
    expect(alone.choice.threads).toBe(1);
    const together = await choose({}, ({ description }) => (/\b1 thread/.test(description) ? 4 : 2));
    expect(together.choice.threads).toBeGreaterThan(1);
    expect(together.choice.measured?.candidates).toHaveLength(together.asked.length);
  });

  test('--deterministic forces plain SIMD, whatever is faster', async () => {
    const { choice, asked } = await choose({ deterministic: true }, () => 1);
    expect(choice.build).toBe('plain');
    expect(asked.every((description) => !description.includes('relaxed'))).toBe(true);
  });

  test('what a run was begun with is kept without measuring; threads never exceed the cores', async () => {
    const { choice, asked } = await choose({ begun: { build: 'plain', threads: 64 } }, () => 1);
    expect(asked).toEqual([]);
    expect(choice).toMatchObject({ build: 'plain', threads: cores });
    expect(choice.why).toMatch(/^remembered/);
    expect(choice.measured).toBeUndefined();
  });

  test('nothing is measured where a device is named', async () => {
    const { choice, asked } = await choose({ device: 'wasm' }, () => 1);
    expect(asked).toEqual([]);
    expect(choice).toMatchObject({ build: hasRelaxedSimd() ? 'relaxed' : 'plain', threads: cores });
  });

  test('webgpu is refused in words where the same bits are wanted on any host', async () => {
    await expect(choose({ device: 'webgpu', deterministic: true })).rejects.toMatchObject({
      code: 'E_DEVICE',
      exitCode: 2,
    });
  });
});

describe('the probe', () => {
  const recording = simulateInVivo({ units: 4, seconds: 4, seed: 1 });
  const small = (sets: readonly string[]) =>
    resolveConfig({ preset: 'small', sets: ['data.units=4', 'net.width=8', 'net.heads=2', ...sets] }).config;

  test("times the run's own batch and context", async () => {
    const config = small(['training.batch=2', 'training.context=64', 'net.feedForward=8']);
    const { shape, time } = trainingProbe(prepareSource(recording, config), config);
    expect(shape).toEqual({ batch: 2, bins: 64, whole: true });
    const device = await openDevice(nodeDeviceHost, { device: 'wasm', deterministic: true, threads: 1 });
    const { milliseconds, steps } = await time(device.backend, 0.02);
    device.dispose();
    expect(steps).toBeGreaterThanOrEqual(1);
    expect(milliseconds).toBeGreaterThan(0);
    expect(milliseconds).toBeLessThan(1000);
  });

  test('shortens a step that would take seconds: first the batch, then the bins', () => {
    const config = small(['training.batch=4096', 'training.context=256']);
    const { shape } = trainingProbe(prepareSource(recording, config), config);
    expect(shape).toMatchObject({ bins: 256, whole: false });
    expect(shape.batch).toBeLessThan(4096);
  });
});
