// What both geometries of the matrix product share: the call, its operands, and the step that both repeat. VEC_A, VEC_B: elements are
// read four at a time, because every row is a multiple of four long.
struct Call {
  m: u32,
  n: u32,
  k: u32,
  chunk: u32,
  stream: u32,
  threshold: u32,
  factor: f32,
}
@group(0) @binding(0) var<uniform> call: Call;
#if VEC_A
@group(0) @binding(1) var<storage, read_write> a: array<vec4<f32>>;
#else
@group(0) @binding(1) var<storage, read_write> a: array<f32>;
#endif
#if VEC_B
@group(0) @binding(2) var<storage, read_write> b: array<vec4<f32>>;
#else
@group(0) @binding(2) var<storage, read_write> b: array<f32>;
#endif

fn a_four(at: u32) -> vec4<f32> {
#if VEC_A
  return a[at >> 2u];
#else
  return vec4<f32>(a[at], a[at + 1u], a[at + 2u], a[at + 3u]);
#endif
}

fn b_four(at: u32) -> vec4<f32> {
#if VEC_B
  return b[at >> 2u];
#else
  return vec4<f32>(b[at], b[at + 1u], b[at + 2u], b[at + 3u]);
#endif
}

// sums[r] += left[r] * right: one depth of a block of c.
fn outer(sums: mat4x4<f32>, left: vec4<f32>, right: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    fma(vec4<f32>(left.x), right, sums[0]),
    fma(vec4<f32>(left.y), right, sums[1]),
    fma(vec4<f32>(left.z), right, sums[2]),
    fma(vec4<f32>(left.w), right, sums[3]),
  );
}
