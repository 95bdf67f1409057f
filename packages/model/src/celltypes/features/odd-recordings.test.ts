// What real folders hold: sweeps that are missing, cut, switched off, of another duration or rate. Features that can be had are there, the others say why.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StimulatedSweep } from '../sweeps/types.ts';
import { CELL } from '../testing/integrateAndFire.ts';
import { passiveStep, type Membrane } from '../testing/passive.ts';
import {
  knownSweeps,
  LEAD,
  longSquare,
  ramp,
  sampledSweep,
  shortSquare,
  type Protocol,
} from '../testing/sampledSweep.ts';
import { extractCell } from './extract-cell.ts';
import { FEATURES, featureIndex } from './feature-list.ts';
import { FAMILIES, FAMILY_LENGTH, familyMask, type CellFeatures, type FamilyName } from './types.ts';

const RATE = 20_000;
const sweepsOf = (protocols: readonly Protocol[], samplingRate = RATE): StimulatedSweep[] =>
  knownSweeps(protocols, { samplingRate }).map(({ sweep }) => sweep);
const human = (cell: CellFeatures, name: string): number => cell.scalars[featureIndex('human', name)];
const codes = (cell: CellFeatures, family: FamilyName): string[] =>
  cell.absent.filter((one) => one.family === family).map(({ code }) => code);
const part = (cell: CellFeatures, family: FamilyName, k: number): number[] => {
  const { points } = FAMILIES.find(({ name }) => name === family) ?? { points: NaN };
  return [...(cell.families[family] ?? []).slice(k * points, (k + 1) * points)];
};
/** The sweep with the voltage changed from a time on, in seconds from the stimulus's begin. */
function changed({ sweep, stimulus }: StimulatedSweep, from: number, value: number): StimulatedSweep {
  const first = Math.round((stimulus.start + from) * sweep.samplingRate);
  return { sweep: { ...sweep, voltage: sweep.voltage.map((v, i) => (i >= first ? value : v)) }, stimulus };
}

const ALL = [-90, -70, -50, -30, -10, 130, 150, 170, 190, 210, 230].map((amplitude) => longSquare(amplitude));
const OTHERS = [shortSquare(1000), ramp(100, 2)];

describe('a membrane that sags back', () => {
  const membrane: Membrane = { rest: -66, resistance: 0.3, tau: 0.012, sag: 0.08, slowTau: 0.4 };
  const respond = (amplitude: number, options: { samplingRate: number; noise?: number }) =>
    sampledSweep(passiveStep(membrane, amplitude, 1), longSquare(amplitude), options);
  it.each([
    { samplingRate: 10_000 },
    { samplingRate: 20_000 },
    { samplingRate: 50_000 },
    { samplingRate: 50_000, noise: 0.05 },
    { samplingRate: 200_000 },
  ])('its sag is known at %o', (options) => {
    const cell = extractCell([-110, -70, -30].map((amplitude) => respond(amplitude, options)));
    const at = passiveStep(membrane, -110, 1);
    const fine = Array.from({ length: 100_000 }, (_, i) => at(i * 1e-5));
    const peak = fine.indexOf(Math.min(...fine));
    const meanOf = (from: number, to: number): number =>
      fine.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    const deepest = meanOf(peak - 250, peak + 250);
    const sag = (deepest - meanOf(97_000, 100_000)) / (deepest - membrane.rest);
    expect(sag).toBeGreaterThan(0.1);
    expect(Math.abs(human(cell, 'sag') / sag - 1)).toBeLessThan(0.01);
    expect(Math.abs(human(cell, 'vm_for_sag') - Math.min(...fine))).toBeLessThan(
      Math.max(0.1, 5 * (options.noise ?? 0)),
    );
  });

  it('steps deeper than 100 pA do not count for the resistance, deeper than 200 pA where steps are 40 pA apart', () => {
    const leaky = { ...membrane, sag: 0, resistance: 0.2 };
    const tight = { ...membrane, sag: 0 };
    const resistance = (steps: readonly (readonly [Membrane, number])[]): number =>
      human(
        extractCell(
          steps.map(([one, pA]) =>
            sampledSweep(passiveStep(one, pA, 1), longSquare(pA), { samplingRate: RATE }),
          ),
        ),
        'input_resistance',
      );
    const fine = [-70, -50, -30].map((pA) => [tight, pA] as const);
    expect(Math.abs(resistance([[leaky, -110], ...fine]) / 300 - 1)).toBeLessThan(0.01);
    const coarse = [-160, -120, -80].map((pA) => [tight, pA] as const);
    expect(Math.abs(resistance([[leaky, -200], ...coarse]) / 300 - 1)).toBeLessThan(0.01);
    expect(
      resistance([
        [leaky, -160],
        [tight, -120],
        [tight, -80],
      ]),
    ).toBeLessThan(250);
  });

  it('noise that drowns the deflection leaves the time constant unknown, and says so', () => {
    const cell = extractCell(
      [-10, -30].map((amplitude) => respond(amplitude, { samplingRate: RATE, noise: 0.8 })),
    );
    expect(human(cell, 'tau')).toBeNaN();
    expect(cell.rejected.map(({ code }) => code)).toContain('no-time-constant');
  });

  it('one step alone is held against its own baseline', () => {
    const pure = { ...membrane, sag: 0 };
    const sweep = sampledSweep(passiveStep(pure, -50, 1), longSquare(-50), { samplingRate: RATE });
    const cell = extractCell([sweep]);
    expect(Math.abs(human(cell, 'input_resistance') / 300 - 1)).toBeLessThan(0.01);
    expect(Math.abs(human(cell, 'tau') / pure.tau - 1)).toBeLessThan(0.01);
  });
});

