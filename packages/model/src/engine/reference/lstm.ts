// Reference: one direction of an LSTM (Hochreiter and Schmidhuber, 1997), forward and backward through time.
import { sigmoid, tanh } from '../elementary.ts';
import type { Lstm, LstmBackward } from '../ops.ts';
import type { Memory } from './memory.ts';

/** Steps of a sequence in the direction of the call. */
function stepsOf({ steps, reverse }: Lstm): number[] {
  return Array.from({ length: steps }, (_, s) => (reverse ? steps - 1 - s : s));
}

/** a = x + h' R; i, f, o = sigmoid, g = tanh; c = f c' + i g; h = o tanh c. Rows of mask 0 hand h' and c' on. */
export function lstm(call: Lstm, memory: Memory): void {
  const { steps, column } = call;
  const [rows, width] = call.cells.shape;
  const columns = call.out.shape[1];
  const x = memory.values(call.x); // (rows, 4 width)
  const recurrent = memory.values(call.recurrent); // (width, 4 width)
  const mask = call.mask && memory.values(call.mask); // (rows)
  const out = memory.values(call.out); // (rows, columns)
  const gates = memory.values(call.gates); // (rows, 4 width)
  const cells = memory.values(call.cells); // (rows, width)
  const before = memory.values(call.before); // (rows, width)
  for (let b = 0; b < rows / steps; b++) {
    let h = new Float64Array(width);
    let c = new Float64Array(width);
    for (const t of stepsOf(call)) {
      const n = b * steps + t;
      const a = x.slice(4 * width * n, 4 * width * (n + 1));
      for (let k = 0; k < width; k++) {
        for (let q = 0; q < 4 * width; q++) a[q] += h[k] * recurrent[k * 4 * width + q];
      }
      const nextH = h.slice();
      const nextC = c.slice();
      for (let j = 0; j < width; j++) {
        const [i, f, o] = [a[j], a[width + j], a[3 * width + j]].map(sigmoid);
        const g = tanh(a[2 * width + j]);
        [i, f, g, o].forEach((gate, block) => (gates[4 * width * n + block * width + j] = gate));
        before[n * width + j] = h[j];
        if (mask === null || mask[n] !== 0) {
          nextC[j] = f * c[j] + i * g;
          nextH[j] = o * tanh(nextC[j]);
        }
        cells[n * width + j] = nextC[j];
        out[n * columns + column + j] = nextH[j];
      }
      [h, c] = [nextH, nextC];
    }
  }
}

/**
 * With dh, dc of a row from dOut and from the step after it: do = dh tanh c, dc += dh o (1 - tanh^2 c), di = dc g, df = dc c',
 * dg = dc i; dX = each times the slope of its gate; to the step before go dX R^T and dc f. Rows of mask 0 hand dh and dc on.
 */
export function lstmBackward({ forward, dOut, dX }: LstmBackward, memory: Memory): void {
  const { steps, column } = forward;
  const [rows, width] = forward.cells.shape;
  const columns = forward.out.shape[1];
  const recurrent = memory.values(forward.recurrent); // (width, 4 width)
  const mask = forward.mask && memory.values(forward.mask); // (rows)
  const gates = memory.values(forward.gates); // (rows, 4 width)
  const cells = memory.values(forward.cells); // (rows, width)
  const given = memory.values(dOut); // (rows, columns)
  const slopes = memory.values(dX); // (rows, 4 width)
  const order = stepsOf(forward);
  for (let b = 0; b < rows / steps; b++) {
    let dh = new Float64Array(width);
    const dc = new Float64Array(width);
    for (let s = steps - 1; s >= 0; s--) {
      const n = b * steps + order[s];
      for (let j = 0; j < width; j++) dh[j] += given[n * columns + column + j];
      const row = slopes.subarray(4 * width * n, 4 * width * (n + 1));
      row.fill(0);
      if (mask !== null && mask[n] === 0) continue;
      for (let j = 0; j < width; j++) {
        const [i, f, g, o] = [0, 1, 2, 3].map((block) => gates[4 * width * n + block * width + j]);
        const t = tanh(cells[n * width + j]);
        const cBefore = s === 0 ? 0 : cells[(b * steps + order[s - 1]) * width + j];
        dc[j] += dh[j] * o * (1 - t * t);
        row[j] = dc[j] * g * i * (1 - i);
        row[width + j] = dc[j] * cBefore * f * (1 - f);
        row[2 * width + j] = dc[j] * i * (1 - g * g);
        row[3 * width + j] = dh[j] * t * o * (1 - o);
        dc[j] *= f;
      }
      dh = Float64Array.from({ length: width }, (_, k) =>
        row.reduce((sum, slope, q) => sum + slope * recurrent[k * 4 * width + q], 0),
      );
    }
  }
}
