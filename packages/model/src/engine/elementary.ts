// exp, log, sin, cos and what follows from them, by argument reduction and polynomials on doubles. They are apart because
// the language leaves Math.exp and its kin to each engine: these use only operations that IEEE 754 fixes, so that every
// host draws the same initial weights, dropout masks and simulated spikes. Source: fdlibm (Sun Microsystems, 1993).

const scratch = new DataView(new ArrayBuffer(8));

/** 2^k for an integer k in [-1022, 1023], exactly. */
function powerOfTwo(k: number): number {
  scratch.setUint32(0, (k + 1023) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

const LN2_HIGH = 6.9314718036912381649e-1; // 32 bits of ln 2: k * LN2_HIGH is exact for |k| < 2^20
const LN2_LOW = 1.9082149292705877e-10;

/** e^x, within one unit in the last place. */
export function exp(x: number): number {
  if (!(x < 709.782712893384)) return x === x ? Infinity : x;
  if (x < -745.1332191019412) return 0;
  // x = k ln 2 + r with |r| <= ln2 / 2; r is carried as high - low because x - k ln 2 cancels.
  const k = Math.round(x * 1.442695040888963387);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  // Remez rational: e^r = 1 + 2r / (R(r^2) - r).
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t *
              (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  if (k > 1023) return y * 2 * powerOfTwo(k - 1);
  if (k >= -1021) return y * powerOfTwo(k);
  return y * powerOfTwo(k + 1000) * powerOfTwo(-1000);
}

/** base^exponent for a whole exponent from 0 on, by squaring again and again: only multiplications, each of which rounds once. */
export function wholePower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** Natural logarithm, within one unit in the last place; -Infinity at 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let k = 0;
  let value = x;
  if (value < 2.2250738585072014e-308) {
    value *= 18014398509481984; // 2^54, out of the subnormals
    k = -54;
  }
  // x = 2^k (1 + f) with sqrt(2)/2 < 1 + f < sqrt(2).
  scratch.setFloat64(0, value);
  const high = scratch.getUint32(0);
  k += (high >>> 20) - 1023;
  scratch.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let m = scratch.getFloat64(0);
  if (m > 1.4142135623730951) {
    m /= 2;
    k += 1;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  // log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + R(s^2)).
  const r =
    z *
    (6.66666666666673513e-1 +
      z *
        (3.999999999940941908e-1 +
          z *
            (2.857142874366239149e-1 +
              z *
                (2.222219843214978396e-1 +
                  z *
                    (1.818357216161805012e-1 +
                      z * (1.531383769920937332e-1 + z * 1.479819860511658591e-1))))));
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
}

/** ln(1 + x), accurate for small x: the rounding of 1 + x is divided out again (Kahan). */
export function log1p(x: number): number {
  const u = 1 + x;
  if (u === 1) return x;
  if (u === Infinity) return u;
  return (log(u) * x) / (u - 1);
}

/** e^x - 1, accurate for small x, by the same device. */
export function expm1(x: number): number {
  const u = exp(x);
  if (u === 1) return x;
  const v = u - 1;
  if (v === -1 || u === Infinity) return v;
  return (v * x) / log(u);
}

/** Hyperbolic tangent. */
export function tanh(x: number): number {
  const magnitude = x < 0 ? -x : x;
  if (magnitude > 22) return x < 0 ? -1 : 1;
  const e = expm1(2 * magnitude);
  const y = e / (e + 2);
  return x < 0 ? -y : y;
}

/** 1 / (1 + e^-x), without overflow at either end. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

/** ln(1 + e^x) = -ln(1 - sigmoid(x)), without overflow and exact in both tails. */
export function softplus(x: number): number {
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

function sinKernel(x: number, tail: number): number {
  const z = x * x;
  const v = z * x;
  const r =
    8.33333333332248946124e-3 +
    z *
      (-1.98412698298579493134e-4 +
        z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)));
  return x - (z * (0.5 * tail - v * r) - tail + v * 1.66666666666666324348e-1);
}

function cosKernel(x: number, tail: number): number {
  const z = x * x;
  const r =
    z *
    (4.16666666666666019037e-2 +
      z *
        (-1.38888888888741095749e-3 +
          z *
            (2.48015872894767294178e-5 +
              z *
                (-2.75573143513906633035e-7 +
                  z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11)))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * r - x * tail));
}

/** Quadrant of x and its remainder from n * pi/2 as a double and its tail; exact to 118 bits of pi for |x| < 2^19. */
function reduce(x: number): readonly [quadrant: number, remainder: number, tail: number] {
  const n = Math.round(x * 6.36619772367581382433e-1);
  const first = x - n * 1.57079632673412561417;
  const second = n * 6.0771005063039659766e-11;
  const r = first - second;
  const w = n * 2.02226624879595063154e-21 - (first - r - second);
  const remainder = r - w;
  return [((n % 4) + 4) % 4, remainder, r - remainder - w];
}

const REDUCTION_LIMIT = 524288;

/** Sine, for |x| < 2^19 (NaN beyond: positions of a context never come near). */
export function sin(x: number): number {
  if (!(x < REDUCTION_LIMIT && x > -REDUCTION_LIMIT)) return NaN;
  const [quadrant, remainder, tail] = reduce(x);
  const value = quadrant % 2 === 0 ? sinKernel(remainder, tail) : cosKernel(remainder, tail);
  return quadrant >= 2 ? -value : value;
}

/** Cosine, for |x| < 2^19 (NaN beyond). */
export function cos(x: number): number {
  if (!(x < REDUCTION_LIMIT && x > -REDUCTION_LIMIT)) return NaN;
  const [quadrant, remainder, tail] = reduce(x);
  const value = quadrant % 2 === 0 ? cosKernel(remainder, tail) : sinKernel(remainder, tail);
  return quadrant === 1 || quadrant === 2 ? -value : value;
}
