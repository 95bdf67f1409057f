// The loss's sums over chunks of rows x tiles of 32 units, each entry counted where its row and its unit are. x is the logit (or
// its sigmoid: DOUBLE_SIGMOID), and with o = outcome(x, spike):
//   every kind  sum of o.surprise (binary cross-entropy) and the number of counted entries
//   focal       sum of o.miss^gamma o.surprise
//   dice        with p = sigmoid(x): sums of p y, p (1 - y) and (1 - p) y, over everything or of each unit (PER_UNIT)
// A thread sums rows slot, slot + 8 ... of one unit; a workgroup adds the eight threads of a unit, then the units: few roundings.
// Traffic: logits and targets read once, the row mask once a tile; 20 bytes written a group, and 384 with PER_UNIT.
// Source: Lin et al., 2017 (focal); Milletari et al., 2016 (Dice).
struct Call {
  rows: u32,
  units: u32,
  words: u32,  // a bin
  chunk: u32,  // rows of a group
  tiles: u32,
  groups: u32,
  gamma: f32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;   // (rows, units)
@group(0) @binding(2) var<storage, read_write> targets: array<u32>;  // (rows, words)
@group(0) @binding(3) var<storage, read_write> unit_mask: array<u32>;
@group(0) @binding(4) var<storage, read_write> row_mask: array<f32>;
// (groups, 8): cross-entropy, the kind's three sums, the number of counted entries
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
#if PER_UNIT
@group(0) @binding(6) var<storage, read_write> unit_sums: array<f32>;  // (groups, 3, 32)
#endif
#use group
#use outcome

var<workgroup> part: array<f32, 1280>;  // (5, 8, 32)
// Of up to 256 rows at a time.
var<workgroup> row_words: array<u32, 256>;
var<workgroup> row_counts: array<f32, 256>;

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
  let first = group / call.tiles * call.chunk;
  let last = min(call.rows, first + call.chunk);
  let bit = lane & 31u;
  let unit = tile * 32u + bit;
  var sum = vec4<f32>();
  var counted = 0.0;
  let counts_here = unit < call.units && extractBits(unit_mask[tile], bit, 1u) == 1u;
  for (var base = first; base < last; base += 256u) {
    workgroupBarrier();
    if (base + lane < last) {
      row_words[lane] = targets[(base + lane) * call.words + tile];
      row_counts[lane] = row_mask[base + lane];
    }
    workgroupBarrier();
    let stop = select(0u, min(256u, last - base), counts_here);
    for (var i = lane >> 5u; i < stop; i += 8u) {
      if (row_counts[i] == 0.0) {
        continue;
      }
      let fired = extractBits(row_words[i], bit, 1u) == 1u;
      var x = logits[(base + i) * call.units + unit];
#if DOUBLE_SIGMOID
      x = sigmoid(x);
#endif
      let o = outcome(x, fired);
      counted += 1.0;
      var term = vec4<f32>(o.surprise, 0.0, 0.0, 0.0);
#if FOCAL
      term.y = modulation(o, call.gamma) * o.surprise;
#endif
#if DICE
      term.y = select(0.0, o.hit, fired);
      term.z = select(o.miss, 0.0, fired);
      term.w = select(0.0, o.miss, fired);
#endif
      sum += term;
    }
  }
  part[lane] = sum.x;
  part[lane + 256u] = sum.y;
  part[lane + 512u] = sum.z;
  part[lane + 768u] = sum.w;
  part[lane + 1024u] = counted;
  workgroupBarrier();
  // The eight threads of a unit, for each of the five sums; then the units.
  let which = lane >> 5u;
  if (which < 5u) {
    var own = 0.0;
    for (var slot = 0u; slot < 8u; slot++) {
      own += part[which * 256u + slot * 32u + bit];
    }
    part[which * 256u + bit] = own;
#if PER_UNIT
    if (which >= 1u && which <= 3u) {
      unit_sums[(group * 3u + which - 1u) * 32u + bit] = own;
    }
#endif
  }
  workgroupBarrier();
  if (lane < 5u) {
    var own = 0.0;
    for (var i = 0u; i < 32u; i++) {
      own += part[lane * 256u + i];
    }
    sums[8u * group + lane] = own;
  }
}
