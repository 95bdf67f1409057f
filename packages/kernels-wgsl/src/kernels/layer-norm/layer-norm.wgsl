// out = (x - mean) rstd gain + bias along the last axis, rstd = 1 / sqrt(variance + 1e-5), variance biased; mean and rstd are kept
// for backward (Ba, Kiros, Hinton, 2016). $LANES threads share a row and keep their values of it in registers: the variance is
// summed from differences with a first mean, not from squares, without reading x again; what those differences leave corrects
// that mean, whose own rounding a row of little variance would multiply by rstd, up to 316.
// Traffic: x read and out written once; gain and bias once a workgroup (256 / $LANES rows), through workgroup memory where
// they fit into 8 KiB, else once a row.
struct Call {
  rows: u32,
  // values of a row
  count: u32,
  // floats of a row
  width: f32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> gain: array<Value>;
@group(0) @binding(3) var<storage, read_write> bias: array<Value>;
@group(0) @binding(4) var<storage, read_write> out: array<Value>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> rstd: array<f32>;
#use group
#use value

const LANES = $LANESu;
// Values of a row that one thread keeps.
const EACH = $EACHu;
const ROWS = 256u / LANES;

var<workgroup> sums: array<f32, 256>;
// Differences with the first mean, and their squares.
var<workgroup> differences: array<vec2<f32>, 256>;
#if STAGED
var<workgroup> gains: array<Value, LANES * EACH>;
var<workgroup> biases: array<Value, LANES * EACH>;
#endif

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
#if STAGED
  for (var j = lane; j < call.count; j += 256u) {
    gains[j] = gain[j];
    biases[j] = bias[j];
  }
#endif
  let row = group_of(id, count) * ROWS + lane / LANES;
  let column = lane % LANES;
  let live = row < call.rows;
  let start = row * call.count;
  var kept: array<Value, EACH>;
  var sum = 0.0;
  for (var k = 0u; k < EACH; k++) {
    let j = column + k * LANES;
    if (live && j < call.count) {
      kept[k] = x[start + j];
      sum += total(kept[k]);
    }
  }
  sums[lane] = sum;
  workgroupBarrier();

  // Every thread of the row adds the same sums in the same order: one barrier where a tree takes one a level.
  var first_mean = 0.0;
  for (var i = lane - column; i < lane - column + LANES; i++) {
    first_mean += sums[i];
  }
  first_mean /= call.width;
  var difference = vec2<f32>(0.0);
  for (var k = 0u; k < EACH; k++) {
    if (column + k * LANES < call.count) {
      kept[k] -= Value(first_mean);
      difference += vec2<f32>(total(kept[k]), total(kept[k] * kept[k]));
    }
  }
  differences[lane] = difference;
  workgroupBarrier();

  if (!live) {
    return;
  }
  var moments = vec2<f32>(0.0);
  for (var i = lane - column; i < lane - column + LANES; i++) {
    moments += differences[i];
  }
  moments /= call.width;
  let row_rstd = inverseSqrt(moments.y - moments.x * moments.x + 1e-5);
  for (var k = 0u; k < EACH; k++) {
    let j = column + k * LANES;
    if (j < call.count) {
#if STAGED
      out[start + j] = (kept[k] - Value(moments.x)) * row_rstd * gains[j] + biases[j];
#else
      out[start + j] = (kept[k] - Value(moments.x)) * row_rstd * gain[j] + bias[j];
#endif
    }
  }
  if (column == 0u) {
    mean[row] = first_mean + moments.x;
    rstd[row] = row_rstd;
  }
}
