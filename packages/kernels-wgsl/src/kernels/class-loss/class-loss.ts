// The loss of classes, one label a row, with its gradient: one workgroup.
import { classLossSource, type ClassLossFlags } from '../../generated/class-loss.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const CLASS_LOSS = {
  name: 'classLoss',
  source: classLossSource,
  storage: ['logits', 'labels', 'classWeights', 'value', 'dLogits'],
  uniforms: {
    ...{ rows: 'u32', classes: 'u32', gamma: 'f32', scale: 'f32', share: 'f32' },
    ...{ margin: 'f32', cosine: 'f32', sine: 'f32' },
  },
  run: false,
} as const satisfies Kernel<ClassLossFlags>;

export interface ClassLossCall {
  readonly logits: Slice; // (rows, classes) f32
  readonly labels: Slice; // (rows) u32
  readonly classWeights: Slice; // (classes) f32
  readonly value: Slice; // (1) f32
  readonly dLogits: Slice | null; // (rows, classes) f32
  readonly rows: number;
  readonly classes: number;
  readonly gamma: number;
  readonly scale: number;
  readonly share: number;
  readonly margin: number;
  /** Of the margin, taken in float64. */
  readonly cosine: number;
  readonly sine: number;
}

export function classLoss(call: ClassLossCall): Dispatch {
  const { logits, labels, classWeights, value, dLogits, rows, classes, ...settings } = call;
  const { gamma, margin } = settings;
  const gradient = dLogits !== null;
  return dispatchOf(CLASS_LOSS, {
    flags: { GRADIENT: gradient, FOCAL: gamma !== 0, SQUARE: gamma === 2, MARGIN: margin !== 0 },
    storage: { logits, labels, classWeights, value, dLogits },
    uniforms: { rows, classes, ...settings },
    groups: [1, 1, 1],
    flops: 18 * rows * classes,
    bytes: 4 * rows * ((gradient ? 4 : 2) * classes + 5),
  });
}
