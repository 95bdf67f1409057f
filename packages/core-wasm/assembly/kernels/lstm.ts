// One direction of an LSTM over short sequences (Hochreiter and Schmidhuber, 1997). A task is a chunk of sequences, all steps of them:
// sequences know nothing of each other, so that nothing waits between steps. The state of a chunk goes through the recurrent
// weight as one small matrix product a step, whose packed weight stays in this thread's scratch for all of its tasks.
// 8 width^2 flops a row in either direction, beside which five exps an element of the state hardly show.
import { claim, int, pointer, scratch, tasksOf } from './control';
import { block, packB, packTransposedB, PANEL } from './matmul';
import { lanesAt, madd, put, sigmoid, splat, take, tanh } from './simd';

/**
 * OP_LSTM. Integers: x, recurrent, mask, out, gates, cells, before, batch, steps, width, columns, column, reverse, sequences a task.
 * Scratch: one spare tile, the packed recurrent weight.
 */
export function lstm(record: usize): void {
  const x = pointer(record, 0);
  const mask = pointer(record, 2);
  const out = pointer(record, 3) + (<usize>int(record, 11) << 2);
  const gates = pointer(record, 4);
  const cells = pointer(record, 5);
  const before = pointer(record, 6);
  const batch = int(record, 7);
  const steps = int(record, 8);
  const width = int(record, 9);
  const reverse = int(record, 12) != 0;
  const chunk = int(record, 13);
  const state = <usize>width << 2;
  const four = state << 2;
  const outRow = <usize>int(record, 10) << 2;
  const spare = scratch();
  const packed = spare + 128;
  let ready = false;
  const tasks = tasksOf(batch, chunk);
  for (let task = claim(); task < tasks; task = claim()) {
    if (!ready) packB(pointer(record, 1), four, 4 * width, width, packed);
    ready = true;
    const first = task * chunk;
    const count = min(chunk, batch - first);
    for (let s = 0; s < steps; s++) {
      const row = <usize>(first * steps + (reverse ? steps - 1 - s : s));
      // Rows of the step before lie one on, or one back; there is none at the first.
      const back: isize = reverse ? 1 : -1;
      for (let b = 0; b < count; b++) {
        const n = row + <usize>(b * steps);
        memory.copy(gates + n * four, x + n * four, four);
        if (s == 0) memory.fill(before + n * state, 0, state);
        else memory.copy(before + n * state, out + (n + back) * outRow, state);
      }
      if (s > 0) {
        const stride = <usize>steps * state;
        block(before + row * state, stride, count, packed, width, gates + row * four, stride << 2, 4 * width, false, spare);
      }
      for (let b = 0; b < count; b++) {
        const n = row + <usize>(b * steps);
        const over = mask != 0 && load<f32>(mask + (n << 2)) == 0;
        for (let j = 0; j < width; ) {
          const lanes = lanesAt(j, width);
          const at = <usize>j << 2;
          const gate = gates + n * four + at;
          const i = sigmoid(take(gate, lanes));
          const f = sigmoid(take(gate + state, lanes));
          const g = tanh(take(gate + 2 * state, lanes));
          const o = sigmoid(take(gate + 3 * state, lanes));
          put(gate, i, lanes);
          put(gate + state, f, lanes);
          put(gate + 2 * state, g, lanes);
          put(gate + 3 * state, o, lanes);
          let c = s == 0 ? splat(0) : take(cells + (n + back) * state + at, lanes);
          let h = take(before + n * state + at, lanes);
          if (!over) {
            c = madd(f, c, f32x4.mul(i, g));
            h = f32x4.mul(o, tanh(c));
          }
          put(cells + n * state + at, c, lanes);
          put(out + n * outRow + at, h, lanes);
          j += lanes;
        }
      }
    }
  }
}

/**
 * OP_LSTM_BACKWARD. Integers: recurrent, mask, gates, cells, dOut, dX, batch, steps, width, columns, column, reverse, sequences a task.
 * Scratch: one spare tile, the packed recurrent weight (transposed), dh and dc of a task's sequences.
 */
export function lstmBackward(record: usize): void {
  const mask = pointer(record, 1);
  const gates = pointer(record, 2);
  const cells = pointer(record, 3);
  const dOut = pointer(record, 4) + (<usize>int(record, 10) << 2);
  const dX = pointer(record, 5);
  const batch = int(record, 6);
  const steps = int(record, 7);
  const width = int(record, 8);
  const reverse = int(record, 11) != 0;
  const chunk = int(record, 12);
  const state = <usize>width << 2;
  const four = state << 2;
  const outRow = <usize>int(record, 9) << 2;
  const spare = scratch();
  const packed = spare + 128;
  const dh = packed + <usize>((width + PANEL - 1) & ~(PANEL - 1)) * four;
  const dc = dh + <usize>chunk * state;
  const one = splat(1);
  let ready = false;
  const tasks = tasksOf(batch, chunk);
  for (let task = claim(); task < tasks; task = claim()) {
    if (!ready) packTransposedB(pointer(record, 0), four, width, 4 * width, packed);
    ready = true;
    const first = task * chunk;
    const count = min(chunk, batch - first);
    memory.fill(dh, 0, 2 * <usize>chunk * state);
    for (let s = steps - 1; s >= 0; s--) {
      const row = <usize>(first * steps + (reverse ? steps - 1 - s : s));
      const back: isize = reverse ? 1 : -1;
      for (let b = 0; b < count; b++) {
        const n = row + <usize>(b * steps);
        const over = mask != 0 && load<f32>(mask + (n << 2)) == 0;
        if (over) memory.fill(dX + n * four, 0, four);
        for (let j = 0; j < width; ) {
          const lanes = lanesAt(j, width);
          const at = <usize>j << 2;
          const ownH = dh + <usize>b * state + at;
          const h = f32x4.add(take(ownH, lanes), take(dOut + n * outRow + at, lanes));
          j += lanes;
          if (over) {
            put(ownH, h, lanes);
            continue;
          }
          // The product below adds what this row hands on.
          put(ownH, splat(0), lanes);
          const ownC = dc + <usize>b * state + at;
          const gate = gates + n * four + at;
          const i = take(gate, lanes);
          const f = take(gate + state, lanes);
          const g = take(gate + 2 * state, lanes);
          const o = take(gate + 3 * state, lanes);
          const t = tanh(take(cells + n * state + at, lanes));
          const c = madd(f32x4.mul(h, o), f32x4.sub(one, f32x4.mul(t, t)), take(ownC, lanes));
          const cBefore = s == 0 ? splat(0) : take(cells + (n + back) * state + at, lanes);
          const slope = dX + n * four + at;
          put(slope, f32x4.mul(f32x4.mul(c, g), f32x4.mul(i, f32x4.sub(one, i))), lanes);
          put(slope + state, f32x4.mul(f32x4.mul(c, cBefore), f32x4.mul(f, f32x4.sub(one, f))), lanes);
          put(slope + 2 * state, f32x4.mul(f32x4.mul(c, i), f32x4.sub(one, f32x4.mul(g, g))), lanes);
          put(slope + 3 * state, f32x4.mul(f32x4.mul(h, t), f32x4.mul(o, f32x4.sub(one, o))), lanes);
          put(ownC, f32x4.mul(c, f), lanes);
        }
      }
      if (s > 0) {
        const stride = <usize>steps * four;
        block(dX + row * four, stride, count, packed, 4 * width, dh, state, width, false, spare);
      }
    }
  }
}
