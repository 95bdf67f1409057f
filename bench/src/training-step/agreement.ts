// Proof that two peers compute the same thing, asked for before a ratio of their times is worth printing.
import type { TimedSteps } from './steps.ts';

/**
 * Both sides sum about 1e6 float32 terms in their own order: 1e-4 on the loss is a thousand times the rounding, and far
 * below what a missing mask, scale or bias does to it.
 */
export const LOSS_TOLERANCE = 1e-4;
/** Gradients pass through softmax and two norms in float32; a dropped term of any tensor moves the norm by more. */
export const NORM_TOLERANCE = 1e-3;
/** Losses of steps 2 and 3: Adam's first updates are signs of gradients, so entries near 0 may go either way. */
export const LATER_TOLERANCE = 1e-3;
const LATER_STEPS = 2;

export type Proof = Pick<TimedSteps, 'first' | 'losses'>;

const apart = (a: number, b: number): number => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-12);

/** Null when they agree, else one line naming the first figure that does not, with both values. */
export function disagreement(ours: Proof, theirs: Proof): string | null {
  const figures: [string, number, number, number][] = [
    ['loss', ours.first.loss, theirs.first.loss, LOSS_TOLERANCE],
    ['gradient norm', ours.first.gradientNorm, theirs.first.gradientNorm, NORM_TOLERANCE],
  ];
  const later = Math.min(LATER_STEPS, ours.losses.length, theirs.losses.length);
  for (let i = 0; i < later; i++) {
    figures.push([`loss of step ${i + 2}`, ours.losses[i], theirs.losses[i], LATER_TOLERANCE]);
  }
  for (const [what, a, b, tolerance] of figures) {
    // Written so that a NaN on either side is a disagreement.
    if (!(apart(a, b) <= tolerance)) {
      return `${what}: ours ${a.toPrecision(8)}, theirs ${b.toPrecision(8)}, allowed ${tolerance} relative`;
    }
  }
  return null;
}
