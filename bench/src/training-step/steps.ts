// Steps of one peer against the clock, on any host.
import { median } from '../figures.ts';
import type { FirstStep, StepRunner } from './peer.ts';

export interface TimedSteps {
  readonly first: FirstStep;
  /** Loss of every later step: three optimiser steps that agree prove the optimiser too. */
  readonly losses: readonly number[];
  /** Milliseconds of each timed step. */
  readonly times: readonly number[];
  /** Processor time of a step, median, ms; NaN where the host does not tell. */
  readonly cpuMs: number;
}

/**
 * One first step, `warmUp` steps that are not timed, then `samples` that are.
 * @param processorMs milliseconds of processor time that the process has used so far.
 */
export async function timedSteps(
  runner: StepRunner,
  warmUp: number,
  samples: number,
  processorMs: () => number = () => NaN,
): Promise<TimedSteps> {
  const first = await runner.first();
  const losses: number[] = [];
  const times: number[] = [];
  const processor: number[] = [];
  for (let i = 0; i < warmUp; i++) losses.push(await runner.step());
  for (let i = 0; i < samples; i++) {
    const cpu = processorMs();
    const start = performance.now();
    losses.push(await runner.step());
    times.push(performance.now() - start);
    processor.push(processorMs() - cpu);
  }
  return { first, losses, times, cpuMs: median(processor) };
}
