// Reference: the own-history path, a generalised linear model of each unit on its own past spikes: lags, exponential
// traces (raw or log) and the age since the last spike, added to the logits (after Truccolo et al., 2005; Pillow et al., 2008).
import { log1p } from '../elementary.ts';
import type { OwnHistory, OwnHistoryBackward } from '../ops.ts';
import type { Memory } from './memory.ts';
import { bitAt } from './memory.ts';

/** Bins since the last spike, at most: also the age of a unit that has not fired yet. */
export const LARGEST_AGE = 1e6;

/** Calls `visit` with the features of every (sequence, bin, unit), in rising bins; they may use spikes at bins <= t only. */
function forEachFeatureRow(
  call: OwnHistory,
  memory: Memory,
  visit: (row: number, unit: number, features: Float64Array) => void,
): void {
  const { batch, bins, lags, decays, logScale, scales, ageEdges } = call;
  const units = call.weight.shape[1];
  const wordsPerBin = call.words.shape[1];
  const words = memory.words(call.words); // (batch * bins, wordsPerBin)
  const recent = memory.words(call.recent); // (batch, lags, wordsPerBin), oldest first
  const state = memory.values(call.state); // (batch, traces + 1, units)
  const traces = decays.length;
  const features = new Float64Array(lags + traces + ageEdges.length); // (features)
  for (let b = 0; b < batch; b++) {
    for (let u = 0; u < units; u++) {
      const trace = decays.map((_, k) => state[(b * (traces + 1) + k) * units + u]); // (traces), after bin -1
      let age = state[(b * (traces + 1) + traces) * units + u];
      for (let t = 0; t < bins; t++) {
        const row = b * bins + t;
        const spike = bitAt(words, wordsPerBin, row, u);
        features.fill(0);
        for (let lag = 0; lag < lags; lag++) {
          features[lag] =
            lag <= t
              ? bitAt(words, wordsPerBin, row - lag, u)
              : bitAt(recent, wordsPerBin, b * lags + lags + t - lag, u);
        }
        for (let k = 0; k < traces; k++) {
          trace[k] = decays[k] * trace[k] + spike;
          features[lags + k] = scales[k] * (logScale[k] === 0 ? trace[k] : log1p(logScale[k] * trace[k]));
        }
        age = spike === 1 ? 0 : Math.min(age + 1, LARGEST_AGE);
        const bucket = ageEdges.findIndex((edge) => age < edge);
        if (bucket >= 0) features[lags + traces + bucket] = 1;
        visit(row, u, features);
      }
    }
  }
}

/** logits[n, u] += sum over f of weight[f, u] * feature_f(n, u). */
export function ownHistory(call: OwnHistory, memory: Memory): void {
  const [featureCount, units] = call.weight.shape;
  const weight = memory.values(call.weight); // (features, units)
  const logits = memory.values(call.logits); // (batch * bins, units)
  forEachFeatureRow(call, memory, (row, u, features) => {
    let sum = 0;
    for (let f = 0; f < featureCount; f++) sum += weight[f * units + u] * features[f];
    logits[row * units + u] += sum;
  });
}

/** dWeight[f, u] += sum over rows of dLogits[n, u] * feature_f(n, u). */
export function ownHistoryBackward(call: OwnHistoryBackward, memory: Memory): void {
  const [featureCount, units] = call.dWeight.shape;
  const dLogits = memory.values(call.dLogits); // (batch * bins, units)
  const dWeight = memory.values(call.dWeight); // (features, units)
  forEachFeatureRow(call.forward, memory, (row, u, features) => {
    for (let f = 0; f < featureCount; f++) dWeight[f * units + u] += dLogits[row * units + u] * features[f];
  });
}
