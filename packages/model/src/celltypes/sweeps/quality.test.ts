// Quality of sweeps and of the cell: each limit of IPFX just met and just broken, and what the file does not offer.
import { describe, expect, it } from 'vitest';
import { memoryFile } from '../../formats/testing/nodeLocation.ts';
import type { QualityCheck } from './index.ts';
import {
  IPFX_LIMITS,
  cellQuality,
  openSweeps,
  recogniseStimulus,
  surveySweeps,
  sweepQuality,
} from './index.ts';
import { nwbBytes } from './testing/nwb-writer.ts';
import type { SweepPlan } from './testing/protocol.ts';
import { REST, longSquare, planned, slowRamp, step } from './testing/protocol.ts';
import type { ElectrodeTest, ElectrodeTestKind, Sweep, SweepSet } from './types.ts';

const fs = 20_000;
const checksOf = (sweep: Sweep, header = {}) => {
  const stimulus = recogniseStimulus(sweep);
  return new Map(sweepQuality({ sweep, stimulus }, header).map((check) => [check.code, check]));
};
const verdicts = (checks: ReadonlyMap<string, QualityCheck>) =>
  [...checks].map(([code, { verdict }]) => `${code} ${verdict}`);
/** A sweep of a quiet cell with its voltage changed. */
const changed = (change: (voltage: Float64Array) => void, plan: SweepPlan = longSquare(-30)) => {
  const sweep = planned(0, plan);
  change(sweep.voltage);
  return sweep;
};
/** Adds a square wave of this RMS (its amplitude) to samples [from, to). */
const shake = (voltage: Float64Array, from: number, to: number, rms: number) => {
  for (let i = from; i < to; i++) voltage[i] += i % 2 === 0 ? rms : -rms;
};

describe('sweeps', () => {
  it('a quiet sweep passes everything that can be judged', () => {
    expect(verdicts(checksOf(planned(0, longSquare(-30)), { holdingCurrent: -20 }))).toEqual([
      'truncated passed',
      'pre-noise passed',
      'post-noise passed',
      'slow-noise passed',
      'vm-drift passed',
      'holding passed',
    ]);
  });

  // Windows as IPFX has them: 1.5 ms from half a second before the stimulus on, 1.5 ms at the end, the half second before the stimulus.
  it.each([
    ['pre-noise', 4_000, 4_030, IPFX_LIMITS.preNoise],
    ['post-noise', 45_970, 46_000, IPFX_LIMITS.postNoise],
    ['slow-noise', 4_000, 14_000, IPFX_LIMITS.slowNoise],
  ])('%s is measured over samples %i to %i', (code, from, to, limit) => {
    const loud = checksOf(changed((v) => shake(v, from, to, limit * 1.02))).get(code);
    expect(loud?.verdict).toBe('failed');
    expect(loud?.value).toBeCloseTo(limit * 1.02, 3);
    expect(loud?.reason).toContain(`at most ${limit} mV is allowed`);
    expect(checksOf(changed((v) => shake(v, from, to, limit * 0.98))).get(code)?.verdict).toBe('passed');
    // Outside its window nothing counts.
    const beside = changed((v) => {
      shake(v, Math.max(0, from - 400), from, 5);
      shake(v, to, Math.min(v.length, to + 400), 5);
    });
    expect(checksOf(beside).get(code)?.verdict).toBe('passed');
  });

  it('the drift is that of the means of half a second before and at the end', () => {
    const lifted = (mV: number) =>
      changed((v) => v.forEach((value, i) => (v[i] = i >= 36_000 ? value + mV : value)));
    const bad = checksOf(lifted(1.1)).get('vm-drift');
    expect(bad?.verdict).toBe('failed');
    expect(bad?.value).toBeCloseTo(1.1, 2);
    expect(bad?.reason).toBe(
      'The drift of the membrane potential over the sweep is 1.1 mV; at most 1 mV is allowed.',
    );
    expect(checksOf(lifted(-0.9)).get('vm-drift')?.verdict).toBe('passed');
    expect(checksOf(lifted(-1.1)).get('vm-drift')?.verdict).toBe('failed');
  });

  it('a sweep that stops within half a second of its stimulus is truncated, and its end is not judged', () => {
    // The step ends at sample 34,000.
    expect(checksOf(changed((v) => v.fill(NaN, 44_000))).get('truncated')?.verdict).toBe('passed');
    const checks = checksOf(changed((v) => v.fill(NaN, 43_900)));
    expect(checks.get('truncated')?.verdict).toBe('failed');
    expect(checks.get('truncated')?.value).toBeCloseTo(0.495, 6);
    for (const code of ['post-noise', 'vm-drift']) expect(checks.get(code)?.verdict).toBe('not-judged');
    expect(checks.get('pre-noise')?.verdict).toBe('passed');
  });

  it('what comes after a ramp is not judged', () => {
    const checks = checksOf(planned(0, slowRamp(200)));
    expect(verdicts(checks)).toEqual([
      'truncated not-judged',
      'pre-noise passed',
      'post-noise not-judged',
      'slow-noise passed',
      'vm-drift not-judged',
      'holding not-judged',
    ]);
  });

  it('the holding current is held to 100 pA either way where the file tells it', () => {
    const of = (holdingCurrent: number) =>
      checksOf(planned(0, longSquare(-30)), { holdingCurrent }).get('holding')?.verdict;
    expect([-101, -99, 99, 101].map(of)).toEqual(['failed', 'passed', 'passed', 'failed']);
    expect(checksOf(planned(0, longSquare(-30))).get('holding')).toMatchObject({
      verdict: 'not-judged',
      reason: 'The holding current is not judged: the file does not tell it.',
    });
  });

  it('a short baseline starts after the test pulse, none at all is not judged', () => {
    const close = planned(0, { injections: [step(-30, 0.2, 1.2)], seconds: 2 });
    // 50 ms after a pulse of 1.7 mV hardly anything is left of it.
    expect(checksOf(close).get('slow-noise')?.value).toBeLessThan(0.02);
    const none = planned(0, { injections: [step(-30, 0.00005, 1)], seconds: 2, testPulse: false });
    expect(
      sweepQuality({
        sweep: none,
        stimulus: { shape: 'long-square', amplitude: -30, start: 0.00005, stop: 1 },
      })
        .filter(({ verdict }) => verdict === 'not-judged')
        .map(({ code }) => code),
    ).toEqual(['pre-noise', 'slow-noise', 'vm-drift', 'holding']);
  });
});

