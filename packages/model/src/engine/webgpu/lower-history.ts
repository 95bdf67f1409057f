// Lowers the own-history path, forward and backward.
import { ownHistory, ownHistoryBackward, type Dispatch, type HistoryCall } from '@spikebridge/kernels-wgsl';
import type { OwnHistory, OwnHistoryBackward } from '../ops.ts';
import type { GpuPlacement } from './placement.ts';

function shared(call: OwnHistory, { at, table, scratch }: GpuPlacement): HistoryCall {
  const { batch, bins, lags, decays, logScale, scales, ageEdges } = call;
  return {
    ...{ batch, bins, lags, decays, logScale, scales, ageEdges, table, scratch },
    units: call.weight.shape[1],
    wordsPerBin: call.words.shape[1],
    words: at(call.words),
    recent: at(call.recent),
    state: at(call.state),
  };
}

export function lowerHistory(call: OwnHistory, place: GpuPlacement): readonly Dispatch[] {
  return ownHistory({ ...shared(call, place), weight: place.at(call.weight), logits: place.at(call.logits) });
}

export function lowerHistoryBackward(call: OwnHistoryBackward, place: GpuPlacement): readonly Dispatch[] {
  return ownHistoryBackward({
    ...shared(call.forward, place),
    dLogits: place.at(call.dLogits),
    partials: (chunks) => place.partials(call.dWeight, chunks),
  });
}
