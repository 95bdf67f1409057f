// 2^x, relative error below 2e-7 for x in [-126, 126] (clamped there). WGSL's own exp2 may err by more on some drivers, and the
// gradient of attention takes differences of such powers. Source: Cephes exp2f (S. Moshier, 1989).
fn power_of_two(x: f32) -> f32 {
  let a = clamp(x, -126.0, 126.0);
  let n = round(a);
  let r = a - n;
  var p = fma(1.5353362e-4, r, 1.3398874e-3);
  p = fma(p, r, 9.6184374e-3);
  p = fma(p, r, 5.5503325e-2);
  p = fma(p, r, 2.4022648e-1);
  p = fma(p, r, 6.9314720e-1);
  return fma(p, r, 1.0) * bitcast<f32>(u32(i32(n) + 127) << 23u);
}
