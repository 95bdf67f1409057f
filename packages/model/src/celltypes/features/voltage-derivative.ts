// dV/dt of a sweep behind a 4-pole Bessel low-pass run forwards and backwards: what spikes are found in.

/** Corner of the filter in Hz. */
const CORNER = 10_000;
/** Below this rate the corner comes so close to the Nyquist frequency that the filter does nothing but ring; it is left out. */
const SLOWEST_FILTERED = 25_000;
const ORDER = 4;
/** Samples of odd reflection at each end, scipy's default for this order. */
const PADDING = 3 * (ORDER + 1);

/**
 * Rate of change of the membrane potential.
 * @param voltage (n) mV, finite
 * @returns (n - 1) V/s: element i is the step from sample i to sample i + 1
 */
export function voltageDerivative(voltage: Float64Array, samplingRate: number): Float64Array {
  const filtered =
    samplingRate >= SLOWEST_FILTERED && voltage.length > PADDING
      ? filterBothWays(voltage, besselLowPass(CORNER / samplingRate))
      : voltage;
  const out = new Float64Array(Math.max(0, voltage.length - 1));
  // mV a second to V a second.
  const scale = samplingRate * 1e-3;
  for (let i = 0; i < out.length; i++) out[i] = (filtered[i + 1] - filtered[i]) * scale;
  return out;
}

interface Filter {
  readonly b: readonly number[];
  readonly a: readonly number[];
}

/**
 * Digital 4-pole Bessel low-pass by the bilinear transform with a prewarped corner, phase-normalised (its asymptotes are a Butterworth
 * filter's, scipy's default).
 * @param corner as a fraction of the sampling rate, below 1/2
 */
export function besselLowPass(corner: number): Filter {
  // Reverse Bessel polynomial s^4 + 10 s^3 + 45 s^2 + 105 s + 105 in s / 105^(1/4), highest power first.
  const root = 105 ** (1 / ORDER);
  const analog = [1, 10 / root, 45 / root ** 2, 105 / root ** 3, 1];
  const warp = 1 / Math.tan(Math.PI * corner);
  // s = warp (z - 1) / (z + 1): the term of s^p becomes warp^p (z - 1)^p (z + 1)^(4 - p).
  const denominator = new Array<number>(ORDER + 1).fill(0);
  analog.forEach((coefficient, i) => {
    const power = ORDER - i;
    const term = binomialProduct(power, ORDER - power);
    for (let k = 0; k <= ORDER; k++) denominator[k] += coefficient * warp ** power * term[k];
  });
  const numerator = binomialProduct(0, ORDER);
  return {
    b: numerator.map((value) => value / denominator[0]),
    a: denominator.map((value) => value / denominator[0]),
  };
}

/** Coefficients of (z - 1)^minus (z + 1)^plus, highest power first. */
function binomialProduct(minus: number, plus: number): number[] {
  let out = [1];
  for (let i = 0; i < minus + plus; i++) {
    const sign = i < minus ? -1 : 1;
    const next = new Array<number>(out.length + 1).fill(0);
    for (let k = 0; k < out.length; k++) {
      next[k] += out[k];
      next[k + 1] += sign * out[k];
    }
    out = next;
  }
  return out;
}

/** Zero-phase filtering: once forwards, once backwards, over an odd reflection at both ends, each pass begun in its steady state. */
export function filterBothWays(x: Float64Array, filter: Filter): Float64Array {
  const n = x.length;
  const y = new Float64Array(n + 2 * PADDING);
  for (let i = 0; i < PADDING; i++) {
    y[i] = 2 * x[0] - x[PADDING - i];
    y[n + PADDING + i] = 2 * x[n - 1] - x[n - 2 - i];
  }
  y.set(x, PADDING);
  pass(y, filter, 0, 1);
  pass(y, filter, y.length - 1, -1);
  return y.subarray(PADDING, PADDING + n);
}

/** One pass in place, transposed direct form II, from `from` in steps of +1 or -1. */
function pass(y: Float64Array, { b, a }: Filter, from: number, step: 1 | -1): void {
  const [b0, b1, b2, b3, b4] = b;
  const [, a1, a2, a3, a4] = a;
  // The state that a constant input of the first value would have left; the gain at zero frequency is one.
  const x0 = y[from];
  let s4 = (b4 - a4) * x0;
  let s3 = (b3 - a3) * x0 + s4;
  let s2 = (b2 - a2) * x0 + s3;
  let s1 = (b1 - a1) * x0 + s2;
  for (let n = y.length, i = from; n > 0; n--, i += step) {
    const x = y[i];
    const out = b0 * x + s1;
    s1 = b1 * x - a1 * out + s2;
    s2 = b2 * x - a2 * out + s3;
    s3 = b3 * x - a3 * out + s4;
    s4 = b4 * x - a4 * out;
    y[i] = out;
  }
}
