// Reference: layer normalisation over the last axis (Ba, Kiros, Hinton, 2016).
import type { LayerNorm, LayerNormBackward } from '../ops.ts';
import type { Memory } from './memory.ts';

/** Added to the variance, in every backend. */
export const LAYER_NORM_EPSILON = 1e-5;

/** out = (x - mean) / sqrt(variance + epsilon) * gain + bias, each row on its own. */
export function layerNorm(call: LayerNorm, memory: Memory): void {
  const [rows, width] = call.x.shape;
  const x = memory.values(call.x); // (rows, width)
  const gain = memory.values(call.gain); // (width)
  const bias = memory.values(call.bias); // (width)
  const out = memory.values(call.out); // (rows, width)
  const means = memory.values(call.mean); // (rows)
  const rstds = memory.values(call.rstd); // (rows)
  for (let n = 0; n < rows; n++) {
    let mean = 0;
    for (let j = 0; j < width; j++) mean += x[n * width + j] / width;
    let variance = 0;
    for (let j = 0; j < width; j++) variance += (x[n * width + j] - mean) ** 2 / width;
    const rstd = 1 / Math.sqrt(variance + LAYER_NORM_EPSILON);
    for (let j = 0; j < width; j++) {
      out[n * width + j] = (x[n * width + j] - mean) * rstd * gain[j] + bias[j];
    }
    means[n] = mean;
    rstds[n] = rstd;
  }
}

/**
 * With xhat = (x - mean) rstd and g = dOut * gain:
 * dX = rstd (g - mean(g) - xhat mean(g xhat)), because mean and variance depend on x too.
 */
export function layerNormBackward(call: LayerNormBackward, memory: Memory): void {
  const [rows, width] = call.x.shape;
  const x = memory.values(call.x); // (rows, width)
  const gain = memory.values(call.gain); // (width)
  const mean = memory.values(call.mean); // (rows)
  const rstd = memory.values(call.rstd); // (rows)
  const dOut = memory.values(call.dOut); // (rows, width)
  const dX = memory.values(call.dX); // (rows, width)
  const dGain = memory.values(call.dGain); // (width)
  const dBias = memory.values(call.dBias); // (width)
  for (let n = 0; n < rows; n++) {
    let meanG = 0;
    let meanGX = 0;
    for (let j = 0; j < width; j++) {
      const d = dOut[n * width + j];
      const xhat = (x[n * width + j] - mean[n]) * rstd[n];
      meanG += (d * gain[j]) / width;
      meanGX += (d * gain[j] * xhat) / width;
      dGain[j] += d * xhat;
      dBias[j] += d;
    }
    for (let j = 0; j < width; j++) {
      const at = n * width + j;
      const xhat = (x[at] - mean[n]) * rstd[n];
      const d = rstd[n] * (dOut[at] * gain[j] - meanG - xhat * meanGX);
      dX[at] = (call.accumulate ? dX[at] : 0) + d;
    }
  }
}
