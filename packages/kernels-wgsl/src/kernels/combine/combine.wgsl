// out[to + i] += sum over chunks c, in order, of parts[from + c * length + i]: what several workgroups summed apart joins the
// gradients of all parameters in one dispatch. A block is up to 256 elements of one of them.
// Traffic: each partial sum read once, each sum read and written once.
struct Call {
  blocks: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
// (blocks, 5): to, from, elements of the block, length, chunks
@group(0) @binding(3) var<storage, read_write> blocks: array<u32>;
#use group

var<workgroup> block: array<u32, 5>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  if (group >= call.blocks) {
    return;
  }
  if (lane < 5u) {
    block[lane] = blocks[group * 5u + lane];
  }
  workgroupBarrier();
  if (lane >= block[2]) {
    return;
  }
  let to = block[0] + lane;
  let length = block[3];
  let chunks = block[4];
  var part = block[1] + lane;
  var sum = 0.0;
  for (var c = 0u; c < chunks; c++) {
    sum += parts[part];
    part += length;
  }
  out[to] += sum;
}
