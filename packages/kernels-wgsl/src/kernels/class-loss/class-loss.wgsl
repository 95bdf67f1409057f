// Weighted cross-entropy of one label a row, focal (Lin et al., 2017) and with an angular margin (Deng et al., 2019), and its gradient.
// z = scale c, at the label (MARGIN) scale (c cos m - sqrt(1 - c^2) sin m). With p = p_y, q = 1 - p (summed from the other classes, not taken
// from 1) and l = -ln p a row costs w q^gamma l, of slope K p_j / q by z_j and -K at the label, K = q^gamma (gamma p l + q). One workgroup:
// rows times classes are a few hundred numbers, and every slope needs the sum of all weights.
// Traffic: logits read three times a row, four with their gradient, from cache; labels twice; dLogits written once.
struct Call {
  rows: u32,
  classes: u32,
  gamma: f32,
  scale: f32,
  share: f32,
  margin: f32,
  cosine: f32,
  sine: f32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> class_weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> value: array<f32>;
#if GRADIENT
@group(0) @binding(5) var<storage, read_write> dLogits: array<f32>;
#endif
#use elementary

var<workgroup> sums: array<f32, 256>;

// The sum over all threads, for each of them.
fn add_up(own: f32, lane: u32) -> f32 {
  workgroupBarrier();
  sums[lane] = own;
  workgroupBarrier();
  if (lane < 16u) {
    var sum = 0.0;
    for (var i = 0u; i < 16u; i++) {
      sum += sums[lane + 16u * i];
    }
    sums[lane] = sum;
  }
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < 16u; i++) {
    sum += sums[i];
  }
  return sum;
}

// z of the label and its slope by the logit.
fn label_logit(c: f32) -> vec2<f32> {
#if MARGIN
  if (c <= -call.cosine) {
    return vec2<f32>(c - call.margin * call.sine, 1.0) * call.scale;
  }
  let squared = (1.0 - c) * (1.0 + c);
  let s = sqrt(max(squared, 1e-6));
  let turn = select(0.0, call.sine * c / s, squared > 1e-6);
  return vec2<f32>(c * call.cosine - s * call.sine, call.cosine + turn) * call.scale;
#else
  return vec2<f32>(c, 1.0) * call.scale;
#endif
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  var own_weight = 0.0;
  for (var n = lane; n < call.rows; n += 256u) {
    if (labels[n] < call.classes) {
      own_weight += class_weights[labels[n]];
    }
  }
  let weight = add_up(own_weight, lane);
  var cost = 0.0;
  for (var n = lane; n < call.rows; n += 256u) {
    let label = labels[n];
    let start = n * call.classes;
    if (label >= call.classes) {
#if GRADIENT
      for (var j = 0u; j < call.classes; j++) {
        dLogits[start + j] = 0.0;
      }
#endif
      continue;
    }
    let at_label = label_logit(logits[start + label]);
    var top = at_label.x;
    var highest = label;
    for (var j = 0u; j < call.classes; j++) {
      let z = call.scale * logits[start + j];
      if (j != label && z > top) {
        top = z;
        highest = j;
      }
    }
    let e_label = exponential(at_label.x - top);
    // Of all classes but the label; of all but the highest, whose e^0 is 1.
    var rest = 0.0;
    var above = select(e_label, 0.0, highest == label);
    for (var j = 0u; j < call.classes; j++) {
      if (j != label) {
        let e = exponential(call.scale * logits[start + j] - top);
        rest += e;
        above += select(e, 0.0, j == highest);
      }
    }
    let p = e_label / (1.0 + above);
    let q = rest / (1.0 + above);
    let lost = top - at_label.x + log1p(above);
    var modulation = 1.0;
#if FOCAL
#if SQUARE
    modulation = q * q;
#else
    modulation = select(0.0, exponential(-call.gamma * log1p(p / q)), q > 1.2e-38);
#endif
#endif
    let each = call.share * class_weights[label] / weight;
    cost += each * modulation * lost;
#if GRADIENT
    let k = each * modulation * (call.gamma * p * lost + q);
    let other = select(0.0, k * call.scale / rest, rest > 0.0);
    for (var j = 0u; j < call.classes; j++) {
      if (j == label) {
        dLogits[start + j] = -k * at_label.y;
      } else {
        dLogits[start + j] = other * exponential(call.scale * logits[start + j] - top);
      }
    }
#endif
  }
  let sum = add_up(cost, lane);
  if (lane == 0u) {
    value[0] = sum;
  }
}