describe('missing amplitudes', () => {
  it('a step between two is their mean, rescaled during the step alone', () => {
    const cell = extractCell(sweepsOf([-90, -30].map((amplitude) => longSquare(amplitude))));
    const known = extractCell(sweepsOf([longSquare(-70), longSquare(-60)]));
    const filled = part(cell, 'step_subthresh', 1);
    // The membrane is linear: the mean of -90 and -30 pA is the answer to -60 pA.
    const wanted = part(known, 'step_subthresh', 1);
    const unscaled = part(extractCell(sweepsOf([longSquare(-60)])), 'step_subthresh', 1).map(
      (v) => CELL.rest + (v - CELL.rest) * (60 / 70),
    );
    for (let k = 0; k < 120; k++) expect(filled[k]).toBeCloseTo(wanted[k], 6);
    for (let k = 120; k < 140; k++) expect(filled[k]).toBeCloseTo(unscaled[k], 6);
    expect(cell.notes.join()).toContain('-70 pA, -50 pA, -10 pA filled');
  });

  it('a step beyond the last is that one rescaled to the end', () => {
    const filled = part(extractCell(sweepsOf([longSquare(-90), longSquare(-30)])), 'step_subthresh', 4);
    const wanted = part(extractCell(sweepsOf([longSquare(-10)])), 'step_subthresh', 4);
    filled.forEach((value, k) => expect(value).toBeCloseTo(wanted[k], 6));
  });

  it('a step within 5 pA of the target is taken as it is', () => {
    const cell = extractCell(sweepsOf([-93, -70, -50, -30, -10].map((amplitude) => longSquare(amplitude))));
    expect(cell.notes).toEqual([]);
    expect(part(cell, 'step_subthresh', 0)[110]).toBeCloseTo(CELL.rest - 93 * CELL.resistance, 6);
  });

  it('a level between two is their mean, beyond the last it is the last', () => {
    const cell = extractCell(sweepsOf([130, 170, 210].map((amplitude) => longSquare(amplitude))));
    for (const name of ['inst_freq', 'psth', 'spiking_width'] as const) {
      const [a, filled, b, , c, end] = [0, 1, 2, 3, 4, 5].map((k) => part(cell, name, k));
      filled.forEach((value, k) => expect(value).toBeCloseTo((a[k] + b[k]) / 2, 9));
      expect(end).toEqual(c);
    }
    expect(cell.notes.join()).toContain('+20 pA, +60 pA, +100 pA filled');
  });

  it('where only rheobase is met, levels are counted from 10 pA above it', () => {
    const cell = extractCell(sweepsOf([130, 140, 160, 180].map((amplitude) => longSquare(amplitude))));
    const plain = extractCell(sweepsOf([140, 160, 180].map((amplitude) => longSquare(amplitude))));
    expect(cell.families.inst_freq).toEqual(plain.families.inst_freq);
    expect(human(cell, 'rheobase_i')).toBe(130);
  });

  it('one amplitude makes no course over amplitudes', () => {
    const cell = extractCell(sweepsOf([longSquare(-70), longSquare(130)]));
    expect(codes(cell, 'inst_freq')).toEqual(['few-amplitudes']);
    expect(codes(cell, 'psth')).toEqual(['few-amplitudes']);
    expect(cell.families.isi_shape?.length).toBe(100);
    expect(human(cell, 'fi_fit_slope')).toBeNaN();
  });

  it('of repeated amplitudes the one with the median number of spikes stands for the level', () => {
    const [a, b, c] = [125.0001, 140, 200].map((amplitude) => integrateSweep(amplitude));
    const cell = extractCell([
      ...[a, c, b].map((sweep) => ({ ...sweep, stimulus: { ...sweep.stimulus, amplitude: 130 } })),
      ...sweepsOf([longSquare(150)]),
    ]);
    const median = extractCell(
      [integrateSweep(140), ...sweepsOf([longSquare(150)])].map((sweep, k) =>
        k === 0 ? { ...sweep, stimulus: { ...sweep.stimulus, amplitude: 130 } } : sweep,
      ),
    );
    expect(part(cell, 'psth', 0)).toEqual(part(median, 'psth', 0));
  });
});

