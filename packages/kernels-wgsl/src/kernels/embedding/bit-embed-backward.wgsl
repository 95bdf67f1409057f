// dWeight[u, :] += sum over the bins n in which unit u fires of dOut[n, :], and dBias += sum over all bins of dOut[n, :]. A workgroup
// takes a chunk of bins, 8 values of the width and $WORDS words of units; it walks over 32 bins at a time, whose bits it turns
// into one word a unit, so that each unit's thread visits its own spikes only; the next bins are on their way meanwhile. Sums stay in
// registers, in order of bins.
// Traffic: dOut read once (for every 256 units), words once for every 8 values of the width; (units + 1) rows of sums written a
// chunk, which `combine` reads again: at most a sixth of dOut where there are several chunks.
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

// Of the gradient; nothing past the chunk's last bin.
fn gradient_at(row: u32, last: u32, column: u32) -> Value {
  if (row < last && column < call.count) {
    return dOut[row * call.count + column];
  }
  return Value(0.0);
}

fn spikes_at(bin: u32, last: u32, word: u32) -> u32 {
  if (bin < last && word < call.words) {
    return words[bin * call.words + word];
  }
  return 0u;
}

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
  // Of the tile that comes next: its reads are under way while the one before it is added up.
  let word = block * WORDS + lane % WORDS;
  var value = gradient_at(first + lane / ACROSS, last, column);
  var bits = 0u;
  if (lane < TILE * WORDS) {
    bits = spikes_at(first + lane / WORDS, last, word);
  }
  for (var base = first; base < last; base += TILE) {
    tile[lane] = value;
    bias_sum += value;
    value = gradient_at(base + TILE + lane / ACROSS, last, column);
    if (lane < TILE * WORDS) {
      spikes[lane] = bits;
      bits = spikes_at(base + TILE + lane / WORDS, last, word);
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
