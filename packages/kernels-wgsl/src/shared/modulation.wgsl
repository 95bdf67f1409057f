#if FOCAL
// miss^gamma, of what a logit gave (outcome.wgsl).
fn modulation(o: Outcome, gamma: f32) -> f32 {
#if SQUARE
  return o.miss * o.miss;
#else
  return exponential(-gamma * o.unsurprise);
#endif
}
#endif
