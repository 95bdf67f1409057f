// Layer norm in both directions, and column sums. Sums over rows (gradients of gain and bias) are cut into chunks fixed
// by the shape; each chunk leaves a partial row and OP_COMBINE adds the partial rows in order.
import { claim, int, pointer, tasksOf } from './control';
import { splat, sumLanes } from './simd';

const ROWS: i32 = 32;
const EPSILON: f32 = 1e-5;

/** OP_LAYER_NORM. out = (x - mean) rstd gain + bias. Integers: x, gain, bias, out, mean, rstd, rows, width. */
export function layerNorm(record: usize): void {
  const gain = pointer(record, 1);
  const bias = pointer(record, 2);
  const meanOut = pointer(record, 4);
  const rstdOut = pointer(record, 5);
  const rows = int(record, 6);
  const width = int(record, 7);
  const bytes = <usize>width << 2;
  const whole = bytes & ~15;
  const inverse = <f32>1 / <f32>width;
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n++) {
      const x = pointer(record, 0) + <usize>n * bytes;
      const out = pointer(record, 3) + <usize>n * bytes;
      let sums = splat(0);
      for (let p: usize = 0; p < whole; p += 16) sums = f32x4.add(sums, v128.load(x + p));
      let sum = sumLanes(sums);
      for (let p = whole; p < bytes; p += 4) sum += load<f32>(x + p);
      // A second look at the mean: what is left after taking the first one away, so that nearly constant rows keep
      // their digits.
      const rough = sum * inverse;
      sums = splat(0);
      for (let p: usize = 0; p < whole; p += 16) sums = f32x4.add(sums, f32x4.sub(v128.load(x + p), splat(rough)));
      sum = sumLanes(sums);
      for (let p = whole; p < bytes; p += 4) sum += load<f32>(x + p) - rough;
      const mean = rough + sum * inverse;
      const centre = splat(mean);
      sums = splat(0);
      for (let p: usize = 0; p < whole; p += 16) {
        const d = f32x4.sub(v128.load(x + p), centre);
        sums = f32x4.add(sums, f32x4.mul(d, d));
      }
      sum = sumLanes(sums);
      for (let p = whole; p < bytes; p += 4) {
        const d = load<f32>(x + p) - mean;
        sum += d * d;
      }
      const rstd = <f32>1 / sqrt<f32>(sum * inverse + EPSILON);
      const factor = splat(rstd);
      for (let p: usize = 0; p < whole; p += 16) {
        const y = f32x4.mul(f32x4.sub(v128.load(x + p), centre), factor);
        v128.store(out + p, f32x4.add(f32x4.mul(y, v128.load(gain + p)), v128.load(bias + p)));
      }
      for (let p = whole; p < bytes; p += 4) {
        const y = (load<f32>(x + p) - mean) * rstd;
        store<f32>(out + p, y * load<f32>(gain + p) + load<f32>(bias + p));
      }
      store<f32>(meanOut + (<usize>n << 2), mean);
      store<f32>(rstdOut + (<usize>n << 2), rstd);
    }
  }
}

/**
 * OP_LAYER_NORM_BACKWARD. With h = (x - mean) rstd and g = dOut gain: dX (+)= rstd (g - mean(g) - h mean(g h)),
 * dGain += sum of dOut h, dBias += sum of dOut (as partial rows). Integers: x, gain, mean, rstd, dOut, dX, gain parts,
 * bias parts, rows, width, rows a chunk, accumulate.
 */
