// Every variant of the losses, of the own-history path and of the optimiser.
import type { Dispatch } from '../kernel.ts';
import { adamw, type OptimisedTensor } from '../kernels/adamw/adamw.ts';
import { loss } from '../kernels/loss/loss.ts';
import { ownHistory, ownHistoryBackward } from '../kernels/own-history/own-history.ts';
import { combinations, EITHER, slice, sliceIf } from './pretend.ts';

export function lossVariants(): Dispatch[] {
  return combinations({
    kind: ['bce', 'focal', 'dice', 'dice-per-unit'] as const,
    gamma: [2, 0.5],
    doubleSigmoid: EITHER,
    densityPenalty: EITHER,
    gradient: EITHER,
  }).flatMap(({ gradient, ...settings }) =>
    loss({
      ...settings,
      ...{ logits: slice(), targets: slice(), unitMask: slice(), rowMask: slice(), value: slice() },
      ...{ rows: 64, units: 128, wordsPerBin: 4, smooth: 1, bceShare: 0, scratch: slice },
      dLogits: sliceIf(gradient),
    }),
  );
}

export function historyVariants(): Dispatch[] {
  return combinations({
    // One chunk of bins, and several.
    bins: [64, 600],
    lags: [0, 5, 40],
    // `many`: more constants than workgroup memory takes.
    traces: ['none', 'plain', 'logarithms', 'both', 'many'] as const,
    buckets: EITHER,
  }).flatMap(({ bins, lags, traces, buckets }) => {
    const many = Array.from({ length: 30 }, (_, k) => k % 2);
    const logScale = { none: [], plain: [0, 0, 0, 0, 0], logarithms: [2], both: [0, 0, 2], many }[traces];
    const call = {
      ...{ batch: 2, bins, units: 100, wordsPerBin: 4, lags, logScale },
      decays: logScale.map(() => 0.5),
      scales: logScale.map(() => 1),
      ageEdges: buckets ? [1, 2, 5, 20, 100] : [],
      ...{ words: slice(), recent: slice(), state: slice(), table: slice, scratch: slice },
    };
    return [
      ...ownHistory({ ...call, weight: slice(), logits: slice() }),
      ...ownHistoryBackward({ ...call, dLogits: slice(), partials: slice }),
    ];
  });
}

export function optimiserVariants(): Dispatch[] {
  const tensors: OptimisedTensor[] = [{ offset: 0, length: 64, decay: true, learningRateScale: 1 }];
  return EITHER.flatMap((mean) =>
    adamw({
      ...{ weights: slice(), gradients: slice(), first: slice(), second: slice(), mean: sliceIf(mean) },
      ...{ table: slice(), workspace: slice(), tensors },
    }),
  );
}
