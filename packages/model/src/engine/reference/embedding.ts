// Reference: from packed spikes to vectors (bit embedding, unpacking) and what marks time (positions, rotary).
import type {
  AddPositions,
  AddPositionsBackward,
  BitEmbed,
  BitEmbedBackward,
  Rotary,
  UnpackBits,
} from '../ops.ts';
import type { Memory } from './memory.ts';
import { bitAt } from './memory.ts';

/** x[n, :] = bias + sum over the units u that fire in bin n of weight[u, :]. */
export function bitEmbed(call: BitEmbed, memory: Memory): void {
  const [rows, wordsPerBin] = call.words.shape;
  const [units, width] = call.weight.shape;
  const words = memory.words(call.words); // (rows, wordsPerBin)
  const weight = memory.values(call.weight); // (units, width)
  const bias = call.bias && memory.values(call.bias); // (width)
  const out = memory.values(call.out); // (rows, width)
  for (let n = 0; n < rows; n++) {
    for (let j = 0; j < width; j++) {
      let sum = bias ? bias[j] : 0;
      for (let u = 0; u < units; u++) sum += bitAt(words, wordsPerBin, n, u) * weight[u * width + j];
      out[n * width + j] = sum;
    }
  }
}

/** dWeight[u, :] += sum over the bins n in which u fires of dOut[n, :]; dBias += sum of all rows. */
export function bitEmbedBackward(call: BitEmbedBackward, memory: Memory): void {
  const [rows, wordsPerBin] = call.words.shape;
  const [units, width] = call.dWeight.shape;
  const words = memory.words(call.words); // (rows, wordsPerBin)
  const dOut = memory.values(call.dOut); // (rows, width)
  const dWeight = memory.values(call.dWeight); // (units, width)
  const dBias = call.dBias && memory.values(call.dBias); // (width)
  for (let n = 0; n < rows; n++) {
    for (let j = 0; j < width; j++) {
      const d = dOut[n * width + j];
      if (dBias) dBias[j] += d;
      for (let u = 0; u < units; u++) dWeight[u * width + j] += bitAt(words, wordsPerBin, n, u) * d;
    }
  }
}

/** out[n, u] = 1 where unit u fires in bin n, else 0. */
export function unpackBits(call: UnpackBits, memory: Memory): void {
  const [rows, units] = call.out.shape;
  const wordsPerBin = call.words.shape[1];
  const words = memory.words(call.words); // (rows, wordsPerBin)
  const out = memory.values(call.out); // (rows, units)
  for (let n = 0; n < rows; n++) {
    for (let u = 0; u < units; u++) out[n * units + u] = bitAt(words, wordsPerBin, n, u);
  }
}

/** out[b * bins + t, :] += positions[t, :]. */
export function addPositions(call: AddPositions, memory: Memory): void {
  const [rows, width] = call.out.shape;
  const positions = memory.values(call.positions); // (bins or more, width)
  const out = memory.values(call.out); // (batch * bins, width)
  for (let n = 0; n < rows; n++) {
    const t = n % call.bins;
    for (let j = 0; j < width; j++) out[n * width + j] += positions[t * width + j];
  }
}

/** dPositions[t, :] += sum over the batch of dOut[b * bins + t, :]. */
export function addPositionsBackward(call: AddPositionsBackward, memory: Memory): void {
  const [rows, width] = call.dOut.shape;
  const dOut = memory.values(call.dOut); // (batch * bins, width)
  const dPositions = memory.values(call.dPositions); // (bins or more, width)
  for (let n = 0; n < rows; n++) {
    const t = n % call.bins;
    for (let j = 0; j < width; j++) dPositions[t * width + j] += dOut[n * width + j];
  }
}

/**
 * Turns the pair (x_i, x_{i + half}) of every query and key by the angle a[t, i]:
 * (x cos a - y sin a, x sin a + y cos a); `inverse` turns back. A rotation's transpose is its inverse, so the gradient
 * of the rotated vector is turned back by the same op (Su et al., RoFormer, 2021).
 */
export function rotary(call: Rotary, memory: Memory): void {
  const [rows, triple] = call.qkv.shape;
  const width = triple / 3;
  const headWidth = width / call.heads;
  const half = headWidth / 2;
  const qkv = memory.values(call.qkv); // (batch * bins, 3 * width)
  const angles = memory.values(call.angles); // (bins, headWidth): cos | sin
  for (let n = 0; n < rows; n++) {
    const t = n % call.bins;
    for (let part = 0; part < 2; part++) {
      for (let h = 0; h < call.heads; h++) {
        const base = n * triple + part * width + h * headWidth;
        for (let i = 0; i < half; i++) {
          const cosine = angles[t * headWidth + i];
          const sine = angles[t * headWidth + half + i] * (call.inverse ? -1 : 1);
          const x = qkv[base + i];
          const y = qkv[base + half + i];
          qkv[base + i] = x * cosine - y * sine;
          qkv[base + half + i] = x * sine + y * cosine;
        }
      }
    }
  }
}
