// What a predictor takes from SOURCE validation besides its fit: one slope and one offset for all units (recalibration),
// and the threshold of greatest F1. Both come from one streamed pass.
import type { BinSpan, Raster } from '../../recording/types.ts';
import { runsOf, unpackBin } from '../features/cursor.ts';
import { sigmoid } from '../floors/unit-glm.ts';
import type { Predictor } from '../types.ts';
import { bucketEdge, bucketOfLogit, clipProbability } from './buckets.ts';

export interface Calibration {
  /** Recalibrated logit = slope * logit + offset. */
  readonly slope: number;
  readonly offset: number;
  /** Probabilities at or above this are called spikes. */
  readonly threshold: number;
}

/** Leaves probabilities alone: for tables of rates, which nothing was fitted to. */
export const IDENTITY: Omit<Calibration, 'threshold'> = { slope: 1, offset: 0 };

/** 2.1e-4 of a logit wide: far below what moves a fit or a threshold. */
const BUCKETS = 1 << 17;

/** Counts of one predictor's scores on a validation part. */
export class CalibrationCounts {
  readonly #silent = new Float64Array(BUCKETS);
  readonly #spikes = new Float64Array(BUCKETS);
  readonly #logits = new Float64Array(BUCKETS);

  /** Adds scores (rows, units) with zeros and ones of the same shape; units with `scored` 0 are passed over. */
  add(scores: Float32Array, spikes: Float32Array, rows: number, scored: Uint8Array): void {
    const units = scored.length;
    for (let i = 0, at = 0; i < rows; i++) {
      for (let u = 0; u < units; u++, at++) {
        if (scored[u] === 0) continue;
        const p = clipProbability(scores[at]);
        const z = Math.log(p / (1 - p));
        const bucket = bucketOfLogit(z, BUCKETS);
        if (spikes[at] === 0) this.#silent[bucket]++;
        else this.#spikes[bucket]++;
        this.#logits[bucket] += z;
      }
    }
  }

  /** The threshold with the greatest F1; ties go to the higher one. 0.5 where there is no spike at all. */
  threshold(): number {
    let total = 0;
    for (let b = 0; b < BUCKETS; b++) total += this.#spikes[b];
    let hits = 0;
    let called = 0;
    let best = 0;
    let at = -1;
    for (let b = BUCKETS - 1; b >= 0; b--) {
      if (this.#spikes[b] + this.#silent[b] === 0) continue;
      hits += this.#spikes[b];
      called += this.#spikes[b] + this.#silent[b];
      const f1 = (2 * hits) / (called + total);
      if (f1 > best) {
        best = f1;
        at = b;
      }
    }
    // The lowest bucket holds everything clipped into it, too.
    if (at === 0) return 0;
    return at < 0 ? 0.5 : bucketEdge(at, BUCKETS);
  }

  /** Slope and offset of greatest likelihood, by damped Newton steps over the buckets. */
  recalibration(): Omit<Calibration, 'threshold'> {
    const z: number[] = [];
    const n: number[] = [];
    const y: number[] = [];
    for (let b = 0; b < BUCKETS; b++) {
      const count = this.#spikes[b] + this.#silent[b];
      if (count === 0) continue;
      z.push(this.#logits[b] / count);
      n.push(count);
      y.push(this.#spikes[b]);
    }
    const evaluate = (slope: number, offset: number): readonly number[] => {
      const sums = [0, 0, 0, 0, 0, 0];
      for (let i = 0; i < z.length; i++) {
        const value = slope * z[i] + offset;
        const p = sigmoid(value);
        const r = n[i] * p - y[i];
        const w = n[i] * p * (1 - p);
        sums[0] += n[i] * (Math.max(0, value) + Math.log(1 + Math.exp(-Math.abs(value)))) - y[i] * value;
        sums[1] += r * z[i];
        sums[2] += r;
        sums[3] += w * z[i] * z[i];
        sums[4] += w * z[i];
        sums[5] += w;
      }
      return sums;
    };
    let slope = 1;
    let offset = 0;
    if (y.every((count) => count === 0)) return { slope, offset };
    let [loss, gs, go, hss, hso, hoo] = evaluate(slope, offset);
    for (let iteration = 0; iteration < 60; iteration++) {
      // A predictor with one value for everything leaves the slope undetermined: the added 1e-9 keeps it at rest.
      const hs = hss * (1 + 1e-9) + 1e-9;
      const ho = hoo * (1 + 1e-9) + 1e-9;
      const determinant = hs * ho - hso * hso;
      if (!(determinant > 1e-12 * hs * ho)) {
        offset -= go / ho;
        [loss, gs, go, hss, hso, hoo] = evaluate(slope, offset);
        if (Math.abs(go) < 1e-7 * ho) break;
        continue;
      }
      const ds = (ho * gs - hso * go) / determinant;
      const dof = (hs * go - hso * gs) / determinant;
      let length = 1;
      let next = evaluate(slope - ds, offset - dof);
      while (!(next[0] <= loss) && length > 1e-6) {
        length /= 2;
        next = evaluate(slope - length * ds, offset - length * dof);
      }
      if (!(next[0] <= loss)) break;
      slope -= length * ds;
      offset -= length * dof;
      const fell = loss - next[0];
      [loss, gs, go, hss, hso, hoo] = next;
      if (fell < 1e-9 * Math.abs(loss)) break;
    }
    return { slope, offset };
  }
}

/** Streams a predictor over `spans` of a raster and takes its calibration. */
export async function calibrate(
  predictor: Predictor,
  raster: Raster,
  spans: readonly BinSpan[],
  scored: Uint8Array,
): Promise<Calibration> {
  const counts = new CalibrationCounts();
  const rows = 512;
  const scores = new Float32Array(rows * raster.units);
  const spikes = new Float32Array(rows * raster.units);
  for (const { start, stop } of runsOf(spans, rows)) {
    await predictor.predict(start, stop, scores.subarray(0, (stop - start) * raster.units));
    for (let bin = start; bin < stop; bin++) {
      const at = (bin - start) * raster.units;
      unpackBin(raster, bin, spikes.subarray(at, at + raster.units));
    }
    counts.add(scores, spikes, stop - start, scored);
  }
  return { ...counts.recalibration(), threshold: counts.threshold() };
}
