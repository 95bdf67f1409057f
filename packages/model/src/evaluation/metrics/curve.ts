// A predictor at every threshold, in few points: what ROC and precision-recall curves are drawn from once the scores are gone.
import { bucketEdge } from './buckets.ts';

/** Columns of equal length, from the highest threshold to the lowest. */
export interface ThresholdCurve {
  readonly threshold: number[];
  /** Share of spikes at or above the threshold; share of silent cells there; share of spikes among what is there. */
  readonly recall: number[];
  readonly falseAlarms: number[];
  readonly precision: number[];
}

/** A point for every fiftieth that recall or false alarms rise by. */
const STEP = 1 / 50;

const short = (value: number): number => Number(value.toPrecision(5));

/** `silent`, `spiking`: (buckets) cells by rising probability. Empty without both kinds. */
export function thresholdCurve(silent: ArrayLike<number>, spiking: ArrayLike<number>): ThresholdCurve {
  const buckets = silent.length;
  const threshold: number[] = [];
  const recall: number[] = [];
  const falseAlarms: number[] = [];
  const precision: number[] = [];
  let [negatives, positives] = [0, 0];
  for (let b = 0; b < buckets; b++) {
    negatives += silent[b];
    positives += spiking[b];
  }
  if (negatives === 0 || positives === 0) return { threshold, recall, falseAlarms, precision };
  let [hits, alarms, lastHits, lastAlarms] = [0, 0, -Infinity, -Infinity];
  for (let b = buckets - 1; b >= 0; b--) {
    if (silent[b] + spiking[b] === 0) continue;
    hits += spiking[b];
    alarms += silent[b];
    const last = hits === positives && alarms === negatives;
    if (!last && hits - lastHits < STEP * positives && alarms - lastAlarms < STEP * negatives) continue;
    [lastHits, lastAlarms] = [hits, alarms];
    threshold.push(short(bucketEdge(b, buckets)));
    recall.push(short(hits / positives));
    falseAlarms.push(short(alarms / negatives));
    precision.push(short(hits / (hits + alarms)));
    if (last) break;
  }
  return { threshold, recall, falseAlarms, precision };
}
