// Own history: logits[n, u] += sum over f of weight[f, u] feature_f(n, u), from unit u's spikes up to bin t; backward, the weights'
// gradient. Features: LAGS bits x[t], x[t-1] ...; TRACES s[t] = decay s[t-1] + x[t], as scale s or scale ln(1 + log s); one of
// BUCKETS by the bins since the last spike.
// Traces are a scan over bins, made parallel in two levels: a thread holds 32 bins of one unit as the bits of a word, a workgroup
// 8 threads x 32 units: a chunk of 256 bins. What a run of bins leaves behind is sum of decay^n over its spikes alone, from a table
// of powers; runs are joined by decay^32, chunks by decay^256, so that errors grow with bins / 256 and not with bins. With more
// than one chunk (MANY) a first dispatch (ENDS) leaves what each chunk leaves behind.
// Traffic: spikes read once (once more for ENDS), logits read and written once; from cache, each of a chunk's 8 threads a unit reads
// its weights, and a chunk its state and the constants. Backward reads the gradient of the logits once and writes features x units
// partial sums a group.
// Sources: Truccolo et al., 2005; Pillow et al., 2008.
struct Call {
  bins: u32,
  units: u32,
  words: u32,   // a bin
  tiles: u32,
  chunks: u32,  // of a sequence; ENDS: all but the last
  pieces: u32,  // chunks of all sequences
  span: u32,    // pieces of a group
  groups: u32,
  quads: u32,   // QUADS and SUMS, where a loop must not be unrolled: barriers in its body
  sums: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;  // (batch bins, words)
#if LAGS
@group(0) @binding(2) var<storage, read_write> recent: array<u32>;  // (batch, LAGS, words), oldest first
#endif
#if STATEFUL
#if !ENDS
@group(0) @binding(3) var<storage, read_write> state: array<f32>;  // (batch, TRACES + 1, units)
#endif
// Each (QUADS): decays, log scales, scales, decays^32, decays^256, decays^0 ... decays^31, numbers of the traces (-1: none);
// then the edges of the buckets. Traces that are taken as they are come first, quads with a logarithm from LINEAR on.
@group(0) @binding(4) var<storage, read_write> table: array<vec4<f32>>;
#endif
#if MANY
// (batch, chunks - 1, 4 QUADS + 1, units): traces left behind, and bins since the chunk's last spike (-1 without any)
@group(0) @binding(5) var<storage, read_write> ends: array<f32>;
#endif
#if !ENDS
#if !BACKWARD
@group(0) @binding(6) var<storage, read_write> weight: array<f32>;  // (features, units)
#endif
@group(0) @binding(7) var<storage, read_write> logits: array<f32>;  // (batch bins, units); BACKWARD: their gradient, read
#if BACKWARD
@group(0) @binding(8) var<storage, read_write> parts: array<f32>;  // (groups / tiles, features, units)
#endif
#endif
#use group
#if LOGS
#use elementary
#endif

const QUADS = $QUADSu;
const LINEAR = $LINEARu;
const LAGS = $LAGSu;
const TRACES = $TRACESu;
const BUCKETS = $BUCKETSu;
const NUMBERS = 37u * QUADS;
const EDGES = 38u * QUADS;
const LARGEST_AGE = 1e6;

var<workgroup> window: array<u32, 288>;  // the chunk's words and those of 32 bins before it
var<workgroup> shared_quads: array<vec4<f32>, 256>;
var<workgroup> begins: array<f32, 128>;
#if STAGED
var<workgroup> constants: array<vec4<f32>, $CONSTANTS>;
#endif
var<workgroup> ages: array<f32, 256>;
#if BACKWARD
var<workgroup> shared_sums: array<f32, 1024>;
#endif

#if STATEFUL
// Copies the table where every thread is near it; a table too long for that is read where it lies.
fn stage_constants(lane: u32) {
#if STAGED
  for (var i = lane; i < $CONSTANTSu; i += 256u) {
    constants[i] = table[i];
  }
#endif
}

fn constant(i: u32) -> vec4<f32> {
#if STAGED
  return constants[i];
#else
  return table[i];
#endif
}
#endif

// A word of bin t of a sequence; what is not known is silent.
fn word_at(sequence: u32, t: i32, tile: u32) -> u32 {
  if (t >= i32(call.bins)) {
    return 0u;
  }
  if (t >= 0) {
    return words[(sequence * call.bins + u32(t)) * call.words + tile];
  }
#if LAGS
  if (t >= -i32(LAGS)) {
    return recent[(sequence * LAGS + u32(i32(LAGS) + t)) * call.words + tile];
  }
#endif
  return 0u;
}

// One unit's spikes in words of the window, the first in bit 0; a multiple of 4 of them is read, at most 32.
fn column(first: u32, words_read: u32, bit: u32) -> u32 {
  var bits = 0u;
  for (var i = 0u; i < words_read; i += 4u) {
    let at = first + i;
    let low = extractBits(window[at], bit, 1u) | (extractBits(window[at + 1u], bit, 1u) << 1u);
    let high = extractBits(window[at + 2u], bit, 1u) | (extractBits(window[at + 3u], bit, 1u) << 1u);
    bits |= (low | (high << 2u)) << i;
  }
  return bits;
}

#if QUADS
// What four traces hold after 32 bins, beginning at nothing.
fn left_behind(bits: u32, quad: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var left = bits; left != 0u; left &= left - 1u) {
    sum += constant((36u - firstTrailingBit(left)) * QUADS + quad);
  }
  return sum;
}
#endif