/** Voltage-clamp response to 5 mV steps: access at the edge, then seal or input resistance (mega-ohm). */
function clamped(access: number, steady: number): Sweep {
  const voltage = new Float64Array(4_000);
  const current = new Float64Array(4_000).fill(8);
  for (const start of [500, 2_000]) {
    for (let i = start; i < start + 1_000; i++) {
      voltage[i] = 5;
      current[i] += 1e3 * (5 / steady + (5 / access - 5 / steady) * Math.exp(-(i - start) / 40));
    }
  }
  return { number: 1, samplingRate: fs, voltage, current };
}
const blown = (mV: number) => planned(9, { injections: [], seconds: 1 }).voltage.map((v) => v - REST + mV);
const tests = (
  entries: readonly (readonly [ElectrodeTestKind, Sweep])[],
): Pick<SweepSet, 'electrodeTests'> => ({
  electrodeTests: entries.map(([kind, sweep], number): ElectrodeTest => ({
    kind,
    number,
    read: () => sweep,
  })),
});
const cell = (entries: readonly (readonly [ElectrodeTestKind, Sweep])[]) =>
  new Map(cellQuality(tests(entries)).map((check) => [check.code, check]));

describe('the cell', () => {
  it('is not judged where the file has no tests of the electrode', () => {
    for (const checks of [cellQuality({}), cellQuality(tests([]))]) {
      expect(checks.map(({ code, verdict }) => `${code} ${verdict}`)).toEqual(
        ['electrode-0', 'seal', 'access', 'access-ratio', 'blowout'].map((code) => `${code} not-judged`),
      );
      expect(checks[1].reason).toBe('The resistance of the seal is not judged: the file has no seal sweep.');
    }
  });

  it('measures seal, access and their limits', () => {
    const sealed = cell([['seal', clamped(1_200, 1_200)]]).get('seal');
    expect(sealed?.value).toBeCloseTo(1.2, 6);
    expect(sealed?.verdict).toBe('passed');
    expect(cell([['seal', clamped(900, 900)]]).get('seal')?.verdict).toBe('failed');
    const good = cell([['break-in', clamped(12, 160)]]);
    expect(good.get('access')?.value).toBeCloseTo(12, 6);
    expect(good.get('access-ratio')?.value).toBeCloseTo(12 / 160, 4);
    expect([good.get('access')?.verdict, good.get('access-ratio')?.verdict]).toEqual(['passed', 'passed']);
    expect(cell([['break-in', clamped(21, 200)]]).get('access')?.verdict).toBe('failed');
    expect(cell([['break-in', clamped(0.9, 200)]]).get('access')?.verdict).toBe('failed');
    expect(cell([['break-in', clamped(12, 70)]]).get('access-ratio')?.verdict).toBe('failed');
  });

  it('measures the electrode in the bath and the voltage after blow-out, in the last sweep of each kind', () => {
    const bath = (pA: number): Sweep => ({ ...clamped(5, 5), current: new Float64Array(4_000).fill(pA) });
    expect(
      cell([
        ['bath', bath(500)],
        ['bath', bath(-150)],
      ]).get('electrode-0'),
    ).toMatchObject({ verdict: 'passed', value: -150 });
    expect(cell([['bath', bath(-201)]]).get('electrode-0')?.verdict).toBe('failed');
    const out = (mV: number): Sweep => ({
      ...planned(9, { injections: [], seconds: 1 }),
      voltage: blown(mV),
    });
    expect(cell([['blowout', out(4)]]).get('blowout')?.value).toBeCloseTo(4, 1);
    expect(cell([['blowout', out(12)]]).get('blowout')?.verdict).toBe('failed');
  });

  it('says so where a test cannot be measured', () => {
    const flat: Sweep = { ...clamped(5, 5), voltage: new Float64Array(4_000) };
    expect(cell([['seal', flat]]).get('seal')?.reason).toBe(
      'The resistance of the seal is not judged: sweep 0 (seal) holds no test pulse that can be measured.',
    );
  });
});

