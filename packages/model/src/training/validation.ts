// The score that model selection looks at, on source validation: the run's loss and bits/spike over own rate. Every scored
// bin has at least half a context of true past, as in the evaluation.
import { minimumPast } from '../recording/split.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import type { BoundPlan } from './bound-plan.ts';
import type { PackedWindow } from './pack.ts';
import { rateCrossEntropy } from './rates.ts';
import { segmentsOf } from './segments.ts';

export interface ValidationScore {
  /** Mean of the configured loss. */
  readonly loss: number;
  /** Nats an entry. */
  readonly crossEntropy: number;
  /** Against the own rate on the training part, raw; null when no unit fired. */
  readonly bitsPerSpike: number | null;
  readonly bins: number;
}

export interface ValidationOptions {
  readonly raster: Raster;
  readonly part: readonly BinSpan[];
  readonly unitMask: Uint32Array;
  /** (units) own rates of the training part. */
  readonly rates: Float64Array;
  readonly context: number;
  /** Windows to score, evenly spaced; 0 = all. */
  readonly windows: number;
}

/**
 * Windows that together score every bin of a part once, each in the rows with at least half a context before them. A window
 * starts earlier than its targets need where observed time allows.
 */
export function scoringWindows(
  part: readonly BinSpan[],
  observed: readonly BinSpan[],
  context: number,
): PackedWindow[] {
  const stride = context - minimumPast(context) + 1;
  const windows: PackedWindow[] = [];
  for (const { start, stop, observedStart } of segmentsOf(part, observed, minimumPast(context))) {
    for (let first = start; first < stop; first += stride) {
      const last = Math.min(first + stride, stop);
      const inputStart = Math.max(observedStart, last - 1 - context);
      windows.push({ inputStart, rows: last - 1 - inputStart, countFrom: first - 1 - inputStart });
    }
  }
  return windows;
}

export class Validation {
  private readonly windows: readonly PackedWindow[];
  private readonly reference: { readonly nats: number; readonly spikes: number; readonly units: number };

  constructor({ raster, part, unitMask, rates, context, windows }: ValidationOptions) {
    const all = scoringWindows(part, raster.observed, context);
    const taken = windows === 0 ? all.length : Math.min(windows, all.length);
    this.windows = Array.from({ length: taken }, (_, i) => all[Math.floor((i * all.length) / taken)]);
    const spans = this.windows.map(({ inputStart, rows, countFrom = 0 }) => ({
      start: inputStart + 1 + countFrom,
      stop: inputStart + 1 + rows,
    }));
    this.reference = rateCrossEntropy(raster, spans, rates, unitMask);
  }

  /** False when the part has no bin with enough past: then there is nothing to select models by. */
  get possible(): boolean {
    return this.windows.length > 0 && this.reference.units > 0;
  }

  /** Runs a plan of mode `evaluate`; `pause` is awaited between batches. */
  async score(plan: BoundPlan, pause: () => Promise<void>): Promise<ValidationScore> {
    const { nats: nullNats, spikes, units } = this.reference;
    let bins = 0;
    let loss = 0;
    let modelNats = 0;
    for (let at = 0; at < this.windows.length; at += plan.shape.batch) {
      const rows = plan.load(this.windows.slice(at, at + plan.shape.batch));
      plan.run('forward', { seed: 0, step: 0 });
      bins += rows;
      const [configured, nats] = await Promise.all([plan.loss(), plan.crossEntropy()]);
      loss += rows * configured;
      modelNats += rows * units * nats;
      await pause();
    }
    return {
      loss: loss / bins,
      crossEntropy: modelNats / (bins * units),
      bitsPerSpike: spikes === 0 ? null : (nullNats - modelNats) / (spikes * Math.LN2),
      bins,
    };
  }
}
