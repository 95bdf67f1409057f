// out[t] = sum over visible s of softmax_s(scale q[t] . k[s]) v[s] of every sequence and head; logSumExp[t] kept for backward.
// Streaming softmax (Milakov and Gimelshein, 2018; Dao et al., FlashAttention, 2022): the largest score and the sum so far stay in
// registers, what was summed is scaled down when a larger score comes. Scores are never stored; causality and window are bounds
// of the loop over keys. Powers of two throughout: scale * log2(e) is in the query.
// Traffic: query and output once, key and value once a tile of OWNED queries that sees them, 8 * headWidth bytes for
// OWNED * 4 * headWidth operations. The ladder that led here is in docs/kernels-wgsl.md.
@group(0) @binding(0) var<uniform> call: Call;
#if VEC4
alias Item = vec4<f32>;
#else
alias Item = f32;
#endif
@group(0) @binding(1) var<storage, read_write> qkv: array<Item>; // (rows, 3 * width): q | k | v
@group(0) @binding(2) var<storage, read_write> out: array<Item>; // (rows, width)
@group(0) @binding(3) var<storage, read_write> logSumExp: array<f32>; // (batch, heads, bins)
@group(0) @binding(4) var<uniform> run: Run;
#use run
#use group
#use attention-rows
#use power-of-two
#if DROPOUT
#use attention-keep
#endif

// Below every score: what no query sees.
const HIDDEN = -1e30;

fn owned4(source: u32, row: u32, i: u32) -> vec4<f32> {
  return qkv4(row, i);
}

fn store4(row: u32, i: u32, value: vec4<f32>) {
#if VEC4
  out[row / 4u + i] = value;
#else
  for (var c = 0u; c < min(4u, HEAD - 4u * i); c++) {
    out[row + 4u * i + c] = value[c];
  }
#endif
}

@compute @workgroup_size(LANES * PARTS)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) index: u32,
) {
  let group = group_of(id, count);
  let sequence = group % call.sequences;
  if (group / call.sequences >= call.tiles) {
    return;
  }
  // The last queries see the most keys: they start first.
  let q0 = (call.tiles - 1u - group / call.sequences) * OWNED;
  let bins = call.bins;
  let width = call.heads * HEAD;
  let stride = 3u * width;
  let row0 = sequence / call.heads * bins;
  let column = sequence % call.heads * HEAD;
  let queries = row0 * stride + column;
  let keys = queries + width;
  let lane = index % LANES;
  let part = index / LANES;

  var q: Rows;
  var sums: Rows; // of probabilities times values
  var largest: array<f32, ROWS>;
  var total: array<f32, ROWS>;
  load_rows(&q, 0u, q0, queries, stride, index);
  for (var r = 0u; r < ROWS; r++) {
    largest[r] = HIDDEN;
    for (var i = 0u; i < vectors(); i++) {
      q[r * VECTORS + i] *= call.scale * LOG2_E;
    }
  }

  let last = min(q0 + OWNED, bins) - 1u;
  let stop = stop_key(last);
#if DROPOUT
  var kept: array<u32, ROWS>;
#endif
  for (var k0 = first_key(q0) / STREAMED * STREAMED; k0 < stop; k0 += STREAMED) {
#if TILED
    workgroupBarrier();
    for (var e = index; e < STREAMED * VECTORS; e += LANES * PARTS) {
      let row = keys + min(k0 + e / VECTORS, bins - 1u) * stride;
      tile[e] = qkv4(row, e % VECTORS);
      tile[STREAMED * VECTORS + e] = qkv4(row + width, e % VECTORS);
    }
#if DROPOUT
    draw_tile(sequence * bins + q0, k0, index);
#endif
    workgroupBarrier();
#endif
    let cut = k0 < first_key(last) || k0 + STREAMED > stop_key(q0);
    for (var j = part * SHARE; j < (part + 1u) * SHARE; j += GROUP) {
      var scores = Scores();
      for (var i = 0u; i < vectors(); i++) {
        for (var g = 0u; g < GROUP; g++) {
#if TILED
          let k = tile[(j + g) * VECTORS + i];
#else
          let k = qkv4(keys + min(k0 + j + g, bins - 1u) * stride, i);
#endif
          for (var r = 0u; r < ROWS; r++) {
            scores[r * GROUP + g] = dot4(q[r * VECTORS + i], k, scores[r * GROUP + g]);
          }
        }
      }
      for (var r = 0u; r < ROWS; r++) {
        let t = min(q0 + r * LANES + lane, bins - 1u);
        var most = largest[r];
        for (var g = 0u; g < GROUP; g++) {
          let s = k0 + j + g;
          if (cut && (s < first_key(t) || s >= stop_key(t))) {
            scores[r * GROUP + g] = HIDDEN;
          }
          most = max(most, scores[r * GROUP + g]);
        }
        if (most > largest[r]) {
          let down = exp2(largest[r] - most);
          largest[r] = most;
          total[r] *= down;
          for (var i = 0u; i < vectors(); i++) {
            sums[r * VECTORS + i] *= down;
          }
        }
#if DROPOUT
        if (j % 4u == 0u) {
          kept[r] = keep_four(sequence * bins + t, r * LANES + lane, k0, j);
        }
#endif
        for (var g = 0u; g < GROUP; g++) {
          // While all keys so far were hidden these are ones; the first key that is seen multiplies them by zero.
          let p = exp2(scores[r * GROUP + g] - most);
          total[r] += p;
#if DROPOUT
          scores[r * GROUP + g] = select(0.0, p, (kept[r] & (1u << ((j + g) & 3u))) != 0u);
#else
          scores[r * GROUP + g] = p;
#endif
        }
      }
      for (var i = 0u; i < vectors(); i++) {
        for (var g = 0u; g < GROUP; g++) {
#if TILED
          let v = tile[(STREAMED + j + g) * VECTORS + i];
#else
          let v = qkv4(keys + width + min(k0 + j + g, bins - 1u) * stride, i);
#endif
          for (var r = 0u; r < ROWS; r++) {
            let x = r * VECTORS + i;
            sums[x] = fma(vec4<f32>(scores[r * GROUP + g]), v, sums[x]);
          }
        }
      }
    }
  }

  for (var r = 0u; r < ROWS; r++) {
    var most = largest[r];
    var sum = total[r];
#if TILED
    // Each part has its own largest score and sum: (part, lane).
    workgroupBarrier();
    tile[index] = vec4<f32>(most, sum, 0.0, 0.0);
    workgroupBarrier();
    for (var p = 0u; p < PARTS; p++) {
      most = max(most, tile[p * LANES + lane].x);
    }
    sum = 0.0;
    for (var p = 0u; p < PARTS; p++) {
      let other = tile[p * LANES + lane];
      sum = fma(other.y, exp2(other.x - most), sum);
    }
#endif
    let t = q0 + r * LANES + lane;
    if (part == 0u && t < bins) {
      // One Newton step makes up for a driver's log2: the gradient takes differences of what rests on this.
      let rough = log2(sum);
      let log2_sum = fma(fma(sum, power_of_two(-rough), -1.0), LOG2_E, rough);
      logSumExp[sequence * bins + t] = (most + log2_sum) * LN_2;
    }
    let share = exp2(largest[r] - most) * call.factor / sum;
    for (var i = 0u; i < vectors(); i++) {
      sums[r * VECTORS + i] *= share;
    }
  }
  store_rows(&sums, q0, row0 * width + column, width, index);
}
