// Natural logarithm for features: float32 in, error under 1e-6, a few nanoseconds, the same on every host. Features need
// billions of logarithms a fit and are stored as float32 anyway.

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/**
 * ln(x) of a positive, normal float32 (x is rounded to one first). x = 2^k m with m in [sqrt(1/2), sqrt(2));
 * ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.1716: the first term left out is 2 s^9 / 9 < 3e-8.
 */
export function fastLog(x: number): number {
  float[0] = x;
  const raw = bits[0] - 0x3f3504f3;
  const k = raw >> 23;
  bits[0] = (raw & 0x7fffff) + 0x3f3504f3;
  const m = float[0];
  const s = (m - 1) / (m + 1);
  const q = s * s;
  return k * Math.LN2 + 2 * s * (1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7))));
}
