// Reference: matrix products with their fused bias, activation and residual, column sums, and activations' gradients.
import { tanh } from '../elementary.ts';
import type { Activation, ActivationBackward, ColumnSum, MatMul } from '../ops.ts';
import type { Memory } from './memory.ts';

const GELU_SCALE = 0.7978845608028654; // sqrt(2 / pi)
const GELU_CUBIC = 0.044715;

/** relu, or gelu in its tanh form (Hendrycks and Gimpel, 2016). */
export function activate(kind: Activation, x: number): number {
  if (kind === 'relu') return x > 0 ? x : 0;
  if (kind === 'gelu') return 0.5 * x * (1 + tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x)));
  return x;
}

/** Slope at `kept`: the output for relu (positive exactly where the input is), the input for gelu. */
function slope(kind: 'relu' | 'gelu', kept: number): number {
  if (kind === 'relu') return kept > 0 ? 1 : 0;
  const t = tanh(GELU_SCALE * (kept + GELU_CUBIC * kept * kept * kept));
  return 0.5 * (1 + t) + 0.5 * kept * (1 - t * t) * GELU_SCALE * (1 + 3 * GELU_CUBIC * kept * kept);
}

/** c = act(a b + bias) + residual, or c += a b. Forms: nn a (m, k), b (k, n); nt b (n, k); tn a (k, m). */
export function matMul(call: MatMul, memory: Memory): void {
  const { m, n, k, form } = call;
  const a = memory.values(call.a);
  const b = memory.values(call.b);
  const bias = call.bias && memory.values(call.bias); // (n)
  const residual = call.residual && memory.values(call.residual); // (m, n)
  const preActivation = call.preActivation && memory.values(call.preActivation); // (m, n)
  const c = memory.values(call.c); // (m, n)
  const [aRow, aStep] = form === 'tn' ? [1, m] : [k, 1];
  const [bColumn, bStep] = form === 'nt' ? [k, 1] : [1, n];
  const sums = new Float64Array(n); // row i of a b
  for (let i = 0; i < m; i++) {
    sums.fill(0);
    for (let l = 0; l < k; l++) {
      const left = a[i * aRow + l * aStep];
      for (let j = 0; j < n; j++) sums[j] += left * b[j * bColumn + l * bStep];
    }
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      if (call.accumulate) {
        c[at] += sums[j];
        continue;
      }
      const sum = sums[j] + (bias ? bias[j] : 0);
      if (preActivation) preActivation[at] = sum;
      c[at] = activate(call.activation, sum) + (residual ? residual[at] : 0);
    }
  }
}

/** out[j] += sum over rows of x[n, j]. */
export function columnSum(call: ColumnSum, memory: Memory): void {
  const [rows, width] = call.x.shape;
  const x = memory.values(call.x); // (rows, width)
  const out = memory.values(call.out); // (width)
  for (let n = 0; n < rows; n++) {
    for (let j = 0; j < width; j++) out[j] += x[n * width + j];
  }
}

/** dX = dOut * act'(kept). */
export function activationBackward(call: ActivationBackward, memory: Memory): void {
  const kept = memory.values(call.kept);
  const dOut = memory.values(call.dOut);
  const dX = memory.values(call.dX);
  for (let i = 0; i < dX.length; i++) dX[i] = dOut[i] * slope(call.activation, kept[i]);
}
