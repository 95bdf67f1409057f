// Reference: ops that treat every element alike (dropout, sum, sigmoid, fill).
import { sigmoid as logistic } from '../elementary.ts';
import type { Add, Dropout, DropoutBackward, Fill, Sigmoid } from '../ops.ts';
import { CounterRandom, dropoutThreshold } from '../random.ts';
import type { Memory, RunKey } from './memory.ts';

function keepFactor(call: Dropout | DropoutBackward, key: RunKey): (index: number) => number {
  const random = new CounterRandom(key.seed, call.stream);
  const threshold = dropoutThreshold(call.probability);
  const factor = 1 / (1 - call.probability);
  return (index) => (random.word(key.step, index) >= threshold ? factor : 0);
}

/** out = x * keep / (1 - p) + residual. */
export function dropout(call: Dropout, memory: Memory, key: RunKey): void {
  const x = memory.values(call.x);
  const residual = call.residual && memory.values(call.residual);
  const out = memory.values(call.out);
  const keep = keepFactor(call, key);
  for (let i = 0; i < out.length; i++) out[i] = x[i] * keep(i) + (residual ? residual[i] : 0);
}

/** dX (+)= dOut * keep / (1 - p). */
export function dropoutBackward(call: DropoutBackward, memory: Memory, key: RunKey): void {
  const dOut = memory.values(call.dOut);
  const dX = memory.values(call.dX);
  const keep = keepFactor(call, key);
  for (let i = 0; i < dX.length; i++) dX[i] = (call.accumulate ? dX[i] : 0) + dOut[i] * keep(i);
}

/** out = a + b. */
export function add(call: Add, memory: Memory): void {
  const a = memory.values(call.a);
  const b = memory.values(call.b);
  const out = memory.values(call.out);
  for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
}

/** p = sigmoid(z), twice where the paper's code does so (p >= 0.5 then). */
export function sigmoid(call: Sigmoid, memory: Memory): void {
  const x = memory.values(call.x);
  const out = memory.values(call.out);
  for (let i = 0; i < out.length; i++) {
    out[i] = call.doubleSigmoid ? logistic(logistic(x[i])) : logistic(x[i]);
  }
}

/** out = value. */
export function fill(call: Fill, memory: Memory): void {
  memory.values(call.out).fill(call.value);
}