it('a survey keeps what is good, tells each fault of each sweep, and never drops a cell for want of a family', async () => {
  const sweeps = [
    { sweep: planned(1, longSquare(-30)), biasCurrent: -150e-12 },
    { sweep: planned(2, longSquare(-50, { voltageNoise: 0.2, drift: 3 })) },
    { sweep: planned(3, longSquare(-70, { voltageNoise: 0.02 })), stimulusName: 'X1PS_SubThresh' },
    { sweep: planned(4, { injections: [step(50, 0.7, 0.9)], seconds: 2 }), stimulusName: 'C1NSSEED_1' },
    {
      sweep: { ...clamped(2_000, 2_000), number: 5 },
      clamp: 'voltage' as const,
      stimulusName: 'EXTPCllATT180424_DA_0',
    },
    {
      sweep: { ...clamped(30, 100), number: 6 },
      clamp: 'voltage' as const,
      stimulusName: 'EXTPBREAKN180424_DA_0',
    },
  ];
  const set = await openSweeps(memoryFile('a.nwb', await nwbBytes({ layout: 'mies', sweeps })));
  const survey = surveySweeps(set);
  expect(
    survey.accepted.map(({ header: { number }, index, stimulus: { amplitude } }) => [
      number,
      index,
      amplitude,
    ]),
  ).toEqual([[3, 2, -70]]);
  const told = survey.rejected.map(({ sweep, code }) => `${sweep} ${code}`);
  expect(told).toEqual([
    '5 voltage-clamp',
    '6 voltage-clamp',
    '1 holding',
    '2 pre-noise',
    '2 post-noise',
    '2 vm-drift',
    '4 stimulus',
  ]);
  expect(survey.rejected.at(-1)?.reason).toMatch(
    /^No feature is taken from this stimulus \(C1NSSEED_1\): the step of 200\.0 ms is longer/,
  );
  expect(survey.cell.filter(({ verdict }) => verdict === 'failed').map(({ code }) => code)).toEqual([
    'access',
    'access-ratio',
  ]);
  expect(survey.cell.find(({ code }) => code === 'seal')?.value).toBeCloseTo(2, 2);
  expect(survey.notJudged.filter(({ sweep }) => sweep === undefined).map(({ code }) => code)).toEqual([
    'electrode-0',
    'blowout',
  ]);
});
