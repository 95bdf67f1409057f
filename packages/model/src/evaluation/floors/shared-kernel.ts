// `shared-kernel`: one kernel for all units over log(count / expected) traces, added to the logit of each unit's own rate.
// It knows no unit by name, so it needs no pairing and can be taken to any recording whose rates are known.
import { SpikebridgeError } from '../../errors.ts';
import type { BinSpan, Raster } from '../../recording/types.ts';
import type { DenseHost } from '../dense-host.ts';
import { CausalCursor, forEachRun, spanBins } from '../features/cursor.ts';
import { LogRatioBank, SHARED_FEATURES } from '../features/log-ratio-bank.ts';
import type { EvaluationSplit, FloorPredictor, PredictorKey } from '../types.ts';
import type { SharedKernelFit } from './fitted.ts';
import { fitLogistic, LogisticWorkspace, refineLogistic, type RawWeights } from './logistic.ts';
import { SHARED_RIDGES } from './ridge-path.ts';
import { SharedDesign } from './shared-design.ts';
import { leaveOutStart, WARM_UP_MILLISECONDS } from './unit-design.ts';
import { logit, sigmoid } from './unit-glm.ts';

export interface SharedKernelOptions {
  readonly raster: Raster;
  readonly split: EvaluationSplit;
  readonly rates: Float64Array;
  readonly host: DenseHost;
  readonly onProgress?: (message: string) => void;
}

/** Fits the kernel on a sample of the training part, where its penalty is chosen too, and goes on on a larger one. */
export function fitSharedKernel(options: SharedKernelOptions): SharedKernelFit {
  const { raster, rates, split, host } = options;
  const warmUp = Math.round(WARM_UP_MILLISECONDS / raster.binMilliseconds);
  const train = leaveOutStart(split.train, raster.observed, warmUp);
  if (spanBins(train) === 0) {
    throw new SpikebridgeError(
      'E_FLOORS_FIT',
      `the training part holds ${spanBins(split.train)} bins, none after the first ${WARM_UP_MILLISECONDS / 1000} s that fits leave out`,
      { fix: 'give the training part a larger share, or leave shared-kernel out with --floors', exitCode: 2 },
    );
  }
  const report = options.onProgress ?? ((): void => undefined);
  const sample = sampleOf(train, raster.units, CHOOSING_ROWS);
  // The penalty is all that validation decides here, and it hardly matters: a sample of it will do.
  const validation = sampleOf(split.validation, raster.units, CHOOSING_ROWS);
  const design = new SharedDesign({ raster, rates, host, train: sample, validation });
  report('shared-kernel: sample of rows made');
  const workspace = new LogisticWorkspace(host, design);
  const share = spanBins(sample) / spanBins(train);
  const { start, factor, smallest, largest } = SHARED_RIDGES;
  const path = { start: start * share, factor, smallest: smallest * share, largest: largest * share };
  const fit = fitLogistic(design, 0, host, workspace, path);
  const ridge = fit.ridge / share;
  report(`shared-kernel: penalty ${ridge.toPrecision(3)} chosen`);
  if (ridge === Infinity || share === 1) return { ...toFloat(fit), ridge };
  const larger = sampleOf(train, raster.units, FITTING_ROWS);
  const all = new SharedDesign({ raster, rates, host, train: larger, validation: [], like: design });
  const scaled = (ridge * spanBins(larger)) / spanBins(train);
  const whole = refineLogistic(all, fit, scaled, host, workspace, (pass) =>
    report(`shared-kernel: pass ${pass} over ${spanBins(larger)} bins`),
  );
  return { ...toFloat(whole), ridge };
}

function toFloat({ weights, bias }: RawWeights): { readonly weights: Float32Array; readonly bias: number } {
  return { weights: Float32Array.from(weights), bias };
}

/** Rows (bins times units) on which the penalty is chosen. */
const CHOOSING_ROWS = 4e6;
/**
 * Rows on which the weights are fitted, up to twice as many: some 50,000 spikes at 2 Hz and 1 ms, for which two dozen weights are worse
 * than the best ones by about 24 / 2 / 50,000 = 2e-4 nats a spike. Rows are made anew at every pass, and that costs most.
 */
const FITTING_ROWS = 3.2e7;
/** Bins a stretch of the sample. */
const STRETCH = 500;

/** Stretches, evenly spread over `spans`, that hold about `rows` rows; everything where that is short. */
function sampleOf(spans: readonly BinSpan[], units: number, rows: number): readonly BinSpan[] {
  const every = Math.floor((spanBins(spans) * units) / rows);
  if (every < 2) return spans;
  const sample: BinSpan[] = [];
  let stretch = 0;
  forEachRun(spans, STRETCH, (start, stop) => {
    if (stretch++ % every === 0) sample.push({ start, stop });
  });
  return sample;
}

export class SharedKernelPredictor implements FloorPredictor {
  readonly key: PredictorKey = 'shared-kernel';
  readonly #fit: SharedKernelFit;
  readonly #bank: LogRatioBank;
  readonly #cursor: CausalCursor;
  readonly #base: Float64Array;
  readonly #logits: Float64Array;

  /** `rates`: the target's training rates at level `rates`, the paired source unit's at level `none`. */
  constructor(fit: SharedKernelFit, raster: Raster, rates: Float64Array) {
    this.#fit = fit;
    this.#bank = new LogRatioBank(rates, raster.binMilliseconds);
    this.#cursor = new CausalCursor(raster, [this.#bank]);
    this.#base = rates.map((rate) => logit(rate) + fit.bias);
    this.#logits = new Float64Array(rates.length);
  }

  predict(start: number, stop: number, out: Float32Array): undefined {
    const logits = this.#logits;
    const units = logits.length;
    const { weights } = this.#fit;
    for (let bin = start, at = 0; bin < stop; bin++) {
      this.#cursor.seek(bin);
      const { features } = this.#bank;
      logits.set(this.#base);
      for (let k = 0, from = 0; k < SHARED_FEATURES; k++) {
        const weight = weights[k];
        for (let u = 0; u < units; u++, from++) logits[u] += weight * features[from];
      }
      for (let u = 0; u < units; u++, at++) out[at] = sigmoid(logits[u]);
    }
  }
}
