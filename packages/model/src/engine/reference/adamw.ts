// Reference: AdamW (Loshchilov and Hutter, 2019) with clipping by the global gradient norm, in PyTorch's order.
import type { OptimiserStep } from '../ops.ts';

/** One parameter with what the optimiser keeps of it; arrays of equal length. */
export interface Optimised {
  readonly weight: Float64Array;
  readonly gradient: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
  readonly decay: boolean;
  readonly learningRateScale: number;
}

/** Updates every unfrozen parameter in place and returns the global gradient norm before clipping. */
export function adamw(parameters: readonly Optimised[], settings: OptimiserStep): number {
  const { step, beta1, beta2, epsilon, weightDecay, clip } = settings;
  const trained = parameters.filter((parameter) => parameter.learningRateScale !== 0);
  let squares = 0;
  for (const { gradient } of trained) for (const g of gradient) squares += g * g;
  const norm = Math.sqrt(squares);
  const coefficient = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  const correction1 = 1 - beta1 ** step;
  const correction2 = Math.sqrt(1 - beta2 ** step);
  for (const { weight, gradient, m, v, decay, learningRateScale } of trained) {
    const rate = settings.learningRate * learningRateScale;
    for (let i = 0; i < weight.length; i++) {
      const g = gradient[i] * coefficient;
      if (decay) weight[i] -= rate * weightDecay * weight[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      weight[i] -= ((rate / correction1) * m[i]) / (Math.sqrt(v[i]) / correction2 + epsilon);
    }
  }
  return norm;
}
