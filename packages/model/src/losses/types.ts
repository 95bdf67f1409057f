// What a loss is to a configuration: plain data, mapped onto one op row.
import type { LossKind } from '../engine/ops.ts';

export interface LossConfig {
  readonly kind: LossKind;
  /** Focal only: how strongly entries that are already right are played down; 0 makes it the cross-entropy. */
  readonly gamma: number;
  /** Dice only: added to both sides of the ratio. */
  readonly smooth: number;
  /** Share of binary cross-entropy mixed in, 0 ... 1. */
  readonly bceShare: number;
  /** Apply the sigmoid twice, as the published code does (every probability is then >= 0.5). */
  readonly doubleSigmoid: boolean;
  /** Kind `dice` only: 0.9 ln(1 + D) + 0.1 * 10 * relu(mean p - density), the second term detached; false: D alone. */
  readonly densityPenalty: boolean;
}
