// The document of `doctor` in words.
import type { ConformanceRow, DeviceChoice } from '@spikebridge/model';
import type { GpuDescription } from './doctor-gpu.ts';
import { gpuText } from './doctor-gpu.ts';
import type { KernelCheck } from './doctor-kernels.ts';
import type { HostDescription } from './host/runtime.ts';
import { formatTable } from './terminal.ts';

/** `spikebridge.doctor/1`. */
export interface DoctorDocument {
  readonly schema: 'spikebridge.doctor/1';
  readonly host: HostDescription;
  /** Every kernel that was run agrees. A GPU that is absent is no illness. */
  readonly healthy: boolean;
  /** What `--device auto` takes for the preset `small`, and why. */
  readonly auto: DeviceChoice;
  /** The CPU builds. */
  readonly devices: readonly (KernelCheck & { readonly device: DeviceChoice })[];
  /** Null where there is none; `reason` then says why, in a sentence. */
  readonly gpu: (GpuDescription & KernelCheck) | null;
  readonly reason?: string;
}

/** Failed cases that are told one by one, for each build. */
const MOST_FAILURES = 10;

export function doctorText({ host, auto, devices, gpu, reason }: DoctorDocument): string {
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  const checks = [
    ...devices.map(({ device, ...check }) => ({
      build: device.build,
      threads: String(device.threads),
      check,
    })),
    ...(gpu === null ? [] : [{ build: 'wgsl', threads: '-', check: gpu }]),
  ];
  return [
    `runtime        ${host.runtime}, ${host.platform}`,
    `processor      ${host.processor}, ${host.cores} cores, ${host.memoryGiB} GiB`,
    `relaxed SIMD   ${yes(host.relaxedSimd)}`,
    `shared memory  ${yes(host.sharedMemory)}`,
    gpu === null ? `GPU            none: ${reason ?? 'no reason given'}` : gpuText(gpu),
    '',
    `device (auto)  ${auto.description}, for the preset small`,
    `               ${auto.why}`,
    '',
    formatTable(
      ['build', 'threads', 'kernel cases', 'agree', 'verdict'],
      checks.map(({ build, threads, check: { cases, of, failures } }) => [
        build,
        threads,
        `${cases} of ${of}`,
        String(cases - failures.length),
        failures.length === 0 ? 'ok' : 'FAILED',
      ]),
    ),
    ...checks.flatMap(({ build, check }) =>
      check.failures.slice(0, MOST_FAILURES).map((row) => `  ${build}: ${row.op} ${row.name}: ${fault(row)}`),
    ),
    ...(gpu === null ? [] : leftOut(gpu)),
  ].join('\n');
}

function fault({ at, tolerance, error }: ConformanceRow): string {
  if (error !== null) return error;
  if (at === null) return `off by more than ${tolerance}`;
  return `${at.tensor}[${at.index}] is ${at.got}, the reference says ${at.wanted} (tolerance ${tolerance})`;
}

/** Why fewer cases than there are were run on the GPU, and how all are. */
function leftOut({ cases, of, failures }: KernelCheck): string[] {
  if (cases === of) return [];
  if (failures.some(({ error }) => error?.startsWith('E_GPU_LOST')))
    return [`wgsl: ${cases} of ${of} cases were run: the device was lost`];
  return [
    `wgsl: ${cases} of ${of} cases were run, the smallest of every kernel, because a software adapter takes seconds to`,
    '      compile each; all of them, in minutes: spikebridge doctor --all-cases',
  ];
}
