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

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = group_of(id, count);
  if (block >= call.blocks) {
    return;
  }
  let at = block * 5u;
  if (lane >= blocks[at + 2u]) {
    return;
  }
  let to = blocks[at] + lane;
  let length = blocks[at + 3u];
  let chunks = blocks[at + 4u];
  var from = blocks[at + 1u] + lane;
  var sum = 0.0;
  for (var c = 0u; c < chunks; c++) {
    sum += parts[from];
    from += length;
  }
  out[to] += sum;
}
