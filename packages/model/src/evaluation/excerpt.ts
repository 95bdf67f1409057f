// The first scored bins as rasters for the eye: what was recorded, and one draw from what the model predicted for each of them.
import { CounterRandom } from '../engine/random.ts';
import { log, sigmoid } from '../engine/elementary.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import { spikeBins } from '../recording/raster.ts';
import type { EvaluationPair } from './document.ts';
import { clipProbability } from './metrics/buckets.ts';
import type { Calibration } from './metrics/calibration.ts';

const SECONDS = 3;
/** Of the counter generator, apart from those of training, simulation, resampling and generation. */
const EXCERPT_STREAM = 0x7a57;

type Excerpt = NonNullable<EvaluationPair['excerpt']>;

/** The first bins of `span` of the units named, as text: one string a unit. */
export const excerptOf = (raster: Raster, columns: readonly number[], span: BinSpan): string[] =>
  columns.map((unit) =>
    spikeBins(raster, unit, span)
      .map((bin) => bin - span.start)
      .join(' '),
  );

/** Takes the first rows of the model's scores as they pass. */
export class ExcerptDraw {
  readonly span: BinSpan;
  readonly #columns: readonly number[];
  readonly #drawn: number[][];
  readonly #random: CounterRandom;
  #rows = 0;

  /** `spans`: what is scored; the excerpt lies in the first of them. */
  constructor(raster: Raster, spans: readonly BinSpan[], scored: Uint8Array, seed: number) {
    const [{ start, stop }] = spans;
    const most = Math.round((SECONDS * 1000) / raster.binMilliseconds);
    this.span = { start, stop: Math.min(stop, start + most) };
    this.#columns = [...scored.keys()].filter((u) => scored[u] !== 0);
    this.#drawn = this.#columns.map(() => []);
    this.#random = new CounterRandom(seed, EXCERPT_STREAM);
  }

  /** Probabilities (rows, units) from `firstRow` of what is scored. */
  take(rows: Float32Array, firstRow: number, units: number, { slope, offset }: Calibration): void {
    const bins = this.span.stop - this.span.start;
    for (let row = firstRow; row < Math.min(bins, firstRow + rows.length / units); row++) {
      this.#rows = row + 1;
      this.#columns.forEach((unit, place) => {
        const p = clipProbability(rows[(row - firstRow) * units + unit]);
        const q = sigmoid(slope * log(p / (1 - p)) + offset);
        if (this.#random.uniform(row, unit) < q) this.#drawn[place].push(row);
      });
    }
  }

  result(raster: Raster): Excerpt {
    const { start, stop } = this.span;
    return {
      ...{ start, bins: stop - start, real: excerptOf(raster, this.#columns, this.span) },
      predicted: this.#rows === 0 ? null : this.#drawn.map((bins) => bins.join(' ')),
    };
  }
}
