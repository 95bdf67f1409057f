// Whether a number is NaN, by its bits. A driver may assume that there are none: on an NVIDIA H200 (580.159.04) NaN was lost in
// selects by a comparison, such as `select(x, 1.0, x > 1.0)`, which may be compiled as min, and min returns the number of the two.
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}
