// The loss's value from the sums of loss-sums.wgsl, and (SCALES) what the slopes of Dice rest on (loss-slopes.wgsl). With the sums
// S, F, G of p y, p (1 - y), (1 - p) y and M = 2 S + F + G + smooth:
//   dice  D = (F + G) / M, dD/dp = (2 S + smooth) / M^2 - 2 y / M
// One group adds everything up, in an order that sizes alone decide. Nothing counted: zeros.
// Traffic: of each group of loss-sums 8 bytes, 12 (FOCAL), 20 (WHOLE) or 392 (PER_UNIT), read once; the unit mask once a unit; scales
// written.
struct Call {
  units: u32,
  tiles: u32,
  sums: u32,    // groups of loss-sums
  chunks: u32,  // its chunks of rows
  slices: u32,  // threads that share the chunks of a unit: 1, 2, 4 or 8
  smoothing: f32,
  share: f32,   // of plain cross-entropy
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;  // (sums, 8)
#if PER_UNIT
@group(0) @binding(2) var<storage, read_write> unit_mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> unit_sums: array<f32>;  // (chunks, tiles, 3, 32): S, F, G
#endif
@group(0) @binding(4) var<storage, read_write> value: array<f32>;  // total, main term, cross-entropy, penalty
#if SCALES
// What the slope of cross-entropy and dD/dp are taken times; then dD/dp where y = 0 and where y = 1, of everything or of each unit.
@group(0) @binding(5) var<storage, read_write> scales: array<vec2<f32>>;
#endif
#use elementary

var<workgroup> part: array<f32, 1280>;  // (5, 256)

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
  return Total(vec4<f32>(part[0], part[256], part[512], part[768]), part[1024]);
}

#if DICE
struct Dice {
  value: f32,
  slopes: vec2<f32>,  // dD/dp where y = 0, where y = 1
}

// Of S, F, G.
fn dice(sums: vec3<f32>) -> Dice {
  let missed = sums.y + sums.z;
  let size = 2.0 * sums.x + missed + call.smoothing;
  let overlap = (2.0 * sums.x + call.smoothing) / size;
  return Dice(missed / size, vec2<f32>(overlap / size, (overlap - 2.0) / size));
}
#endif

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = vec4<f32>();
  var entries = 0.0;
  for (var i = lane; i < call.sums; i += 256u) {
    sum.x += sums[8u * i];
#if FOCAL
    sum.y += sums[8u * i + 1u];
#endif
#if WHOLE
    sum.y += sums[8u * i + 1u];
    sum.z += sums[8u * i + 2u];
    sum.w += sums[8u * i + 3u];
#endif
    entries += sums[8u * i + 4u];
  }
#if PER_UNIT
  // What the units lose, and how many count, take places among the sums: S, F, G of all units together mean nothing.
  let span = 256u / call.slices;
  for (var base = 0u; base < call.units; base += span) {
    let unit = base + lane % span;
    var own = vec3<f32>();
    if (unit < call.units) {
      for (var c = lane / span; c < call.chunks; c += call.slices) {
        let at = (c * call.tiles + (unit >> 5u)) * 96u + (unit & 31u);
        own += vec3<f32>(unit_sums[at], unit_sums[at + 32u], unit_sums[at + 64u]);
      }
    }
    part[lane] = own.x;
    part[lane + 256u] = own.y;
    part[lane + 512u] = own.z;
    workgroupBarrier();
    if (lane < span && unit < call.units) {
      for (var i = lane + span; i < 256u; i += span) {
        own += vec3<f32>(part[i], part[i + 256u], part[i + 512u]);
      }
      let one = dice(own);
      if (extractBits(unit_mask[unit >> 5u], unit & 31u, 1u) == 1u) {
        sum.y += one.value;
        sum.z += 1.0;
      }
#if SCALES
      scales[1u + unit] = one.slopes;
#endif
    }
    workgroupBarrier();
  }
#endif
  let all = add_up(sum, entries, lane);
  let total = all.sum;
  let nothing = all.entries == 0.0;
  let main_share = 1.0 - call.share;
  let each = select(1.0 / all.entries, 0.0, nothing);
  let bce = total.x * each;
  var main_value = bce;
  var penalty = 0.0;
#if FOCAL
  main_value = total.y * each;
#endif
#if PER_UNIT
  let unit_share = select(1.0 / total.z, 0.0, nothing);
  let outer = main_share * unit_share;
  main_value = select(total.y * unit_share, 0.0, nothing);
#endif
#if WHOLE
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
  if (lane == 0u) {
    value[0] = fma(main_share, main_value + penalty, call.share * bce);
    value[1] = main_value;
    value[2] = bce;
    value[3] = penalty;
#if SCALES
    scales[0] = vec2<f32>(call.share * each, outer);
#if WHOLE
    scales[1] = own.slopes;
#endif
#endif
  }
}
