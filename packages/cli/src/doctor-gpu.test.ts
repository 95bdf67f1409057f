// Plan: the description takes limits of adapter and device from where they are; the text names every one, and tells a software
// adapter from a card.
import { describe, expect, test } from 'vitest';
import { describeGpu, gpuText } from './doctor-gpu.ts';

const limits = {
  maxBufferSize: 2 ** 32,
  maxStorageBufferBindingSize: 2 ** 27,
  maxComputeWorkgroupStorageSize: 32_768,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxStorageBuffersPerShaderStage: 48,
  maxComputeWorkgroupsPerDimension: 65_535,
};
const card = {
  host: 'dawn',
  adapter: { limits },
  info: {
    ...{ vendor: 'acme', architecture: 'ada', device: '', description: 'Acme 9', software: false },
    adapterFeatures: ['shader-f16', 'timestamp-query'],
    deviceFeatures: ['timestamp-query'],
    limits: { ...limits, maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupSizeX: 256 },
  },
} as const;
const described = describeGpu(card);

describe('describeGpu', () => {
  test('holds the adapter, its features, and each limit of adapter and device', () => {
    expect(described).toEqual({
      name: 'Acme 9',
      host: 'dawn',
      adapter: { vendor: 'acme', architecture: 'ada', device: '', description: 'Acme 9', software: false },
      features: ['shader-f16', 'timestamp-query'],
      timestampQuery: true,
      limits: {
        maxBufferSize: { adapter: 2 ** 32, device: 2 ** 32 },
        maxStorageBufferBindingSize: { adapter: 2 ** 27, device: 2 ** 27 },
        maxComputeWorkgroupStorageSize: { adapter: 32_768, device: 32_768 },
        maxComputeInvocationsPerWorkgroup: { adapter: 1024, device: 256 },
        maxStorageBuffersPerShaderStage: { adapter: 48, device: 48 },
        maxComputeWorkgroupsPerDimension: { adapter: 65_535, device: 65_535 },
      },
    });
  });

  test('timestamps are those of the device: an adapter may offer what was not given', () => {
    expect(describeGpu({ ...card, info: { ...card.info, deviceFeatures: [] } }).timestampQuery).toBe(false);
  });
});

describe('gpuText', () => {
  test('bytes are readable, counts are counts, and what a host keeps to itself is said', () => {
    const text = gpuText(described);
    expect(text).toMatch(/^GPU +through Dawn/);
    expect(text).toMatch(/vendor +acme\n +architecture +ada\n +device +not told\n +description +Acme 9\n/);
    expect(text).toMatch(/software +no\n +timestamps +yes \(timestamp-query\)\n/);
    expect(text).toContain('shader-f16, timestamp-query');
    expect(text).toMatch(/maxBufferSize +4\.0 GiB +4\.0 GiB/);
    expect(text).toMatch(/maxStorageBufferBindingSize +128\.0 MiB +128\.0 MiB/);
    expect(text).toMatch(/maxComputeWorkgroupStorageSize +32\.0 KiB +32\.0 KiB/);
    expect(text).toMatch(/maxComputeInvocationsPerWorkgroup +1024 +256/);
    expect(text).toMatch(/maxStorageBuffersPerShaderStage +48 +48/);
    expect(text).toMatch(/maxComputeWorkgroupsPerDimension +65535 +65535/);
  });

  test('an adapter that computes on the CPU is named as one', () => {
    const software = { ...card, host: 'deno' as const, info: { ...card.info, software: true } };
    const text = gpuText(describeGpu(software));
    expect(text).toMatch(/^GPU +through Deno\n/);
    expect(text).toMatch(/software +yes/);
  });
});
