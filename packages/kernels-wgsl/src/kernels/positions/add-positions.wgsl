// out[b, t, :] += positions[t, :], in place. A thread takes one value of the positions to four sequences, so that what is added
// is read a quarter as often as what it is added to.
// Traffic: 8 bytes an element of out, 4 an element of positions for every four sequences.
struct Call {
  // values of one sequence
  count: u32,
  batch: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> out: array<Value>;
@group(0) @binding(2) var<storage, read_write> positions: array<Value>;
#use group
#use value

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  let blocks = (call.count + 255u) / 256u;
  let i = (group % blocks) * 256u + lane;
  if (i >= call.count) {
    return;
  }
  let position = positions[i];
  let first = (group / blocks) * 4u;
  let last = min(first + 4u, call.batch);
  for (var b = first; b < last; b++) {
    let at = b * call.count + i;
    out[at] = out[at] + position;
  }
}
