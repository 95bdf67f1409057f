// Plan: what a training step of the preset `small` dispatches, at its published shape: at most 40, the optimiser's among them, in the
// geometry of GPUs and of software adapters. Dispatches are decided before anything runs, so the device here is a stand-in that makes
// no kernel: compiling them would take a software adapter a minute.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/resolve.ts';
import { netOfConfig } from '../../training/learner.ts';
import { WebGpuBackend } from './index.ts';

const MOST = 40;

/** Answers every call with another of its kind; buffers have their size and memory to map. */
function standIn(): GPUDevice {
  const object = {};
  const buffer = ({ size }: { readonly size: number }) => ({
    size,
    getMappedRange: () => new ArrayBuffer(size),
    mapAsync: () => Promise.resolve(),
    unmap: () => undefined,
    destroy: () => undefined,
  });
  const pass = {
    setPipeline: () => undefined,
    setBindGroup: () => undefined,
    dispatchWorkgroups: () => undefined,
    end: () => undefined,
  };
  const encoder = {
    beginComputePass: () => pass,
    clearBuffer: () => undefined,
    copyBufferToBuffer: () => undefined,
    finish: () => object,
  };
  return {
    limits: { maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 2 ** 31 },
    queue: { writeBuffer: () => undefined, submit: () => undefined },
    lost: new Promise(() => undefined),
    addEventListener: () => undefined,
    pushErrorScope: () => undefined,
    popErrorScope: () => Promise.resolve(null),
    createBuffer: buffer,
    createShaderModule: () => object,
    createBindGroupLayout: () => object,
    createPipelineLayout: () => object,
    createComputePipeline: () => object,
    createBindGroup: () => object,
    createCommandEncoder: () => encoder,
  } as unknown as GPUDevice;
}

describe('a training step of small', () => {
  it.each([{ software: false }, { software: true }])(
    'is at most 40 dispatches, software $software',
    async ({ software }) => {
      const { config } = resolveConfig({ preset: 'small', sets: [] });
      const { training, seed } = config;
      const net = netOfConfig(config);
      const { plan, loss, logits } = net.plan('train', { batch: training.batch, bins: training.context });
      const backend = new WebGpuBackend(standIn(), 'none', { software });
      const parameters = backend.parameters(net.specs);
      const compiled = backend.compile(plan, parameters);
      const before = backend.runtime.counters.dispatches;
      parameters.zeroGradients();
      compiled.run('train', { seed, step: 0 });
      const [beta1, beta2] = training.betas;
      await Promise.all([
        compiled.output(loss ?? logits),
        parameters.optimiserStep({ ...training, step: 1, beta1, beta2 }),
      ]);
      const dispatches = backend.runtime.counters.dispatches - before;
      expect(dispatches).toBeLessThanOrEqual(MOST);
      // Fewer than a forward and a backward step of each kind of layer would be a plan that lost some.
      expect(dispatches).toBeGreaterThan(30);
    },
  );
});
