// dWeight[u, :] += sum over the bins n in which unit u fires of dOut[n, :], and dBias += sum over all bins of dOut[n, :]. A workgroup
// takes a chunk of bins, 8 values of the width and $WORDS words of units; it walks over 32 bins at a time, whose bits it turns
// into one word a unit, so that each unit's thread visits its own spikes only. Sums stay in registers, in order of bins.
// Traffic: dOut read once (for every 256 units), words once for every 8 values of the width; (units + 1) rows of sums written a
// chunk.
struct Call {
  rows: u32,
  // values of a row
  count: u32,
  units: u32,
  // words of a bin
  words: u32,
  // rows of a chunk, a multiple of 32
  chunk: u32,
  // workgroups across the width, and across the units
  across: u32,
  blocks: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> dOut: array<Value>;
// (chunks, units, width)
@group(0) @binding(3) var<storage, read_write> weightParts: array<Value>;
#if BIAS
// (chunks, width)
@group(0) @binding(4) var<storage, read_write> biasParts: array<Value>;
#endif
#use group
#use value

const WORDS = $WORDSu;
const TILE = 32u;
const ACROSS = 8u;

// (TILE, ACROSS)
var<workgroup> tile: array<Value, 256>;
// (TILE, WORDS): bit i = unit i of the word
var<workgroup> spikes: array<u32, TILE * WORDS>;
// (WORDS, 32 units): bit r = bin r of the tile
var<workgroup> trains: array<u32, TILE * WORDS>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  let chunk = group / (call.across * call.blocks);
  let block = (group / call.across) % call.blocks;
  let column = (group % call.across) * ACROSS + lane % ACROSS;
  let real = column < call.count;
  let first = chunk * call.chunk;
  if (first >= call.rows) {
    return;
  }
  let last = min(first + call.chunk, call.rows);

  var sums: array<Value, WORDS>;
  var bias_sum = Value(0.0);
  for (var base = first; base < last; base += TILE) {
    let row = base + lane / ACROSS;
    var d = Value(0.0);
    if (row < last && real) {
      d = dOut[row * call.count + column];
    }
    tile[lane] = d;
    bias_sum += d;
    if (lane < TILE * WORDS) {
      let bin = base + lane / WORDS;
      let word = block * WORDS + lane % WORDS;
      var bits = 0u;
      if (bin < last && word < call.words) {
        bits = words[bin * call.words + word];
      }
      spikes[lane] = bits;
    }
    workgroupBarrier();
    if (lane < TILE * WORDS) {
      var train = 0u;
      for (var r = 0u; r < TILE; r++) {
        train |= ((spikes[r * WORDS + lane / 32u] >> (lane % 32u)) & 1u) << r;
      }
      trains[lane] = train;
    }
    workgroupBarrier();
    for (var w = 0u; w < WORDS; w++) {
      var train = trains[w * 32u + lane / ACROSS];
      while (train != 0u) {
        sums[w] += tile[firstTrailingBit(train) * ACROSS + lane % ACROSS];
        train &= train - 1u;
      }
    }
    workgroupBarrier();
  }

  for (var w = 0u; w < WORDS; w++) {
    let unit = (block * WORDS + w) * 32u + lane / ACROSS;
    if (real && unit < call.units) {
      weightParts[(chunk * call.units + unit) * call.count + column] = sums[w];
    }
  }
#if BIAS
  tile[lane] = bias_sum;
  workgroupBarrier();
  if (lane < ACROSS && real && block == 0u) {
    var sum = Value(0.0);
    for (var i = lane; i < 256u; i += ACROSS) {
      sum += tile[i];
    }
    biasParts[chunk * call.count + column] = sum;
  }
#endif
}
