// Partial sums of the squares of all gradients but those of frozen tensors: group g takes blocks g, g + groups ... The next dispatch
// (adamw.wgsl) adds the partial sums.
// Traffic: gradients read once, 4 bytes a group written.
struct Call {
  blocks: u32,
  groups: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> gradients: array<vec4<f32>>;
// (blocks, 4): first vector, vectors, learning-rate scale (bits of an f32), 1 where weights decay
@group(0) @binding(2) var<storage, read_write> table: array<u32>;
// adamw.ts: settings, norm, then the partial sums
@group(0) @binding(3) var<storage, read_write> workspace: array<f32>;

const PARTS = $PARTSu;

var<workgroup> part: array<f32, 256>;
var<workgroup> entry: array<u32, 4>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var sum = vec4<f32>();
  for (var block = id.x; block < call.blocks; block += call.groups) {
    if (lane < 4u) {
      entry[lane] = table[4u * block + lane];
    }
    workgroupBarrier();
    if (lane < entry[1] && bitcast<f32>(entry[2]) != 0.0) {
      let g = gradients[entry[0] + lane];
      sum = fma(g, g, sum);
    }
    workgroupBarrier();
  }
  part[lane] = (sum.x + sum.y) + (sum.z + sum.w);
  workgroupBarrier();
  if (lane < 16u) {
    var own = 0.0;
    for (var i = lane; i < 256u; i += 16u) {
      own += part[i];
    }
    part[lane] = own;
  }
  workgroupBarrier();
  if (lane == 0u) {
    var total = 0.0;
    for (var i = 0u; i < 16u; i++) {
      total += part[i];
    }
    workspace[PARTS + id.x] = total;
  }
}
