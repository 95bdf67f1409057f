// Plan: a device that is destroyed in the middle of training, between two steps or while one is on its way, is heard as E_GPU_LOST;
// survivingLoss opens another, and training goes on there from the last checkpoint, steps after it once more, to the weights and
// moments, byte for byte, of a run that nothing happened to.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Device } from '@spikebridge/model';
import {
  openDevice,
  resolveConfig,
  RunFolder,
  SpikebridgeError,
  survivingLoss,
  Trainer,
  WebGpuBackend,
} from '@spikebridge/model';
import { nodeDeviceHost } from '../../src/device.ts';
import { nodeRunStore } from '../../src/host/run-store.ts';
import { Terminal } from '../../src/terminal.ts';

const STEPS = 8;
const SAVED_EVERY = 3;
/** Between two checkpoints. */
const LOST_AT = 5;
const LAST = `checkpoints/step-${String(STEPS).padStart(8, '0')}`;

const BINS = 400;
const UNITS = 5;
/** Unit u fires every u + 2 bins. */
const words = Uint32Array.from({ length: BINS }, (_, bin) =>
  Array.from({ length: UNITS }, (__, unit) => (bin % (unit + 2) === 0 ? 1 << unit : 0)).reduce(
    (a, b) => a | b,
  ),
);
const raster = {
  ...{ words, bins: BINS, units: UNITS, wordsPerBin: 1, binMilliseconds: 1 },
  observed: [{ start: 0, stop: BINS }],
};

/** The narrow twin of `small` that every host proves: its kernels are compiled already when the lane comes here. */
const config = resolveConfig({
  preset: 'small',
  sets: [
    ...[`data.units=${UNITS}`, 'net.width=16', 'net.heads=4', 'net.feedForward=24'],
    ...['training.batch=2', 'training.context=11', `training.steps=${STEPS}`, 'training.averaging=0.9'],
    ...[`training.checkpointEverySteps=${SAVED_EVERY}`, 'training.learningRate=0.01'],
  ],
});

describe('training on a device that is destroyed', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'spikebridge-lost-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Trains; `lose` is called once, when step LOST_AT is done. */
  async function train(name: string, lose?: (device: GPUDevice) => void) {
    const path = join(folder, name);
    const run = await RunFolder.create(nodeRunStore(path), { config, env: {} });
    const errors: unknown[] = [];
    const devices: Device[] = [await openDevice(nodeDeviceHost, { device: 'webgpu', deterministic: false })];
    const steps: number[] = [];
    let waiting = lose;
    await survivingLoss({
      device: devices[0],
      listener: Terminal.of({ quiet: true }),
      replaced: (device) => devices.push(device),
      work: async ({ backend }, again) => {
        const trainer = new Trainer({
          folder: run,
          backend,
          data: { raster, train: raster.observed, validation: [] },
          onProgress: ({ step }) => {
            steps.push(step);
            if (step !== LOST_AT || waiting === undefined || !(backend instanceof WebGpuBackend)) return;
            waiting(backend.runtime.device);
            waiting = undefined;
          },
        });
        return trainer.run({ resume: again }).catch((error: unknown) => {
          errors.push(error);
          throw error;
        });
      },
    });
    devices.at(-1)?.dispose();
    const [weights, moments] = ['model', 'optimizer'].map((file) =>
      readFileSync(join(path, LAST, `${file}.safetensors`)),
    );
    return { errors, devices, steps, weights, moments };
  }

  it('goes on from the last checkpoint to the same weights', async () => {
    const straight = await train('straight');
    expect(straight.devices).toHaveLength(1);
    expect(straight.steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const losses = [
      { name: 'between steps', lose: (device: GPUDevice) => device.destroy() },
      // The next step is encoded in the turn that follows, and waits for its loss when this comes.
      { name: 'in a step', lose: (device: GPUDevice) => void setImmediate(() => device.destroy()) },
    ];
    for (const { name, lose } of losses) {
      const { errors, devices, steps, weights, moments } = await train(name, lose);
      expect(errors, name).toHaveLength(1);
      expect(errors[0]).toBeInstanceOf(SpikebridgeError);
      expect(errors[0]).toMatchObject({
        code: 'E_GPU_LOST',
        message: expect.stringContaining('destroyed') as string,
      });
      expect(devices, name).toHaveLength(2);
      expect(steps, name).toEqual([1, 2, 3, 4, 5, 4, 5, 6, 7, 8]);
      expect(Buffer.compare(weights, straight.weights), `${name}: weights`).toBe(0);
      expect(Buffer.compare(moments, straight.moments), `${name}: moments`).toBe(0);
    }
  });
});