export function layerNormBackward(record: usize): void {
  const gain = pointer(record, 1);
  const rows = int(record, 8);
  const width = int(record, 9);
  const chunkRows = int(record, 10);
  const accumulate = int(record, 11) != 0;
  const bytes = <usize>width << 2;
  const whole = bytes & ~15;
  const inverse = <f32>1 / <f32>width;
  const tasks = tasksOf(rows, chunkRows);
  for (let task = claim(); task < tasks; task = claim()) {
    const gainPart = pointer(record, 6) + <usize>task * bytes;
    const biasPart = pointer(record, 7) + <usize>task * bytes;
    memory.fill(gainPart, 0, bytes);
    memory.fill(biasPart, 0, bytes);
    const end = min(rows, (task + 1) * chunkRows);
    for (let n = task * chunkRows; n < end; n++) {
      const x = pointer(record, 0) + <usize>n * bytes;
      const dOut = pointer(record, 4) + <usize>n * bytes;
      const dX = pointer(record, 5) + <usize>n * bytes;
      const mean = load<f32>(pointer(record, 2) + (<usize>n << 2));
      const rstd = load<f32>(pointer(record, 3) + (<usize>n << 2));
      const centre = splat(mean);
      const factor = splat(rstd);
      let first = splat(0);
      let second = splat(0);
      for (let p: usize = 0; p < whole; p += 16) {
        const d = v128.load(dOut + p);
        const h = f32x4.mul(f32x4.sub(v128.load(x + p), centre), factor);
        const g = f32x4.mul(d, v128.load(gain + p));
        const dh = f32x4.mul(d, h);
        v128.store(gainPart + p, f32x4.add(v128.load(gainPart + p), dh));
        v128.store(biasPart + p, f32x4.add(v128.load(biasPart + p), d));
        first = f32x4.add(first, g);
        second = f32x4.add(second, f32x4.mul(g, h));
      }
      let meanG = sumLanes(first);
      let meanGh = sumLanes(second);
      for (let p = whole; p < bytes; p += 4) {
        const d = load<f32>(dOut + p);
        const h = (load<f32>(x + p) - mean) * rstd;
        const g = d * load<f32>(gain + p);
        store<f32>(gainPart + p, load<f32>(gainPart + p) + d * h);
        store<f32>(biasPart + p, load<f32>(biasPart + p) + d);
        meanG += g;
        meanGh += g * h;
      }
      meanG *= inverse;
      meanGh *= inverse;
      for (let p: usize = 0; p < whole; p += 16) {
        const h = f32x4.mul(f32x4.sub(v128.load(x + p), centre), factor);
        const g = f32x4.mul(v128.load(dOut + p), v128.load(gain + p));
        const inner = f32x4.sub(f32x4.sub(g, splat(meanG)), f32x4.mul(h, splat(meanGh)));
        let d = f32x4.mul(inner, factor);
        if (accumulate) d = f32x4.add(d, v128.load(dX + p));
        v128.store(dX + p, d);
      }
      for (let p = whole; p < bytes; p += 4) {
        const h = (load<f32>(x + p) - mean) * rstd;
        const g = load<f32>(dOut + p) * load<f32>(gain + p);
        const d = rstd * (g - meanG - h * meanGh);
        store<f32>(dX + p, accumulate ? load<f32>(dX + p) + d : d);
      }
    }
  }
}

/** OP_COLUMN_SUM. parts[chunk][j] = sum of x[n, j] over the rows of the chunk. Integers: x, parts, rows, width, rows a chunk. */
export function columnSum(record: usize): void {
  const rows = int(record, 2);
  const width = int(record, 3);
  const chunkRows = int(record, 4);
  const bytes = <usize>width << 2;
  const whole = bytes & ~15;
  const tasks = tasksOf(rows, chunkRows);
  for (let task = claim(); task < tasks; task = claim()) {
    const part = pointer(record, 1) + <usize>task * bytes;
    memory.fill(part, 0, bytes);
    const end = min(rows, (task + 1) * chunkRows);
    for (let n = task * chunkRows; n < end; n++) {
      const x = pointer(record, 0) + <usize>n * bytes;
      for (let p: usize = 0; p < whole; p += 16) {
        v128.store(part + p, f32x4.add(v128.load(part + p), v128.load(x + p)));
      }
      for (let p = whole; p < bytes; p += 4) store<f32>(part + p, load<f32>(part + p) + load<f32>(x + p));
    }
  }
}
