// SIMD building blocks: fused or plain multiply-add by build, and own polynomials for exp, log, tanh, so that no
// transcendental of the JavaScript engine reaches a result and every host gives the same bits.

/** Rounds to the nearest integer when added and taken away again: 1.5 * 2^23. */
const MAGIC: f32 = 12582912.0;

/** a * b + c: one rounding in the relaxed build (where the machine fuses), two in the plain one. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value);
}

/** Elements that may be taken at once at index i of n: four, or one at a time in the tail. */
@inline
export function lanesAt(i: i32, n: i32): i32 {
  return i + 4 <= n ? 4 : 1;
}

/** Four floats from `p`, or (lanes 1) one in every lane: what follows is the same for both. */
@inline
export function take(p: usize, lanes: i32): v128 {
  return lanes == 4 ? v128.load(p) : v128.load_splat<f32>(p);
}

/** What `take` took, to `p`. */
@inline
export function put(p: usize, value: v128, lanes: i32): void {
  if (lanes == 4) v128.store(p, value);
  else store<f32>(p, f32x4.extract_lane(value, 0));
}

/** The sum of what `take` took. */
@inline
export function sumTaken(value: v128, lanes: i32): f32 {
  return lanes == 4 ? sumLanes(value) : f32x4.extract_lane(value, 0);
}

/** Sum of the four lanes, pairwise. */
@inline
export function sumLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  );
}

/** Largest of the four lanes. */
@inline
export function maxLanes(x: v128): f32 {
  const a = max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1));
  return max(a, max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)));
}

/**
 * 2^x for x <= 0, relative error below 2e-7; exactly 0 below -126, exactly 1 at 0. Minimax polynomial of degree 5 with
 * constant term 1 on [-0.5, 0.5] (Lawson's iteration, float64): error 9.1e-8 before rounding.
 */
@inline
export function exp2Negative(x: v128): v128 {
  const shifted = f32x4.add(x, splat(MAGIC));
  const f = f32x4.sub(x, f32x4.sub(shifted, splat(MAGIC)));
  let p = madd(splat(1.326472731307149e-3), f, splat(9.671512991189957e-3));
  p = madd(p, f, splat(5.550733581185341e-2));
  p = madd(p, f, splat(2.4022242426872253e-1));
  p = madd(p, f, splat(6.931470036506653e-1));
  p = madd(p, f, splat(1.0));
  const scaled = i32x4.add(p, i32x4.shl(shifted, 23));
  return v128.and(scaled, f32x4.gt(x, splat(-126.0)));
}

/** e^x, relative error below 2e-7, clamped to [-87.3, 88.3]; NaN stays NaN. Polynomial of Cephes expf. */
@inline
export function exp(value: v128): v128 {
  const x = f32x4.pmin(f32x4.pmax(value, splat(-87.3)), splat(88.3));
  const shifted = madd(x, splat(1.44269504088896341), splat(MAGIC));
  const n = f32x4.sub(shifted, splat(MAGIC));
  let r = madd(n, splat(-0.693359375), x);
  r = madd(n, splat(2.12194440e-4), r);
  let p = madd(splat(1.9875691500e-4), r, splat(1.3981999507e-3));
  p = madd(p, r, splat(8.3334519073e-3));
  p = madd(p, r, splat(4.1665795894e-2));
  p = madd(p, r, splat(1.6666665459e-1));
  p = madd(p, r, splat(5.0000001201e-1));
  p = madd(f32x4.mul(p, r), r, r);
  p = f32x4.add(p, splat(1.0));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** ln x for normal x > 0, relative error below 3e-7 (absolute near 1). Polynomial of Cephes logf. */
@inline
export function log(x: v128): v128 {
  // Split x = 2^e m with m in [sqrt(1/2), sqrt(2)).
  const offset = i32x4.sub(x, i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(i32x4.shr_s(offset, 23));
  const m = i32x4.add(v128.and(offset, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const r = f32x4.sub(m, splat(1.0));
  let p = madd(splat(7.0376836292e-2), r, splat(-1.1514610310e-1));
  p = madd(p, r, splat(1.1676998740e-1));
  p = madd(p, r, splat(-1.2420140846e-1));
  p = madd(p, r, splat(1.4249322787e-1));
  p = madd(p, r, splat(-1.6668057665e-1));
  p = madd(p, r, splat(2.0000714765e-1));
  p = madd(p, r, splat(-2.4999993993e-1));
  p = madd(p, r, splat(3.3333331174e-1));
  const r2 = f32x4.mul(r, r);
  let y = f32x4.mul(f32x4.mul(p, r), r2);
  y = madd(e, splat(-2.12194440e-4), y);
  y = madd(r2, splat(-0.5), y);
  return madd(e, splat(0.693359375), f32x4.add(r, y));
}

/** ln(1 + x) for x > -1: the logarithm of the rounded sum, corrected by what rounding lost. */
@inline
export function log1p(x: v128): v128 {
  const u = f32x4.add(x, splat(1.0));
  const lost = f32x4.sub(x, f32x4.sub(u, splat(1.0)));
  return f32x4.add(log(u), f32x4.div(lost, u));
}

/** 1 / (1 + e^-x). */
@inline
export function sigmoid(x: v128): v128 {
  return f32x4.div(splat(1.0), f32x4.add(splat(1.0), exp(f32x4.neg(x))));
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|): never overflows, relative error below 5e-7. */
@inline
export function softplus(x: v128): v128 {
  return f32x4.add(f32x4.pmax(x, splat(0.0)), log1p(exp(f32x4.neg(f32x4.abs(x)))));
}

/** tanh x = 1 - 2 / (e^2x + 1), absolute error below 2e-7. */
@inline
export function tanh(x: v128): v128 {
  return f32x4.sub(splat(1.0), f32x4.div(splat(2.0), f32x4.add(exp(f32x4.add(x, x)), splat(1.0))));
}

/** 2 sqrt(2 / pi) and its product with 0.044715: twice the argument of gelu's tanh is x (A + B x^2). */
const GELU_A: f32 = 1.5957691216057308;
const GELU_B: f32 = 0.0713548162726;

/** The tanh form of gelu, x/2 (1 + tanh u), written as x sigmoid(2u): nothing cancels far below zero. */
@inline
export function gelu(x: v128): v128 {
  const twice = f32x4.mul(x, madd(f32x4.mul(x, x), splat(GELU_B), splat(GELU_A)));
  return f32x4.mul(x, sigmoid(twice));
}

/** Derivative of `gelu`: s + x s (1 - s) (2u)', s = sigmoid(2u) and 1 - s = e^-2u s. */
@inline
export function geluSlope(x: v128): v128 {
  const x2 = f32x4.mul(x, x);
  const e = exp(f32x4.neg(f32x4.mul(x, madd(x2, splat(GELU_B), splat(GELU_A)))));
  const s = f32x4.div(splat(1.0), f32x4.add(splat(1.0), e));
  const rest = f32x4.mul(e, s);
  const slope = madd(x2, splat(3.0 * GELU_B), splat(GELU_A));
  return madd(f32x4.mul(f32x4.mul(x, s), rest), slope, s);
}
