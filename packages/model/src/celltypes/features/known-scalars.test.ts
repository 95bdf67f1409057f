// Every scalar of FEATURES, none left out, against the closed form of the integrate-and-fire cell.
import { describe, expect, it } from 'vitest';
import { CELL } from '../testing/integrateAndFire.ts';
import {
  knownSweeps,
  longSquare,
  ramp,
  shortSquare,
  TAIL,
  type KnownSweep,
} from '../testing/sampledSweep.ts';
import {
  aboveOnset,
  SPIKE,
  steepestFall,
  steepestRise,
  waveformAt,
  waveformWidth,
} from '../testing/spikeWaveform.ts';
import { extractCell } from './extract-cell.ts';
import { FEATURES } from './feature-list.ts';

const STEPS = [-90, -70, -50, -30, -10, 30, 130, 150, 170, 190, 210, 230];
const PROTOCOLS = [
  ...STEPS.map((amplitude) => longSquare(amplitude)),
  ...[1000, 1000, 1000, 1100, 500].map((amplitude) => shortSquare(amplitude)),
  ramp(100, 2),
  ramp(120, 2),
];

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const variation = (x: readonly number[]): number =>
  Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2))) / mean(x);
const pairs = (x: readonly number[]): number[] => x.slice(1).map((v, k) => (v - x[k]) / (v + x[k]));

interface Expected {
  readonly value: number;
  /** Beside 1 % (or 0.1 mV, 0.05 ms, a sample). */
  readonly within?: number;
  /** In place of 1 % and so on. */
  readonly only?: number;
}

