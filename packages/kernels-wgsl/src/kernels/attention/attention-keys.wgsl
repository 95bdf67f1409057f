// The second half of attention's backward: the gradients of keys and values,
// dv[s] = sum over the queries t that see s of P[t, s] keep[t, s] dOut[t] and dk[s] = scale * sum of dScore[t, s] q[t], with P and
// dScore computed again as the first half (attention-queries.wgsl) does, whose delta it takes.
// Traffic: k, v, dk and dv once, query and dOut once a tile of OWNED keys that they see, 8 * headWidth bytes for
// OWNED * 8 * headWidth operations.
@group(0) @binding(0) var<uniform> call: Call;
#if VEC4
alias Item = vec4<f32>;
#else
alias Item = f32;
#endif
@group(0) @binding(1) var<storage, read_write> qkv: array<Item>; // (rows, 3 * width): q | k | v
@group(0) @binding(2) var<storage, read_write> logSumExp: array<f32>; // (batch, heads, bins)
@group(0) @binding(3) var<storage, read_write> dOut: array<Item>; // (rows, width)
@group(0) @binding(4) var<storage, read_write> delta: array<f32>; // (batch, heads, bins)
@group(0) @binding(5) var<storage, read_write> dQkv: array<Item>; // (rows, 3 * width)
@group(0) @binding(6) var<uniform> run: Run;
#use run
#use group
#use attention-rows
#use power-of-two
#use attention-gradients
#if DROPOUT
#use attention-keep
#endif

#if TILED
// Of the streamed queries: log-sum-exp, in powers of two, and delta
var<workgroup> statistics: array<vec2<f32>, STREAMED>;
#endif

fn owned4(source: u32, row: u32, i: u32) -> vec4<f32> {
  return qkv4(row, i);
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
  // The first keys are seen by the most queries, and start first.
  let s0 = group / call.sequences * OWNED;
  let bins = call.bins;
  let width = call.heads * HEAD;
  let stride = 3u * width;
  let row0 = sequence / call.heads * bins;
  let column = sequence % call.heads * HEAD;
  let queries = row0 * stride + column;
  let keys = queries + width;
  let gradients = row0 * width + column;
  let lane = index % LANES;
  let part = index / LANES;

  var k: Rows;
  var v: Rows;
  var dK: Rows;
  var dV: Rows;
  load_rows(&k, 0u, s0, keys, stride, index);
  load_rows(&v, 0u, s0, keys + width, stride, index);
  for (var x = 0u; x < ROWS * vectors(); x++) {
    k[x] *= call.scale * LOG2_E;
  }

  let last = min(s0 + OWNED, bins) - 1u;
  let stop = stop_query(last);
  for (var t0 = first_query(s0) / STREAMED * STREAMED; t0 < stop; t0 += STREAMED) {
#if TILED
    workgroupBarrier();
    for (var e = index; e < STREAMED * VECTORS; e += LANES * PARTS) {
      let t = min(t0 + e / VECTORS, bins - 1u);
      tile[e] = qkv4(queries + t * stride, e % VECTORS);
      tile[STREAMED * VECTORS + e] = dOut4(gradients + t * width, e % VECTORS);
    }
    for (var e = index; e < STREAMED; e += LANES * PARTS) {
      let n = sequence * bins + min(t0 + e, bins - 1u);
      statistics[e] = vec2<f32>(logSumExp[n] * LOG2_E, delta[n]);
    }
#if DROPOUT
    draw_tile(sequence * bins + t0, s0, index);
#endif
    workgroupBarrier();
#endif
    let cut = t0 < first_query(last) || t0 + STREAMED > stop_query(s0);
    for (var j = part * SHARE; j < (part + 1u) * SHARE; j += GROUP) {
      var scores = Scores();
      var dP = Scores();
      for (var i = 0u; i < vectors(); i++) {
        for (var g = 0u; g < GROUP; g++) {
#if TILED
          let q = tile[(j + g) * VECTORS + i];
          let gradient = tile[(STREAMED + j + g) * VECTORS + i];
#else
          let t = min(t0 + j + g, bins - 1u);
          let q = qkv4(queries + t * stride, i);
          let gradient = dOut4(gradients + t * width, i);
#endif
          for (var r = 0u; r < ROWS; r++) {
            let x = r * VECTORS + i;
            let y = r * GROUP + g;
            scores[y] = dot4(k[x], q, scores[y]);
            dP[y] = dot4(v[x], gradient, dP[y]);
          }
        }
      }
      for (var g = 0u; g < GROUP; g++) {
        let t = t0 + j + g;
        let n = sequence * bins + min(t, bins - 1u);
#if TILED
        let own = statistics[j + g];
#else
        let own = vec2<f32>(logSumExp[n] * LOG2_E, delta[n]);
#endif
        for (var r = 0u; r < ROWS; r++) {
          let s = min(s0 + r * LANES + lane, bins - 1u);
          let y = r * GROUP + g;
          var p = power_of_two(scores[y] - own.x);
          if (cut && (t < first_query(s) || t >= stop_query(s))) {
            p = 0.0;
          }
#if DROPOUT
          let keep = keep_one(n, j + g, s0, r * LANES + lane);
          scores[y] = p * (select(0.0, dP[y] * call.factor, keep) - own.y);
          dP[y] = select(0.0, p * call.factor, keep);
#else
          scores[y] = p * (dP[y] - own.y);
          dP[y] = p;
#endif
        }
      }
      for (var i = 0u; i < vectors(); i++) {
        for (var g = 0u; g < GROUP; g++) {
#if TILED
          let q = tile[(j + g) * VECTORS + i];
          let gradient = tile[(STREAMED + j + g) * VECTORS + i];
#else
          let t = min(t0 + j + g, bins - 1u);
          let q = qkv4(queries + t * stride, i);
          let gradient = dOut4(gradients + t * width, i);
#endif
          for (var r = 0u; r < ROWS; r++) {
            let x = r * VECTORS + i;
            dK[x] = fma(vec4<f32>(scores[r * GROUP + g]), q, dK[x]);
            dV[x] = fma(vec4<f32>(dP[r * GROUP + g]), gradient, dV[x]);
          }
        }
      }
    }
  }

  for (var x = 0u; x < ROWS * vectors(); x++) {
    dK[x] *= call.scale;
  }
  store_rows(&dK, s0, keys, stride, index);
  store_rows(&dV, s0, keys + width, stride, index);
}
