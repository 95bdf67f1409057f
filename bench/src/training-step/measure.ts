// Steps of one peer in a Node process: the clock, processor time, and the memory the process peaked at.
import { median } from '../figures.ts';
import type { FirstStep, StepPeer, StepRunner } from './peer.ts';
import { timedSteps } from './steps.ts';

export interface Measurement {
  readonly version: string;
  readonly threads: number;
  readonly first: FirstStep;
  readonly losses: readonly number[];
  readonly medianMs: number;
  readonly fastestMs: number;
  /** Processor time of a step, all threads together: unlike the clock, it hardly moves on a busy machine. */
  readonly cpuMs: number;
  readonly samples: number;
  /** Highest resident set of the process so far, MiB. */
  readonly peakRssMiB: number;
}

/** Peak resident set of this process in MiB; Node reports it in KiB. */
export function peakRssMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** As `timedSteps`, with what only a process can tell. */
export async function measure(
  peer: StepPeer,
  runner: StepRunner,
  warmUp: number,
  samples: number,
): Promise<Measurement> {
  const { times, ...steps } = await timedSteps(runner, warmUp, samples, processorMs);
  return {
    ...steps,
    version: peer.version,
    threads: peer.threads,
    medianMs: median(times),
    fastestMs: Math.min(...times),
    samples,
    peakRssMiB: peakRssMiB(),
  };
}
