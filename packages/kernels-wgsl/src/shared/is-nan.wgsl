// Whether a number is NaN, by its bits. A driver may assume that there are none: NVIDIA's takes `x == x` for true, and
// `select(x, 1.0, x > 1.0)` for min, which returns the number of the two.
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}
