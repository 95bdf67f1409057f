// Rows of length 1: out = x inverse, inverse = 1 / sqrt(x . x + 1e-12). With BACKWARD: dX (+)= inverse (dOut - out (out . dOut)), since
// what points along a row changes its length alone. 64 threads share a row; each adds up its own values, one barrier, and then every
// thread adds the same 64 sums in the same order.
// Traffic: each operand read twice (the sum, then the result), the second time from cache; out or dX written once (ACCUMULATE: read
// too), inverse once a row.
struct Call {
  rows: u32,
  // values of a row
  count: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> inverse: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<Value>;
#if BACKWARD
@group(0) @binding(3) var<storage, read_write> dOut: array<Value>;
@group(0) @binding(4) var<storage, read_write> dX: array<Value>;
#else
@group(0) @binding(5) var<storage, read_write> x: array<Value>;
#endif
#use group
#use value

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group_of(id, count);
  let live = row < call.rows;
  let start = row * call.count;
  var own = 0.0;
  if (live) {
    for (var j = lane; j < call.count; j += 64u) {
#if BACKWARD
      own += total(out[start + j] * dOut[start + j]);
#else
      own += total(x[start + j] * x[start + j]);
#endif
    }
  }
  sums[lane] = own;
  workgroupBarrier();
  if (!live) {
    return;
  }
  var sum = 0.0;
  for (var i = 0u; i < 64u; i++) {
    sum += sums[i];
  }
#if BACKWARD
  let factor = inverse[row];
  for (var j = lane; j < call.count; j += 64u) {
    let d = (dOut[start + j] - out[start + j] * sum) * factor;
#if ACCUMULATE
    dX[start + j] = dX[start + j] + d;
#else
    dX[start + j] = d;
#endif
  }
#else
  let factor = inverseSqrt(sum + 1e-12);
  for (var j = lane; j < call.count; j += 64u) {
    out[start + j] = x[start + j] * factor;
  }
  if (lane == 0u) {
    inverse[row] = factor;
  }
#endif
}
