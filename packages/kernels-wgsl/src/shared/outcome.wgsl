// What a logit gave to what happened (the spike, or no spike): every loss and its slope are made of these four, none of which
// cancels. With v = x where the unit fired and -x where it did not:
struct Outcome {
  hit: f32,          // sigmoid(v): the probability of what happened
  miss: f32,         // sigmoid(-v) = 1 - hit
  surprise: f32,     // softplus(-v) = -ln(hit)
  unsurprise: f32,   // softplus(v) = -ln(miss)
}

#use elementary
fn outcome(x: f32, fired: bool) -> Outcome {
  let v = select(-x, x, fired);
  let e = exponential(-abs(x));
  let large = 1.0 / (1.0 + e);
  let small = e * large;
  let rest = log1p(e);
  let below = v < 0.0;
  return Outcome(
    select(large, small, below),
    select(small, large, below),
    select(0.0, -v, below) + rest,
    select(v, 0.0, below) + rest,
  );
}
