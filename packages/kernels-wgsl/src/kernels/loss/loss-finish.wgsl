// The loss's value and gradient from the sums of loss-sums.wgsl. Every group adds the sums up itself, in the same order, which
// costs less than a dispatch between; the first writes `value`, each (GRADIENT) the slopes of a chunk of rows x tile of 32 units:
//   cross-entropy  (p - y) / N
//   focal          -+ miss^g (g hit surprise + miss) / N, - where the unit fired
//   dice           D = (F + G) / M, M = 2 S + F + G + smooth, of the sums S, F, G of p y, p (1 - y), (1 - p) y;
//                  dD/dp = (2 S + smooth) / M^2 - 2 y / M, dp/dx = p (1 - p)
// and with DOUBLE_SIGMOID times dx/dz = x (1 - x). Nothing counted: zeros.
// Traffic: logits and targets read, slopes written, once, the row mask once a tile; each group reads the sums, 20 bytes each, and
// with PER_UNIT 384 a chunk, from cache.
struct Call {
  rows: u32,
  units: u32,
  words: u32,   // a bin
  chunk: u32,   // rows of a group, at most 256
  tiles: u32,
  groups: u32,
  sums: u32,    // groups of loss-sums
  chunks: u32,  // its chunks of rows
  gamma: f32,
  smoothing: f32,
  share: f32,   // of plain cross-entropy
}
@group(0) @binding(0) var<uniform> call: Call;
#if GRADIENT
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;   // (rows, units)
@group(0) @binding(2) var<storage, read_write> targets: array<u32>;  // (rows, words)
@group(0) @binding(4) var<storage, read_write> row_mask: array<f32>;
#endif
@group(0) @binding(3) var<storage, read_write> unit_mask: array<u32>;
@group(0) @binding(5) var<storage, read_write> sums: array<vec4<f32>>;  // (sums, 2)
#if PER_UNIT
@group(0) @binding(6) var<storage, read_write> unit_sums: array<f32>;  // (chunks, tiles, 3, 32): S, F, G
#endif
@group(0) @binding(7) var<storage, read_write> value: array<f32>;  // total, main term, cross-entropy, penalty
#if GRADIENT
@group(0) @binding(8) var<storage, read_write> d_logits: array<f32>;  // (rows, units)
#endif
#use group
#use outcome

var<workgroup> part: array<f32, 1280>;  // (5, 256)
#if GRADIENT
var<workgroup> row_words: array<u32, 256>;
var<workgroup> row_counts: array<f32, 256>;
#endif

struct Total {
  sum: vec4<f32>,
  entries: f32,
}

// The sums over all lanes, for each of them: 8 of every 32nd, then 32.
fn add_up(sum: vec4<f32>, entries: f32, lane: u32) -> Total {
  part[lane] = sum.x;
  part[lane + 256u] = sum.y;
  part[lane + 512u] = sum.z;
  part[lane + 768u] = sum.w;
  part[lane + 1024u] = entries;
  workgroupBarrier();
  if (lane < 160u) {
    let first = (lane >> 5u) * 256u + (lane & 31u);
    var own = 0.0;
    for (var slot = 0u; slot < 8u; slot++) {
      own += part[first + slot * 32u];
    }
    part[first] = own;
  }
  workgroupBarrier();
  if (lane < 5u) {
    var own = 0.0;
    for (var i = 0u; i < 32u; i++) {
      own += part[lane * 256u + i];
    }
    part[lane * 256u] = own;
  }
  workgroupBarrier();
  let total = Total(vec4<f32>(part[0], part[256], part[512], part[768]), part[1024]);
  workgroupBarrier();
  return total;
}

#if DICE
struct Dice {
  value: f32,
  slope: f32,        // dD/dp
  slope_fired: f32,  // where y = 1
}

// Of S, F, G.
fn dice(sums: vec3<f32>) -> Dice {
  let missed = sums.y + sums.z;
  let size = 2.0 * sums.x + missed + call.smoothing;
  let overlap = (2.0 * sums.x + call.smoothing) / size;
  return Dice(missed / size, overlap / size, (overlap - 2.0) / size);
}
#endif

