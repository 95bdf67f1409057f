// With xhat = (x - mean) rstd and g = dOut gain: dX = rstd (g - mean(g) - xhat mean(g xhat)), because mean and variance depend on x
// too; dGain += sum over rows of dOut xhat, dBias += sum over rows of dOut (Ba, Kiros, Hinton, 2016). A workgroup takes a chunk of rows,
// 256 / $LANES at a time; a thread keeps to its columns, so that it sums their gradients in registers over all of its rows.
// Traffic: x and dOut read once, dX written once (ACCUMULATE: read too); mean and rstd read by each of a row's $LANES threads; gain
// read once a chunk where STAGED, else once a row; sums of two rows written a chunk.
struct Call {
  rows: u32,
  // values of a row
  count: u32,
  // rows of a chunk, a multiple of 256 / LANES
  chunk: u32,
  // floats of a row
  width: f32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> gain: array<Value>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(5) var<storage, read_write> dOut: array<Value>;
@group(0) @binding(6) var<storage, read_write> dX: array<Value>;
// (chunks, width) each
@group(0) @binding(7) var<storage, read_write> gainParts: array<Value>;
@group(0) @binding(8) var<storage, read_write> biasParts: array<Value>;
#use group
#use value

const LANES = $LANESu;
// Values of a row that one thread keeps.
const EACH = $EACHu;
const ROWS = 256u / LANES;

// Two halves in turn, so that one barrier a pass is enough.
var<workgroup> sums: array<vec2<f32>, 512>;
var<workgroup> columns: array<Value, 256>;
#if STAGED
var<workgroup> gains: array<Value, LANES * EACH>;
#endif

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  let first = group * call.chunk;
  if (first >= call.rows) {
    return;
  }
  let last = min(first + call.chunk, call.rows);
#if STAGED
  for (var j = lane; j < call.count; j += 256u) {
    gains[j] = gain[j];
  }
  workgroupBarrier();
#endif
  let column = lane % LANES;
  var gain_sums: array<Value, EACH>;
  var bias_sums: array<Value, EACH>;
  var half = 0u;
  for (var base = first; base < last; base += ROWS) {
    let row = base + lane / LANES;
    let live = row < last;
    let start = row * call.count;
    var row_mean = 0.0;
    var row_rstd = 0.0;
    if (live) {
      row_mean = mean[row];
      row_rstd = rstd[row];
    }
    var g: array<Value, EACH>;
    var xhat: array<Value, EACH>;
    var sum = vec2<f32>(0.0);
    for (var k = 0u; k < EACH; k++) {
      let j = column + k * LANES;
      if (live && j < call.count) {
        let d = dOut[start + j];
        xhat[k] = (x[start + j] - Value(row_mean)) * row_rstd;
#if STAGED
        g[k] = d * gains[j];
#else
        g[k] = d * gain[j];
#endif
        gain_sums[k] += d * xhat[k];
        bias_sums[k] += d;
        sum += vec2<f32>(total(g[k]), total(g[k] * xhat[k]));
      }
    }
    sums[half + lane] = sum;
    workgroupBarrier();
    var means = vec2<f32>(0.0);
    for (var i = half + lane - column; i < half + lane - column + LANES; i++) {
      means += sums[i];
    }
    means /= call.width;
    half = 256u - half;
    for (var k = 0u; k < EACH; k++) {
      let j = column + k * LANES;
      if (live && j < call.count) {
        let d = (g[k] - Value(means.x) - xhat[k] * means.y) * row_rstd;
#if ACCUMULATE
        dX[start + j] = dX[start + j] + d;
#else
        dX[start + j] = d;
#endif
      }
    }
  }

  // Threads of one column add up, in order of rows.
  for (var k = 0u; k < EACH; k++) {
    let j = column + k * LANES;
    let writes = lane < LANES && j < call.count;
    columns[lane] = gain_sums[k];
    workgroupBarrier();
    if (writes) {
      gainParts[group * call.count + j] = column_sum(lane);
    }
    workgroupBarrier();
    columns[lane] = bias_sums[k];
    workgroupBarrier();
    if (writes) {
      biasParts[group * call.count + j] = column_sum(lane);
    }
    workgroupBarrier();
  }
}

fn column_sum(lane: u32) -> Value {
  var sum = Value(0.0);
  for (var i = lane; i < 256u; i += LANES) {
    sum += columns[i];
  }
  return sum;
}
