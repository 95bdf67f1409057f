// What a thread loads at once: four neighbouring floats where the length allows it, else one (values.ts).
#if VECTOR
alias Value = vec4<f32>;

fn total(value: Value) -> f32 {
  return (value.x + value.y) + (value.z + value.w);
}
#else
alias Value = f32;

fn total(value: Value) -> f32 {
  return value;
}
#endif
