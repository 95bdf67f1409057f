// out[j] += sum over rows n of x[n, j]: the gradient of a bias whose weight's gradient is not computed beside it.
// Traffic: x read once, 4 bytes an element; each column's sum read and written once, or written once a part of the rows (PARTS).
// A lane has a column, so that 64 lanes read 256 bytes in a row; four sums in flight hide the loads' latency.
struct Call {
  rows: u32,
  width: u32,
  chunk: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
// (width), or (parts, width)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let j = id.x * 64u + lane;
  if (j >= call.width) {
    return;
  }
  let start = id.y * call.chunk;
  let stop = min(call.rows, start + call.chunk);
  var sums = vec4<f32>();
  var n = start;
  for (; n + 4u <= stop; n += 4u) {
    let at = n * call.width + j;
    sums += vec4<f32>(x[at], x[at + call.width], x[at + 2u * call.width], x[at + 3u * call.width]);
  }
  var sum = (sums.x + sums.y) + (sums.z + sums.w);
  for (; n < stop; n++) {
    sum += x[n * call.width + j];
  }
#if PARTS
  out[id.y * call.width + j] = sum;
#else
  out[j] += sum;
#endif
}
