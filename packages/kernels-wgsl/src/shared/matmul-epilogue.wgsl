// What is done to a product before it is stored: c = dropout(act(sum + bias)) * act'(kept) + residual, each part by its flag. ONTO: what is in
// c is added. PARTS: c is (parts, m, n), one part of the depth each, and a later dispatch adds them up.
#if VEC_C
alias Value = vec4<f32>;
alias Word = vec4<u32>;
#else
alias Value = f32;
alias Word = u32;
#endif
@group(0) @binding(3) var<storage, read_write> c: array<Value>;
#if BIAS
@group(0) @binding(4) var<storage, read_write> bias: array<Value>;
#endif
#if RESIDUAL
@group(0) @binding(5) var<storage, read_write> residual: array<Value>;
#endif
#if KEEP
@group(0) @binding(6) var<storage, read_write> before: array<Value>;
#endif
#if SLOPE
@group(0) @binding(7) var<storage, read_write> kept: array<Value>;
#endif
#if COLUMNS
@group(0) @binding(8) var<storage, read_write> columns: array<f32>;
#endif
#if DROPOUT
#use run
#use philox
@group(0) @binding(9) var<uniform> run: Run;

// Words of the elements at `at`.
fn words_at(at: u32) -> Word {
#if VEC_C
  return philox_block(call.stream, run.seed, run.step, 4u * at, 0u);
#else
  return philox_word(call.stream, run.seed, run.step, at, 0u);
#endif
}
#endif
#if GELU

// The tanh form x (1 + tanh u) / 2 as x times the logistic of 2u: nothing cancels far below zero, and nothing overflows.
fn gelu(x: Value) -> Value {
  let twice_u = x * fma(x * x, Value(0.07135481627260025), Value(1.5957691216057308));
  let e = exp(-abs(twice_u));
  return x * select(e, Value(1.0), twice_u >= Value(0.0)) / (Value(1.0) + e);
}
#endif
#if SLOPE_GELU
#use gelu-slope
#endif

// c at element or four-vector `at` of the part, in column `column` counted likewise.
fn finish(sum: Value, at: u32, column: u32, part: u32) {
  var value = sum;
#if BIAS
  value += bias[column];
#endif
#if KEEP
  before[at] = value;
#endif
#if RELU
  value = max(value, Value(0.0));
#endif
#if GELU
  value = gelu(value);
#endif
#if DROPOUT
  value = select(Value(0.0), value * call.factor, words_at(at) >= Word(call.threshold));
#endif
#if SLOPE_RELU
  value = select(Value(0.0), value, kept[at] > Value(0.0));
#endif
#if SLOPE_GELU
  value *= gelu_slope(kept[at]);
#endif
#if RESIDUAL
  value += residual[at];
#endif
#if ONTO
  value += c[at];
#endif
#if PARTS
#if VEC_C
  c[part * ((call.m * call.n) >> 2u) + at] = value;
#else
  c[part * (call.m * call.n) + at] = value;
#endif
#else
  c[at] = value;
#endif
}

// Columns j ... j + 3 of row i.
fn store(sums: vec4<f32>, i: u32, j: u32, part: u32) {
  if (i >= call.m || j >= call.n) {
    return;
  }
  let at = i * call.n + j;
#if VEC_C
  finish(sums, at >> 2u, j >> 2u, part);
#else
  for (var e = 0u; e < 4u && j + e < call.n; e++) {
    finish(sums[e], at + e, j + e, part);
  }
#endif
}

// Rows i ... i + 3 and columns j ... j + 3. The loop keeps one copy of what is done to a row: compilers need long for sixteen.
fn store_block(sums: mat4x4<f32>, i: u32, j: u32, part: u32) {
  var rows = sums;
  for (var r = 0u; r < 4u; r++) {
    store(rows[r], i + r, j, part);
  }
}
#if COLUMNS

// Sums of columns j ... j + 3 of b over one part of the depth.
fn store_columns(sums: vec4<f32>, j: u32, part: u32) {
  for (var e = 0u; e < 4u && j + e < call.n; e++) {
#if PARTS
    columns[part * call.n + j + e] = sums[e];
#else
    columns[j + e] += sums[e];
#endif
  }
}
#endif
