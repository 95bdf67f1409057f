// The squid axon of Hodgkin and Huxley (1952) at 6.3 degrees under a current, in small steps: spikes whose shape nobody drew.

/** Samples a second of the simulation: every fourth is a 50 kHz recording. */
export const FINE_RATE = 200_000;
/** pA that stand for one uA/cm^2. */
const SCALE = 10;

const ratio = (x: number): number => (Math.abs(x) < 1e-7 ? 1 - x / 2 : x / (Math.exp(x) - 1));

/** Derivatives of V (mV), m, h, n per ms. */
function slope([v, m, h, n]: readonly number[], current: number): number[] {
  const u = v + 65;
  const alphaM = ratio((25 - u) / 10);
  const betaM = 4 * Math.exp(-u / 18);
  const alphaH = 0.07 * Math.exp(-u / 20);
  const betaH = 1 / (Math.exp((30 - u) / 10) + 1);
  const alphaN = 0.1 * ratio((10 - u) / 10);
  const betaN = 0.125 * Math.exp(-u / 80);
  return [
    current / SCALE - 120 * m ** 3 * h * (v - 50) - 36 * n ** 4 * (v + 77) - 0.3 * (v + 54.387),
    alphaM * (1 - m) - betaM * m,
    alphaH * (1 - h) - betaH * h,
    alphaN * (1 - n) - betaN * n,
  ];
}

/** mV at FINE_RATE of a cell at rest that is given `amplitude` pA from `lead` s on for `seconds`, then `tail` s without. */
export function hodgkinHuxley(amplitude: number, lead: number, seconds: number, tail: number): Float64Array {
  const start = Math.round(lead * FINE_RATE);
  const stop = start + Math.round(seconds * FINE_RATE);
  const out = new Float64Array(stop + Math.round(tail * FINE_RATE));
  const dt = 1000 / FINE_RATE;
  // The resting state, run in for 50 ms.
  let state = [-65, 0.0529, 0.5961, 0.3177];
  const advance = (current: number): void => {
    const add = (k: readonly number[], by: number): number[] => state.map((x, i) => x + by * k[i]);
    const k1 = slope(state, current);
    const k2 = slope(add(k1, dt / 2), current);
    const k3 = slope(add(k2, dt / 2), current);
    const k4 = slope(add(k3, dt), current);
    state = state.map((x, i) => x + (dt / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]));
  };
  for (let i = 0; i < 0.05 * FINE_RATE; i++) advance(0);
  for (let i = 0; i < out.length; i++) {
    out[i] = state[0];
    advance(i >= start && i < stop ? amplitude : 0);
  }
  return out;
}
