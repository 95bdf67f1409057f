// One step of one direction of an LSTM (Hochreiter and Schmidhuber, 1997), all sequences: with h', c' of the step before,
//   a = x + h' R;  i, f, o = sigmoid, g = tanh of its blocks;  c = f c' + i g;  h = o tanh c
// and h = h', c = c' in rows of mask 0. Steps are dispatches of their own, since each needs all of h'. A thread has one unit of four
// sequences, so that what it reads of R serves four; h' of the four goes through workgroup memory, 256 units at a time.
// Traffic: R once for every four sequences; h' once for every 64 units; x read, gates written once; cells, before and out likewise.
struct Call {
  batch: u32,
  steps: u32,
  width: u32,
  columns: u32,
  // first column of out
  column: u32,
  // this step and the one before
  t: u32,
  back: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;      // (rows, 4 width)
@group(0) @binding(2) var<storage, read_write> out: array<f32>;    // (rows, columns)
@group(0) @binding(3) var<storage, read_write> gates: array<f32>;  // (rows, 4 width)
@group(0) @binding(4) var<storage, read_write> cells: array<f32>;  // (rows, width)
@group(0) @binding(5) var<storage, read_write> before: array<f32>; // (rows, width)
#if !FIRST
@group(0) @binding(6) var<storage, read_write> recurrent: array<f32>; // (width, 4 width)
#endif
#if MASKED
@group(0) @binding(7) var<storage, read_write> row_mask: array<f32>;  // (rows)
#endif
#use group
#use elementary

#if !FIRST
var<workgroup> state: array<vec4<f32>, 256>;
#endif

fn bent(z: f32) -> f32 {
  return 2.0 * sigmoid(2.0 * z) - 1.0;
}

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
  var a: array<vec4<f32>, 4>;
#if !FIRST
  for (var base = 0u; base < call.width; base += 256u) {
    let size = min(256u, call.width - base);
    workgroupBarrier();
    for (var k = lane; k < size; k += 64u) {
      var h = vec4<f32>();
      for (var s = 0u; s < 4u; s++) {
        if (first + s < call.batch) {
          h[s] = out[((first + s) * call.steps + call.back) * call.columns + call.column + base + k];
        }
      }
      state[k] = h;
    }
    workgroupBarrier();
    if (j < call.width) {
      for (var k = 0u; k < size; k++) {
        let at = (base + k) * four + j;
        let h = state[k];
        a[0] += h * recurrent[at];
        a[1] += h * recurrent[at + call.width];
        a[2] += h * recurrent[at + 2u * call.width];
        a[3] += h * recurrent[at + 3u * call.width];
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
    let n = (first + s) * call.steps + call.t;
    let gate = n * four + j;
    let i = sigmoid(x[gate] + a[0][s]);
    let f = sigmoid(x[gate + call.width] + a[1][s]);
    let g = bent(x[gate + 2u * call.width] + a[2][s]);
    let o = sigmoid(x[gate + 3u * call.width] + a[3][s]);
    gates[gate] = i;
    gates[gate + call.width] = f;
    gates[gate + 2u * call.width] = g;
    gates[gate + 3u * call.width] = o;
    var h = 0.0;
    var c = 0.0;
#if !FIRST
    let previous = (first + s) * call.steps + call.back;
    h = out[previous * call.columns + call.column + j];
    c = cells[previous * call.width + j];
#endif
    before[n * call.width + j] = h;
#if MASKED
    if (row_mask[n] != 0.0) {
      c = f * c + i * g;
      h = o * bent(c);
    }
#else
    c = f * c + i * g;
    h = o * bent(c);
#endif
    cells[n * call.width + j] = c;
    out[n * call.columns + call.column + j] = h;
  }
}
