// (x, y) = (x cos - y sin, x sin + y cos) for the pairs (i, i + headWidth / 2) of every head of query and key, in place; `inverse`
// turns back. Rotary positions: Su et al., RoFormer, 2021.
// Heads of query and key lie side by side in a row of q | k | v, so that a row has 2 * heads of them and the value is left alone.
// A thread turns one pair of a query and the same pair of its key, or four of each where half a head is a multiple of four.
// Traffic: two thirds of qkv read and written, 32 bytes for both pairs, and the angles once a sequence, all compulsory; the angles
// are read again for every head (8 bytes for both pairs, a quarter more), which the cache has.
struct Call {
  items: u32, // of all rows
  rowItems: u32, // pairs (or fours of pairs) of the queries of a row
  half: u32, // items of half a head
  bins: u32,
  inverse: u32,
}
@group(0) @binding(0) var<uniform> call: Call;
#if VEC4
alias Item = vec4<f32>;
#else
alias Item = f32;
#endif
@group(0) @binding(1) var<storage, read_write> qkv: array<Item>; // (rows, 3 * heads * headWidth)
@group(0) @binding(2) var<storage, read_write> angles: array<Item>; // (bins, headWidth): cos | sin
#use group

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) count: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = group_of(id, count) * 256u + lane;
  if (item >= call.items) {
    return;
  }
  let half = call.half;
  let row = item / call.rowItems;
  let column = item % call.rowItems;
  let i = column % half;
  // Two halves a head; query, key and value: a row of qkv is 6 * rowItems long.
  let query = row * 6u * call.rowItems + column / half * 2u * half + i;
  let angle = row % call.bins * 2u * half + i;
  let cosine = angles[angle];
  let sine = angles[angle + half] * select(1.0, -1.0, call.inverse != 0u);
  for (var side = 0u; side < 2u; side++) {
    let at = query + side * 2u * call.rowItems;
    let x = qkv[at];
    let y = qkv[at + half];
    qkv[at] = fma(x, cosine, -(y * sine));
    qkv[at + half] = fma(x, sine, y * cosine);
  }
}
