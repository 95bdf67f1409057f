// `doctor`: what this machine offers, what `--device auto` takes, and every kernel against the float64 reference, on CPU and GPU.
import type { Backend, ConformanceCase, Device } from '@spikebridge/model';
import {
  CONFORMANCE_CASES,
  openDevice,
  prepareSource,
  resolveConfig,
  simulateInVivo,
  trainingProbe,
} from '@spikebridge/model';
import { nodeDeviceHost } from '../device.ts';
import { openGpuDevice } from '../device-gpu.ts';
import { describeGpu } from '../doctor-gpu.ts';
import type { ExaminedGpu } from '../doctor-gpu.ts';
import { casesFor, checkKernels } from '../doctor-kernels.ts';
import type { KernelCheck } from '../doctor-kernels.ts';
import { doctorText } from '../doctor-text.ts';
import type { DoctorDocument } from '../doctor-text.ts';
import { describeHost } from '../host/runtime.ts';
import { holdInterrupt, INTERRUPTED } from '../interrupt.ts';
import type { GlobalFlags } from '../options.ts';
import { startProgress } from '../progress.ts';
import { Terminal } from '../terminal.ts';

export interface DoctorFlags extends GlobalFlags {
  readonly threads?: number;
  /** Every case on a software adapter too. */
  readonly allCases?: boolean;
}

/** Checks a backend on some cases; undefined after Ctrl-C. */
type Check = (
  build: string,
  backend: Backend,
  cases: readonly ConformanceCase[],
) => Promise<KernelCheck | undefined>;

/** What the command is made of; a test brings a GPU that computes wrongly, or none, and does not race devices. */
export interface DoctorParts {
  readonly auto: (threads: number | undefined) => Promise<Device['choice']>;
  readonly cpuCases: readonly ConformanceCase[];
  /** The GPU, or why there is none in one sentence. */
  readonly openGpu: () => Promise<ExaminedGpu | { readonly missing: string }>;
}

const PARTS: DoctorParts = { auto: measureAuto, cpuCases: CONFORMANCE_CASES, openGpu: openGpuDevice };

/** Returns 0 when everything agrees (without a GPU, too), 1 when a kernel does not, 130 after Ctrl-C. */
export async function doctor(flags: DoctorFlags, parts: Partial<DoctorParts> = {}): Promise<number> {
  const terminal = Terminal.of(flags);
  const interrupt = holdInterrupt(() => {
    terminal.note('\nstopping after this case (Ctrl-C again: leave at once)');
  });
  try {
    const document = await examine(flags, { ...PARTS, ...parts }, (build, backend, cases) =>
      checkKernels(backend, {
        cases,
        progress: startProgress(terminal, `checking ${build}`, cases.length, 'cases'),
        signal: interrupt.signal,
      }),
    );
    if (document === undefined) {
      terminal.result('doctor: interrupted; nothing was changed', {
        schema: 'spikebridge.interruption/1',
        interrupted: true,
        kept: [],
      });
      return INTERRUPTED;
    }
    terminal.result(doctorText(document), document);
    return document.healthy ? 0 : 1;
  } finally {
    interrupt.release();
  }
}

async function examine(
  { threads, allCases = false }: DoctorFlags,
  { auto, cpuCases, openGpu }: DoctorParts,
  check: Check,
): Promise<DoctorDocument | undefined> {
  const choice = await auto(threads);
  const devices = await examineCpu(threads, cpuCases, check);
  if (devices === undefined) return undefined;
  const gpu = await examineGpu(openGpu, allCases, check);
  if (gpu === undefined) return undefined;
  const checks = [...devices, ...(gpu.gpu === null ? [] : [gpu.gpu])];
  return {
    schema: 'spikebridge.doctor/1',
    host: describeHost(),
    healthy: checks.every(({ failures }) => failures.length === 0),
    auto: choice,
    devices,
    ...gpu,
  };
}

/** What `--device auto` takes for the preset `small`, on a few simulated seconds. */
async function measureAuto(threads: number | undefined): Promise<Device['choice']> {
  const { config } = resolveConfig({ preset: 'small' });
  const recording = simulateInVivo({ units: config.data.units, seconds: 6, seed: 1 });
  const probe = () => trainingProbe(prepareSource(recording, config), config);
  const device = await openDevice(nodeDeviceHost, {
    device: 'auto',
    deterministic: false,
    threads,
    probe,
    startDriver: true,
  });
  device.dispose();
  return device.choice;
}

/** Each build of the CPU kernels that this runtime has. */
async function examineCpu(
  threads: number | undefined,
  cases: readonly ConformanceCase[],
  check: Check,
): Promise<DoctorDocument['devices'] | undefined> {
  const devices: (KernelCheck & { readonly device: Device['choice'] })[] = [];
  for (const deterministic of [false, true]) {
    const device = await openDevice(nodeDeviceHost, { device: 'wasm', deterministic, threads });
    try {
      const { build } = device.choice;
      if (devices.some((other) => other.device.build === build)) continue;
      const found = await check(build, device.backend, cases);
      if (found === undefined) return undefined;
      devices.push({ device: device.choice, ...found });
    } finally {
      device.dispose();
    }
  }
  return devices;
}

async function examineGpu(
  openGpu: DoctorParts['openGpu'],
  all: boolean,
  check: Check,
): Promise<Pick<DoctorDocument, 'gpu' | 'reason'> | undefined> {
  const gpu = await openGpu();
  if ('missing' in gpu) return { gpu: null, reason: gpu.missing };
  try {
    const found = await check(
      gpu.info.software ? 'wgsl (software)' : 'wgsl',
      gpu.backend,
      casesFor(gpu.info, all),
    );
    return found && { gpu: { ...describeGpu(gpu), ...found } };
  } finally {
    gpu.dispose();
  }
}
