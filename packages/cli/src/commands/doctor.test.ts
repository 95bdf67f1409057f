// Plan: the whole command with made-up GPUs. None, and the reason, is no illness; a software adapter gets few cases and all when
// asked; one wrong kernel makes the exit code 1 and is named; Ctrl-C ends with 130. The real GPU is the lane webgpu-dawn's.
import type { Backend } from '@spikebridge/model';
import { CONFORMANCE_CASES, ReferenceBackend, smallestOfEveryKernel } from '@spikebridge/model';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { DoctorDocument } from '../doctor-text.ts';
import type { ExaminedGpu } from '../doctor-gpu.ts';
import { wrongIn } from '../testing/wrong-backend.ts';
import { doctor } from './doctor.ts';
import type { DoctorFlags, DoctorParts } from './doctor.ts';

const auto: DoctorParts['auto'] = () =>
  Promise.resolve({
    ...{ backend: 'wasm', build: 'plain', threads: 1, description: 'wasm: plain SIMD, 1 thread' },
    why: 'auto; no GPU: it is out for repair',
  });
const cpuCases = CONFORMANCE_CASES.slice(0, 2);

/** A GPU that computes as `backend` does; counts how often it was closed. */
function gpuOf(backend: Backend, software: boolean) {
  const closed = vi.fn();
  const limits = {
    ...{ maxBufferSize: 1, maxStorageBufferBindingSize: 2, maxComputeWorkgroupStorageSize: 3 },
    ...{ maxComputeInvocationsPerWorkgroup: 4, maxStorageBuffersPerShaderStage: 5 },
    maxComputeWorkgroupsPerDimension: 6,
  };
  const gpu: ExaminedGpu = {
    ...{ backend, host: 'dawn', adapter: { limits }, dispose: closed },
    info: {
      ...{ vendor: 'acme', architecture: '', device: '', description: 'Acme 9', software },
      ...{ adapterFeatures: ['timestamp-query'], deviceFeatures: [], limits },
    },
  };
  return { openGpu: () => Promise.resolve(gpu), closed };
}

async function run(flags: DoctorFlags, parts: Partial<DoctorParts>) {
  let stdout = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  try {
    const code = await doctor({ quiet: true, threads: 1, ...flags }, { auto, cpuCases, ...parts });
    return { code, stdout };
  } finally {
    spy.mockRestore();
  }
}

const document = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as DoctorDocument;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('doctor', () => {
  const missing = { openGpu: () => Promise.resolve({ missing: 'no driver was found' }) };

  test('without a GPU it says why and is healthy', async () => {
    const spoken = await run({}, missing);
    expect(spoken.code).toBe(0);
    expect(spoken.stdout).toMatch(/^GPU +none: no driver was found$/m);
    expect(spoken.stdout).toContain('no GPU: it is out for repair');
    const written = await run({ json: true }, missing);
    expect(document(written)).toMatchObject({
      ...{ schema: 'spikebridge.doctor/1', healthy: true, gpu: null, reason: 'no driver was found' },
    });
    expect(document(written).devices.map(({ cases, of }) => [cases, of])).toContainEqual([
      2,
      CONFORMANCE_CASES.length,
    ]);
  });

  test('a software adapter is asked for the smallest case of every kernel, and says how many those are', async () => {
    const { openGpu, closed } = gpuOf(new ReferenceBackend(), true);
    const few = smallestOfEveryKernel().length;
    const spoken = await run({}, { openGpu });
    expect(spoken.code).toBe(0);
    expect(spoken.stdout).toContain(`${few} of ${CONFORMANCE_CASES.length} cases were run`);
    expect(spoken.stdout).toContain('--all-cases');
    expect(closed).toHaveBeenCalledOnce();
    const { gpu, ...rest } = document(await run({ json: true }, { openGpu }));
    expect(gpu).toMatchObject({
      ...{ name: 'Acme 9 (software)', cases: few, of: CONFORMANCE_CASES.length, failures: [] },
    });
    expect(new Set(gpu?.ops.map(({ op }) => op))).toEqual(new Set(CONFORMANCE_CASES.map(({ op }) => op)));
    expect(rest).not.toHaveProperty('reason');
  });

  test.each([
    { what: 'a card', software: false, flags: {} },
    { what: 'a software adapter with --all-cases', software: true, flags: { allCases: true } },
  ])('$what is asked for every case', async ({ software, flags }) => {
    // It computes nothing, so that asking for all takes no time.
    const idle: Backend = {
      ...{ name: 'webgpu', description: 'idle', dispose: () => undefined },
      parameters: () => {
        throw new Error('idle');
      },
      compile: () => {
        throw new Error('idle');
      },
    };
    const { code, stdout } = await run(flags, gpuOf(idle, software));
    expect(code).toBe(1);
    const all = CONFORMANCE_CASES.length;
    expect(stdout).toMatch(new RegExp(`^wgsl +- +${all} of ${all} +0 +FAILED$`, 'm'));
    expect(stdout).not.toContain('cases were run');
    // Not more than a person reads.
    expect(stdout.match(/^ {2}wgsl: .*Error: idle$/gm)).toHaveLength(10);
  });

  test('a wrong kernel makes the exit code 1 and is named', async () => {
    const { openGpu, closed } = gpuOf(wrongIn('rotary', new ReferenceBackend()), true);
    const { code, stdout } = await run({}, { openGpu });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^wgsl .* FAILED$/m);
    expect(stdout).toMatch(/^ {2}wgsl: rotary batch 2.*the reference says/m);
    expect(stdout).not.toMatch(/wgsl: (?!rotary)\w+ .*the reference says/);
    expect(closed).toHaveBeenCalledOnce();
  });

  test('Ctrl-C ends with 130, closes the GPU and says that nothing was changed', async () => {
    const { openGpu, closed } = gpuOf(new ReferenceBackend(), true);
    const interrupting = async () => {
      process.emit('SIGINT');
      return openGpu();
    };
    const { code, stdout } = await run({ json: true }, { openGpu: interrupting });
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ interrupted: true });
    expect(closed).toHaveBeenCalledOnce();
    expect(process.listenerCount('SIGTERM')).toBe(0);
  });
});
