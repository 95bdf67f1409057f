// AdamW with clipping by the global gradient norm, in PyTorch's order, then the running mean of the weights (MEAN):
//   g *= min(1, clip / (norm + 1e-6)) where clip > 0; w -= rate decay w
//   m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2; w -= rate / c1 m / (sqrt(v) / c2 + epsilon)
//   mean = d mean + (1 - d) w
// Frozen tensors (learning-rate scale 0) keep weights and moments; their mean is taken all the same. A group is a block of 256
// vectors; each adds the norm's partial sums up itself, in the same order, which costs less than a dispatch between.
// Traffic: 28 bytes an element, 36 with MEAN: everything read and written once; 4 bytes a partial sum for each group, from cache.
// Source: Loshchilov and Hutter, 2019.
struct Call {
  blocks: u32,
  parts: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> gradients: array<vec4<f32>>;
// (blocks, 4): first vector, vectors, learning-rate scale (bits of an f32), 1 where weights decay
@group(0) @binding(2) var<storage, read_write> table: array<u32>;
// adamw.ts: settings, norm, then the partial sums
@group(0) @binding(3) var<storage, read_write> workspace: array<f32>;
@group(0) @binding(4) var<storage, read_write> weights: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> first: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> second: array<vec4<f32>>;
#if MEAN
@group(0) @binding(7) var<storage, read_write> mean: array<vec4<f32>>;
#endif
#use group
#use is-nan

const NORM = $NORMu;
const PARTS = $PARTSu;

var<workgroup> part: array<f32, 256>;
var<workgroup> settings: array<f32, 12>;
var<workgroup> entry: array<u32, 4>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = group_of(id, count);
  if (lane < 12u) {
    settings[lane] = workspace[lane];
  }
  if (lane < 4u && block < call.blocks) {
    entry[lane] = table[4u * block + lane];
  }
  var own = 0.0;
  for (var i = lane; i < call.parts; i += 256u) {
    own += workspace[PARTS + i];
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
  var squares = 0.0;
  for (var i = 0u; i < 16u; i++) {
    squares += part[i];
  }
  let norm = sqrt(squares);
  if (block == 0u && lane == 0u) {
    workspace[NORM] = norm;
  }
  if (block >= call.blocks || lane >= entry[1]) {
    return;
  }
  let learning_rate = settings[0];
  let beta1 = settings[1];
  let rest1 = settings[2];
  let beta2 = settings[3];
  let rest2 = settings[4];
  let epsilon = settings[5];
  let weight_decay = settings[6];
  let clip = settings[7];
  let correction1 = settings[8];
  let correction2 = settings[9];

  let at = entry[0] + lane;
  let scale = bitcast<f32>(entry[2]);
  var w = weights[at];
  if (scale != 0.0) {
    let rate = learning_rate * scale;
    // A norm that is no number spoils the weights, as it should: min may let it pass for small.
    var clipped = 1.0;
    if (clip > 0.0) {
      clipped = select(min(1.0, clip / (norm + 1e-6)), norm, is_nan(norm));
    }
    let g = gradients[at] * clipped;
    if (entry[3] == 1u) {
      w = fma(vec4<f32>(-rate * weight_decay), w, w);
    }
    let m = fma(vec4<f32>(beta1), first[at], rest1 * g);
    let v = fma(vec4<f32>(beta2), second[at], rest2 * g * g);
    w -= (rate / correction1) * m / (sqrt(v) / correction2 + epsilon);
    first[at] = m;
    second[at] = v;
    weights[at] = w;
  }
#if MEAN
  mean[at] = settings[10] * mean[at] + settings[11] * w;
#endif
}
