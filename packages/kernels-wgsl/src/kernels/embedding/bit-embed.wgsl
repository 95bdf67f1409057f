// out[n, :] = bias + sum of weight[u, :] over the units u that fire in bin n, in order of units: a product with a binary matrix that
// is read as bits and costs what its spikes cost. $COLUMNS threads share a row; a workgroup takes a tile of $TILE rows.
// Traffic: words and bias read once a workgroup, out written once; a row of weight gathered for every spike (2.6 rows of 128 units
// at 2 %), which caches serve: the whole matrix is 64 KiB at a width of 128.
struct Call {
  rows: u32,
  // values of a row
  count: u32,
  // workgroups across
  across: u32,
  // the real units of the last word
  tail: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> weight: array<Value>;
@group(0) @binding(3) var<storage, read_write> out: array<Value>;
#if BIAS
@group(0) @binding(4) var<storage, read_write> bias: array<Value>;
#endif
#use group
#use value

const WORDS = $WORDSu;
const TILE = $TILEu;
const COLUMNS = $COLUMNSu;
#use spike-tile
#if BIAS
var<workgroup> biases: array<Value, COLUMNS>;
#endif

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  let first = (group / call.across) * TILE;
  let column = (group % call.across) * COLUMNS + lane % COLUMNS;
  stage_spikes(first, lane);
#if BIAS
  if (lane < COLUMNS && column < call.count) {
    biases[lane] = bias[column];
  }
#endif
  workgroupBarrier();
  if (column >= call.count) {
    return;
  }
  let last = min(TILE, max(first, call.rows) - first);
  for (var row = lane / COLUMNS; row < last; row += 256u / COLUMNS) {
#if BIAS
    var sum = biases[lane % COLUMNS];
#else
    var sum = Value(0.0);
#endif
    for (var w = 0u; w < WORDS; w++) {
      var bits = spikes[row * WORDS + w];
      while (bits != 0u) {
        let unit = 32u * w + firstTrailingBit(bits);
        bits &= bits - 1u;
        sum += weight[unit * call.count + column];
      }
    }
    out[(first + row) * call.count + column] = sum;
  }
}
