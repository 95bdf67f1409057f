// A free-running roll-out: bins one after another, each through every layer of the net over rings of the latest keys and values, and
// the next one drawn from its probabilities, without the host. One workgroup goes through a list of row operations once a bin: what
// follows in the list reads what came before, so that a barrier of the workgroup is all the order there is, and thousands of bins are one
// dispatch. (A dispatch an operation would be some twelve a bin, each too small to fill a device and longer to start than to run.)
// Traffic a bin: the weights once, and in each layer the keys and values that count, 8 WIDTH bytes a bin of the ring; scores written
// and read three times, 4 heads bytes a bin. A device's caches hold all of it for nets of one layer.
// Source: the layers are those of packages/model/src/nets/spike-transformer.ts; own history as in own-history.wgsl.
struct Call {
  records: u32,  // of 12 words, in `program`
  words: u32,    // a bin
  units: u32,
  capacity: u32, // bins of a ring
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> floats: array<f32>;    // weights, rows, rings, own-history state
@group(0) @binding(2) var<storage, read_write> program: array<u32>;   // code, then ten operands: places in `floats` and sizes
@group(0) @binding(3) var<storage, read_write> trains: array<u32>;    // (before + steps + 1, words): bins before the first, then the steps'
@group(0) @binding(4) var<storage, read_write> angles: array<f32>;    // (steps, headWidth) cos | sin
@group(0) @binding(5) var<storage, read_write> control: array<u32>;
#use philox
#use elementary

// What `control` holds, then (units) 1 where a unit may fire.
const STEPS = 0u;
const BEFORE = 1u;      // rows of `trains` before the first step's
const SAMPLE_FROM = 2u; // first step whose successor is drawn; earlier ones are followed by what `trains` holds
const DRAWN = 3u;       // number of the first bin that is drawn
const FILLED = 4u;      // bins that the rings have seen
const SLOT = 5u;        // of the first step
const SEED = 6u;
const STREAM = 7u;
const COLDNESS = 8u;    // f32: one over the temperature
const ADVANCE = 9u;     // 0: own history stays as it is
const PRESENT = 10u;

// Of the workgroup: a multiple of 32.
const LANES = $LANESu;

const LINEAR = 0u;
const LAYER_NORM = 1u;
const EMBED = 2u;
const UNPACK = 3u;
const POSITIONS = 4u;
const ROTARY = 5u;
const ATTENTION = 6u;
const HISTORY = 7u;
const SAMPLE = 8u;
const RECORD = 12u;
// A code and its operands. All lanes have it from `workgroupUniformLoad`, so that barriers may stand in loops over them.
alias Record = array<u32, 12>;

var<workgroup> sums: array<f32, LANES>;
var<workgroup> current: Record;
var<workgroup> steps: u32;

// Sums over the parts of LANES / parts columns: lane = part * (LANES / parts) + column; the total is in the lanes of part 0.
fn add_up(lane: u32, value: f32, parts: u32) -> f32 {
  sums[lane] = value;
  workgroupBarrier();
  let columns = LANES / parts;
  var total = 0.0;
  for (var part = 0u; part < parts; part++) {
    total += sums[part * columns + lane % columns];
  }
  workgroupBarrier();
  return total;
}

fn largest(lane: u32, value: f32, parts: u32) -> f32 {
  sums[lane] = value;
  workgroupBarrier();
  let columns = LANES / parts;
  var most = sums[lane % columns];
  for (var part = 1u; part < parts; part++) {
    most = max(most, sums[part * columns + lane % columns]);
  }
  workgroupBarrier();
  return most;
}

// The tanh form of gelu, as in shared/matmul-epilogue.wgsl.
fn gelu(x: f32) -> f32 {
  return x * sigmoid(x * fma(x * x, 0.07135481627260025, 1.5957691216057308));
}

// out = act(x W + bias) + residual. Operands: x, weight (depth, columns), bias, residual (its own place, or out of range), out, depth,
// columns, activation, parts of the depth.
fn linear(r: Record, lane: u32) {
  let parts = r[9u];
  let columns = LANES / parts;
  let part = lane / columns;
  let wide = r[7u];
  for (var first = 0u; first < wide; first += columns) {
    let column = first + lane % columns;
    var sum = 0.0;
    if (column < wide) {
      for (var k = part; k < r[6u]; k += parts) {
        sum = fma(floats[r[1u] + k], floats[r[2u] + k * wide + column], sum);
      }
    }
    var y = add_up(lane, sum, parts);
    if (part == 0u && column < wide) {
      y += floats[r[3u] + column];
      if (r[8u] == 1u) {
        y = max(y, 0.0);
      } else if (r[8u] == 2u) {
        y = gelu(y);
      }
      if (r[4u] != 0u) {
        y += floats[r[4u] + column];
      }
      floats[r[5u] + column] = y;
    }
  }
}

// Operands: x, gain, bias, out, width.
fn layer_norm(r: Record, lane: u32) {
  let width = r[5u];
  var sum = 0.0;
  for (var i = lane; i < width; i += LANES) {
    sum += floats[r[1u] + i];
  }
  let mean = add_up(lane, sum, LANES) / f32(width);
  var squares = 0.0;
  for (var i = lane; i < width; i += LANES) {
    let difference = floats[r[1u] + i] - mean;
    squares += difference * difference;
  }
  let scale = inverseSqrt(add_up(lane, squares, LANES) / f32(width) + 1e-5);
  for (var i = lane; i < width; i += LANES) {
    floats[r[4u] + i] = (floats[r[1u] + i] - mean) * scale * floats[r[2u] + i] + floats[r[3u] + i];
  }
}

fn fires(row: u32, unit: u32) -> bool {
  return ((trains[row * call.words + (unit >> 5u)] >> (unit & 31u)) & 1u) == 1u;
}

// Operands: weight (units, width), bias, out, width.
fn embed(r: Record, lane: u32, row: u32) {
  let width = r[4u];
  for (var i = lane; i < width; i += LANES) {
    var sum = floats[r[2u] + i];
    for (var w = 0u; w < call.words; w++) {
      for (var bits = trains[row * call.words + w]; bits != 0u; bits &= bits - 1u) {
        sum += floats[r[1u] + (32u * w + firstTrailingBit(bits)) * width + i];
      }
    }
    floats[r[3u] + i] = sum;
  }
}

// Operands: qkv (3 width), heads, head width, width. cos | sin of this step.
fn rotate(r: Record, lane: u32, step: u32) {
  let half = r[3u] / 2u;
  let pairs = 2u * r[2u] * half;
  for (var i = lane; i < pairs; i += LANES) {
    let pair = i % half;
    let at = r[1u] + (i / half) * r[3u] + pair;
    let c = angles[step * r[3u] + pair];
    let s = angles[step * r[3u] + half + pair];
    let a = floats[at];
    let b = floats[at + half];
    floats[at] = a * c - b * s;
    floats[at + half] = a * s + b * c;
  }
}

// Operands: qkv (3 width), keys (capacity, width), values (capacity, width), scores (heads, capacity), out, heads, head width, scale,
// parts of the keys: LANES / parts heads at a time, and LANES / 4 columns, with four parts of the keys.
fn attend(r: Record, lane: u32, slot: u32, count: u32) {
  let heads = r[6u];
  let head_width = r[7u];
  let capacity = call.capacity;
  let width = heads * head_width;
  let scale = bitcast<f32>(r[8u]);
  for (var i = lane; i < width; i += LANES) {
    floats[r[2u] + slot * width + i] = floats[r[1u] + width + i];
    floats[r[3u] + slot * width + i] = floats[r[1u] + 2u * width + i];
  }
  storageBarrier();
  workgroupBarrier();
  for (var i = lane; i < heads * count; i += LANES) {
    let head = i % heads;
    let key = i / heads;
    var score = 0.0;
    for (var c = 0u; c < head_width; c++) {
      let column = head * head_width + c;
      score = fma(floats[r[1u] + column], floats[r[2u] + key * width + column], score);
    }
    floats[r[4u] + head * capacity + key] = score * scale;
  }
  storageBarrier();
  workgroupBarrier();
  let parts = r[9u];
  let columns = LANES / parts;
  for (var first = 0u; first < heads; first += columns) {
    let head = first + lane % columns;
    let place = r[4u] + head * capacity;
    var most = -3.0e38;
    if (head < heads) {
      for (var key = lane / columns; key < count; key += parts) {
        most = max(most, floats[place + key]);
      }
    }
    most = largest(lane, most, parts);
    var sum = 0.0;
    if (head < heads) {
      for (var key = lane / columns; key < count; key += parts) {
        let weight = exponential(floats[place + key] - most);
        floats[place + key] = weight;
        sum += weight;
      }
    }
    let inverse = 1.0 / add_up(lane, sum, parts);
    if (head < heads) {
      for (var key = lane / columns; key < count; key += parts) {
        floats[place + key] *= inverse;
      }
    }
  }
  storageBarrier();
  workgroupBarrier();
  for (var first = 0u; first < width; first += LANES / 4u) {
    let column = first + lane % (LANES / 4u);
    var sum = 0.0;
    if (column < width) {
      let place = r[4u] + (column / head_width) * capacity;
      for (var key = lane / (LANES / 4u); key < count; key += 4u) {
        sum = fma(floats[place + key], floats[r[3u] + key * width + column], sum);
      }
    }
    sum = add_up(lane, sum, 4u);
    if (lane < LANES / 4u && column < width) {
      floats[r[5u] + column] = sum;
    }
  }
}

// logits += weighted features of a unit's own past; the state goes on by a bin. Operands: state (traces + 1, units), weight (features,
// units), logits, lags, traces, buckets, table: decays, log scales, scales, edges.
fn own_history(r: Record, lane: u32, row: u32) {
  let units = call.units;
  let lags = r[4u];
  let traces = r[5u];
  let buckets = r[6u];
  let table = r[7u];
  let advance = control[ADVANCE] == 1u;
  for (var unit = lane; unit < units; unit += LANES) {
    var sum = floats[r[3u] + unit];
    for (var lag = 0u; lag < lags; lag++) {
      if (fires(row - lag, unit)) {
        sum += floats[r[2u] + lag * units + unit];
      }
    }
    let spike = fires(row, unit);
    for (var k = 0u; k < traces; k++) {
      let at = r[1u] + k * units + unit;
      var s = floats[at] * floats[table + k];
      s = select(s, 0.0, s < 1e-20) + select(0.0, 1.0, spike);
      if (advance) {
        floats[at] = s;
      }
      let log_scale = floats[table + traces + k];
      var feature = s;
      if (log_scale != 0.0) {
        feature = log1p(log_scale * s);
      }
      sum = fma(floats[table + 2u * traces + k] * feature, floats[r[2u] + (lags + k) * units + unit], sum);
    }
    let at = r[1u] + traces * units + unit;
    let age = select(min(floats[at] + 1.0, 1e6), 0.0, spike);
    if (advance) {
      floats[at] = age;
    }
    for (var bucket = 0u; bucket < buckets; bucket++) {
      if (age < floats[table + 3u * traces + bucket]) {
        sum += floats[r[2u] + (lags + traces + bucket) * units + unit];
        break;
      }
    }
    floats[r[3u] + unit] = sum;
  }
}

// Probabilities of the next bin, and the bin. Operands: logits, probabilities, 1 for the sigmoid twice.
fn sample(r: Record, lane: u32, row: u32, step: u32) {
  let draws = step >= control[SAMPLE_FROM];
  let number = control[DRAWN] + step - control[SAMPLE_FROM];
  for (var first = 0u; first < call.units; first += LANES) {
    let unit = first + lane;
    var fired = 0.0;
    if (unit < call.units) {
      var p = sigmoid(floats[r[1u] + unit]);
      if (r[3u] == 1u) {
        p = sigmoid(p);
      }
      floats[r[2u] + unit] = p;
      let coldness = bitcast<f32>(control[COLDNESS]);
      if (coldness != 1.0) {
        // ln(p / (1 - p)) is the logit itself where the sigmoid is taken once.
        var odds = floats[r[1u] + unit];
        if (r[3u] == 1u) {
          odds = log(p / (1.0 - p));
        }
        p = sigmoid(odds * coldness);
      }
      let word = philox_word(control[STREAM], control[SEED], number, unit, 0u);
      // word < p 2^32 in whole numbers.
      let below = p >= 1.0 || word < u32(ceil(p * 4294967296.0));
      fired = select(0.0, 1.0, below && control[PRESENT + unit] == 1u);
    }
    sums[lane] = fired;
    workgroupBarrier();
    let w = (first >> 5u) + lane;
    if (draws && lane < LANES / 32u && w < call.words) {
      var bits = 0u;
      for (var i = 0u; i < 32u; i++) {
        bits |= u32(sums[32u * lane + i]) << i;
      }
      trains[(row + 1u) * call.words + w] = bits;
    }
    workgroupBarrier();
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  if (lane == 0u) {
    steps = control[STEPS];
  }
  let last = workgroupUniformLoad(&steps);
  for (var step = 0u; step < last; step++) {
    let row = control[BEFORE] + step;
    for (var record = 0u; record < call.records; record++) {
      if (lane < RECORD) {
        current[lane] = program[record * RECORD + lane];
      }
      let r = workgroupUniformLoad(&current);
      switch r[0u] {
        case LINEAR: {
          linear(r, lane);
        }
        case LAYER_NORM: {
          layer_norm(r, lane);
        }
        case EMBED: {
          embed(r, lane, row);
        }
        case UNPACK: {
          for (var unit = lane; unit < call.units; unit += LANES) {
            floats[r[1u] + unit] = select(0.0, 1.0, fires(row, unit));
          }
        }
        case POSITIONS: {
          for (var i = lane; i < r[3u]; i += LANES) {
            floats[r[1u] + i] += floats[r[2u] + (control[FILLED] + step) * r[3u] + i];
          }
        }
        case ROTARY: {
          rotate(r, lane, step);
        }
        case ATTENTION: {
          let slot = (control[SLOT] + step) % call.capacity;
          attend(r, lane, slot, min(control[FILLED] + step + 1u, call.capacity));
        }
        case HISTORY: {
          own_history(r, lane, row);
        }
        case SAMPLE: {
          sample(r, lane, row, step);
        }
        default: {
        }
      }
      storageBarrier();
      workgroupBarrier();
    }
  }
}
