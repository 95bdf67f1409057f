// e^x, ln(1 + x) and what follows from them, as argument reductions and polynomials. They are apart because WGSL allows its own
// exp and log errors that grow with the argument and differ by driver; these stay within a few units in the last place
// everywhere. No step relies on the order in which a compiler may not rearrange additions (fast-math drivers do). NaN stays NaN.
// Sources: Cephes expf (S. Moshier, 1989); fdlibm log (Sun Microsystems, 1993).

#use is-nan
// e^x, relative error below 2e-7; x is clamped to [-87.3, 88.3].
fn exponential(x: f32) -> f32 {
  let a = clamp(x, -87.3, 88.3);
  let n = round(a * 1.4426950408889634);
  // a = n ln 2 + r, |r| <= ln2 / 2; the first part of ln 2 has 9 bits, so that its product with n is exact.
  let r = fma(n, 2.12194440e-4, fma(n, -0.693359375, a));
  var p = fma(1.9875691500e-4, r, 1.3981999507e-3);
  p = fma(p, r, 8.3334519073e-3);
  p = fma(p, r, 4.1665795894e-2);
  p = fma(p, r, 1.6666665459e-1);
  p = fma(p, r, 5.0000001201e-1);
  p = fma(p * r, r, r) + 1.0;
  return select(p * bitcast<f32>(u32(i32(n) + 127) << 23u), x, is_nan(x));
}

// ln(1 + x) for finite x >= 0, relative error below 4e-7.
fn log1p(x: f32) -> f32 {
  let u = 1.0 + x;
  // u = 2^k m with m in [sqrt(1/2), sqrt(2)).
  let offset = bitcast<u32>(u) - 0x3f3504f3u;
  let k = f32(offset >> 23u);
  let m = bitcast<f32>((offset & 0x7fffffu) + 0x3f3504f3u);
  // With k = 0 the logarithm may be as small as x: x itself has not been rounded.
  let f = select(m - 1.0, x, offset < 0x800000u);
  let s = f / (2.0 + f);
  let z = s * s;
  var p = fma(0.2222222222, z, 0.2857142857);
  p = fma(p, z, 0.4);
  p = fma(p, z, 0.6666666667) * z;
  // ln(1 + f) = 2 atanh(s) = f - f^2 / 2 + s (f^2 / 2 + p), p = 2 (s^2 / 3 + s^4 / 5 + ...); the next term is below 6e-9.
  let half = 0.5 * f * f;
  let low = fma(s, half + p, k * -2.12194440e-4);
  let sum = fma(k, 0.693359375, f - (half - low));
  return select(sum, x, is_nan(x));
}

// 1 / (1 + e^-x), relative error below 5e-7: nothing cancels or overflows at either end.
fn sigmoid(x: f32) -> f32 {
  let e = exponential(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}

// ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), relative error below 5e-7.
fn softplus(x: f32) -> f32 {
  return select(x, 0.0, x < 0.0) + log1p(exponential(-abs(x)));
}
