// Steps of one peer against the clock, and the memory its process peaked at.
import { median } from '../results.ts';
import type { FirstStep, StepPeer, StepRunner } from './peer.ts';

export interface Measurement {
  readonly version: string;
  readonly threads: number;
  readonly first: FirstStep;
  /** Loss of every later step: three optimiser steps that agree prove the optimiser too. */
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

/** One first step, `warmUp` steps that are not timed, then `samples` that are. */
export async function measure(
  peer: StepPeer,
  runner: StepRunner,
  warmUp: number,
  samples: number,
): Promise<Measurement> {
  const first = await runner.first();
  const losses: number[] = [];
  const times: number[] = [];
  const processor: number[] = [];
  for (let i = 0; i < warmUp; i++) losses.push(await runner.step());
  for (let i = 0; i < samples; i++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    losses.push(await runner.step());
    times.push(performance.now() - start);
    const { user, system } = process.cpuUsage(cpu);
    processor.push((user + system) / 1000);
  }
  return {
    version: peer.version,
    threads: peer.threads,
    first,
    losses,
    medianMs: median(times),
    fastestMs: Math.min(...times),
    cpuMs: median(processor),
    samples,
    peakRssMiB: peakRssMiB(),
  };
}
