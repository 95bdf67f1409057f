// Packed single-precision matrix product: c = act(op(a) op(b) + bias) + residual, or c += op(a) op(b).
// B is packed into panels of 16 columns (zero padded) and, for `tn`, A is transposed into rows, 256 deep at a time;
// the micro-kernel keeps a 2 x 16 tile of C in eight registers: of the shapes tried (docs/performance.md) the fastest
// that leaves the compiler no spill. 2mnk flops; each element of C adds its products in the order of k, whatever
// the partition, so results do not depend on who computes what.
import { claim, int, pointer, scratch, tasksOf } from './control';
import { gelu, madd, splat } from './simd';

/** Depth of one packed slice; 256 x 16 floats of B are 16 KiB and stay in the first-level cache. */
const DEPTH: i32 = 256;
export const PANEL: i32 = 16;

const FORM_NT: i32 = 1;
const FORM_TN: i32 = 2;

/** c[0..1][0..15] (+)= two rows of a times one panel. The hot loop of every dense layer. */
function tile2x16(a0: usize, a1: usize, panel: usize, depth: i32, c0: usize, c1: usize, fresh: bool): void {
  let s00 = splat(0);
  let s01 = splat(0);
  let s02 = splat(0);
  let s03 = splat(0);
  let s10 = splat(0);
  let s11 = splat(0);
  let s12 = splat(0);
  let s13 = splat(0);
  if (!fresh) {
    s00 = v128.load(c0);
    s01 = v128.load(c0, 16);
    s02 = v128.load(c0, 32);
    s03 = v128.load(c0, 48);
    s10 = v128.load(c1);
    s11 = v128.load(c1, 16);
    s12 = v128.load(c1, 32);
    s13 = v128.load(c1, 48);
  }
  const end = <usize>depth << 2;
  for (let p: usize = 0; p < end; p += 4) {
    const b0 = v128.load(panel);
    const b1 = v128.load(panel, 16);
    const b2 = v128.load(panel, 32);
    const b3 = v128.load(panel, 48);
    const x0 = v128.load_splat<f32>(a0 + p);
    s00 = madd(x0, b0, s00);
    s01 = madd(x0, b1, s01);
    s02 = madd(x0, b2, s02);
    s03 = madd(x0, b3, s03);
    const x1 = v128.load_splat<f32>(a1 + p);
    s10 = madd(x1, b0, s10);
    s11 = madd(x1, b1, s11);
    s12 = madd(x1, b2, s12);
    s13 = madd(x1, b3, s13);
    panel += 64;
  }
  v128.store(c0, s00);
  v128.store(c0, s01, 16);
  v128.store(c0, s02, 32);
  v128.store(c0, s03, 48);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c1, s12, 32);
  v128.store(c1, s13, 48);
}

/** Copies rows k0 ... k0 + depth of b (k, n), columns j0 ... j0 + width, into panels. */
export function packB(b: usize, ldb: usize, width: i32, depth: i32, packed: usize): void {
  for (let j = 0; j < width; j += PANEL) {
    let source = b + (<usize>j << 2);
    if (j + PANEL <= width) {
      for (let p = 0; p < depth; p++) {
        v128.store(packed, v128.load(source));
        v128.store(packed, v128.load(source, 16), 16);
        v128.store(packed, v128.load(source, 32), 32);
        v128.store(packed, v128.load(source, 48), 48);
        packed += 64;
        source += ldb;
      }
    } else {
      const bytes = <usize>(width - j) << 2;
      for (let p = 0; p < depth; p++) {
        memory.fill(packed, 0, 64);
        memory.copy(packed, source, bytes);
        packed += 64;
        source += ldb;
      }
    }
  }
}

/** Transposes a 4 x 4 block of floats. */
@inline
function transpose4(from: usize, stride: usize, to: usize, toStride: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + stride);
  const r2 = v128.load(from + 2 * stride);
  const r3 = v128.load(from + 3 * stride);
  const a = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
  const d = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
  v128.store(to + toStride, v128.shuffle<i64>(a, b, 1, 3));
  v128.store(to + 2 * toStride, v128.shuffle<i64>(c, d, 0, 2));
  v128.store(to + 3 * toStride, v128.shuffle<i64>(c, d, 1, 3));
}

/** to[j, i] = from[i, j] for i < rows, j < columns; strides in bytes. */
function transpose(from: usize, stride: usize, rows: i32, columns: i32, to: usize, toStride: usize): void {
  for (let i = 0; i < rows; i += 4) {
    const whole = i + 4 <= rows;
    for (let j = 0; j < columns; j += 4) {
      const source = from + <usize>i * stride + (<usize>j << 2);
      const target = to + <usize>j * toStride + (<usize>i << 2);
      if (whole && j + 4 <= columns) {
        transpose4(source, stride, target, toStride);
      } else {
        for (let y = 0; y < min(4, rows - i); y++) {
          for (let x = 0; x < min(4, columns - j); x++) {
            store<f32>(
              target + <usize>x * toStride + (<usize>y << 2),
              load<f32>(source + <usize>y * stride + (<usize>x << 2)),
            );
          }
        }
      }
    }
  }
}

