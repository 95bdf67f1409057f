// Public names of the losses room.
export type { LossConfig } from './types.ts';
export type { LossTensors } from './losses.ts';
export { BCE, DICE, DICE_PER_UNIT, FOCAL, checkLoss, lossCall } from './losses.ts';
