// c = dropout(act(a b + bias)) * act'(kept) + residual, (m, n), each part by its flag, without workgroup memory or barriers: for
// adapters that are programs on a CPU, where a barrier splits the shader and workgroup memory is memory like any other.
// Traffic: compulsory are 4 (m k + k n + m n) bytes. An invocation makes 4 x 4 of c, so a is read ceil(n / 4) times and b ceil(m / 4)
// times, nearly always from a cache.
// Measured steps: docs/kernels-wgsl.md.
#use matmul-operands
#use matmul-epilogue

// Rows i ... i + 3 of c at depth l; those beyond the edge are whatever is near, and never stored.
fn a_at(i: u32, l: u32) -> vec4<f32> {
#if A_ALONG_K
  let last = call.m - 1u;
  return vec4<f32>(
    a[min(i, last) * call.k + l],
    a[min(i + 1u, last) * call.k + l],
    a[min(i + 2u, last) * call.k + l],
    a[min(i + 3u, last) * call.k + l],
  );
#else
  return a_four(l * call.m + i);
#endif
}

// Columns j ... j + 3 of c at depth l.
fn b_at(j: u32, l: u32) -> vec4<f32> {
#if B_ALONG_K
  let last = call.n - 1u;
  return vec4<f32>(
    b[min(j, last) * call.k + l],
    b[min(j + 1u, last) * call.k + l],
    b[min(j + 2u, last) * call.k + l],
    b[min(j + 3u, last) * call.k + l],
  );
#else
  return b_four(l * call.n + j);
#endif
}

@compute @workgroup_size($LANES, $ROWS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = 4u * id.y;
  let j = 4u * id.x;
  if (i >= call.m || j >= call.n) {
    return;
  }
  var sums = mat4x4<f32>();
#if COLUMNS
  var column_sums = vec4<f32>();
#endif
  // One depth a turn: drivers that compile for a CPU spill what a longer turn keeps in flight.
  for (var l = 0u; l < call.k; l++) {
    let right = b_at(j, l);
    sums = outer(sums, a_at(i, l), right);
#if COLUMNS
    column_sums += right;
#endif
  }
#if COLUMNS
  if (i == 0u) {
    store_columns(column_sums, j, 0u);
  }
#endif
  store_block(sums, i, j, 0u);
}