/** Packs b given as (n, k): panel row p holds b[j ... j + 15, k0 + p]. */
export function packTransposedB(b: usize, ldb: usize, width: i32, depth: i32, packed: usize): void {
  for (let j = 0; j < width; j += PANEL) {
    const columns = min(PANEL, width - j);
    if (columns < PANEL) memory.fill(packed, 0, <usize>depth << 6);
    transpose(b + <usize>j * ldb, ldb, columns, depth, packed, 64);
    packed += <usize>depth << 6;
  }
}

/** One block of C: rows x columns, from rows of A (stride lda) and packed panels. */
export function block(
  a: usize,
  lda: usize,
  rows: i32,
  packed: usize,
  depth: i32,
  c: usize,
  ldc: usize,
  columns: i32,
  fresh: bool,
  spare: usize,
): void {
  for (let j = 0; j < columns; j += PANEL) {
    const panel = packed + (<usize>(j * depth) << 2);
    const target = c + (<usize>j << 2);
    if (j + PANEL <= columns) {
      let i = 0;
      for (; i + 2 <= rows; i += 2) {
        const a0 = a + <usize>i * lda;
        const c0 = target + <usize>i * ldc;
        tile2x16(a0, a0 + lda, panel, depth, c0, c0 + ldc, fresh);
      }
      if (i < rows) {
        const a0 = a + <usize>i * lda;
        tile2x16(a0, a0, panel, depth, target + <usize>i * ldc, spare, fresh);
      }
    } else {
      // Fewer than 16 columns are left: through a spare tile, of which only these are kept.
      const bytes = <usize>(columns - j) << 2;
      for (let i = 0; i < rows; i++) {
        const a0 = a + <usize>i * lda;
        const c0 = target + <usize>i * ldc;
        if (!fresh) memory.copy(spare, c0, bytes);
        tile2x16(a0, a0, panel, depth, spare, spare + 64, fresh);
        memory.copy(c0, spare, bytes);
      }
    }
  }
}

@inline
function finish4(x: v128, kind: i32): v128 {
  if (kind == 1) return f32x4.pmax(x, splat(0));
  if (kind == 2) return gelu(x);
  return x;
}

/** Bias, kept pre-activation, activation and residual over one block, row by row, while it is still in cache. */
function epilogue(
  from: usize,
  ldf: usize,
  c: usize,
  ldc: usize,
  rows: i32,
  columns: i32,
  bias: usize,
  residual: usize,
  kept: usize,
  kind: i32,
): void {
  const end = <usize>columns << 2;
  const whole = end & ~15;
  for (let i = 0; i < rows; i++) {
    const shift = <usize>i * ldc;
    const source = from + <usize>i * ldf;
    for (let p: usize = 0; p < whole; p += 16) {
      let x = v128.load(source + p);
      if (bias) x = f32x4.add(x, v128.load(bias + p));
      if (kept) v128.store(kept + shift + p, x);
      x = finish4(x, kind);
      if (residual) x = f32x4.add(x, v128.load(residual + shift + p));
      v128.store(c + shift + p, x);
    }
    for (let p = whole; p < end; p += 4) {
      let x = v128.load_splat<f32>(source + p);
      if (bias) x = f32x4.add(x, v128.load_splat<f32>(bias + p));
      if (kept) store<f32>(kept + shift + p, f32x4.extract_lane(x, 0));
      x = finish4(x, kind);
      if (residual) x = f32x4.add(x, v128.load_splat<f32>(residual + shift + p));
      store<f32>(c + shift + p, f32x4.extract_lane(x, 0));
    }
  }
}

/**
 * OP_MATMUL. Integers: form, m, n, k, a, b, c, accumulate, bias, residual, activation, preActivation, rows a task,
 * columns a task, slices of k. With slices > 1, slice s writes its own (m, n) at c + s m n (OP_COMBINE adds them up).
 * Scratch: packed B, packed A (tn), the block before its epilogue (residual in place), one spare tile.
 */
