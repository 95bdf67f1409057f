// c = dropout(act(a b + bias)) * act'(kept) + residual, (m, n), each part by its flag: a square tile of c a workgroup, from workgroup
// memory, which every row of a and column of b passes through once a tile.
// Traffic: compulsory are 4 (m k + k n + m n) bytes. Tiles of side S read a ceil(n / S) times and b ceil(m / S) times; S is 64, or 128
// (WIDE). An invocation keeps 4 x 4 of c in registers, WIDE four times that: two reads of 16 bytes feed 16 multiply-adds, WIDE four
// feed 64. Where c is small and k long, id.z has a part of k to itself and c holds partial sums (PARTS).
// Source: Volkov and Demmel, "Benchmarking GPUs to tune dense linear algebra", SC 2008. Measured steps: docs/kernels-wgsl.md.
#use matmul-operands
#use matmul-epilogue

// Operands in blocks of 4 x 4: block[e] holds four values over the rows (or columns) of c at depth l + e. A matrix that is stored along
// the depth is transposed in registers. Depths beyond k are zeros (WHOLE_K: there are none); rows and columns beyond the edge of c are
// whatever is near, and never stored.

// Values at depths l ... l + 3, those beyond the end as zeros.
fn within(row: vec4<f32>, l: u32) -> vec4<f32> {
#if WHOLE_K
  return row;
#else
  return select(vec4<f32>(0.0), row, vec4<u32>(l, l + 1u, l + 2u, l + 3u) < vec4<u32>(call.k));
#endif
}

// Values at depth l alike.
fn at_depth(values: vec4<f32>, l: u32) -> vec4<f32> {
#if WHOLE_K
  return values;
#else
  return select(vec4<f32>(0.0), values, l < call.k);
#endif
}

// Rows i ... i + 3 of c, depths l ... l + 3.
fn a_block(i: u32, l: u32) -> mat4x4<f32> {
#if A_ALONG_K
  let last = call.m - 1u;
  return transpose(mat4x4<f32>(
    within(a_four(min(i, last) * call.k + l), l),
    within(a_four(min(i + 1u, last) * call.k + l), l),
    within(a_four(min(i + 2u, last) * call.k + l), l),
    within(a_four(min(i + 3u, last) * call.k + l), l),
  ));
#else
  let at = l * call.m + i;
  return mat4x4<f32>(
    at_depth(a_four(at), l),
    at_depth(a_four(at + call.m), l + 1u),
    at_depth(a_four(at + 2u * call.m), l + 2u),
    at_depth(a_four(at + 3u * call.m), l + 3u),
  );
#endif
}

// Columns j ... j + 3 of c, depths l ... l + 3.
fn b_block(j: u32, l: u32) -> mat4x4<f32> {
#if B_ALONG_K
  let last = call.n - 1u;
  return transpose(mat4x4<f32>(
    within(b_four(min(j, last) * call.k + l), l),
    within(b_four(min(j + 1u, last) * call.k + l), l),
    within(b_four(min(j + 2u, last) * call.k + l), l),
    within(b_four(min(j + 3u, last) * call.k + l), l),
  ));
#else
  let at = l * call.n + j;
  return mat4x4<f32>(
    at_depth(b_four(at), l),
    at_depth(b_four(at + call.n), l + 1u),
    at_depth(b_four(at + 2u * call.n), l + 2u),
    at_depth(b_four(at + 3u * call.n), l + 3u),
  );
#endif
}

// As many rows of c as columns: 64, or 128 where WIDE.
const TILE = $TILE;
const FOURS = TILE / 4u;
const DEPTH = $DEPTH;
var<workgroup> left: array<vec4<f32>, DEPTH * FOURS>;
var<workgroup> right: array<vec4<f32>, DEPTH * FOURS>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first_row = id.y * TILE;
  let first_column = id.x * TILE;
  let start = id.z * call.chunk;
  let stop = min(call.k, start + call.chunk);

  // Half of the invocations bring a, half b, a block of 4 x 4 each. Of 32 neighbours, eight in a row store 128 bytes in a row, which
  // no two of them want from one bank; together they load lines of 64 bytes along the depth, of 128 across it.
  let warp = (lane & 127u) >> 5u;
  let four = (lane & 7u) + 8u * (warp % (TILE / 32u));
  let quad = ((lane >> 3u) & 3u) + 4u * (warp / (TILE / 32u));
  let brings_a = lane < 128u;
  let slot = 4u * quad * FOURS + four;

  let x = lane & 15u;
  let y = lane >> 4u;
  var sums00 = mat4x4<f32>();
#if WIDE
  var sums01 = mat4x4<f32>();
  var sums10 = mat4x4<f32>();
  var sums11 = mat4x4<f32>();
#endif
#if COLUMNS
  var column_sums = vec4<f32>();
#endif
  // A turn loads the blocks of one depth and multiplies those of the depth before it, so that loads travel meanwhile.
  for (var l = start; l < stop + DEPTH; l += DEPTH) {
    var block: mat4x4<f32>;
    if (l < stop) {
      if (brings_a) {
        block = a_block(first_row + 4u * four, l + 4u * quad);
      } else {
        block = b_block(first_column + 4u * four, l + 4u * quad);
#if COLUMNS
        column_sums += (block[0] + block[1]) + (block[2] + block[3]);
#endif
      }
    }
    if (l > start) {
      for (var e = 0u; e < DEPTH; e++) {
        let a0 = left[e * FOURS + y];
        let b0 = right[e * FOURS + x];
        sums00 = outer(sums00, a0, b0);
#if WIDE
        let a1 = left[e * FOURS + 16u + y];
        let b1 = right[e * FOURS + 16u + x];
        sums01 = outer(sums01, a0, b1);
        sums10 = outer(sums10, a1, b0);
        sums11 = outer(sums11, a1, b1);
#endif
      }
    }
    if (l < stop) {
      workgroupBarrier();
      if (brings_a) {
        left[slot] = block[0];
        left[slot + FOURS] = block[1];
        left[slot + 2u * FOURS] = block[2];
        left[slot + 3u * FOURS] = block[3];
      } else {
        right[slot] = block[0];
        right[slot + FOURS] = block[1];
        right[slot + 2u * FOURS] = block[2];
        right[slot + 3u * FOURS] = block[3];
      }
      workgroupBarrier();
    }
  }
#if COLUMNS
  if (first_row == 0u) {
    // DEPTH / 4 invocations share a column.
    workgroupBarrier();
    if (!brings_a) {
      right[quad * FOURS + four] = column_sums;
    }
    workgroupBarrier();
    if (lane < FOURS) {
      var sum = right[lane];
      for (var q = 1u; q < DEPTH / 4u; q++) {
        sum += right[q * FOURS + lane];
      }
      store_columns(sum, first_column + 4u * lane, id.z);
    }
  }
#endif
  store_block(sums00, first_row + 4u * y, first_column + 4u * x, id.z);
#if WIDE
  store_block(sums01, first_row + 4u * y, first_column + 64u + 4u * x, id.z);
  store_block(sums10, first_row + 64u + 4u * y, first_column + 4u * x, id.z);
  store_block(sums11, first_row + 64u + 4u * y, first_column + 64u + 4u * x, id.z);
#endif
}
