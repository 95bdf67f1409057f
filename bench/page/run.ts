// A run of the benchmark: a worker for each device, one after another, and how far it all is.
import type { Asked, DeviceName, GroupName, Job, PageRow, Said, Sight } from './job.ts';

export interface Wanted {
  readonly quick: boolean;
  readonly devices: readonly DeviceName[];
  readonly groups: readonly GroupName[];
}

export interface Listener {
  doing(what: string): void;
  row(row: PageRow): void;
  /** Groups finished, of all. */
  advanced(done: number, total: number): void;
  /** A device failed as a whole; the others go on. */
  fault(device: DeviceName, message: string): void;
}

/** The binner runs on one thread of the CPU whatever the device, and roll-outs step through the CPU's kernels. */
const fits = (device: DeviceName, group: GroupName, first: boolean): boolean =>
  group === 'binner' ? first : group !== 'roll-out' || device !== 'webgpu';

export const jobsOf = ({ quick, devices, groups }: Wanted): readonly Job[] =>
  devices
    .map((device, i) => ({ device, quick, groups: groups.filter((group) => fits(device, group, i === 0)) }))
    .filter((job) => job.groups.length > 0);

const start = (): Worker => new Worker(new URL('./bench.worker.ts', import.meta.url), { type: 'module' });

/** Asks one worker and hears it out; ended at the signal. */
function hear(asked: Asked, signal: AbortSignal, each: (said: Said) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = start();
    const end = (): void => {
      worker.terminate();
      signal.removeEventListener('abort', end);
      resolve();
    };
    signal.addEventListener('abort', end);
    worker.onmessage = ({ data }: MessageEvent<Said>) => {
      each(data);
      if (data.kind === 'end' || data.kind === 'sight' || data.kind === 'fault') end();
    };
    worker.onerror = ({ message }) => {
      reject(new Error(message === '' ? 'the worker did not start' : message));
      end();
    };
    worker.postMessage(asked);
  });
}

export async function look(): Promise<Sight> {
  let sight: Sight | undefined;
  let fault = 'the worker said nothing';
  await hear({ kind: 'look' }, new AbortController().signal, (said) => {
    if (said.kind === 'sight') sight = said.sight;
    if (said.kind === 'fault') fault = said.message;
  });
  if (sight === undefined) throw new Error(fault);
  return sight;
}

/** Resolves at the end, or soon after the signal: what was measured by then has been told. */
export async function runJobs(jobs: readonly Job[], signal: AbortSignal, listener: Listener): Promise<void> {
  const total = jobs.reduce((sum, { groups }) => sum + groups.length, 0);
  let before = 0;
  for (const job of jobs) {
    if (signal.aborted) return;
    // A device that failed as a whole has not done its groups.
    listener.advanced(before, total);
    let done = before;
    const hearOne = (said: Said): void => {
      if (signal.aborted) return;
      if (said.kind === 'doing') listener.doing(said.what);
      if (said.kind === 'row') listener.row(said.row);
      if (said.kind === 'group') listener.advanced(++done, total);
      if (said.kind === 'fault') listener.fault(job.device, said.message);
    };
    await hear({ kind: 'measure', job }, signal, hearOne).catch((error: unknown) => {
      listener.fault(job.device, error instanceof Error ? error.message : String(error));
    });
    before += job.groups.length;
  }
}
