// How much of a target's training part is known: the seconds just before what is judged.
import { SpikebridgeError } from '../../errors.ts';
import type { BinSpan } from '../../recording/types.ts';
import { spanBins } from '../features/cursor.ts';

/**
 * The last `bins` bins of `spans`.
 * @throws SpikebridgeError E_CALIBRATION_SHORT when they hold fewer
 */
export function latestBins(spans: readonly BinSpan[], bins: number): readonly BinSpan[] {
  const held = spanBins(spans);
  if (held < bins)
    throw new SpikebridgeError(
      'E_CALIBRATION_SHORT',
      `${bins} bins of calibration were asked for, the training part of the target holds ${held}`,
      {
        where: '--calibration-seconds',
        fix: 'ask for less, or leave it out to use all there is',
        exitCode: 2,
      },
    );
  const kept: BinSpan[] = [];
  let left = bins;
  for (let i = spans.length - 1; left > 0; i--) {
    const { start, stop } = spans[i];
    const from = Math.max(start, stop - left);
    if (stop > from) kept.unshift({ start: from, stop });
    left -= stop - from;
  }
  return kept;
}
