// How many entries a loss counts: of a chunk of rows, those that count times the units that count. Slopes that rest on nothing else
// of the logits than this number (loss-sums.wgsl, SLOPES) then need a single pass over them.
// Traffic: the row mask read once, the unit mask once a group; 4 bytes written a group.
struct Call {
  rows: u32,
  units: u32,
  chunk: u32,  // rows of a group
  groups: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> unit_mask: array<u32>;
@group(0) @binding(2) var<storage, read_write> row_mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;  // (groups)
#use group

var<workgroup> part: array<vec2<u32>, 256>;  // rows, units

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  if (group >= call.groups) {
    return;
  }
  let first = group * call.chunk;
  let last = min(call.rows, first + call.chunk);
  var own = vec2<u32>();
  for (var row = first + lane; row < last; row += 256u) {
    own.x += select(1u, 0u, row_mask[row] == 0.0);
  }
  for (var unit = 32u * lane; unit < call.units; unit += 8192u) {
    own.y += countOneBits(extractBits(unit_mask[unit >> 5u], 0u, min(32u, call.units - unit)));
  }
  part[lane] = own;
  workgroupBarrier();
  if (lane < 16u) {
    for (var i = lane + 16u; i < 256u; i += 16u) {
      own += part[i];
    }
    part[lane] = own;
  }
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < 16u; i++) {
      own += part[i];
    }
    counts[group] = own.x * own.y;
  }
}
