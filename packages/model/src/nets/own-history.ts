// The own-history path: its features in bins, its place in a plan, and the state that a window starts from.
import { SpikebridgeError } from '../errors.ts';
import { exp } from '../engine/elementary.ts';
import type { Tensor } from '../engine/ops.ts';
import type { PlanBuilder } from '../engine/plan-builder.ts';
import type { HistoryConfig, HistoryFeatures } from './types.ts';

/** Log traces vary by some tenths at any rate; a lag bit by about a tenth. */
const LOG_TRACE_SCALE = 0.25;

/**
 * Time constants turned into decays. Trace k of a Poisson train of rate r has variance r / (1 - decay^2): its scale
 * sqrt(1 - decay^2) gives every trace the variance of a lag bit, so that one learning rate suits all weights.
 * @throws SpikebridgeError E_NET_CONFIG
 */
export function historyFeatures(config: HistoryConfig, binMilliseconds: number): HistoryFeatures {
  const { lags, taus, logScale, ageEdges } = config;
  const refuse = (message: string, where: string): never => {
    throw new SpikebridgeError('E_NET_CONFIG', message, { where: `net.history.${where}`, exitCode: 2 });
  };
  if (taus.length !== logScale.length) {
    refuse(`${taus.length} taus but ${logScale.length} logScale values; one each is needed`, 'logScale');
  }
  if (!taus.every((tau) => tau > 0)) refuse('every time constant must be above 0 ms', 'taus');
  if (!ageEdges.every((edge, i) => edge > (i === 0 ? 0 : ageEdges[i - 1]))) {
    refuse(`ageEdges (${ageEdges.join(', ')}) must rise from above 0`, 'ageEdges');
  }
  if (!(Number.isInteger(lags) && lags >= 0)) refuse(`lags is ${lags}; a whole number is needed`, 'lags');
  const decays = taus.map((tau) => exp(-binMilliseconds / tau));
  const scales = decays.map((decay, k) => (logScale[k] > 0 ? LOG_TRACE_SCALE : Math.sqrt(1 - decay * decay)));
  return { lags, decays, logScale, scales, ageEdges };
}

/** Rows of the weight table: lags, traces, age buckets. */
export function historyFeatureCount(features: HistoryFeatures): number {
  return features.lags + features.decays.length + features.ageEdges.length;
}

export interface HistoryInputs {
  readonly recent: Tensor; // (batch, max(lags, 1), wordsPerBin) u32
  readonly state: Tensor; // (batch, traces + 1, units)
}

/** Adds the path to `logits` (rows, units) in place, with parameter `name` (features, units). */
export function ownHistory(
  builder: PlanBuilder,
  name: string,
  features: HistoryFeatures,
  words: Tensor,
  logits: Tensor,
  shape: { readonly batch: number; readonly bins: number },
): HistoryInputs {
  const { batch, bins } = shape;
  const weight = builder.parameter(name);
  const wordsPerBin = words.shape[1];
  const recent = builder.input('recent', [batch, Math.max(1, features.lags), wordsPerBin], 'u32');
  const state = builder.input('state', [batch, features.decays.length + 1, weight.shape[1]]);
  const forward = {
    op: 'ownHistory',
    words,
    recent,
    state,
    weight,
    logits,
    batch,
    bins,
    ...features,
  } as const;
  builder.append(forward);
  builder.onBackward(() => {
    const dLogits = builder.gradientOf(logits);
    builder.append({ op: 'ownHistoryBackward', forward, dLogits, dWeight: builder.parameterGradient(name) });
  });
  return { recent, state };
}
