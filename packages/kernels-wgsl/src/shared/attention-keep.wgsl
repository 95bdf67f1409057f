// Which probabilities of attention dropout are kept: that of query row n (of all sequences and heads) and key s by the word of the
// counter generator at index n * bins + s. A word of a block of four is a bit here.
#use philox

fn keep_block(lo: u32, hi: u32) -> u32 {
  let words = philox_block(call.stream, run.seed, run.step, lo, hi);
  let bits = select(vec4<u32>(0u), vec4<u32>(1u, 2u, 4u, 8u), words >= vec4<u32>(call.threshold));
  return bits.x | bits.y | bits.z | bits.w;
}

// Where in its block the first key of a row lies; tiles start at keys that are multiples of four.
fn keep_shift(n: u32) -> u32 {
  return (n * call.bins) & 3u;
}

#if TILED
// (DRAWN_ROWS, DRAWN_BLOCKS): the blocks of a tile, each drawn once for all that need it
var<workgroup> drawn: array<u32, $DRAWN_ROWS * $DRAWN_BLOCKS>;

// Draws what query rows n0 ... and keys s0 ... of a tile need.
fn draw_tile(n0: u32, s0: u32, index: u32) {
  for (var e = index; e < $DRAWN_ROWS * $DRAWN_BLOCKS; e += LANES * PARTS) {
    let at = index_of(n0 + e / $DRAWN_BLOCKS, call.bins, s0);
    let lo = at.x + 4u * (e % $DRAWN_BLOCKS);
    drawn[e] = keep_block(lo, at.y + select(0u, 1u, lo < at.x));
  }
}
#endif

// Bits of row n (row j of the tile) and keys s0 + c ... + 3, c a multiple of four.
fn keep_four(n: u32, j: u32, s0: u32, c: u32) -> u32 {
  let shift = keep_shift(n);
#if TILED
  let at = j * $DRAWN_BLOCKS + c / 4u;
  // Past the tile's last block only when no bit of it is used.
  var bits = drawn[at] | (drawn[at + 1u] << 4u);
#else
  let at = index_of(n, call.bins, s0 + c);
  var bits = keep_block(at.x, at.y);
  if (shift > 0u) {
    let lo = at.x + 4u;
    bits |= keep_block(lo, at.y + select(0u, 1u, lo < at.x)) << 4u;
  }
#endif
  return bits >> shift;
}

// Of one key, at any c.
fn keep_one(n: u32, j: u32, s0: u32, c: u32) -> bool {
#if TILED
  let bit = c + keep_shift(n);
  return ((drawn[j * $DRAWN_BLOCKS + bit / 4u] >> (bit & 3u)) & 1u) != 0u;
#else
  let at = index_of(n, call.bins, s0 + c);
  return philox_word(call.stream, run.seed, run.step, at.x, at.y) >= call.threshold;
#endif
}
