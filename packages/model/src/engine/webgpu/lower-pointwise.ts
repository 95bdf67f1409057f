// Lowers what needs the counter generator element by element: dropout and its backward.
import { dropout, type Dispatch } from '@spikebridge/kernels-wgsl';
import type { Dropout, DropoutBackward } from '../ops.ts';
import { elementCount } from '../plan-builder.ts';
import { dropoutThreshold } from '../random.ts';
import type { GpuPlacement } from './placement.ts';

/** What the generator and the factor need of a call. */
function drawn({ probability, stream }: Dropout | DropoutBackward) {
  return { threshold: dropoutThreshold(probability), stream, factor: 1 / (1 - probability) };
}

export function lowerDropout(call: Dropout, { at }: GpuPlacement): Dispatch {
  return dropout({
    out: at(call.out),
    x: at(call.x),
    residual: call.residual === null ? null : at(call.residual),
    length: elementCount(call.out.shape),
    ...drawn(call),
  });
}

export function lowerDropoutBackward(call: DropoutBackward, { at }: GpuPlacement): Dispatch {
  const dX = at(call.dX);
  return dropout({
    label: 'dropoutBackward',
    out: dX,
    x: at(call.dOut),
    residual: call.accumulate ? dX : null,
    length: elementCount(call.dX.shape),
    ...drawn(call),
  });
}
