// out[outFirst + i outStride] = x[xFirst + i xStride], whole rows. A thread copies one value.
// Traffic: 4 bytes an element read, 4 written: each once.
struct Call {
  // values of all rows, and of one
  total: u32,
  count: u32,
  x_first: u32,
  x_stride: u32,
  out_first: u32,
  out_stride: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> out: array<Value>;
@group(0) @binding(2) var<storage, read_write> x: array<Value>;
#use group
#use value

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group_of(id, count) * 256u + lane;
  if (i >= call.total) {
    return;
  }
  let row = i / call.count;
  let column = i % call.count;
  out[(call.out_first + row * call.out_stride) * call.count + column] =
    x[(call.x_first + row * call.x_stride) * call.count + column];
}
