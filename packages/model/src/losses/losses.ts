// Losses as configurations, and the one place that turns a configuration into the op that computes value and gradient.
//
// Notation: z logits, p = sigmoid(z), y the spike of the NEXT bin, sums over counted entries (row mask and unit mask), N of
// them. Every gradient is exact; the derivations:
//
//   bce             L = mean(softplus(z) - y z)                      dL/dz = (p - y) / N
//   focal           L = mean(-(1 - q)^g ln q), q = p if y else 1 - p
//                   dL/dz = +-(1 - q)^g (g q ln q - (1 - q)) / N, + where y = 1 (Lin et al., 2017)
//   dice            D = 1 - (2 S + c) / (P + Y + c), S = sum p y, P = sum p, Y = sum y, c = smooth (Milletari et al., 2016)
//                   dD/dp = ((2 S + c) - 2 y (P + Y + c)) / (P + Y + c)^2, dp/dz = p (1 - p)
//   densityPenalty  L = 0.9 ln(1 + D) + 0.1 * 10 * relu(mean p - density): gradient 0.9 / (1 + D) dD/dz; the penalty moves
//                   the reported value and nothing else, as in the published code
//   dice-per-unit   mean over units of each unit's D, so that a sparse unit weighs as much as a busy one
//   bceShare s      (1 - s) * the above + s * bce
//   doubleSigmoid   all of it at w = sigmoid(z) in place of z, times dw/dz = w (1 - w)
import { SpikebridgeError } from '../errors.ts';
import type { Loss, Tensor } from '../engine/ops.ts';
import type { LossConfig } from './types.ts';

/** Plain binary cross-entropy: calibrated, and what bits/spike is made of. */
export const BCE: LossConfig = {
  kind: 'bce',
  gamma: 2,
  smooth: 1,
  bceShare: 0,
  doubleSigmoid: false,
  densityPenalty: false,
};

/** Binary focal cross-entropy with gamma 2. */
export const FOCAL: LossConfig = { ...BCE, kind: 'focal' };

/** Dice in the paper's form, over the whole batch. */
export const DICE: LossConfig = { ...BCE, kind: 'dice', densityPenalty: true };

/** Dice of each unit, averaged over units. */
export const DICE_PER_UNIT: LossConfig = { ...BCE, kind: 'dice-per-unit' };

/** Refuses a configuration that has no meaning. @throws SpikebridgeError E_LOSS_CONFIG */
export function checkLoss(config: LossConfig): void {
  const refuse = (where: string, message: string): never => {
    throw new SpikebridgeError('E_LOSS_CONFIG', message, { where: `loss.${where}`, exitCode: 2 });
  };
  if (!(config.gamma >= 0)) refuse('gamma', `gamma is ${config.gamma}; it must be 0 or more`);
  if (!(config.smooth >= 0)) refuse('smooth', `smooth is ${config.smooth}; it must be 0 or more`);
  if (!(config.bceShare >= 0 && config.bceShare <= 1)) {
    refuse('bceShare', `bceShare is ${config.bceShare}; it is a share between 0 and 1`);
  }
}

/** The tensors a loss stands between; see the op row for shapes. */
export interface LossTensors {
  readonly logits: Tensor; // (rows, units)
  readonly targets: Tensor; // (rows, wordsPerBin)
  readonly unitMask: Tensor; // (wordsPerBin)
  readonly rowMask: Tensor; // (rows)
  readonly value: Tensor; // (4)
  readonly dLogits: Tensor | null; // (rows, units)
}

/** The op of a configuration. @throws SpikebridgeError E_LOSS_CONFIG */
export function lossCall(config: LossConfig, tensors: LossTensors): Loss {
  checkLoss(config);
  const { kind, gamma, smooth, bceShare, doubleSigmoid, densityPenalty } = config;
  return { op: 'loss', kind, gamma, smooth, bceShare, doubleSigmoid, densityPenalty, ...tensors };
}
