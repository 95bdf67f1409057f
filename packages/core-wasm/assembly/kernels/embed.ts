// From packed spikes to vectors, and what marks time: bit embedding (a masked row sum), unpacking, positions, rotary.
// A row of 128 units is 16 bytes; work is proportional to the spikes, not to the units.
import { claim, int, pointer, tasksOf } from './control';
import { splat } from './simd';

const ROWS: i32 = 64;
/** Columns a task of the backward embedding: eight vectors. */
const STRIP: i32 = 32;

/** Bits of word w that belong to real units. */
@inline
function realBits(units: i32, w: i32): u32 {
  const left = units - (w << 5);
  return left >= 32 ? 0xffffffff : (<u32>1 << left) - 1;
}

/** to[0..width) += from[0..width). */
@inline
function addRow(to: usize, from: usize, width: i32): void {
  let j = 0;
  for (; j + 4 <= width; j += 4) {
    const at = <usize>j << 2;
    v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
  }
  for (; j < width; j++) {
    const at = <usize>j << 2;
    store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
  }
}

/** OP_BIT_EMBED. out[n] = bias + sum of weight[u] over set bits u. Integers: words, weight, bias, out, rows, words a bin, units, width. */
export function bitEmbed(record: usize): void {
  const words = pointer(record, 0);
  const weight = pointer(record, 1);
  const bias = pointer(record, 2);
  const out = pointer(record, 3);
  const rows = int(record, 4);
  const wordsPerBin = int(record, 5);
  const units = int(record, 6);
  const width = int(record, 7);
  const rowBytes = <usize>width << 2;
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n++) {
      const target = out + <usize>n * rowBytes;
      if (bias) memory.copy(target, bias, rowBytes);
      else memory.fill(target, 0, rowBytes);
      for (let w = 0; w < wordsPerBin; w++) {
        let bits = load<u32>(words + (<usize>(n * wordsPerBin + w) << 2)) & realBits(units, w);
        while (bits) {
          addRow(target, weight + <usize>((w << 5) + <i32>ctz(bits)) * rowBytes, width);
          bits &= bits - 1;
        }
      }
    }
  }
}

/** OP_BIT_EMBED_BACKWARD. dWeight[u] += dOut[n] where bit u of row n is set. Integers: words, dOut, dWeight, rows, words a bin, units, width. */
export function bitEmbedBackward(record: usize): void {
  const words = pointer(record, 0);
  const dOut = pointer(record, 1);
  const dWeight = pointer(record, 2);
  const rows = int(record, 3);
  const wordsPerBin = int(record, 4);
  const units = int(record, 5);
  const width = int(record, 6);
  const rowBytes = <usize>width << 2;
  const strips = tasksOf(width, STRIP);
  const tasks = strips * wordsPerBin;
  for (let task = claim(); task < tasks; task = claim()) {
    const w = task / strips;
    const column = (task % strips) * STRIP;
    const columns = min(STRIP, width - column);
    const left = <usize>column << 2;
    const mask = realBits(units, w);
    for (let n = 0; n < rows; n++) {
      let bits = load<u32>(words + (<usize>(n * wordsPerBin + w) << 2)) & mask;
      while (bits) {
        const u = (w << 5) + <i32>ctz(bits);
        addRow(dWeight + <usize>u * rowBytes + left, dOut + <usize>n * rowBytes + left, columns);
        bits &= bits - 1;
      }
    }
  }
}

/** OP_UNPACK_BITS. out[n, u] = bit u of row n. Integers: words, out, rows, words a bin, units. */
export function unpackBits(record: usize): void {
  const words = pointer(record, 0);
  const out = pointer(record, 1);
  const rows = int(record, 2);
  const wordsPerBin = int(record, 3);
  const units = int(record, 4);
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n++) {
      const source = words + (<usize>(n * wordsPerBin) << 2);
      const target = out + (<usize>n * <usize>units << 2);
      for (let u = 0; u < units; u++) {
        const word = load<u32>(source + (<usize>(u >> 5) << 2));
        store<f32>(target + (<usize>u << 2), <f32>((word >> (u & 31)) & 1));
      }
    }
  }
}

/** OP_ADD_POSITIONS. out[n] += positions[n mod bins]. Integers: positions, out, rows, width, bins. */
export function addPositions(record: usize): void {
  const positions = pointer(record, 0);
  const out = pointer(record, 1);
  const rows = int(record, 2);
  const width = int(record, 3);
  const bins = int(record, 4);
  const rowBytes = <usize>width << 2;
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n++) {
      addRow(out + <usize>n * rowBytes, positions + <usize>(n % bins) * rowBytes, width);
    }
  }
}

/** OP_ADD_POSITIONS_BACKWARD. dPositions[t] += sum over sequences of dOut. Integers: dOut, dPositions, rows, width, bins. */
export function addPositionsBackward(record: usize): void {
  const dOut = pointer(record, 0);
  const dPositions = pointer(record, 1);
  const rows = int(record, 2);
  const width = int(record, 3);
  const bins = int(record, 4);
  const rowBytes = <usize>width << 2;
  const tasks = tasksOf(bins, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(bins, (task + 1) * ROWS);
    for (let t = task * ROWS; t < end; t++) {
      for (let n = t; n < rows; n += bins) {
        addRow(dPositions + <usize>t * rowBytes, dOut + <usize>n * rowBytes, width);
      }
    }
  }
}

/**
 * OP_ROTARY. (x, y) = (x cos - y sin, x sin + y cos) for pairs (i, i + half) of each head of q and k, in place.
 * Integers: qkv, angles, rows, bins, heads, head width, inverse.
 */
export function rotary(record: usize): void {
  const qkv = pointer(record, 0);
  const angles = pointer(record, 1);
  const rows = int(record, 2);
  const bins = int(record, 3);
  const heads = int(record, 4);
  const width = int(record, 5);
  const sign: f32 = int(record, 6) ? -1 : 1;
  const half = width >> 1;
  const halfBytes = <usize>half << 2;
  const tasks = tasksOf(rows, ROWS);
  for (let task = claim(); task < tasks; task = claim()) {
    const end = min(rows, (task + 1) * ROWS);
    for (let n = task * ROWS; n < end; n++) {
      const cosines = angles + (<usize>((n % bins) * width) << 2);
      const sines = cosines + halfBytes;
      // q and k lie side by side: 2 * heads heads in a row.
      let x = qkv + (<usize>n * <usize>(3 * heads * width) << 2);
      for (let h = 0; h < 2 * heads; h++) {
        let at: usize = 0;
        for (; at + 16 <= halfBytes; at += 16) {
          const c = v128.load(cosines + at);
          const s = f32x4.mul(v128.load(sines + at), splat(sign));
          const a = v128.load(x + at);
          const b = v128.load(x + halfBytes + at);
          v128.store(x + at, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s)));
          v128.store(x + halfBytes + at, f32x4.add(f32x4.mul(a, s), f32x4.mul(b, c)));
        }
        for (; at < halfBytes; at += 4) {
          const c = load<f32>(cosines + at);
          const s = load<f32>(sines + at) * sign;
          const a = load<f32>(x + at);
          const b = load<f32>(x + halfBytes + at);
          store<f32>(x + at, a * c - b * s);
          store<f32>(x + halfBytes + at, a * s + b * c);
        }
        x += <usize>width << 2;
      }
    }
  }
}
