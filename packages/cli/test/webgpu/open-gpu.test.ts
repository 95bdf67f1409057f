// Plan: the device is what was asked for; losing it is heard; each call opens a device of its own.
import { describe, expect, it } from 'vitest';
import type { OpenGpu } from '../../src/host/webgpu.ts';
import { openGpu } from '../../src/host/webgpu.ts';
import { testGpu } from './device.ts';

async function open(): Promise<OpenGpu> {
  const gpu = await openGpu();
  if ('missing' in gpu) throw new Error(gpu.missing);
  return gpu;
}

describe('openGpu on Dawn', () => {
  it('has timestamps and large buffers as far as the adapter has, and other limits at their defaults', async () => {
    const { adapter, device, info, host } = await testGpu();
    expect(host).toBe('dawn');
    expect(device.features.has('timestamp-query')).toBe(adapter.features.has('timestamp-query'));
    expect(device.limits.maxBufferSize).toBe(adapter.limits.maxBufferSize);
    expect(device.limits.maxStorageBufferBindingSize).toBe(adapter.limits.maxStorageBufferBindingSize);
    expect(device.limits.maxComputeInvocationsPerWorkgroup).toBe(256);
    expect(device.limits.maxStorageBuffersPerShaderStage).toBe(8);
    expect(info.limits).toMatchObject({
      maxBufferSize: device.limits.maxBufferSize,
      maxComputeWorkgroupSizeX: 256,
    });
    expect([info.vendor, info.architecture, info.device, info.description].join('')).not.toBe('');
  });

  it('tells when a device is lost, and other devices live on', async () => {
    const [one, other] = [await open(), await open()];
    one.close();
    await expect(one.device.lost).resolves.toHaveProperty('reason', 'destroyed');
    const buffer = other.device.createBuffer({
      size: 4,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    other.device.queue.writeBuffer(buffer, 0, Uint32Array.of(7));
    await buffer.mapAsync(GPUMapMode.READ);
    expect([...new Uint32Array(buffer.getMappedRange())]).toEqual([7]);
    other.close();
    await other.device.lost;
  });
});
