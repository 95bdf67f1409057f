// Slope of gelu in its tanh form, x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3) (Hendrycks and Gimpel, 2016).
// (1 + tanh u) / 2 is the logistic of 2u, and its slope s (1 - s) is e / (1 + e)^2: no difference of nearly equal numbers,
// and no tanh, which drivers may get wrong by 1e-5. The kernel declares `Value`, f32 or a vector of it.
fn gelu_slope(x: Value) -> Value {
  let square = x * x;
  let twice_u = x * (Value(1.5957691216057308) + Value(0.07135481627260025) * square);
  let e = exp(-abs(twice_u));
  let one_over = Value(1.0) / (Value(1.0) + e);
  let s = select(e, Value(1.0), twice_u >= Value(0.0)) * one_over;
  let twice_du = Value(1.5957691216057308) + Value(0.21406444881780076) * square;
  return s + x * (e * one_over * one_over) * twice_du;
}
