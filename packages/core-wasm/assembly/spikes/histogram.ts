// Score histograms per time block: what a bootstrap over blocks needs of millions of scores. Buckets follow the bits of
// the f32 score (equal steps of its logarithm, to a fraction), so no edge has to be agreed on beforehand.

/**
 * Adds one row span (rows, rowUnits) to a histogram of (buckets, 2) u32, negatives first. Bucket of score x =
 * max(0, (bits(x) >> shift) - lowest): everything below the lowest edge falls in bucket 0. Columns, labels and what is
 * bad as in rankIngest; returns the number of bad scores.
 */
export function histogramIngest(
  scores: usize,
  labels: usize,
  labelRow: usize,
  packed: i32,
  rows: usize,
  rowUnits: usize,
  columns: usize,
  kept: usize,
  shift: u32,
  lowest: i32,
  histogram: usize,
): u32 {
  let bad: u32 = 0;
  for (let t: usize = 0; t < rows; t++) {
    const row = scores + ((t * rowUnits) << 2);
    const labelAt = labels + t * labelRow;
    for (let j: usize = 0; j < kept; j++) {
      const u = <usize>load<u32>(columns + (j << 2));
      const raw = load<u32>(row + (u << 2));
      const value = raw == 0x80000000 ? <u32>0 : raw;
      if (value > 0x3f800000) {
        bad++;
        continue;
      }
      const label = packed
        ? (load<u32>(labelAt + ((u >> 5) << 2)) >> (<u32>u & 31)) & 1
        : load<u8>(labelAt + u) != 0
          ? 1
          : 0;
      const bucket = max<i32>(0, <i32>(value >> shift) - lowest);
      const place = histogram + ((<usize>bucket * 2 + label) << 2);
      store<u32>(place, load<u32>(place) + 1);
    }
  }
  return bad;
}