#if PER_UNIT
// S, F, G of a unit, over chunks `first`, first + stride ...
fn sums_of(unit: u32, first: u32, stride: u32) -> vec3<f32> {
  var own = vec3<f32>();
  for (var c = first; c < call.chunks; c += stride) {
    let at = (c * call.tiles + (unit >> 5u)) * 96u + (unit & 31u);
    own += vec3<f32>(unit_sums[at], unit_sums[at + 32u], unit_sums[at + 64u]);
  }
  return own;
}
#endif

fn unit_counts(unit: u32) -> bool {
  return unit < call.units && extractBits(unit_mask[unit >> 5u], unit & 31u, 1u) == 1u;
}

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
  let counts_here = unit_counts(unit);

  var sum = vec4<f32>();
  var entries = 0.0;
  for (var i = lane; i < call.sums; i += 256u) {
    sum += sums[2u * i];
    entries += sums[2u * i + 1u].x;
  }
#if PER_UNIT
  // S, F, G of all units together mean nothing: what the units lose takes a place among the sums, where the value is written.
  sum.y = 0.0;
  if (group == 0u) {
    for (var u = lane; u < call.units; u += 256u) {
      if (unit_counts(u)) {
        sum.y += dice(sums_of(u, 0u, 1u)).value;
      }
    }
  }
#endif
  let all = add_up(sum, entries, lane);
  let total = all.sum;
  let counted = all.entries;
  let nothing = counted == 0.0;
  let main_share = 1.0 - call.share;
  let each = select(1.0 / counted, 0.0, nothing);
  let bce = total.x * each;
  var main_value = bce;
  var penalty = 0.0;
#if FOCAL
  main_value = total.y * each;
#endif
#if DICE
#if PER_UNIT
  var counted_units = 0.0;
  for (var u = 0u; u < call.units; u += 32u) {
    let real = min(32u, call.units - u);
    counted_units += f32(countOneBits(extractBits(unit_mask[u >> 5u], 0u, real)));
  }
  let unit_share = select(1.0 / counted_units, 0.0, nothing);
#if GRADIENT
  // The eight threads of a unit share its chunks.
  let some = sums_of(unit, lane >> 5u, 8u);
  part[lane] = some.x;
  part[lane + 256u] = some.y;
  part[lane + 512u] = some.z;
  workgroupBarrier();
  var of_unit = vec3<f32>();
  for (var i = bit; i < 256u; i += 32u) {
    of_unit += vec3<f32>(part[i], part[i + 256u], part[i + 512u]);
  }
  let own = dice(of_unit);
#endif
  let outer = main_share * unit_share;
  main_value = select(total.y * unit_share, 0.0, nothing);
#else
  let own = dice(total.yzw);
  main_value = select(own.value, 0.0, nothing);
  var outer = select(main_share, 0.0, nothing);
#if PENALTY
  // The published form: 0.9 ln(1 + D) + 0.1 * 10 * relu(mean p - density), the second term without a slope.
  outer *= 0.9 / (1.0 + main_value);
  main_value = 0.9 * log1p(main_value);
  penalty = max(0.0, total.z - total.w) * each;
#endif
#endif
#endif
  if (group == 0u && lane == 0u) {
    value[0] = fma(main_share, main_value + penalty, call.share * bce);
    value[1] = main_value;
    value[2] = bce;
    value[3] = penalty;
  }

#if GRADIENT
#if PLAIN
  let bce_scale = each;
#else
  let bce_scale = call.share * each;
#endif
  let first = group / call.tiles * call.chunk;
  let rows = min(call.chunk, call.rows - first);
  if (lane < rows) {
    row_words[lane] = targets[(first + lane) * call.words + tile];
    row_counts[lane] = row_mask[first + lane];
  }
  workgroupBarrier();
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
    let towards = select(1.0, -1.0, fired);
    var slope = bce_scale * towards * o.miss;
#if FOCAL
    let lost = fma(call.gamma * o.hit, o.surprise, o.miss);
    slope = fma(main_share * each * towards * modulation(o, call.gamma), lost, slope);
#endif
#if DICE
    slope = fma(outer * select(own.slope, own.slope_fired, fired), o.hit * o.miss, slope);
#endif
#if DOUBLE_SIGMOID
    slope *= inner.hit * inner.miss;
#endif
    d_logits[at] = slope;
  }
#endif
}
