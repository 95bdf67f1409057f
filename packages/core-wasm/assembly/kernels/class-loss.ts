// Weighted cross-entropy of one label a row, focal and with an angular margin, and its gradient, on one thread: rows times classes are
// a few hundred numbers. With p = p_y, q = 1 - p (summed from the other classes, not taken from 1) and l = -ln p a row costs
// w q^gamma l, of slope K p_j / q by z_j and -K at the label, K = q^gamma (gamma p l + q).
import { claim, float, int, pointer, scratch } from './control';
import { exp, log, log1p, splat } from './simd';

/** As in the reference: 1 - c^2 is not taken below this. */
const LEAST_SQUARED_SINE: f32 = 1e-6;
/** Below, a share is taken for 0: its logarithm would leave the normal numbers. */
const LEAST_SHARE: f32 = 1.2e-38;

@inline
function lane0(x: v128): f32 {
  return f32x4.extract_lane(x, 0);
}

/**
 * OP_CLASS_LOSS. Integers: logits, labels, class weights, value, dLogits (0 = value only), rows, classes. Floats: gamma, scale, share,
 * margin, its cosine, its sine. Scratch: one float a class.
 */
export function classLoss(record: usize): void {
  if (claim() != 0) return;
  const logits = pointer(record, 0);
  const labels = pointer(record, 1);
  const weights = pointer(record, 2);
  const dLogits = pointer(record, 4);
  const rows = int(record, 5);
  const classes = int(record, 6);
  const gamma = float(record, 0);
  const scale = float(record, 1);
  const share = <f64>float(record, 2);
  const margin = float(record, 3);
  const cosine = float(record, 4);
  const sine = float(record, 5);
  const z = scratch();
  let total: f64 = 0;
  for (let n = 0; n < rows; n++) {
    const y = load<u32>(labels + (<usize>n << 2));
    if (y < <u32>classes) total += <f64>load<f32>(weights + (<usize>y << 2));
  }
  let value: f64 = 0;
  for (let n = 0; n < rows; n++) {
    const y = load<u32>(labels + (<usize>n << 2));
    const row = <usize>(n * classes) << 2;
    if (y >= <u32>classes || !(total > 0)) {
      if (dLogits) memory.fill(dLogits + row, 0, <usize>classes << 2);
      continue;
    }
    let slope: f32 = 1;
    let top: f32 = -Infinity;
    let highest: u32 = 0;
    for (let j: u32 = 0; j < <u32>classes; j++) {
      let c = load<f32>(logits + row + (<usize>j << 2));
      if (j == y && margin != 0) {
        if (c <= -cosine) {
          c -= margin * sine;
        } else {
          const squared = (<f32>1 - c) * (<f32>1 + c);
          const s = sqrt<f32>(max(squared, LEAST_SQUARED_SINE));
          slope = cosine + (squared > LEAST_SQUARED_SINE ? (sine * c) / s : <f32>0);
          c = c * cosine - s * sine;
        }
      }
      const own = scale * c;
      store<f32>(z + (<usize>j << 2), own);
      if (own > top) {
        top = own;
        highest = j;
      }
    }
    const own = load<f32>(z + (<usize>y << 2));
    let above: f32 = 0; // of all classes but the highest, whose e^0 is 1
    let rest: f32 = 0; // of all classes but the label
    for (let j: u32 = 0; j < <u32>classes; j++) {
      const at = z + (<usize>j << 2);
      const e = lane0(exp(splat(load<f32>(at) - top)));
      store<f32>(at, e);
      if (j != highest) above += e;
      if (j != y) rest += e;
    }
    const p = load<f32>(z + (<usize>y << 2)) / (1 + above);
    const q = rest / (1 + above);
    const lost = top - own + lane0(log1p(splat(above)));
    let modulation: f32 = 1;
    if (gamma == 2) modulation = q * q;
    else if (gamma != 0) modulation = q < LEAST_SHARE ? 0 : lane0(exp(splat(gamma * lane0(log(splat(q))))));
    const each = (share * <f64>load<f32>(weights + (<usize>y << 2))) / total;
    value += each * <f64>(modulation * lost);
    if (!dLogits) continue;
    const k = <f32>each * scale * modulation * (gamma * p * lost + q);
    for (let j: u32 = 0; j < <u32>classes; j++) {
      const e = load<f32>(z + (<usize>j << 2));
      let d: f32 = 0;
      if (j == y) d = -k * slope;
      else if (rest > 0) d = (k * e) / rest;
      store<f32>(dLogits + row + (<usize>j << 2), d);
    }
  }
  store<f32>(pointer(record, 3), <f32>value);
}
