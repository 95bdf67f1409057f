// Reference: Dice, focal and binary cross-entropy with their exact gradients.
import { exp, log1p, sigmoid, softplus } from '../elementary.ts';
import type { Loss } from '../ops.ts';
import type { Memory } from './memory.ts';
import { bitAt } from './memory.ts';

/** One term of the loss over the counted entries: its value and its gradient with respect to w. */
interface Term {
  readonly value: number;
  readonly penalty: number;
  readonly gradient: Float64Array; // (counted)
}

/** Mean of softplus(w) - y w; d/dw = sigmoid(w) - y. */
function binaryCrossEntropy(w: Float64Array, y: Uint8Array): Term {
  const count = w.length;
  let value = 0;
  const gradient = w.map((x, i) => (sigmoid(x) - y[i]) / count);
  for (let i = 0; i < count; i++) value += (softplus(w[i]) - y[i] * w[i]) / count;
  return { value, penalty: 0, gradient };
}

/**
 * Mean of -(1 - p)^gamma ln p, where p is the probability given to what happened (Lin et al., 2017). With v = +-w so that
 * p = sigmoid(v): ln p = -softplus(-v), ln(1 - p) = -softplus(v), d/dv = (1 - p)^gamma (gamma p ln p - (1 - p)).
 */
function focal(w: Float64Array, y: Uint8Array, gamma: number): Term {
  const count = w.length;
  const gradient = new Float64Array(count);
  let value = 0;
  for (let i = 0; i < count; i++) {
    const sign = y[i] === 1 ? 1 : -1;
    const v = sign * w[i];
    const logP = -softplus(-v);
    const modulation = exp(-gamma * softplus(v)); // (1 - p)^gamma
    value -= (modulation * logP) / count;
    gradient[i] = (sign * modulation * (gamma * sigmoid(v) * logP - sigmoid(-v))) / count;
  }
  return { value, penalty: 0, gradient };
}

/**
 * D = 1 - (2 S + smooth) / (P + Y + smooth), S = sum p y, P = sum p, Y = sum y, over the entries `members`;
 * dD/dp = (2 S + smooth - 2 y (P + Y + smooth)) / (P + Y + smooth)^2, and dp/dw = p (1 - p).
 */
function dice(w: Float64Array, y: Uint8Array, members: readonly number[], smooth: number) {
  let overlap = 0;
  let predicted = 0;
  let actual = 0;
  for (const i of members) {
    const p = sigmoid(w[i]);
    overlap += p * y[i];
    predicted += p;
    actual += y[i];
  }
  const numerator = 2 * overlap + smooth;
  const denominator = predicted + actual + smooth;
  return {
    value: 1 - numerator / denominator,
    excess: (predicted - actual) / members.length, // mean p - density
    slope: (i: number): number =>
      ((numerator - 2 * y[i] * denominator) / denominator ** 2) * sigmoid(w[i]) * sigmoid(-w[i]),
  };
}

/** The paper's form 0.9 ln(1 + D) + 0.1 * 10 * relu(mean p - density), the second term without gradient; or D itself. */
function diceOverAll(call: Loss, w: Float64Array, y: Uint8Array): Term {
  const members = Array.from(w.keys());
  const all = dice(w, y, members, call.smooth);
  const outer = call.densityPenalty ? 0.9 / (1 + all.value) : 1;
  return {
    value: call.densityPenalty ? 0.9 * log1p(all.value) : all.value,
    penalty: call.densityPenalty ? 0.1 * 10 * Math.max(0, all.excess) : 0,
    gradient: w.map((_, i) => outer * all.slope(i)),
  };
}

/** The mean over units of each unit's own D. */
function dicePerUnit(call: Loss, w: Float64Array, y: Uint8Array, unitOf: Uint32Array): Term {
  const members = new Map<number, number[]>();
  unitOf.forEach((unit, i) => {
    const known = members.get(unit);
    if (known) known.push(i);
    else members.set(unit, [i]);
  });
  const gradient = new Float64Array(w.length);
  let value = 0;
  for (const own of members.values()) {
    const one = dice(w, y, own, call.smooth);
    value += one.value / members.size;
    for (const i of own) gradient[i] = one.slope(i) / members.size;
  }
  return { value, penalty: 0, gradient };
}

/** value = (total, main, bce, penalty); dLogits = the exact gradient of total without its detached penalty. */
export function loss(call: Loss, memory: Memory): void {
  const [rows, units] = call.logits.shape;
  const wordsPerBin = call.targets.shape[1];
  const logits = memory.values(call.logits); // (rows, units)
  const targets = memory.words(call.targets); // (rows, wordsPerBin)
  const unitMask = memory.words(call.unitMask); // (wordsPerBin)
  const rowMask = memory.values(call.rowMask); // (rows)
  const value = memory.values(call.value); // (4)
  const dLogits = call.dLogits && memory.values(call.dLogits); // (rows, units)

  const counted: number[] = []; // flat index n * units + u
  for (let n = 0; n < rows; n++) {
    for (let u = 0; u < units; u++) {
      if (rowMask[n] !== 0 && bitAt(unitMask, wordsPerBin, 0, u) === 1) counted.push(n * units + u);
    }
  }
  value.fill(0);
  dLogits?.fill(0);
  if (counted.length === 0) return;

  const y = Uint8Array.from(counted, (at) => bitAt(targets, wordsPerBin, Math.floor(at / units), at % units));
  const unitOf = Uint32Array.from(counted, (at) => at % units);
  const w = Float64Array.from(counted, (at) => (call.doubleSigmoid ? sigmoid(logits[at]) : logits[at]));
  const bce = binaryCrossEntropy(w, y);
  let main: Term;
  if (call.kind === 'bce') main = bce;
  else if (call.kind === 'focal') main = focal(w, y, call.gamma);
  else if (call.kind === 'dice') main = diceOverAll(call, w, y);
  else main = dicePerUnit(call, w, y, unitOf);

  const share = call.bceShare;
  value[0] = (1 - share) * (main.value + main.penalty) + share * bce.value;
  value[1] = main.value;
  value[2] = bce.value;
  value[3] = main.penalty;
  if (!dLogits) return;
  counted.forEach((at, i) => {
    const inner = call.doubleSigmoid ? w[i] * (1 - w[i]) : 1; // dw / dz
    dLogits[at] = ((1 - share) * main.gradient[i] + share * bce.gradient[i]) * inner;
  });
}
