// Learning rate of a step: a pure function of the configuration and the step, without Math.cos or Math.pow, whose last bits
// differ between hosts.
import type { ScheduleSettings, TrainingSettings } from '../config/schema.ts';
import { cos } from '../engine/elementary.ts';

/** What a schedule must know: settings, length of training, and epochs per step (windows of a step / windows of an epoch). */
export interface SchedulePlan {
  readonly training: Pick<TrainingSettings, 'learningRate' | 'warmupSteps' | 'schedule'>;
  readonly steps: number;
  readonly epochsPerStep: number;
}

/**
 * Learning rate of `step` (counted from 0). Linear warm-up to the full rate at step `warmupSteps`, then the schedule:
 * half a cosine that ends at `floor`; `factor` every `everyEpochs` whole epochs, never below `floor`; or flat.
 */
export function learningRateAt(step: number, { training, steps, epochsPerStep }: SchedulePlan): number {
  const { learningRate, warmupSteps, schedule } = training;
  if (step < warmupSteps) return (learningRate * (step + 1)) / (warmupSteps + 1);
  return decayed(step, learningRate, schedule, warmupSteps, steps, epochsPerStep);
}

function decayed(
  step: number,
  learningRate: number,
  schedule: ScheduleSettings,
  warmupSteps: number,
  steps: number,
  epochsPerStep: number,
): number {
  const floor = Math.min(schedule.floor, learningRate);
  if (schedule.kind === 'cosine') {
    const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - 1 - warmupSteps));
    return floor + (learningRate - floor) * 0.5 * (1 + cos(progress * Math.PI));
  }
  if (schedule.kind === 'step') {
    let rate = learningRate;
    const drops = Math.floor((step * epochsPerStep) / schedule.everyEpochs);
    for (let drop = 0; drop < drops && rate > floor; drop++) rate *= schedule.factor;
    return Math.max(rate, floor);
  }
  return Math.max(learningRate, floor);
}
