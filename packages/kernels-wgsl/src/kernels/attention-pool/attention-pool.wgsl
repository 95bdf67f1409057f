// Additive attention that pools the steps of each sequence (Bahdanau, Cho, Bengio, 2015):
//   score = query . tanh(keys);  weights = softmax over the steps of mask 1;  out = sum of weights values
// A workgroup of 64 has a sequence. Scores are added up by one thread from the sums of all, step by step; then every thread makes the
// same few weights for itself and keeps to its columns.
// Traffic: keys and values read once, the query once a step, from cache; weights and out written once.
struct Call {
  batch: u32,
  // floats of a row of keys
  key_width: u32,
  // values of a row
  count: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> keys: array<f32>;
@group(0) @binding(2) var<storage, read_write> query: array<f32>;
@group(0) @binding(3) var<storage, read_write> values: array<Value>;
@group(0) @binding(4) var<storage, read_write> weights: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<Value>;
#if MASKED
@group(0) @binding(6) var<storage, read_write> row_mask: array<f32>;
#endif
#use group
#use value
#use elementary

const STEPS = $STEPSu;

var<workgroup> sums: array<f32, 64>;
var<workgroup> scores: array<f32, STEPS>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = group_of(id, count);
  let live = b < call.batch;
  for (var t = 0u; t < STEPS; t++) {
    var own = 0.0;
    if (live) {
      let start = (b * STEPS + t) * call.key_width;
      for (var a = lane; a < call.key_width; a += 64u) {
        own += query[a] * (2.0 * sigmoid(2.0 * keys[start + a]) - 1.0);
      }
    }
    sums[lane] = own;
    workgroupBarrier();
    if (lane == 0u) {
      var sum = 0.0;
      for (var i = 0u; i < 64u; i++) {
        sum += sums[i];
      }
      scores[t] = sum;
    }
    workgroupBarrier();
  }
  if (!live) {
    return;
  }
  var counted: array<bool, STEPS>;
  var top = -3.4e38;
  for (var t = 0u; t < STEPS; t++) {
    counted[t] = true;
#if MASKED
    counted[t] = row_mask[b * STEPS + t] != 0.0;
#endif
    if (counted[t]) {
      top = max(top, scores[t]);
    }
  }
  var weight: array<f32, STEPS>;
  var all = 0.0;
  for (var t = 0u; t < STEPS; t++) {
    weight[t] = select(0.0, exponential(scores[t] - top), counted[t]);
    all += weight[t];
  }
  let factor = select(1.0 / all, 0.0, all == 0.0);
  for (var t = 0u; t < STEPS; t++) {
    weight[t] *= factor;
    if (lane == 0u) {
      weights[b * STEPS + t] = weight[t];
    }
  }
  for (var j = lane; j < call.count; j += 64u) {
    var sum = Value(0.0);
    for (var t = 0u; t < STEPS; t++) {
      sum += values[(b * STEPS + t) * call.count + j] * weight[t];
    }
    out[b * call.count + j] = sum;
  }
}
