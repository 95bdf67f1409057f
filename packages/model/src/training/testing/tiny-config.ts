// A net and a configuration small enough for the float64 reference, with every path switched on.
import { resolveConfig } from '../../config/resolve.ts';
import type { ResolvedConfig } from '../../config/resolve.ts';
import type { NetConfig } from '../../nets/types.ts';

export const tinyNet: NetConfig = {
  layers: 1,
  width: 8,
  heads: 2,
  feedForward: 8,
  activation: 'relu',
  norm: 'pre',
  positions: 'rotary',
  embedding: 'bits',
  dropout: 0.1,
  attentionDropout: 0,
  window: 0,
  outputBias: 'log-odds',
  outputWeight: 'uniform',
  history: { lags: 2, taus: [4, 50], logScale: [0, 1], ageEdges: [1, 4] },
};

/** 5 units, context 12, batch 2, 10 steps, evaluated every 2, checkpoint every 4; `sets` on top. */
export function tinyConfig(...sets: string[]): ResolvedConfig {
  const training = {
    ...{ steps: 10, batch: 2, context: 12, learningRate: 0.01, warmupSteps: 2, averaging: 0.9, patience: 0 },
    ...{
      evaluateEverySteps: 2,
      evaluateWindows: 4,
      checkpointEverySteps: 4,
      keepCheckpoints: 2,
      logEverySteps: 3,
    },
  };
  const file = { seed: 11, device: 'reference', data: { units: 5 }, net: tinyNet, training };
  return resolveConfig({ file: { name: 'tiny.yaml', text: JSON.stringify(file) }, sets });
}