// Bins since the last spike of 32 bins, after the last of them; -1 without any.
fn age_behind(bits: u32) -> f32 {
  return select(f32(countLeadingZeros(bits)), -1.0, bits == 0u);
}

#if BUCKETS
fn edge(bucket: u32) -> f32 {
  return constant(EDGES + (bucket >> 2u))[bucket & 3u];
}

// The first bucket whose edge lies above an age; BUCKETS past the last.
fn bucket_of(age: f32) -> u32 {
  var low = 0u;
  var high = BUCKETS;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (age < edge(middle)) {
      high = middle;
    } else {
      low = middle + 1u;
    }
  }
  return low;
}
#endif

#if ENDS
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
  let piece = group / call.tiles;
  let bit = lane & 31u;
  let unit = tile * 32u + bit;
  let first = piece % call.chunks * 256u;
  stage_constants(lane);
  window[lane] = word_at(piece / call.chunks, i32(first + lane), tile);
  workgroupBarrier();
  let bits = column(lane & 224u, min(32u, call.bins), bit);
  ages[lane] = age_behind(bits);
  let to = piece * (4u * QUADS + 1u) * call.units + unit;
#if QUADS
  for (var q = 0u; q < call.quads; q++) {
    shared_quads[lane] = left_behind(bits, q);
    workgroupBarrier();
    if (lane < 32u && unit < call.units) {
      let decays = constant(3u * QUADS + q);
      var sum = shared_quads[lane];
      for (var slot = 1u; slot < 8u; slot++) {
        sum = fma(decays, sum, shared_quads[slot * 32u + lane]);
      }
      let at = to + 4u * q * call.units;
      ends[at] = sum.x;
      ends[at + call.units] = sum.y;
      ends[at + 2u * call.units] = sum.z;
      ends[at + 3u * call.units] = sum.w;
    }
    workgroupBarrier();
  }
#else
  workgroupBarrier();
#endif
  if (lane < 32u && unit < call.units) {
    var age = -1.0;
    for (var slot = 0u; slot < 8u; slot++) {
      let own = ages[slot * 32u + lane];
      age = select(own, select(age + 32.0, -1.0, age < 0.0), own < 0.0);
    }
    ends[to + 4u * QUADS * call.units] = age;
  }
}
#else

#if BACKWARD
// Places of the sums of a thread, four to a quad: lags, traces, buckets.
const TRACE_SUMS = $LAGS_UPu;
const BUCKET_SUMS = TRACE_SUMS + 4u * QUADS;

// The row of the weights that a place belongs to, or -1.
fn row_of(place: u32) -> i32 {
  if (place < TRACE_SUMS) {
    return select(-1, i32(place), place < LAGS);
  }
#if QUADS
  if (place < BUCKET_SUMS) {
    let k = place - TRACE_SUMS;
    let number = i32(constant(NUMBERS + (k >> 2u))[k & 3u]);
    return select(number + i32(LAGS), -1, number < 0);
  }
#endif
  let bucket = place - BUCKET_SUMS;
  return select(-1, i32(LAGS + TRACES + bucket), bucket < BUCKETS);
}
#else
#if QUADS
fn trace_weight(number: f32, unit: u32) -> f32 {
  return weight[(LAGS + u32(max(number, 0.0))) * call.units + unit];
}
#endif
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
  let part = group / call.tiles;
  let slot = lane >> 5u;
  let bit = lane & 31u;
  let real = tile * 32u + bit < call.units;
  // Lanes past the last unit compute its values once more and store nothing.
  let unit = min(tile * 32u + bit, call.units - 1u);

