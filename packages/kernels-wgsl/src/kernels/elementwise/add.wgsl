// out = a + b; with IN_PLACE, out is a.
// Traffic: 8 bytes an element read, 4 written: each once.
struct Call {
  count: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> out: array<Value>;
@group(0) @binding(2) var<storage, read_write> b: array<Value>;
#if !IN_PLACE
@group(0) @binding(3) var<storage, read_write> a: array<Value>;
#endif
#use group
#use value

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
  out[i] = out[i] + b[i];
#else
  out[i] = a[i] + b[i];
#endif
}
