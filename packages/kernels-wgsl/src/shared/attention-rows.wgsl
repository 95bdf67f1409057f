// What the three attention kernels share. Each owns some rows of a head (queries, or keys with their values), ROWS in registers of
// an invocation, and streams rows of the other side past them. In tiles: STREAMED rows at a time through workgroup memory; PARTS
// invocations own the same rows, each against its share of every tile, and add up at the end. Otherwise, for software adapters,
// which have no use for workgroup memory, straight from storage: all invocations of a group read the same row at the same time.
// A kernel that uses it has owned4(source, row, i), vector i of a row that it owns, and store4(row, i, value).
struct Call {
  bins: u32,
  heads: u32,
  sequences: u32, // batch * heads
  tiles: u32, // of owned rows, in a sequence
  back: u32, // bins before its own that a query sees
  ahead: u32, // bins after its own: none if causal
  scale: f32,
  stream: u32,
  threshold: u32, // probabilities whose word is below it are dropped
  factor: f32, // of those that are kept: 1 / (1 - dropout)
  vectors: u32, // VECTORS, where a compiler had better not know it
}
const HEAD: u32 = $HEAD;
const VECTORS: u32 = (HEAD + 3u) / 4u;
const LANES: u32 = $LANES;
const ROWS: u32 = $ROWS;
const OWNED: u32 = LANES * ROWS;
const PARTS: u32 = $PARTS;
const STREAMED: u32 = $STREAMED;
const SHARE: u32 = STREAMED / PARTS;
const GROUP: u32 = $GROUP;
const LOG2_E = 1.44269504;
const LN_2 = 0.69314718;

// How far loops over a row's vectors go. Told the number, compilers write the body out that often: quick to run, but software drivers
// take half a minute over the wide heads.
fn vectors() -> u32 {
#if ROLLED
  return call.vectors;
#else
  return VECTORS;
#endif
}

alias Rows = array<vec4<f32>, ROWS * VECTORS>;
// Of owned rows against GROUP streamed ones
alias Scores = array<f32, ROWS * GROUP>;

// What query t sees are keys [first_key, stop_key); what sees key s are queries [first_query, stop_query). Both grow with the bin.
fn first_key(t: u32) -> u32 {
  return t - min(t, call.back);
}
fn stop_key(t: u32) -> u32 {
  return min(t + call.ahead + 1u, call.bins);
}
fn first_query(s: u32) -> u32 {
  return s - min(s, call.ahead);
}
fn stop_query(s: u32) -> u32 {
  return min(s + call.back + 1u, call.bins);
}

fn dot4(a: vec4<f32>, b: vec4<f32>, sum: f32) -> f32 {
  return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));
}

// Vector i of a head's row may end past it: zeros there.
fn within_head(i: u32, value: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(0.0), value, vec4<u32>(4u * i) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(HEAD));
}

fn qkv4(row: u32, i: u32) -> vec4<f32> {
#if VEC4
  return qkv[row / 4u + i];
#else
  let at = row + 4u * i;
  return within_head(i, vec4<f32>(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]));
#endif
}

#if TILED
// Two sides (keys and values, or queries and gradients), (STREAMED, VECTORS) each
var<workgroup> tile: array<vec4<f32>, $TILE>;
#endif

// The owned rows of one of a kernel's sources, read once for all parts: row n of the sequence is at element base + n * stride.
fn load_rows(rows: ptr<function, Rows>, source: u32, first: u32, base: u32, stride: u32, index: u32) {
#if TILED
  // As many vectors at a time as the tile holds of the lanes' rows: (vector, lane)
  const CHUNK = min(VECTORS, $TILE / LANES);
  for (var r = 0u; r < ROWS; r++) {
    for (var i0 = 0u; i0 < VECTORS; i0 += CHUNK) {
      workgroupBarrier();
      // Neighbours load neighbouring vectors of a row.
      for (var e = index; e < CHUNK * LANES; e += LANES * PARTS) {
        let i = e % CHUNK;
        let lane = e / CHUNK;
        if (i0 + i < VECTORS) {
          let row = min(first + r * LANES + lane, call.bins - 1u);
          tile[i * LANES + lane] = owned4(source, base + row * stride, i0 + i);
        }
      }
      workgroupBarrier();
      for (var i = 0u; i < CHUNK; i++) {
        if (i0 + i < VECTORS) {
          (*rows)[r * VECTORS + i0 + i] = tile[i * LANES + index % LANES];
        }
      }
    }
  }
#else
  for (var r = 0u; r < ROWS; r++) {
    let row = min(first + r * LANES + index, call.bins - 1u);
    for (var i = 0u; i < vectors(); i++) {
      (*rows)[r * VECTORS + i] = owned4(source, base + row * stride, i);
    }
  }
#endif
}

// Adds up what the parts have of the owned rows, in their order, and stores it: row n of the sequence at element base + n * stride.
fn store_rows(rows: ptr<function, Rows>, first: u32, base: u32, stride: u32, index: u32) {
#if TILED
  // As many vectors at a time as the tile holds of all parts: (part, vector, lane)
  const CHUNK = min(VECTORS, $TILE / (LANES * PARTS));
  for (var r = 0u; r < ROWS; r++) {
    for (var i0 = 0u; i0 < VECTORS; i0 += CHUNK) {
      workgroupBarrier();
      for (var i = 0u; i < CHUNK; i++) {
        let at = (index / LANES * CHUNK + i) * LANES + index % LANES;
        tile[at] = (*rows)[r * VECTORS + min(i0 + i, VECTORS - 1u)];
      }
      workgroupBarrier();
      // Neighbours store neighbouring vectors of a row.
      for (var e = index; e < CHUNK * LANES; e += LANES * PARTS) {
        let i = e % CHUNK;
        let lane = e / CHUNK;
        var sum = tile[i * LANES + lane];
        for (var part = 1u; part < PARTS; part++) {
          sum += tile[(part * CHUNK + i) * LANES + lane];
        }
        let row = first + r * LANES + lane;
        if (row < call.bins && i0 + i < VECTORS) {
          store4(base + row * stride, i0 + i, sum);
        }
      }
    }
  }
#else
  for (var r = 0u; r < ROWS; r++) {
    let row = first + r * LANES + index;
    if (row < call.bins) {
      for (var i = 0u; i < vectors(); i++) {
        store4(base + row * stride, i, (*rows)[r * VECTORS + i]);
      }
    }
  }
#endif
}
