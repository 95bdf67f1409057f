// The loss's sums over chunks of rows x tiles of 32 units, each entry counted where its row and its unit are. x is the logit (or
// its sigmoid: DOUBLE_SIGMOID), and with o = outcome(x, spike):
//   every kind  sum of o.surprise (binary cross-entropy) and the number of counted entries
//   focal       sum of o.miss^gamma o.surprise
//   dice        with p = sigmoid(x): sums of p y, p (1 - y) and (1 - p) y, over everything or of each unit (PER_UNIT)
// With SLOPES, for kinds whose slopes rest on the number N of counted entries alone (loss-count.wgsl), the gradient in the same pass:
//   cross-entropy  (p - y) / N
//   focal          -+ miss^g (g hit surprise + miss) / N, - where the unit fired
// and with DOUBLE_SIGMOID times dx/dz = x (1 - x). What does not count: zeros.
// A thread sums rows slot, slot + 8 ... of one unit; a workgroup adds the eight threads of a unit, then the units: few roundings.
// Traffic: logits and targets read once, the row mask once a tile, slopes written once; 20 bytes written a group, and 384 with PER_UNIT;
// with SLOPES 4 bytes of each count read a group.
// Source: Lin et al., 2017 (focal); Milletari et al., 2016 (Dice).
struct Call {
  rows: u32,
  units: u32,
  words: u32,  // a bin
  chunk: u32,  // rows of a group
  tiles: u32,
  groups: u32,
  counts: u32,  // of loss-count, at most 32
  gamma: f32,
  share: f32,  // of plain cross-entropy
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
#if SLOPES
@group(0) @binding(7) var<storage, read_write> counts: array<u32>;
@group(0) @binding(8) var<storage, read_write> d_logits: array<f32>;  // (rows, units)
#endif
#use group
#use outcome
#use modulation

var<workgroup> part: array<f32, 1280>;  // (5, 8, 32)
// Of up to 256 rows at a time.
var<workgroup> row_words: array<u32, 256>;
var<workgroup> row_counts: array<f32, 256>;
var<workgroup> own_mask: u32;
#if SLOPES
var<workgroup> some_counts: array<u32, 32>;
#endif

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
  if (lane == 0u) {
    own_mask = unit_mask[tile];
  }
#if SLOPES
  if (lane < call.counts) {
    some_counts[lane] = counts[lane];
  }
#endif
  workgroupBarrier();
  let counts_here = unit < call.units && extractBits(own_mask, bit, 1u) == 1u;
#if SLOPES
  var all = 0u;
  for (var i = 0u; i < call.counts; i++) {
    all += some_counts[i];
  }
  let each = 1.0 / f32(max(1u, all));
#endif
  for (var base = first; base < last; base += 256u) {
    workgroupBarrier();
    if (base + lane < last) {
      row_words[lane] = targets[(base + lane) * call.words + tile];
      row_counts[lane] = row_mask[base + lane];
    }
    workgroupBarrier();
#if SLOPES
    let stop = select(0u, min(256u, last - base), unit < call.units);
#else
    let stop = select(0u, min(256u, last - base), counts_here);
#endif
    for (var i = lane >> 5u; i < stop; i += 8u) {
      let at = (base + i) * call.units + unit;
#if SLOPES
      if (!counts_here || row_counts[i] == 0.0) {
        d_logits[at] = 0.0;
        continue;
      }
#else
      if (row_counts[i] == 0.0) {
        continue;
      }
#endif
      let fired = extractBits(row_words[i], bit, 1u) == 1u;
      var x = logits[at];
#if DOUBLE_SIGMOID
#if SLOPES
      let inner = outcome(x, true);
      x = inner.hit;
#else
      x = sigmoid(x);
#endif
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
#if SLOPES
      let towards = each * select(1.0, -1.0, fired);
#if FOCAL
      let lost = fma(call.gamma * o.hit, o.surprise, o.miss);
      var slope = towards * fma((1.0 - call.share) * modulation(o, call.gamma), lost, call.share * o.miss);
#else
      var slope = towards * o.miss;
#endif
#if DOUBLE_SIGMOID
      slope *= inner.hit * inner.miss;
#endif
      d_logits[at] = slope;
#endif
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