function integrateSweep(amplitude: number): StimulatedSweep {
  return sweepsOf([longSquare(amplitude)])[0];
}

describe('spikes cut off', () => {
  it('by the end of the step: marked, and nothing after the peak is measured', () => {
    const [{ spikes }] = knownSweeps([longSquare(150)], { samplingRate: RATE });
    // The step ends 1 ms after the peak of the third spike.
    const seconds = spikes[2].onset + spikes[2].shape.rise + 1e-3;
    const cell = extractCell(sweepsOf([longSquare(150, seconds)]));
    const found = cell.sweeps[0].spikes;
    expect(found.map(({ clipped }) => clipped)).toEqual([false, false, true]);
    expect(found[2].peak).toBeCloseTo(spikes[2].base + 75, 1);
    for (const value of [found[2].width, found[2].trough, found[2].fastTrough, found[2].downstroke])
      expect(value).toBeNaN();
    expect(human(cell, 'fast_trough_v_last_rheo')).toBeNaN();
    expect(human(cell, 'mean_isi_rheo')).toBeCloseTo((spikes[2].onset - spikes[0].onset) / 2, 4);
  });

  it('a short square whose spike the recording cuts is no first spike', () => {
    const [short] = sweepsOf([shortSquare(1000)]);
    const cut = changed(short, 0.0045, NaN);
    const cell = extractCell([cut]);
    expect(cell.sweeps[0].spikes.map(({ clipped }) => clipped)).toEqual([true]);
    expect(cell.families.first_ap_v).toBeUndefined();
    expect(human(cell, 'peak_deltav_short_square')).toBeNaN();
  });
});

describe('sweeps cut short', () => {
  it('inside the step: left out, with its time', () => {
    const sweeps = sweepsOf(ALL);
    const whole = extractCell(sweeps);
    const cell = extractCell([
      ...sweeps,
      changed(integrateSweep(150), 0.5, NaN),
      changed(integrateSweep(150), 0.9, 0),
    ]);
    expect(cell.rejected.filter(({ sweep }) => sweep !== undefined).map(({ code }) => code)).toEqual([
      'truncated',
      'truncated',
    ]);
    expect(cell.rejected[0].reason).toContain('0.500 s into a stimulus of 1.000 s');
    expect(cell.scalars).toEqual(whole.scalars);
    expect(cell.families).toEqual(whole.families);
  });

  it('just after the step: spikes count, but the response in bins needs 0.2 s more', () => {
    const sweeps = sweepsOf([-70, 130, 150].map((amplitude) => longSquare(amplitude))).map((sweep) =>
      changed(sweep, 1.1, NaN),
    );
    const cell = extractCell(sweeps);
    expect(codes(cell, 'step_subthresh')).toEqual(['no-hyperpolarising']);
    expect(cell.families.psth?.length).toBe(120);
    expect(Math.abs(human(cell, 'input_resistance') - 200)).toBeLessThan(2);
  });

  it('before the step: samples are counted from the file', () => {
    const whole = integrateSweep(150);
    const from = Math.round((LEAD - 0.15) * RATE);
    const late = {
      ...whole,
      sweep: { ...whole.sweep, voltage: whole.sweep.voltage.map((v, i) => (i < from ? NaN : v)) },
    };
    expect(extractCell([late]).sweeps).toEqual(extractCell([whole]).sweeps);
  });
});

