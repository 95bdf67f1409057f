// One exponential through a relaxation, by least squares: the amplitude and the asymptote solved exactly for each rate, the rate searched.

/** 1/s where the search begins: 20 ms, the usual time constant of a membrane. */
const FIRST_GUESS = 50;
const SLOWEST = 0.05;
const FASTEST = 1e5;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

export interface ExponentialFit {
  /** Seconds. */
  readonly tau: number;
  /** Root mean square of what is left, in the units of the data. */
  readonly error: number;
}

/**
 * Fits y0 + a exp(-t / tau) to x[from ... to), the local optimum nearest to 20 ms.
 * @returns undefined for fewer than five samples, a flat line, or a rate that runs out of 10 us ... 20 s
 */
export function fitExponential(
  x: Float64Array,
  from: number,
  to: number,
  samplingRate: number,
): ExponentialFit | undefined {
  const n = to - from;
  if (n < 5) return undefined;
  let mean = 0;
  for (let i = from; i < to; i++) mean += x[i];
  mean /= n;
  let total = 0;
  for (let i = from; i < to; i++) total += (x[i] - mean) ** 2;
  if (!(total > 0)) return undefined;

  /** Sum of squares left when amplitude and asymptote are the best for this rate. */
  const left = (logRate: number): number => {
    const factor = Math.exp(-Math.exp(logRate) / samplingRate);
    let e = 1;
    let se = 0;
    let see = 0;
    let sxe = 0;
    for (let i = from; i < to; i++) {
      se += e;
      see += e * e;
      sxe += (x[i] - mean) * e;
      e *= factor;
    }
    const variance = see - (se * se) / n;
    return variance > 0 ? total - (sxe * sxe) / variance : total;
  };

  const bracket = findBracket(left);
  if (bracket === undefined) return undefined;
  let [low, high] = bracket;
  let a = high - GOLDEN * (high - low);
  let b = low + GOLDEN * (high - low);
  let fa = left(a);
  let fb = left(b);
  while (high - low > 1e-7) {
    if (fa < fb) {
      high = b;
      b = a;
      fb = fa;
      a = high - GOLDEN * (high - low);
      fa = left(a);
    } else {
      low = a;
      a = b;
      fa = fb;
      b = low + GOLDEN * (high - low);
      fb = left(b);
    }
  }
  const best = (low + high) / 2;
  return { tau: Math.exp(-best), error: Math.sqrt(Math.max(0, left(best)) / n) };
}

/** Downhill from the first guess in growing steps until the value rises again: two log rates around a minimum. */
function findBracket(left: (logRate: number) => number): [number, number] | undefined {
  let middle = Math.log(FIRST_GUESS);
  let step = 0.25;
  let value = left(middle);
  let ahead = left(middle + step);
  if (ahead > value) {
    step = -step;
    ahead = left(middle + step);
    if (ahead > value) return [middle + step, middle - step];
  }
  let behind = middle;
  while (ahead <= value) {
    behind = middle;
    middle += step;
    value = ahead;
    step *= 1.5;
    if (middle + step < Math.log(SLOWEST) || middle + step > Math.log(FASTEST)) return undefined;
    ahead = left(middle + step);
  }
  return step > 0 ? [behind, middle + step] : [middle + step, behind];
}
