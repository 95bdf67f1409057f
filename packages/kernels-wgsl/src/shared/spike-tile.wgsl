// The packed spikes of a tile of bins, (TILE, WORDS), read once by a workgroup. Bits past the last unit are cleared: a raster may
// leave anything there. The kernel declares `words`, `call.rows` and `call.tail` (the units of the last word), TILE and WORDS.
var<workgroup> spikes: array<u32, TILE * WORDS>;

fn stage_spikes(first_row: u32, lane: u32) {
  for (var i = lane; i < TILE * WORDS; i += 256u) {
    var bits = 0u;
    if (first_row + i / WORDS < call.rows) {
      bits = words[first_row * WORDS + i];
    }
    if (i % WORDS == WORDS - 1u) {
      bits &= call.tail;
    }
    spikes[i] = bits;
  }
}
