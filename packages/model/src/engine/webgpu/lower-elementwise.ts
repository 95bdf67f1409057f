// Lowers what treats every element alike: sums, sigmoids, the gradient through an activation, fills.
import { activationBackward, add, fill, sigmoid, type Dispatch } from '@spikebridge/kernels-wgsl';
import type { ActivationBackward, Add, Fill, Sigmoid } from '../ops.ts';
import { elementCount } from '../plan-builder.ts';
import type { GpuPlacement } from './placement.ts';

export function lowerElementwise(
  call: ActivationBackward | Add | Fill | Sigmoid,
  { at }: GpuPlacement,
): readonly Dispatch[] {
  switch (call.op) {
    case 'activationBackward': {
      const { kept, dOut, dX, activation } = call;
      const length = elementCount(dX.shape);
      // No tensor is bound twice: in place, what is written is what was read.
      const from = dOut === dX ? null : at(dOut);
      return [
        activationBackward({ dX: at(dX), kept: at(kept), dOut: from, length, gelu: activation === 'gelu' }),
      ];
    }
    case 'add': {
      const { a, b, out } = call;
      const other = b === out ? a : b;
      const from = a === out || b === out ? null : at(a);
      return [add({ out: at(out), b: at(other), a: from, length: elementCount(out.shape) })];
    }
    case 'fill':
      return [fill({ out: at(call.out), length: elementCount(call.out.shape), value: call.value })];
    case 'sigmoid': {
      const { x, out, doubleSigmoid } = call;
      const from = x === out ? null : at(x);
      return [sigmoid({ out: at(out), x: from, length: elementCount(out.shape), twice: doubleSigmoid })];
    }
  }
}
