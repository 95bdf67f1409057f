// Philox4x32-10 (Salmon et al., SC 2011), word for word what packages/model/src/engine/random.ts draws: key (seed, stream),
// counter (step, index lo >> 2, index hi, 0), word index & 3. An index has 64 bits: those of attention pass 2^32.

// High word of a * b, by 16-bit halves: WGSL has no wider product.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let middle2 = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (middle2 >> 16u);
}

// Words of the four indices 4 * floor(index / 4) ... + 3.
fn philox_block(stream: u32, seed: u32, step: u32, index_lo: u32, index_hi: u32) -> vec4<u32> {
  var c = vec4<u32>(step, index_lo >> 2u, index_hi, 0u);
  var key = vec2<u32>(seed, stream);
  for (var round = 0u; round < 10u; round++) {
    c = vec4<u32>(
      multiply_high(0xcd9e8d57u, c.z) ^ c.y ^ key.x,
      0xcd9e8d57u * c.z,
      multiply_high(0xd2511f53u, c.x) ^ c.w ^ key.y,
      0xd2511f53u * c.x,
    );
    key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// The word of one index.
fn philox_word(stream: u32, seed: u32, step: u32, index_lo: u32, index_hi: u32) -> u32 {
  return philox_block(stream, seed, step, index_lo, index_hi)[index_lo & 3u];
}

// a * b + c as a 64-bit index: (lo, hi).
fn index_of(a: u32, b: u32, c: u32) -> vec2<u32> {
  let product = a * b;
  let lo = product + c;
  return vec2<u32>(lo, multiply_high(a, b) + select(0u, 1u, lo < product));
}