export function matmul(record: usize): void {
  const form = int(record, 0);
  const m = int(record, 1);
  const n = int(record, 2);
  const k = int(record, 3);
  const a = pointer(record, 4);
  const b = pointer(record, 5);
  const accumulate = int(record, 7) != 0;
  const bias = pointer(record, 8);
  const residual = pointer(record, 9);
  const activation = int(record, 10);
  const kept = pointer(record, 11);
  const rowsATask = int(record, 12);
  const columnsATask = int(record, 13);
  const slices = int(record, 14);

  const rowTasks = tasksOf(m, rowsATask);
  const columnTasks = tasksOf(n, columnsATask);
  const depthASlice = tasksOf(k, slices);
  const tail = bias != 0 || residual != 0 || activation != 0 || kept != 0;

  const spare = scratch();
  const packedB = spare + 128;
  const packedA = packedB + (<usize>(DEPTH * ((min(columnsATask, n) + PANEL - 1) & ~(PANEL - 1))) << 2);
  const aside = packedA + (form == FORM_TN ? <usize>(DEPTH * min(rowsATask, m)) << 2 : 0);
  const lda = <usize>(form == FORM_TN ? m : k) << 2;
  const ldb = <usize>(form == FORM_NT ? k : n) << 2;

  const tasks = rowTasks * columnTasks * slices;
  for (let task = claim(); task < tasks; task = claim()) {
    const slice = task / (rowTasks * columnTasks);
    const within = task % (rowTasks * columnTasks);
    const i0 = (within / columnTasks) * rowsATask;
    const j0 = (within % columnTasks) * columnsATask;
    const rows = min(rowsATask, m - i0);
    const columns = min(columnsATask, n - j0);
    const ldc = <usize>n << 2;
    const c = pointer(record, 6) + (<usize>slice * <usize>m * <usize>n << 2);
    const corner = <usize>i0 * ldc + (<usize>j0 << 2);
    // A residual that is c itself must survive until the epilogue: the product waits beside it.
    const detour = tail && residual == c;
    const target = detour ? aside : c + corner;
    const ldt = detour ? <usize>columns << 2 : ldc;
    const kEnd = min(k, (slice + 1) * depthASlice);
    const kStart = slice * depthASlice;
    if (kStart >= kEnd && !accumulate) {
      for (let i = 0; i < rows; i++) memory.fill(target + <usize>i * ldt, 0, <usize>columns << 2);
    }
    for (let k0 = kStart; k0 < kEnd; k0 += DEPTH) {
      const depth = min(DEPTH, kEnd - k0);
      if (form == FORM_NT) {
        packTransposedB(b + <usize>j0 * ldb + (<usize>k0 << 2), ldb, columns, depth, packedB);
      } else {
        packB(b + <usize>k0 * ldb + (<usize>j0 << 2), ldb, columns, depth, packedB);
      }
      let rowsOfA = a + <usize>i0 * lda + (<usize>k0 << 2);
      let strideA = lda;
      if (form == FORM_TN) {
        transpose(a + <usize>k0 * lda + (<usize>i0 << 2), lda, depth, rows, packedA, DEPTH << 2);
        rowsOfA = packedA;
        strideA = DEPTH << 2;
      }
      const fresh = k0 == kStart && !accumulate;
      block(rowsOfA, strideA, rows, packedB, depth, target, ldt, columns, fresh, spare);
    }
    if (tail) {
      epilogue(
        target,
        ldt,
        c + corner,
        ldc,
        rows,
        columns,
        bias ? bias + (<usize>j0 << 2) : 0,
        residual ? residual + corner : 0,
        kept ? kept + corner : 0,
        activation,
      );
    }
  }
}

/** OP_COMBINE. out[j] (+)= parts[0][j] + parts[1][j] + ..., in that order. Integers: out, parts, count, width, accumulate. */
export function combine(record: usize): void {
  const out = pointer(record, 0);
  const parts = pointer(record, 1);
  const count = int(record, 2);
  const width = int(record, 3);
  const accumulate = int(record, 4) != 0;
  const size = 4096;
  const tasks = tasksOf(width, size);
  for (let task = claim(); task < tasks; task = claim()) {
    const start = task * size;
    const end = min(width, start + size);
    for (let j = start; j < end; j += 4) {
      const at = <usize>j << 2;
      if (j + 4 <= end) {
        let sum = v128.load(parts + at);
        for (let s = 1; s < count; s++) {
          sum = f32x4.add(sum, v128.load(parts + (<usize>s * <usize>width << 2) + at));
        }
        if (accumulate) sum = f32x4.add(sum, v128.load(out + at));
        v128.store(out + at, sum);
      } else {
        for (let x = j; x < end; x++) {
          const here = <usize>x << 2;
          let sum = load<f32>(parts + here);
          for (let s = 1; s < count; s++) sum += load<f32>(parts + (<usize>s * <usize>width << 2) + here);
          if (accumulate) sum += load<f32>(out + here);
          store<f32>(out + here, sum);
        }
      }
    }
  }
}
