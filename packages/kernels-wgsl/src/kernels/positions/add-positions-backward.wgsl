// dPositions[t, :] += sum over b, in order, of dOut[b, t, :]. A thread owns one value of the gradient: no partial sums.
// Traffic: each element of dOut read once, each of dPositions read and written once.
struct Call {
  // values of one sequence
  count: u32,
  batch: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> dPositions: array<Value>;
@group(0) @binding(2) var<storage, read_write> dOut: array<Value>;
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
  var sum = Value(0.0);
  for (var b = 0u; b < call.batch; b++) {
    sum += dOut[b * call.count + i];
  }
  dPositions[i] = dPositions[i] + sum;
}
