// Lowers what turns packed spikes into rows of floats, and learned positions.
import {
  addPositions,
  addPositionsBackward,
  bitEmbed,
  bitEmbedBackward,
  bitEmbedChunks,
  unpackBits,
  type Dispatch,
} from '@spikebridge/kernels-wgsl';
import type { AddPositions, AddPositionsBackward, BitEmbed, BitEmbedBackward, UnpackBits } from '../ops.ts';
import type { GpuPlacement } from './placement.ts';

export function lowerEmbedding(
  call: AddPositions | AddPositionsBackward | BitEmbed | BitEmbedBackward | UnpackBits,
  { at, partials }: GpuPlacement,
): readonly Dispatch[] {
  switch (call.op) {
    case 'addPositions': {
      const { positions, out, bins } = call;
      const [rows, width] = out.shape;
      return [addPositions({ positions: at(positions), out: at(out), batch: rows / bins, bins, width })];
    }
    case 'addPositionsBackward': {
      const { dOut, dPositions, bins } = call;
      const [rows, width] = dOut.shape;
      const batch = rows / bins;
      return [addPositionsBackward({ dPositions: at(dPositions), dOut: at(dOut), batch, bins, width })];
    }
    case 'bitEmbed': {
      const { words, weight, bias, out } = call;
      const [units, width] = weight.shape;
      const storage = { words: at(words), weight: at(weight), bias: bias && at(bias), out: at(out) };
      return [bitEmbed({ ...storage, rows: words.shape[0], units, width })];
    }
    case 'bitEmbedBackward': {
      const { words, dOut, dWeight, dBias } = call;
      const [rows] = words.shape;
      const [units, width] = dWeight.shape;
      const chunks = bitEmbedChunks(rows, units);
      const weightParts = partials(dWeight, chunks);
      const biasParts = dBias && partials(dBias, chunks);
      return [
        bitEmbedBackward({ words: at(words), dOut: at(dOut), weightParts, biasParts, rows, units, width }),
      ];
    }
    case 'unpackBits': {
      const [rows, units] = call.out.shape;
      return [unpackBits({ words: at(call.words), out: at(call.out), rows, units })];
    }
  }
}
