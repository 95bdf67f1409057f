// `--profile`: one step of the run's own net on weights that are thrown away, every dispatch timed by the GPU's own clock.
import type { Device, Prepared, ResolvedConfig } from '@spikebridge/model';
import { chromeTrace, SpikebridgeError, trainingProbe, WebGpuBackend } from '@spikebridge/model';
import { writeWhole } from './host/files.ts';
import type { Terminal } from './terminal.ts';

export interface ProfileRequest {
  readonly path: string;
  readonly prepared: Prepared;
  readonly resolved: ResolvedConfig;
  readonly device: Device;
  readonly terminal: Terminal;
}

/** Dispatches that can be timed: a deep net's step has a few hundred. */
const MOST_DISPATCHES = 2048;

/** Writes a Chrome trace. @throws E_USAGE on another device than a GPU; E_GPU_LIMIT without timestamp queries. */
export async function profileStep({
  path,
  prepared,
  resolved,
  device,
  terminal,
}: ProfileRequest): Promise<void> {
  const { backend } = device;
  if (!(backend instanceof WebGpuBackend))
    throw new SpikebridgeError(
      'E_USAGE',
      `--profile times a GPU's kernels; this run is on ${backend.description}`,
      {
        where: '--profile',
        fix: 'add --device webgpu',
        exitCode: 2,
      },
    );
  const { shape, time } = trainingProbe(prepared, resolved.config);
  // Once to compile, once for the clock.
  await time(backend, 0);
  const timings = await backend.profile(async () => {
    await time(backend, 0);
  }, MOST_DISPATCHES);
  const spent = timings.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0) / 1e6;
  writeWhole(path, `${JSON.stringify(chromeTrace(timings, backend.description))}\n`);
  terminal.note(
    `profile: ${timings.length} dispatches of a step of ${shape.batch} x ${shape.bins} bins, ${spent.toPrecision(3)} ms on the device: ${path}`,
  );
}
