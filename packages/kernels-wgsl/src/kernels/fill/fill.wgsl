// out[i] = value.
// Traffic: 4 bytes an element written, none read.
struct Call {
  length: u32,
  value: f32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
#use group

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group_of(id, count) * 256u + lane;
  if (i < call.length) {
    out[i] = call.value;
  }
}
