// out[i] = x[i] * keep[i] / (1 - p) (+ residual[i]), keep[i] = (word of the counter generator at index i >= threshold). It is its
// own backward: dX[i] (+)= dOut[i] * keep[i] / (1 - p), the accumulating one with dX as its residual.
// One thread draws one Philox block and uses its four words. No buffer holds 2^32 elements, so the index has no high word.
// Traffic: x and the residual read, out written: 8 or 12 bytes an element, all compulsory; the mask is never stored.
struct Call {
  length: u32,
  threshold: u32,
  stream: u32,
  factor: f32,
}
@group(0) @binding(0) var<uniform> call: Call;
#if VEC4
alias Item = vec4<f32>;
#else
alias Item = f32;
#endif
@group(0) @binding(1) var<storage, read_write> out: array<Item>;
#if X_APART
@group(0) @binding(2) var<storage, read_write> x: array<Item>;
#endif
#if RESIDUAL_APART
@group(0) @binding(3) var<storage, read_write> residual: array<Item>;
#endif
@group(0) @binding(4) var<uniform> run: Run;
#use run
#use group
#use philox

fn dropped(i: u32, keep: Item) -> Item {
#if X_APART
  let value = x[i];
#else
  let value = out[i];
#endif
#if RESIDUAL_APART
  return fma(value, keep, residual[i]);
#elif RESIDUAL_IS_OUT
  return fma(value, keep, out[i]);
#else
  return value * keep;
#endif
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = group_of(id, count) * 256u + lane;
  let first = block * 4u;
  if (first >= call.length) {
    return;
  }
  let words = philox_block(call.stream, run.seed, run.step, first, 0u);
  let keep = select(vec4<f32>(0.0), vec4<f32>(call.factor), words >= vec4<u32>(call.threshold));
#if VEC4
  out[block] = dropped(block, keep);
#else
  for (var i = first; i < min(first + 4u, call.length); i++) {
    out[i] = dropped(i, keep[i & 3u]);
  }
#endif
}