describe('missing protocols', () => {
  it('without ramps and short squares two parts of the first spike are NaN, all else is there', () => {
    const cell = extractCell(sweepsOf(ALL));
    expect([...familyMask(cell)]).toEqual(FAMILIES.map(({ name }) => (name.startsWith('first_ap') ? 0 : 1)));
    expect(part(cell, 'first_ap_v', 0).every(Number.isNaN)).toBe(true);
    expect(part(cell, 'first_ap_v', 1).every(Number.isFinite)).toBe(true);
    expect(part(cell, 'first_ap_dv', 2).every(Number.isNaN)).toBe(true);
    expect(codes(cell, 'first_ap_v').length).toBe(2);
    expect(cell.rejected.map(({ code }) => code)).toEqual(['no-short-square', 'no-ramp']);
  });

  it('without long squares the first spikes of the others remain', () => {
    const cell = extractCell(sweepsOf(OTHERS));
    expect(Object.keys(cell.families).sort()).toEqual(['first_ap_dv', 'first_ap_v']);
    expect(part(cell, 'first_ap_v', 1).every(Number.isNaN)).toBe(true);
    expect(Number.isFinite(human(cell, 'threshold_i_ramp'))).toBe(true);
  });

  it('a cell without sweeps has a reason for every family', () => {
    const cell = extractCell([]);
    expect(cell.families).toEqual({});
    for (const { name } of FAMILIES) expect(codes(cell, name).length, name).toBeGreaterThan(0);
    expect(cell.scalars.every(Number.isNaN)).toBe(true);
    expect(cell.scalars.length).toBe(FEATURES.length);
  });
});

it('steps of half a second have scalars, but none of the families made of a second', () => {
  const cell = extractCell(
    sweepsOf([-70, -30, 130, 150, 170].map((amplitude) => longSquare(amplitude, 0.5))),
  );
  expect(codes(cell, 'psth')).toEqual(['duration']);
  expect(codes(cell, 'step_subthresh')).toEqual(['duration']);
  expect(cell.families.isi_shape?.length).toBe(100);
  expect(Math.abs(human(cell, 'input_resistance') - 200)).toBeLessThan(2);
  const mixed = extractCell([...sweepsOf(ALL), ...sweepsOf([longSquare(150, 0.5)])]);
  expect(mixed.rejected.map(({ code }) => code)).toContain('duration');
  expect(mixed.families.psth).toEqual(extractCell(sweepsOf(ALL)).families.psth);
});

it.each([10_000, 16_000, 24_414.0625, 33_333, 62_500, 96_000])(
  'vectors have their lengths at %d Hz',
  (samplingRate) => {
    const cell = extractCell(sweepsOf([...ALL, ...OTHERS], samplingRate));
    expect([...familyMask(cell)]).toEqual(FAMILIES.map(() => 1));
    for (const { name } of FAMILIES) expect(cell.families[name]?.length).toBe(FAMILY_LENGTH[name]);
  },
);

it('a current that holds the cell does not count as stimulus', () => {
  const held = sweepsOf([...OTHERS]).map(({ sweep, stimulus }) => ({
    sweep: { ...sweep, current: sweep.current.map((value) => value - 35) },
    stimulus,
  }));
  expect(extractCell(held).scalars).toEqual(extractCell(sweepsOf([...OTHERS])).scalars);
});

it('whatever a recording holds, every family is there in full or has a reason', () => {
  const base = sweepsOf(
    [longSquare(-70), longSquare(130), longSquare(170), shortSquare(1000), ramp(100, 1.5)],
    10_000,
  );
  const wild = fc.array(
    fc.record({
      sweep: fc.nat(base.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(9000),
      value: fc.constantFrom(NaN, Infinity, 0, -70, 1e9, -1e9, 60),
      start: fc.constantFrom(0, 0, 0, -0.4, 5, NaN),
      rate: fc.constantFrom(1, 1, 1, 0, NaN, 5),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(wild, (changes) => {
      const sweeps = [...base];
      for (const { sweep: k, at, length, value, start, rate } of changes) {
        const { sweep, stimulus } = sweeps[k];
        const from = Math.floor(at * sweep.voltage.length);
        const voltage = sweep.voltage.map((v, i) => (i >= from && i < from + length ? value : v));
        sweeps[k] = {
          sweep: { ...sweep, voltage, samplingRate: sweep.samplingRate * rate },
          stimulus: { ...stimulus, start: stimulus.start + start },
        };
      }
      const cell = extractCell(sweeps);
      for (const { name } of FAMILIES) {
        const values = cell.families[name];
        const reasons = codes(cell, name).length;
        if (values === undefined) expect(reasons).toBeGreaterThan(0);
        else {
          expect(values.length).toBe(FAMILY_LENGTH[name]);
          expect(values.every(Number.isFinite) || (name.startsWith('first_ap') && reasons > 0)).toBe(true);
        }
      }
      expect([...cell.scalars].some((value) => Math.abs(value) === Infinity)).toBe(false);
    }),
    { numRuns: 60, seed: 5 },
  );
});
