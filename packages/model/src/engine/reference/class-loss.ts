// Reference: weighted cross-entropy of one label a row, focal (Lin et al., 2017) and with an angular margin (Deng et al., 2019).
import { cos, exp, log, sin } from '../elementary.ts';
import type { ClassLoss } from '../ops.ts';
import type { Memory } from './memory.ts';

/** 1 - c^2 is not taken below this: the slope of the margin has no end where the angle is 0. */
const LEAST_SQUARED_SINE = 1e-6;

/** A label's logit with its margin before the scale, and its slope by the cosine. */
function withMargin(c: number, margin: number): { readonly value: number; readonly slope: number } {
  if (margin === 0) return { value: c, slope: 1 };
  // Past the angle at which theta + margin would turn round, a straight line goes on downwards.
  if (c <= -cos(margin)) return { value: c - margin * sin(margin), slope: 1 };
  const squared = 1 - c * c;
  const sine = Math.sqrt(Math.max(squared, LEAST_SQUARED_SINE));
  const turn = squared > LEAST_SQUARED_SINE ? (sin(margin) * c) / sine : 0;
  return { value: c * cos(margin) - sine * sin(margin), slope: cos(margin) + turn };
}

/**
 * A row costs w q^gamma l with p = p_y, q = 1 - p, l = -ln p. By z: K = q^gamma (gamma p l + q) times p_j / q, and -K at the label.
 */
export function classLoss(call: ClassLoss, memory: Memory): void {
  const { gamma, scale, margin, share } = call;
  const [rows, classes] = call.logits.shape;
  const logits = memory.values(call.logits); // (rows, classes)
  const labels = memory.words(call.labels); // (rows)
  const classWeights = memory.values(call.classWeights); // (classes)
  const value = memory.values(call.value); // (1)
  const dLogits = call.dLogits && memory.values(call.dLogits); // (rows, classes)
  const counted = Array.from(labels.keys()).filter((n) => labels[n] < classes);
  const weight = counted.reduce((sum, n) => sum + classWeights[labels[n]], 0);
  value[0] = 0;
  dLogits?.fill(0);
  if (!(weight > 0) || rows === 0) return;
  for (const n of counted) {
    const y = labels[n];
    const own = withMargin(logits[n * classes + y], margin);
    const z = Array.from(
      { length: classes },
      (_, j) => scale * (j === y ? own.value : logits[n * classes + j]),
    );
    const top = Math.max(...z);
    const e = z.map((v) => exp(v - top));
    const total = e.reduce((sum, v) => sum + v, 0);
    const rest = e.reduce((sum, v, j) => sum + (j === y ? 0 : v), 0);
    const [p, q] = [e[y] / total, rest / total];
    const lost = log(total) - (z[y] - top);
    const modulation = gamma === 0 ? 1 : q === 0 ? 0 : exp(gamma * log(q));
    const each = (share * classWeights[y]) / weight;
    value[0] += each * modulation * lost;
    if (dLogits === null) continue;
    const k = modulation * (gamma * p * lost + q);
    for (let j = 0; j < classes; j++) {
      const d = j === y ? -k * own.slope : rest === 0 ? 0 : (k * e[j]) / rest;
      dLogits[n * classes + j] = each * scale * d;
    }
  }
}
