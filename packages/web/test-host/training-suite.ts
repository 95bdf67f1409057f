// Training on a real recording: steps of the preset `small` on this host's GPU give the loss curve of the CPU backend.
import type { Backend } from '@spikebridge/model';
import {
  bankFor,
  binGrid,
  binRecording,
  BoundPlan,
  createWasmBackend,
  memorySource,
  netOfConfig,
  openRecording,
  resolveConfig,
  selectUnits,
  splitBins,
  WebGpuBackend,
  WindowSampler,
} from '@spikebridge/model';
import type { Context, Suite } from './rows.ts';

/**
 * How far a curve is followed. Rounding differs in the last bits of each step and grows along the way, by a few parts in 10^5 at 50
 * steps. A software adapter takes seconds for a step of the preset's batch, so a lane follows one window a step, and not as far.
 * Tolerances are relative.
 */
const SHORT = { steps: 15, sets: ['training.batch=1'], windows: 'batch 1', tolerance: 1e-4 };
const THOROUGH = { steps: 50, sets: [], windows: 'batch of the preset', tolerance: 1e-3 };
type Course = typeof SHORT | typeof THOROUGH;

/** Losses of the first steps on the in vitro recording of docs/data.md, first four fifths. */
async function curve(backend: Backend, bytes: Uint8Array, { steps, sets }: Course): Promise<number[]> {
  const { config } = resolveConfig({ preset: 'small', sets: [...sets, 'data.split=[80,20,0]'] });
  const { data, training, seed } = config;
  const { batch } = training;
  const name = 'asdf_bh.mat';
  const location = { name, kind: 'file', list: () => [], open: () => memorySource(name, bytes) } as const;
  const recording = await openRecording(location, { binUnitMs: 1 });
  const grid = binGrid(recording, { binMilliseconds: data.binMs });
  const split = splitBins(grid, data.split, { context: training.context });
  const selection = selectUnits(recording, grid, split.train, { width: data.units, order: 'rate', seed });
  const { raster } = binRecording(recording, grid, selection.slots);
  const net = netOfConfig(config);
  const parameters = backend.parameters(net.specs);
  const rates = selection.rates.map((hertz) => (hertz * data.binMs) / 1000);
  for (const [parameter, values] of net.initialise(seed, rates)) parameters.write(parameter, values);
  const plan = new BoundPlan({
    ...{ backend, parameters, net, raster },
    mode: 'train',
    shape: { batch, bins: training.context },
    bank: bankFor(net, raster),
    unitMask: selection.mask,
  });
  const sampler = new WindowSampler({
    observed: raster.observed,
    part: split.train.spans,
    context: training.context,
    batch,
    seed,
  });
  const losses: number[] = [];
  const { betas, epsilon, clip, weightDecay, learningRate } = training;
  for (let step = 0; step < steps; step++) {
    plan.load(sampler.windowsAt(step));
    parameters.zeroGradients();
    plan.run('train', { seed, step });
    const [loss] = await Promise.all([
      plan.loss(),
      parameters.optimiserStep({
        ...{ step: step + 1, learningRate, beta1: betas[0], beta2: betas[1], epsilon, clip, weightDecay },
      }),
    ]);
    losses.push(loss);
  }
  plan.dispose();
  parameters.dispose();
  return losses;
}

export const training: Suite = {
  name: 'training',
  async *rows({ device, info, recording, thorough }: Context) {
    const course = thorough ? THOROUGH : SHORT;
    const { steps, windows, tolerance } = course;
    const name = `${steps} steps of small on asdf_bh, ${windows}`;
    const row = { suite: 'training', name, tolerance };
    if (recording === null) {
      const message = 'needs the recordings of docs/data.md in SPIKEBRIDGE_DATA';
      yield { ...row, pass: true, skipped: true, worst: null, message };
      return;
    }
    const cpu = await createWasmBackend({ threads: 1, deterministic: true });
    const wanted = await curve(cpu, recording, course);
    cpu.dispose();
    const gpu = new WebGpuBackend(device, info.description, { software: info.software });
    const got = await curve(gpu, recording, course);
    gpu.dispose();
    const apart = got.map((loss, i) => Math.abs(loss - wanted[i]) / Math.abs(wanted[i]));
    const worst = apart.reduce((most, one) => (one > most || Number.isNaN(one) ? one : most), 0);
    const at = apart.indexOf(worst);
    const message = `step ${at + 1}: ${String(got[at])} here, ${String(wanted[at])} on the CPU; last ${String(got.at(-1))}`;
    // A curve that does not fall would agree for the wrong reason.
    const falls = (got.at(-1) ?? Infinity) < got[0];
    yield { ...row, pass: worst <= tolerance && falls, worst, message };
  },
};
