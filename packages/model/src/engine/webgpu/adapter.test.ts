// Plan: CPU drivers are known for what they are by every name under which hosts report them, and no GPU is taken for one; what
// is asked of an adapter is what it has; no adapter and no device are reasons, not errors.
import { describe, expect, it } from 'vitest';
import { isSoftwareAdapter, requestGpu } from './adapter.ts';

describe('isSoftwareAdapter', () => {
  it.each([
    // As Dawn, Deno and Chromium report them on Debian 12.
    { vendor: 'mesa', architecture: 'software', description: 'llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)' },
    { vendor: '65541', device: '0', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    { vendor: 'google', architecture: 'swiftshader', device: '', description: '' },
    { device: 'SwiftShader Device (Subzero)' },
    { description: 'lavapipe' },
    { description: 'Microsoft Basic Render Driver' },
    { vendor: 'someone', description: 'unheard of', isFallbackAdapter: true },
  ])('knows $vendor $architecture $device $description', (info) => {
    expect(isSoftwareAdapter(info)).toBe(true);
  });

  it.each([
    { vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100 PCIe', isFallbackAdapter: false },
    { vendor: 'amd', architecture: 'rdna-3', description: 'AMD Radeon RX 7900 (RADV NAVI31), Mesa 25.0.7' },
    { vendor: 'intel', architecture: 'gen-12lp', description: '' },
    { vendor: 'apple', architecture: 'common-3' },
    {},
  ])('takes $vendor $architecture $description for a GPU', (info) => {
    expect(isSoftwareAdapter(info)).toBe(false);
  });
});

/** Limits as hosts have them: getters of a prototype. */
class Limits {
  get maxBufferSize() {
    return 1 << 30;
  }
  get maxStorageBufferBindingSize() {
    return 1 << 27;
  }
  get maxComputeInvocationsPerWorkgroup() {
    return 1024;
  }
}

/** A GPU object that keeps what it was asked for. */
function fakeGpu({ features = ['timestamp-query', 'shader-f16'], fail = false, none = false } = {}) {
  const asked: { adapter?: unknown; device?: unknown } = {};
  const adapter = {
    features: new Set(features),
    limits: new Limits(),
    info: { vendor: 'mesa', architecture: '', device: '', description: 'llvmpipe' },
    requestDevice: (request: unknown) => {
      asked.device = request;
      if (fail) return Promise.reject(new Error('out of handles'));
      return Promise.resolve({ features: new Set(['timestamp-query']), limits: new Limits() });
    },
  };
  const requestAdapter = (request: unknown) => {
    asked.adapter = request;
    return Promise.resolve(none ? null : adapter);
  };
  return { gpu: { requestAdapter } as unknown as GPU, asked };
}

describe('requestGpu', () => {
  it('asks for speed, timestamps and the largest buffers, and for nothing else', async () => {
    const { gpu, asked } = fakeGpu();
    const access = await requestGpu(gpu);
    expect(asked.adapter).toEqual({ powerPreference: 'high-performance' });
    expect(asked.device).toEqual({
      requiredFeatures: ['timestamp-query'],
      requiredLimits: { maxBufferSize: 1 << 30, maxStorageBufferBindingSize: 1 << 27 },
    });
    expect(access).toMatchObject({
      info: {
        vendor: 'mesa',
        software: true,
        adapterFeatures: ['shader-f16', 'timestamp-query'],
        deviceFeatures: ['timestamp-query'],
        limits: {
          maxBufferSize: 1 << 30,
          maxStorageBufferBindingSize: 1 << 27,
          maxComputeInvocationsPerWorkgroup: 1024,
        },
      },
    });
  });

  it('does without timestamps where there are none', async () => {
    const { gpu, asked } = fakeGpu({ features: [] });
    await requestGpu(gpu);
    expect(asked.device).toMatchObject({ requiredFeatures: [] });
  });

  it('says why there is no device', async () => {
    expect(await requestGpu(fakeGpu({ none: true }).gpu)).toEqual({
      missing: 'no graphics driver that WebGPU can use was found',
    });
    expect(await requestGpu(fakeGpu({ fail: true }).gpu)).toEqual({
      missing: 'the graphics driver gave no device: Error: out of handles',
    });
  });
});
