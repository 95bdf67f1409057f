// 1 / (1 + e^-x) from e^-|x|, so that nothing overflows at either end. A driver's exp may err by (3 + 2 |x|) units, but e^-|x|
// falls faster than its error grows: never more than three units of the result's own range.
#use value
fn logistic(x: Value) -> Value {
  let e = exp(-abs(x));
  return select(e, Value(1.0), x >= Value(0.0)) / (Value(1.0) + e);
}