#if STATEFUL
  stage_constants(lane);
  workgroupBarrier();
#endif
#if QUADS
  var decays: array<vec4<f32>, $QUADS>;
  var traces: array<vec4<f32>, $QUADS>;
  // BACKWARD: sums of gradient times feature, without the scales; else the weights times the scales.
  var slopes: array<vec4<f32>, $QUADS>;
  for (var q = 0u; q < QUADS; q++) {
    decays[q] = constant(q);
#if !BACKWARD
    let numbers = constant(NUMBERS + q);
    // Scale 0 where there is no trace.
    slopes[q] = constant(2u * QUADS + q) * vec4<f32>(
      trace_weight(numbers.x, unit),
      trace_weight(numbers.y, unit),
      trace_weight(numbers.z, unit),
      trace_weight(numbers.w, unit),
    );
#endif
  }
#endif
#if LAGS
  // BACKWARD: sums of the gradient; else the weights.
  var lag_slopes: array<f32, $LAGS>;
#if !BACKWARD
  for (var lag = 0u; lag < LAGS; lag++) {
    lag_slopes[lag] = weight[lag * call.units + unit];
  }
#endif
#endif
#if BACKWARD
  var sums: array<f32, $SUMS>;
#endif

  let last = min(call.pieces, (part + 1u) * call.span);
  for (var piece = part * call.span; piece < last; piece++) {
    let sequence = piece / call.chunks;
    let chunk = piece % call.chunks;
    let first = i32(chunk * 256u);
    workgroupBarrier();
    window[32u + lane] = word_at(sequence, first + i32(lane), tile);
    if (lane < 32u) {
      window[lane] = word_at(sequence, first - 32 + i32(lane), tile);
    }
    workgroupBarrier();
    let start = chunk * 256u + slot * 32u;
    let stop = min(32u, max(start, call.bins) - start);
    let bits = column(32u * slot + 32u, stop, bit);
#if STATEFUL
    let from_state = sequence * (TRACES + 1u) * call.units + unit;
#endif
#if MANY
    let stride = 4u * QUADS + 1u;
    let from_ends = sequence * (call.chunks - 1u) * stride * call.units + unit;
#endif

#if BUCKETS
    ages[lane] = age_behind(bits);
#if !QUADS
    workgroupBarrier();
#endif
#endif
#if QUADS
    for (var q = 0u; q < call.quads; q++) {
      shared_quads[lane] = left_behind(bits, q);
      if (slot < 4u) {
        var begin = 0.0;
        let number = constant(NUMBERS + q)[slot];
        if (number >= 0.0) {
          begin = state[from_state + u32(number) * call.units];
#if MANY
          let decay = constant(4u * QUADS + q)[slot];
          for (var c = 0u; c < chunk; c++) {
            begin = fma(decay, begin, ends[from_ends + (c * stride + 4u * q + slot) * call.units]);
          }
#endif
        }
        begins[lane] = begin;
      }
      workgroupBarrier();
      let decay = constant(3u * QUADS + q);
      var trace = vec4<f32>(begins[bit], begins[bit + 32u], begins[bit + 64u], begins[bit + 96u]);
      for (var s = 0u; s < slot; s++) {
        trace = fma(decay, trace, shared_quads[s * 32u + bit]);
      }
      // Constant indices, so that the array can live in registers.
      for (var j = 0u; j < QUADS; j++) {
        traces[j] = select(traces[j], trace, j == q);
      }
      workgroupBarrier();
    }
#endif
#if BUCKETS
    // The nearest spike before this thread's bins: in the chunk, in a chunk before, in the past that the state tells of.
    var age = -1.0;
    for (var s = 0u; s < slot; s++) {
      let own = ages[s * 32u + bit];
      age = select(own, select(age + 32.0, -1.0, age < 0.0), own < 0.0);
    }
    var elapsed = f32(32u * slot);
#if MANY
    for (var c = chunk; c > 0u && age < 0.0; c--) {
      let own = ends[from_ends + ((c - 1u) * stride + 4u * QUADS) * call.units];
      age = select(own + elapsed, -1.0, own < 0.0);
      elapsed += 256.0;
    }
#endif
    if (age < 0.0) {
      age = state[from_state + TRACES * call.units] + f32(start);
    }
    age = min(age, LARGEST_AGE);
    var bucket = bucket_of(age);
    // BACKWARD: the gradient since the bucket last changed; else the bucket's weight.
    var bucket_slope = 0.0;
#if !BACKWARD
    if (bucket < BUCKETS) {
      bucket_slope = weight[(LAGS + TRACES + bucket) * call.units + unit];
    }
#endif
#endif
#if LAGS
    // Bins before this thread's; the lag less one is the bit's number.
    var past = 0u;
    for (var lag = 0u; lag + 1u < min(LAGS, 32u); lag++) {
      past |= extractBits(window[32u * slot + 31u - lag], bit, 1u) << lag;
    }
#endif

    for (var i = 0u; i < stop; i++) {
      let t = start + i;
      let at = (sequence * call.bins + t) * call.units + unit;
      let fired = extractBits(bits, i, 1u);
      let given = logits[at];
#if !BACKWARD
      var sum = 0.0;
#endif
#if QUADS
#if !BACKWARD
      var terms = vec4<f32>();
#endif
      for (var q = 0u; q < QUADS; q++) {
        let trace = fma(decays[q], traces[q], vec4<f32>(f32(fired)));
        traces[q] = trace;
        var feature = trace;
#if LOGS
        if (q >= LINEAR) {
          let x = constant(QUADS + q) * trace;
          feature = vec4<f32>(log1p(x.x), log1p(x.y), log1p(x.z), log1p(x.w));
        }
#endif
#if BACKWARD
        slopes[q] = fma(vec4<f32>(given), feature, slopes[q]);
#else
        terms = fma(slopes[q], feature, terms);
#endif
      }
#if !BACKWARD
      sum += (terms.x + terms.y) + (terms.z + terms.w);
#endif
#endif
#if LAGS
      past = (past << 1u) | fired;
      for (var lag = 0u; lag < min(LAGS, 32u); lag++) {
        let hit = extractBits(past, lag, 1u) == 1u;
#if BACKWARD
        lag_slopes[lag] += select(0.0, given, hit);
#else
        sum += select(0.0, lag_slopes[lag], hit);
#endif
      }
#if LONG_LAGS
      for (var lag = 32u; lag < LAGS; lag++) {
        let hit = extractBits(word_at(sequence, i32(t) - i32(lag), tile), bit, 1u) == 1u;
#if BACKWARD
        lag_slopes[lag] += select(0.0, given, hit);
#else
        sum += select(0.0, lag_slopes[lag], hit);
#endif
      }
#endif
#endif
#if BUCKETS
      age = select(min(age + 1.0, LARGEST_AGE), 0.0, fired == 1u);
      var now = select(bucket, 0u, fired == 1u);
      while (now < BUCKETS) {
        if (age < edge(now)) {
          break;
        }
        now++;
      }
      if (now != bucket) {
#if BACKWARD
        if (bucket < BUCKETS) {
          sums[BUCKET_SUMS + bucket] += bucket_slope;
        }
        bucket_slope = 0.0;
#else
        bucket_slope = 0.0;
        if (now < BUCKETS) {
          bucket_slope = weight[(LAGS + TRACES + now) * call.units + unit];
        }
#endif
        bucket = now;
      }
#if BACKWARD
      bucket_slope += given;
#else
      sum += bucket_slope;
#endif
#endif
#if !BACKWARD
      if (real) {
        logits[at] = given + sum;
      }
#endif
    }
#if BUCKETS
#if BACKWARD
    if (bucket < BUCKETS) {
      sums[BUCKET_SUMS + bucket] += bucket_slope;
    }
#endif
#endif
  }

#if BACKWARD
#if LAGS
  for (var lag = 0u; lag < LAGS; lag++) {
    sums[lag] = lag_slopes[lag];
  }
#endif
#if QUADS
  for (var q = 0u; q < QUADS; q++) {
    let scaled = constant(2u * QUADS + q) * slopes[q];
    let at = TRACE_SUMS + 4u * q;
    sums[at] = scaled.x;
    sums[at + 1u] = scaled.y;
    sums[at + 2u] = scaled.z;
    sums[at + 3u] = scaled.w;
  }
#endif
  // Four rows at a time are added over the threads of a unit.
  for (var place = 0u; place < call.sums; place += 4u) {
    workgroupBarrier();
    for (var i = 0u; i < 4u; i++) {
      shared_sums[i * 256u + lane] = sums[place + i];
    }
    workgroupBarrier();
    let row = row_of(place + (lane >> 5u));
    if (lane < 128u && row >= 0 && real) {
      var sum = 0.0;
      for (var s = 0u; s < 8u; s++) {
        sum += shared_sums[(lane >> 5u) * 256u + s * 32u + bit];
      }
      parts[(part * (LAGS + TRACES + BUCKETS) + u32(row)) * call.units + unit] = sum;
    }
  }
#endif
}
#endif
