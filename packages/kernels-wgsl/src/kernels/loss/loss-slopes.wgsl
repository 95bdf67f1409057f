// The slopes of Dice, from its sums over everything (loss-value.wgsl): with x the logit, p = sigmoid(x), q = sigmoid(-x),
//   outer dD/dp p q, dD/dp one number where the unit fired and one where it did not; plus those of cross-entropy's share
// and with DOUBLE_SIGMOID x is the logit's sigmoid, and all is times x (1 - x). A group has a chunk of rows x a tile of 32 units. What
// does not count: zeros.
// Traffic: logits and targets read, slopes written, once, the row mask once a tile; 12 bytes read a group, 260 with PER_UNIT, and
// what they are taken times.
struct Call {
  rows: u32,
  units: u32,
  words: u32,  // a bin
  chunk: u32,  // rows of a group, at most 256
  tiles: u32,
  groups: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;   // (rows, units)
@group(0) @binding(2) var<storage, read_write> targets: array<u32>;  // (rows, words)
@group(0) @binding(3) var<storage, read_write> unit_mask: array<u32>;
@group(0) @binding(4) var<storage, read_write> row_mask: array<f32>;
@group(0) @binding(5) var<storage, read_write> scales: array<vec2<f32>>;  // from loss-value
@group(0) @binding(6) var<storage, read_write> d_logits: array<f32>;  // (rows, units)
#use group
#use outcome

var<workgroup> row_words: array<u32, 256>;
var<workgroup> row_counts: array<f32, 256>;
// What all is taken times, and the slopes of each unit of the tile (PER_UNIT) or of all.
var<workgroup> own_scales: array<vec2<f32>, 33>;
var<workgroup> own_mask: u32;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = group_of(id, count);
  if (group >= call.groups) {
    return;
  }
  let tile = group % call.tiles;
  let bit = lane & 31u;
  let unit = tile * 32u + bit;
  let first = group / call.tiles * call.chunk;
  let rows = min(call.chunk, call.rows - first);
  if (lane < rows) {
    row_words[lane] = targets[(first + lane) * call.words + tile];
    row_counts[lane] = row_mask[first + lane];
  }
#if PER_UNIT
  if (lane < 32u && unit < call.units) {
    own_scales[1u + lane] = scales[1u + unit];
  }
#else
  if (lane == 0u) {
    own_scales[1] = scales[1];
  }
#endif
  if (lane == 32u) {
    own_scales[0] = scales[0];
    own_mask = unit_mask[tile];
  }
  workgroupBarrier();
  let scale = own_scales[0];
#if PER_UNIT
  let slopes = scale.y * own_scales[1u + bit];
#else
  let slopes = scale.y * own_scales[1];
#endif
  let counts_here = extractBits(own_mask, bit, 1u) == 1u;
  let stop = select(0u, rows, unit < call.units);
  for (var i = lane >> 5u; i < stop; i += 8u) {
    let at = (first + i) * call.units + unit;
    if (!counts_here || row_counts[i] == 0.0) {
      d_logits[at] = 0.0;
      continue;
    }
    let fired = extractBits(row_words[i], bit, 1u) == 1u;
    var x = logits[at];
#if DOUBLE_SIGMOID
    let inner = outcome(x, true);
    x = inner.hit;
#endif
    let o = outcome(x, fired);
    var slope = scale.x * select(1.0, -1.0, fired) * o.miss;
    slope = fma(select(slopes.x, slopes.y, fired), o.hit * o.miss, slope);
#if DOUBLE_SIGMOID
    slope *= inner.hit * inner.miss;
#endif
    d_logits[at] = slope;
  }
}
