// What every family of a comparison is measured on: the halves of the real recording, their surrogates and what is cut from the
// generated recording, all of one length, and the resamples of their blocks.
import { SpikebridgeError } from '../errors.ts';
import { resampleBlocks } from '../evaluation/uncertainty/blocks.ts';
import { isiShuffle, poissonSurrogate, type Raster } from '../recording/index.ts';
import type { Excerpt } from './comparison.ts';
import type { Surrogate } from './family.ts';
import { sliceRows, viewOf, type View } from './view.ts';

/** What one family is measured on. */
export interface Views {
  readonly reference: View;
  readonly halves: readonly [View, View];
  readonly floors: Readonly<Record<Surrogate, readonly [View, View]>>;
  readonly generated: View | null;
  /** (replicates) how often each block counts: of the halves, and of the generated recording. */
  readonly resamples: readonly (readonly [
    first: Uint16Array,
    second: Uint16Array,
    generated: Uint16Array | null,
  ])[];
}

const FEWEST_BINS = 2;

/** @throws SpikebridgeError E_STATISTICS_SHORT */
export function viewsOf(real: Excerpt, generated: Excerpt | null, seed: number, replicates: number): Views {
  const whole = viewOf(real.raster, real.spans);
  const made = generated === null ? null : viewOf(generated.raster, generated.spans);
  const half = Math.floor(whole.rows / 2);
  const bins = Math.min(half, made?.rows ?? half);
  if (bins < FEWEST_BINS)
    throw new SpikebridgeError(
      'E_STATISTICS_SHORT',
      `${whole.rows} bins of the real and ${made === null ? 'none' : made.rows} of the generated recording were received`,
      { fix: 'statistics need at least two bins in each half of the real recording', exitCode: 2 },
    );
  const cut = (from: number): View => viewOf(real.raster, sliceRows(whole.spans, from, bins));
  const halves = [cut(0), cut(half)] as const;
  // A surrogate keeps what it keeps of the very bins it is compared with.
  const surrogate = (make: (raster: Raster, seed: number) => Raster): readonly [View, View] => {
    const of = ({ raster, spans }: View, own: number): View =>
      viewOf(make({ ...raster, observed: spans }, own));
    return [of(halves[0], 2 * seed), of(halves[1], 2 * seed + 1)];
  };
  const used =
    made === null || generated === null ? null : viewOf(made.raster, sliceRows(made.spans, 0, bins));
  const all = [...halves, ...(used === null ? [] : [used])];
  const enough = all.every(({ blocks }) => blocks.intervals);
  const draws = all.map(({ blocks }, place) =>
    resampleBlocks(blocks.blocks, enough ? replicates : 0, 3 * seed + place),
  );
  return {
    reference: viewOf(real.raster, [...halves[0].spans, ...halves[1].spans]),
    halves,
    floors: { poisson: surrogate(poissonSurrogate), isiShuffle: surrogate(isiShuffle) },
    generated: used,
    resamples: draws[0].map(
      (times, i) => [times, draws[1][i], draws.length > 2 ? draws[2][i] : null] as const,
    ),
  };
}
