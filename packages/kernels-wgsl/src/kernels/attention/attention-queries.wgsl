// The first half of attention's backward: delta[t] = dOut[t] . out[t], kept for the second half, and the gradient of the queries,
// dq[t] = scale * sum over visible s of dScore[t, s] k[s], with P[t, s] = exp(scale q[t] . k[s] - logSumExp[t]) computed again,
// dP = keep * dOut[t] . v[s] and dScore = P (dP - delta[t]) (Dao et al., FlashAttention, 2022).
// Traffic: q, dOut, out and dq once, log-sum-exp once a part, key and value once a tile of OWNED queries that sees them, 8 * headWidth bytes for
// OWNED * 6 * headWidth operations.
@group(0) @binding(0) var<uniform> call: Call;
#if VEC4
alias Item = vec4<f32>;
#else
alias Item = f32;
#endif
@group(0) @binding(1) var<storage, read_write> qkv: array<Item>; // (rows, 3 * width): q | k | v
@group(0) @binding(2) var<storage, read_write> out: array<Item>; // (rows, width)
@group(0) @binding(3) var<storage, read_write> logSumExp: array<f32>; // (batch, heads, bins)
@group(0) @binding(4) var<storage, read_write> dOut: array<Item>; // (rows, width)
@group(0) @binding(5) var<storage, read_write> delta: array<f32>; // (batch, heads, bins)
@group(0) @binding(6) var<storage, read_write> dQkv: array<Item>; // (rows, 3 * width)
@group(0) @binding(7) var<uniform> run: Run;
#use run
#use group
#use attention-rows
#use power-of-two
#use attention-gradients
#if DROPOUT
#use attention-keep
#endif

fn out4(row: u32, i: u32) -> vec4<f32> {
#if VEC4
  return out[row / 4u + i];
#else
  let at = row + 4u * i;
  return within_head(i, vec4<f32>(out[at], out[at + 1u], out[at + 2u], out[at + 3u]));
#endif
}

// Sources of owned rows
const QUERY = 0u;
const GRADIENT = 1u;
const OUTPUT = 2u;

fn owned4(source: u32, row: u32, i: u32) -> vec4<f32> {
  if (source == QUERY) {
    return qkv4(row, i);
  }
  if (source == GRADIENT) {
    return dOut4(row, i);
  }
  return out4(row, i);
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
  let outputs = row0 * width + column;
  let lane = index % LANES;
  let part = index / LANES;

  var q: Rows;
  var gradient: Rows; // of the output
  var sums: Rows; // of dScore times keys
  var lse: array<f32, ROWS>; // of powers of two
  var deltas: array<f32, ROWS>;
  load_rows(&q, QUERY, q0, queries, stride, index);
  load_rows(&gradient, GRADIENT, q0, outputs, width, index);
  load_rows(&sums, OUTPUT, q0, outputs, width, index); // until delta is known
  for (var r = 0u; r < ROWS; r++) {
    let t = q0 + r * LANES + lane;
    var sum = 0.0;
    for (var i = 0u; i < vectors(); i++) {
      let x = r * VECTORS + i;
      sum = dot4(gradient[x], sums[x], sum);
      sums[x] = vec4<f32>(0.0);
      q[x] *= call.scale * LOG2_E;
    }
    deltas[r] = sum;
    lse[r] = logSumExp[sequence * bins + min(t, bins - 1u)] * LOG2_E;
    if (part == 0u && t < bins) {
      delta[sequence * bins + t] = sum;
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
      var dP = Scores();
      for (var i = 0u; i < vectors(); i++) {
        for (var g = 0u; g < GROUP; g++) {
#if TILED
          let k = tile[(j + g) * VECTORS + i];
          let v = tile[(STREAMED + j + g) * VECTORS + i];
#else
          let row = keys + min(k0 + j + g, bins - 1u) * stride;
          let k = qkv4(row, i);
          let v = qkv4(row + width, i);
#endif
          for (var r = 0u; r < ROWS; r++) {
            let x = r * VECTORS + i;
            let y = r * GROUP + g;
            scores[y] = dot4(q[x], k, scores[y]);
            dP[y] = dot4(gradient[x], v, dP[y]);
          }
        }
      }
      for (var r = 0u; r < ROWS; r++) {
        let t = min(q0 + r * LANES + lane, bins - 1u);
#if DROPOUT
        if (j % 4u == 0u) {
          kept[r] = keep_four(sequence * bins + t, r * LANES + lane, k0, j);
        }
#endif
        for (var g = 0u; g < GROUP; g++) {
          let s = k0 + j + g;
          let y = r * GROUP + g;
          var p = power_of_two(scores[y] - lse[r]);
          if (cut && (s < first_key(t) || s >= stop_key(t))) {
            p = 0.0;
          }
#if DROPOUT
          dP[y] = select(0.0, dP[y] * call.factor, (kept[r] & (1u << ((j + g) & 3u))) != 0u);
#endif
          scores[y] = p * (dP[y] - deltas[r]);
        }
      }
      for (var i = 0u; i < vectors(); i++) {
        for (var g = 0u; g < GROUP; g++) {
#if TILED
          let k = tile[(j + g) * VECTORS + i];
#else
          let k = qkv4(keys + min(k0 + j + g, bins - 1u) * stride, i);
#endif
          for (var r = 0u; r < ROWS; r++) {
            let x = r * VECTORS + i;
            sums[x] = fma(vec4<f32>(scores[r * GROUP + g]), k, sums[x]);
          }
        }
      }
    }
  }

  for (var x = 0u; x < ROWS * vectors(); x++) {
    sums[x] *= call.scale;
  }
  store_rows(&sums, q0, queries, stride, index);
}
