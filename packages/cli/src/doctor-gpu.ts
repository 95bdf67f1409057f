// What `doctor` says of the GPU: the adapter, its features, and the limits that decide what fits and how kernels are laid out.
import type { Backend } from '@spikebridge/model';
import { gpuName } from '@spikebridge/model';
import type { OpenGpuDevice } from './device-gpu.ts';
import { formatBytes, formatTable } from './terminal.ts';

/** Bytes, or counts, by what the WebGPU specification calls them. The first two bound a plan, the others shape kernels. */
const LIMITS = {
  maxBufferSize: 'bytes',
  maxStorageBufferBindingSize: 'bytes',
  maxComputeWorkgroupStorageSize: 'bytes',
  maxComputeInvocationsPerWorkgroup: 'count',
  maxStorageBuffersPerShaderStage: 'count',
  maxComputeWorkgroupsPerDimension: 'count',
} as const;
type LimitName = keyof typeof LIMITS;
const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

/** In bytes or counts: what the adapter offers, and what the device was made with. */
export interface GpuLimit {
  readonly adapter: number;
  readonly device: number;
}

/** `gpu` of the document. */
export interface GpuDescription {
  /** One line for people. */
  readonly name: string;
  readonly host: 'dawn' | 'deno';
  /** Empty strings where the host does not tell. */
  readonly adapter: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    /** The driver computes on the CPU. */
    readonly software: boolean;
  };
  /** Of the adapter. */
  readonly features: readonly string[];
  /** Whether kernels can be timed on the device's own clock (`train --profile`). */
  readonly timestampQuery: boolean;
  readonly limits: Readonly<Record<LimitName, GpuLimit>>;
}

/** Of an open GPU, what is examined: kernels are reached through the interface that every backend has. */
export interface ExaminedGpu extends Pick<OpenGpuDevice, 'info' | 'host' | 'dispose'> {
  readonly adapter: { readonly limits: Readonly<Record<LimitName, number>> };
  readonly backend: Backend;
}

export function describeGpu({
  info,
  adapter,
  host,
}: Pick<ExaminedGpu, 'info' | 'adapter' | 'host'>): GpuDescription {
  const { vendor, architecture, device, description, software } = info;
  const limits = LIMIT_NAMES.map((name): [LimitName, GpuLimit] => [
    name,
    { adapter: adapter.limits[name], device: info.limits[name] },
  ]);
  return {
    name: gpuName(info),
    host,
    adapter: { vendor, architecture, device, description, software },
    features: info.adapterFeatures,
    timestampQuery: info.deviceFeatures.includes('timestamp-query'),
    limits: Object.fromEntries(limits) as Record<LimitName, GpuLimit>,
  };
}

/** Lines for people: names first, then a table of limits. */
export function gpuText({ host, adapter, features, timestampQuery, limits }: GpuDescription): string {
  const told = (word: string) => (word === '' ? 'not told' : word);
  const shown = (name: LimitName, value: number) =>
    LIMITS[name] === 'bytes' ? formatBytes(value) : String(value);
  return [
    `GPU            through ${host === 'dawn' ? "Dawn (npm's webgpu)" : 'Deno'}`,
    `  vendor       ${told(adapter.vendor)}`,
    `  architecture ${told(adapter.architecture)}`,
    `  device       ${told(adapter.device)}`,
    `  description  ${told(adapter.description)}`,
    `  software     ${adapter.software ? 'yes: it computes on the CPU, its speed says nothing of GPUs' : 'no'}`,
    `  timestamps   ${timestampQuery ? 'yes' : 'no'} (timestamp-query)`,
    `  features     ${features.length === 0 ? 'none' : features.join(', ')}`,
    '',
    formatTable(
      ['limit', 'adapter', 'device'],
      LIMIT_NAMES.map((name) => [name, shown(name, limits[name].adapter), shown(name, limits[name].device)]),
    ),
  ].join('\n');
}
