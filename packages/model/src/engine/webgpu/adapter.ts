// From a host's `GPU` object to a device, the same way on every host; hosts differ in where the object comes from.

/** What a report says of the GPU that computed. No host or user name. */
export interface GpuInfo {
  /** Empty where the host does not tell, as are the other three. */
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** The driver computes on the CPU: it proves results, and says nothing about speed. */
  readonly software: boolean;
  /** What the adapter offers. The device has of these only what {@link requestGpu} asked for. */
  readonly adapterFeatures: readonly string[];
  readonly deviceFeatures: readonly string[];
  /** What the device allows: bytes, counts, invocations, by the names of the WebGPU specification. */
  readonly limits: Readonly<Record<string, number>>;
}

export interface GpuAccess {
  readonly adapter: GPUAdapter;
  /** `device.lost` resolves when the driver gives up, and after `device.destroy()`. */
  readonly device: GPUDevice;
  readonly info: GpuInfo;
}

/** Why there is no GPU to be had, in one sentence for a person. */
export interface GpuMissing {
  readonly missing: string;
}

/**
 * A device of the adapter that the host prefers for speed: with `timestamp-query` where there is such a thing, buffers and
 * storage bindings as large as the adapter allows, and every other limit at its default, so that a kernel that runs on one
 * adapter runs on all.
 */
export async function requestGpu(gpu: GPU): Promise<GpuAccess | GpuMissing> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return { missing: 'no graphics driver that WebGPU can use was found' };
  const requiredFeatures: GPUFeatureName[] = adapter.features.has('timestamp-query')
    ? ['timestamp-query']
    : [];
  try {
    const device = await adapter.requestDevice({
      requiredFeatures,
      requiredLimits: {
        maxBufferSize: adapter.limits.maxBufferSize,
        maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
      },
    });
    return { adapter, device, info: describeGpu(adapter, device) };
  } catch (error) {
    return { missing: `the graphics driver gave no device: ${String(error)}` };
  }
}

function describeGpu(adapter: GPUAdapter, device: GPUDevice): GpuInfo {
  const { vendor, architecture, device: name, description } = adapter.info;
  return {
    ...{ vendor, architecture, device: name, description },
    software: isSoftwareAdapter(adapter.info),
    adapterFeatures: [...adapter.features].sort(),
    deviceFeatures: [...device.features].sort(),
    limits: limitsOf(device.limits),
  };
}

/** Names under which Mesa's and Google's CPU drivers go. Not every host sets `isFallbackAdapter` for them. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|softpipe|basic render driver/i;

/** True for a driver that computes on the CPU. */
export function isSoftwareAdapter(
  info: Partial<
    Pick<GPUAdapterInfo, 'isFallbackAdapter' | 'vendor' | 'architecture' | 'device' | 'description'>
  >,
): boolean {
  if (info.isFallbackAdapter === true) return true;
  return SOFTWARE.test([info.vendor, info.architecture, info.device, info.description].join(' '));
}

/** Limits are getters of a prototype, which neither spread nor JSON sees. */
function limitsOf(limits: GPUSupportedLimits): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(limits) as object))) {
    const value: unknown = Reflect.get(limits, name);
    if (typeof value === 'number') found[name] = value;
  }
  return found;
}
