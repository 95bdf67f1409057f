// out = 1 / (1 + e^-x), with TWICE the same of that once more; with IN_PLACE, out is x.
// Traffic: 4 bytes an element read, 4 written.
struct Call {
  count: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> out: array<Value>;
#if !IN_PLACE
@group(0) @binding(2) var<storage, read_write> x: array<Value>;
#endif
#use group
#use value
#use logistic

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group_of(id, count) * 256u + lane;
  if (i >= call.count) {
    return;
  }
#if IN_PLACE
  let z = out[i];
#else
  let z = x[i];
#endif
#if TWICE
  out[i] = logistic(logistic(z));
#else
  out[i] = logistic(z);
#endif
}
