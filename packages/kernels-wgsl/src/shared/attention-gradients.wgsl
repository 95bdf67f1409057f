// How the two halves of attention's backward read the gradient of the output and store those of query, key and value.

fn dOut4(row: u32, i: u32) -> vec4<f32> {
#if VEC4
  return dOut[row / 4u + i];
#else
  let at = row + 4u * i;
  return within_head(i, vec4<f32>(dOut[at], dOut[at + 1u], dOut[at + 2u], dOut[at + 3u]));
#endif
}

fn store4(row: u32, i: u32, value: vec4<f32>) {
#if VEC4
  dQkv[row / 4u + i] = value;
#else
  for (var c = 0u; c < min(4u, HEAD - 4u * i); c++) {
    dQkv[row + 4u * i + c] = value[c];
  }
#endif
}
