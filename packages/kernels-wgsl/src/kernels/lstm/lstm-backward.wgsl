// One step of an LSTM's way back, all sequences, from the last step of its direction to the first. With dh = dOut + (dX R^T of the step
// after it) and dc from there:
//   do = dh tanh c;  dc += dh o (1 - tanh^2 c);  di = dc g;  df = dc c';  dg = dc i;  dX = each times the slope of its gate
// and dc f goes on; in rows of mask 0 dX is 0, and dh and dc go on as they are. A thread has one unit of four sequences; dX of the step
// after, which every unit needs, goes through workgroup memory, 256 columns at a time.
// Traffic: R once for every four sequences, each thread along a row of its own; dX read once for every 64 units and written once; gates,
// cells of two steps and dOut read once; dc read and written.
struct Call {
  batch: u32,
  steps: u32,
  width: u32,
  columns: u32,
  // first column of dOut
  column: u32,
  // this step, the one before and the one after it in the forward direction
  t: u32,
  back: u32,
  on: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> gates: array<f32>;  // (rows, 4 width)
@group(0) @binding(2) var<storage, read_write> cells: array<f32>;  // (rows, width)
@group(0) @binding(3) var<storage, read_write> dOut: array<f32>;   // (rows, columns)
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;     // (rows, 4 width)
@group(0) @binding(5) var<storage, read_write> dC: array<f32>;     // (batch, width)
#if !LAST
@group(0) @binding(6) var<storage, read_write> recurrent: array<f32>; // (width, 4 width)
#endif
#if MASKED
@group(0) @binding(7) var<storage, read_write> row_mask: array<f32>;  // (rows)
@group(0) @binding(8) var<storage, read_write> dH: array<f32>;        // (batch, width): of rows passed over
#endif
#use group
#use elementary

#if !LAST
var<workgroup> slopes: array<vec4<f32>, 256>;
#endif

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  let blocks = (call.width + 63u) / 64u;
  let j = (group % blocks) * 64u + lane;
  let first = (group / blocks) * 4u;
  let four = 4u * call.width;
  var carried = vec4<f32>();
#if !LAST
  for (var base = 0u; base < four; base += 256u) {
    let size = min(256u, four - base);
    workgroupBarrier();
    for (var q = lane; q < size; q += 64u) {
      var d = vec4<f32>();
      for (var s = 0u; s < 4u; s++) {
        if (first + s < call.batch) {
          d[s] = dX[((first + s) * call.steps + call.on) * four + base + q];
        }
      }
      slopes[q] = d;
    }
    workgroupBarrier();
    if (j < call.width) {
      for (var q = 0u; q < size; q++) {
        carried += slopes[q] * recurrent[j * four + base + q];
      }
    }
  }
#endif
  if (j >= call.width) {
    return;
  }
  for (var s = 0u; s < 4u; s++) {
    if (first + s >= call.batch) {
      break;
    }
    let own = (first + s) * call.width + j;
    let n = (first + s) * call.steps + call.t;
    let gate = n * four + j;
    var h = dOut[n * call.columns + call.column + j] + carried[s];
    var c = 0.0;
#if !LAST
    c = dC[own];
#if MASKED
    if (row_mask[(first + s) * call.steps + call.on] == 0.0) {
      h += dH[own];
    }
#endif
#endif
#if MASKED
    if (row_mask[n] == 0.0) {
      dH[own] = h;
      dC[own] = c;
      dX[gate] = 0.0;
      dX[gate + call.width] = 0.0;
      dX[gate + 2u * call.width] = 0.0;
      dX[gate + 3u * call.width] = 0.0;
      continue;
    }
#endif
    let i = gates[gate];
    let f = gates[gate + call.width];
    let g = gates[gate + 2u * call.width];
    let o = gates[gate + 3u * call.width];
    let bent = 2.0 * sigmoid(2.0 * cells[n * call.width + j]) - 1.0;
    var c_before = 0.0;
#if !FIRST
    c_before = cells[((first + s) * call.steps + call.back) * call.width + j];
#endif
    c += h * o * (1.0 - bent * bent);
    dX[gate] = c * g * i * (1.0 - i);
    dX[gate + call.width] = c * c_before * f * (1.0 - f);
    dX[gate + 2u * call.width] = c * i * (1.0 - g * g);
    dX[gate + 3u * call.width] = h * bent * o * (1.0 - o);
    dC[own] = c * f;
  }
}