/** Of every scalar, by table and name. */
function expectedScalars(
  known: readonly KnownSweep[],
  samplingRate: number,
  noise: number,
): Map<string, Expected> {
  const out = new Map<string, Expected>();
  const both = (mouse: string, human: string, value: number, within = 0, scale = 1): void => {
    out.set(`mouse ${mouse}`, { value: value * scale, within: within * scale });
    out.set(`human ${human}`, { value, within });
  };
  const human = (name: string, value: number, within = 0): void =>
    void out.set(`human ${name}`, { value, within });
  const mouse = (name: string, value: number, within = 0): void =>
    void out.set(`mouse ${name}`, { value, within });
  const of = (shape: string): KnownSweep[] =>
    known.filter(({ protocol, spikes }) => protocol.shape === shape && spikes.length > 0);
  const spiking = of('long-square');
  const [rheobase, , hero] = spiking;
  const gapsOf = ({ spikes }: KnownSweep): number[] =>
    spikes.slice(1).map(({ onset }, k) => onset - spikes[k].onset);
  const sample = 1 / samplingRate;
  // A sample's error in an interval of 24 ms and more, of each of two; thresholds in noise move by a few.
  const jitter = noise > 0 ? 4e-3 : sample / 0.024;

  both('vrest', 'v_baseline', CELL.rest);
  both('ri', 'input_resistance', CELL.resistance * 1e3);
  both('sag', 'sag', 0, noise > 0 ? 0.005 : 1e-3);
  both('tau', 'tau', CELL.tau, 0, 1e3);
  both('vm_for_sag', 'vm_for_sag', CELL.rest - 90 * CELL.resistance, 5 * noise);
  const amplitudes = spiking.map(({ protocol }) => protocol.injection.step);
  const rates = spiking.map(({ spikes }) => spikes.length);
  const slope =
    amplitudes.reduce((sum, a, k) => sum + (a - mean(amplitudes)) * (rates[k] - mean(rates)), 0) /
    amplitudes.reduce((sum, a) => sum + (a - mean(amplitudes)) ** 2, 0);
  both('f_i_curve_slope', 'fi_fit_slope', slope);
  both('adaptation', 'adapt_hero', mean(pairs(gapsOf(hero))), jitter / 10);
  both('latency', 'latency_hero', hero.spikes[0].onset);
  both('avg_isi', 'mean_isi_hero', mean(gapsOf(hero)), 0, 1e3);
  human('rheobase_i', amplitudes[0]);

  // Slow recordings hold the slopes of their samples, no steeper ones.
  const slopes = Array.from({ length: 40 }, (_, k) => k * sample).map(
    (t) => ((waveformAt(SPIKE, t + sample) - waveformAt(SPIKE, t)) / sample) * 1e-3,
  );
  const rise = samplingRate >= 50_000 ? steepestRise(SPIKE) : Math.max(...slopes);
  const fall = samplingRate >= 50_000 ? steepestFall(SPIKE) : Math.min(...slopes);
  // Five standard deviations of a filtered difference of noisy samples, 1 V/s for 0.05 mV.
  const slopeNoise = 100 * noise;
  const ratioNoise = slopeNoise / 40;
  const first = (
    suffix: string,
    sweeps: readonly KnownSweep[],
    fraction: number,
    set: typeof mouse,
  ): void => {
    const base = mean(sweeps.map(({ spikes }) => spikes[0].base));
    const onset = 0.5 + mean(sweeps.map(({ spikes }) => spikes[0].onset));
    const threshold = base + aboveOnset(SPIKE, fraction);
    // Thresholds are whole samples, in a short square on a rise of up to 12 mV/ms.
    const early = suffix === 'short_square' ? 12e3 * sample : 0;
    const mv = 5 * noise;
    set(`upstroke_downstroke_ratio_${suffix}`, -rise / fall, ratioNoise);
    set(`upstroke_${suffix}`, rise, slopeNoise);
    set(`downstroke_${suffix}`, fall, slopeNoise);
    set(`width_${suffix}`, waveformWidth(SPIKE));
    set(`threshold_v_${suffix}`, threshold, mv + early);
    set(`peak_v_${suffix}`, base + SPIKE.height, mv);
    set(`fast_trough_v_${suffix}`, base + SPIKE.fastTrough, mv);
    set(`trough_v_${suffix}`, base + SPIKE.trough, mv);
    set(`peak_deltav_${suffix}`, SPIKE.height - aboveOnset(SPIKE, fraction), mv + early);
    set(`fast_trough_deltav_${suffix}`, SPIKE.fastTrough - aboveOnset(SPIKE, fraction), mv + early);
    set(`trough_deltav_${suffix}`, SPIKE.trough - aboveOnset(SPIKE, fraction), mv + early);
    set(`trough_slowdeltav_${suffix}`, SPIKE.trough - SPIKE.fastTrough, mv);
    set(`threshold_t_${suffix}`, onset);
    set(`peak_t_${suffix}`, onset + SPIKE.rise);
    set(`fast_trough_t_${suffix}`, onset + SPIKE.rise + SPIKE.fall);
    set(`trough_t_${suffix}`, onset + SPIKE.rise + SPIKE.fall + SPIKE.dip);
    const current = mean(
      sweeps.map(({ protocol: { injection: i }, spikes }) => i.step + i.slope * spikes[0].onset),
    );
    set(`threshold_i_${suffix}`, current);
  };
  first('long_square', [rheobase], 0.05, mouse);
  first('ramp', of('ramp'), 0.05, mouse);
  first('short_square', of('short-square'), 0.1, mouse);
  mouse('threshold_i_short_square', 1000);
  // The cell comes back to rest: its lowest is the last sample, or in noise somewhere in the last 0.3 s.
  mouse(
    'trough_v_short_square',
    mean(of('short-square').map(({ voltageAt }) => voltageAt(0.003 + TAIL))),
    5 * noise,
  );
  mouse('trough_t_short_square', 0.5 + 0.003 + TAIL, noise > 0 ? TAIL : 0);
  first('rheo', [rheobase], 0.05, human);
  first('hero', [hero], 0.05, human);
  first('ramp', of('ramp'), 0.05, human);
  const common = of('short-square').filter(({ protocol }) => protocol.injection.step === 1000);
  first('short_square', common, 0.1, human);

  for (const [suffix, sweep] of [
    ['rheo', rheobase],
    ['hero', hero],
  ] as const) {
    const gaps = gapsOf(sweep);
    human(`latency_${suffix}`, sweep.spikes[0].onset);
    human(`avg_rate_${suffix}`, sweep.spikes.length);
    human(`mean_isi_${suffix}`, mean(gaps));
    human(`first_isi_inv_${suffix}`, 1 / gaps[0]);
  }
  const last = rheobase.spikes[rheobase.spikes.length - 1];
  human('fast_trough_v_last_rheo', last.base + SPIKE.fastTrough, 5 * noise);
  const sorted = gapsOf(hero).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  human('median_isi_hero', sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2);
  human('isi_cv_hero', variation(gapsOf(hero)), jitter);
  const squares = (sweep: KnownSweep): number => mean(pairs(gapsOf(sweep)).map((pair) => pair ** 2));
  human('isi_norm_sq_var_hero', squares(hero), jitter / 10);
  const trains = spiking.map((sweep) => gapsOf(sweep));
  const together = (name: string, values: readonly number[], within: number): void => {
    human(`${name}_mean`, mean(values), within);
    human(`${name}_max`, Math.max(...values), within);
  };
  together(
    'adapt',
    trains.map((gaps) => mean(pairs(gaps))),
    jitter / 10,
  );
  together('isi_cv', trains.map(variation), jitter);
  together('isi_norm_sq_var', spiking.map(squares), jitter / 10);

  const five = spiking.find(({ spikes }) => spikes.length >= 5) as KnownSweep;
  const ratio = (
    name: string,
    value: (spike: KnownSweep['spikes'][number], k: number) => number,
    within: number,
  ): void => human(`${name}_adapt_ratio`, value(five.spikes[3], 3) / value(five.spikes[0], 0), within);
  // Two intervals of 69 ms, known to a sample at each end: closer than 1 %, or the fifth spike would do as well.
  const gaps = gapsOf(five);
  out.set('human isi_adapt_ratio', {
    value: gaps[3] / gaps[0],
    only: noise > 0 ? 0.01 : (3 * sample) / gaps[0],
  });
  ratio('width', () => 1, noise > 0 ? 0.05 : 0.02);
  ratio('upstroke', () => 1, slopeNoise / 100);
  ratio('downstroke', () => 1, slopeNoise / 70);
  ratio('peak_v', ({ base }) => base + SPIKE.height, noise);
  ratio('threshold_v', ({ base }) => base + aboveOnset(SPIKE, 0.05), 0);
  ratio('fast_trough_v', ({ base }) => base + SPIKE.fastTrough, 0);
  const delay = ({ spikes }: KnownSweep): number => {
    const [a, b] = spikes.slice(-2);
    return (SPIKE.fall + SPIKE.dip) / (b.onset - a.onset);
  };
  // The dip is flat at its bottom: in noise its lowest sample lies within a millisecond.
  const flat = noise > 0 ? 1e-3 : 1.5 * sample;
  human('ahp_delay_ratio_hero', delay(hero), flat / mean(gapsOf(hero)));
  human('ahp_delay_ratio_5spike', delay(five), flat / mean(gapsOf(five)));
  return out;
}

