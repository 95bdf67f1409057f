// Lowers layer norm and its gradient.
import { layerNorm, layerNormBackward, layerNormChunks, type Dispatch } from '@spikebridge/kernels-wgsl';
import type { LayerNorm, LayerNormBackward } from '../ops.ts';
import type { GpuPlacement } from './placement.ts';

export function lowerNorm(
  call: LayerNorm | LayerNormBackward,
  { at, partials }: GpuPlacement,
): readonly Dispatch[] {
  const [rows, width] = call.x.shape;
  const common = {
    x: at(call.x),
    gain: at(call.gain),
    mean: at(call.mean),
    rstd: at(call.rstd),
    rows,
    width,
  };
  if (call.op === 'layerNorm') return [layerNorm({ ...common, bias: at(call.bias), out: at(call.out) })];
  const { dOut, dX, dGain, dBias, accumulate } = call;
  const chunks = layerNormChunks(rows, width);
  return [
    layerNormBackward({
      ...common,
      dOut: at(dOut),
      dX: at(dX),
      gainParts: partials(dGain, chunks),
      biasParts: partials(dBias, chunks),
      accumulate,
    }),
  ];
}
