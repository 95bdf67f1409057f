// The way back through pooling attention: with dw = dOut . values,
//   ds = w (dw - sum over the sequence of w dw);  dKeys = ds query (1 - tanh^2);  dQuery += ds tanh;  dValues = w dOut
// A workgroup of 64 has a chunk of sequences; a thread keeps to its columns, so that it sums the query's gradient in registers over all of
// them. tanh of the keys is computed again.
// Traffic: keys and values read once, dKeys and dValues written once, dOut read three times a step, from cache; a row of the query's
// gradient written a chunk.
struct Call {
  batch: u32,
  // sequences of a chunk
  chunk: u32,
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
@group(0) @binding(5) var<storage, read_write> dOut: array<Value>;
@group(0) @binding(6) var<storage, read_write> dKeys: array<f32>;
@group(0) @binding(7) var<storage, read_write> dValues: array<Value>;
// (chunks, key_width)
@group(0) @binding(8) var<storage, read_write> query_parts: array<f32>;
#use group
#use value
#use elementary

const STEPS = $STEPSu;
// Columns of the keys that one thread has.
const EACH = $EACHu;

var<workgroup> sums: array<f32, 64>;
var<workgroup> slopes: array<f32, STEPS>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  let first = group * call.chunk;
  if (first >= call.batch) {
    return;
  }
  let last = min(first + call.chunk, call.batch);
  var query_sums: array<f32, EACH>;
  for (var b = first; b < last; b++) {
    for (var t = 0u; t < STEPS; t++) {
      var own = 0.0;
      for (var j = lane; j < call.count; j += 64u) {
        own += total(dOut[b * call.count + j] * values[(b * STEPS + t) * call.count + j]);
      }
      sums[lane] = own;
      workgroupBarrier();
      if (lane == 0u) {
        var sum = 0.0;
        for (var i = 0u; i < 64u; i++) {
          sum += sums[i];
        }
        slopes[t] = sum;
      }
      workgroupBarrier();
    }
    var mean = 0.0;
    for (var t = 0u; t < STEPS; t++) {
      mean += weights[b * STEPS + t] * slopes[t];
    }
    for (var t = 0u; t < STEPS; t++) {
      let n = b * STEPS + t;
      let weight = weights[n];
      let d = weight * (slopes[t] - mean);
      for (var k = 0u; k < EACH; k++) {
        let a = lane + k * 64u;
        if (a < call.key_width) {
          let bent = 2.0 * sigmoid(2.0 * keys[n * call.key_width + a]) - 1.0;
          dKeys[n * call.key_width + a] = d * query[a] * (1.0 - bent * bent);
          query_sums[k] += d * bent;
        }
      }
      for (var j = lane; j < call.count; j += 64u) {
        dValues[n * call.count + j] = dOut[b * call.count + j] * weight;
      }
    }
    workgroupBarrier();
  }
  for (var k = 0u; k < EACH; k++) {
    let a = lane + k * 64u;
    if (a < call.key_width) {
      query_parts[group * call.key_width + a] = query_sums[k];
    }
  }
}