describe.each([
  { samplingRate: 10_000, noise: 0 },
  { samplingRate: 20_000, noise: 0 },
  { samplingRate: 50_000, noise: 0 },
  { samplingRate: 200_000, noise: 0 },
  { samplingRate: 50_000, noise: 0.05 },
])('at $samplingRate Hz with $noise mV of noise', ({ samplingRate, noise }) => {
  const known = knownSweeps(PROTOCOLS, { samplingRate, noise });
  const cell = extractCell(known.map(({ sweep }) => sweep));
  const expected = expectedScalars(known, samplingRate, noise);
  const absolute: Readonly<Record<string, number>> = {
    mV: 0.1,
    s: Math.max(0.05e-3, 1.001 / samplingRate),
    ms: Math.max(0.05, 1001 / samplingRate),
  };

  it.each(FEATURES.map((feature, k) => [`${feature.table} ${feature.name}`, feature.unit, k] as const))(
    '%s',
    (name, unit, k) => {
      const one = expected.get(name);
      expect(one, 'a closed form').toBeDefined();
      const { value, within = 0, only } = one ?? { value: NaN };
      const tolerance = only ?? Math.max(0.01 * Math.abs(value), absolute[unit] ?? 0) + within;
      expect(Math.abs(cell.scalars[k] - value), `${cell.scalars[k]} for ${value}`).toBeLessThanOrEqual(
        tolerance + 1e-9,
      );
    },
  );
});
