// What was injected, told from currents whose answer is known: commands to the sample, measured currents within what noise allows.
import { describe, expect, it } from 'vitest';
import { recogniseStimulus } from './stimulus.ts';
import type { Injection, SweepPlan } from './testing/protocol.ts';
import { gaussian, longSquare, planned, ramp, shortSquare, slowRamp, step } from './testing/protocol.ts';
import type { Sweep } from './types.ts';

const RATES = [10_000, 20_000, 33_333, 50_000, 100_000, 200_000];
const recognised = (plan: SweepPlan, hints = {}) => recogniseStimulus(planned(0, plan), hints);
/** A sweep of a current alone. */
const withCurrent = (current: Float64Array, samplingRate = 10_000): Sweep => ({
  number: 0,
  samplingRate,
  voltage: new Float64Array(current.length).fill(-70),
  current,
});
const one = (injection: Injection, seconds: number): SweepPlan => ({ injections: [injection], seconds });

describe('commands', () => {
  it.each(RATES)('a long square at %i Hz, to the sample', (samplingRate) => {
    for (const amplitude of [-110, -10, 5, 200, 1000]) {
      const found = recognised(longSquare(amplitude, { samplingRate }));
      expect(found.shape).toBe('long-square');
      expect(found.amplitude).toBeCloseTo(amplitude, 9);
      expect(found.start * samplingRate).toBeCloseTo(Math.round(0.7 * samplingRate), 6);
      expect(found.stop * samplingRate).toBeCloseTo(Math.round(1.7 * samplingRate), 6);
      expect(found.reason).toBeUndefined();
    }
  });

  it.each(RATES)('a short square at %i Hz, to the sample', (samplingRate) => {
    const found = recognised(shortSquare(400, { samplingRate }));
    expect(found.shape).toBe('short-square');
    expect(found.amplitude).toBeCloseTo(400, 9);
    expect(found.start * samplingRate).toBeCloseTo(Math.round(0.7 * samplingRate), 6);
    expect(found.stop * samplingRate).toBeCloseTo(Math.round(0.703 * samplingRate), 6);
  });

  it.each(RATES)('a ramp at %i Hz, to two samples', (samplingRate) => {
    for (const amplitude of [50, 1000, -300]) {
      const found = recognised(slowRamp(amplitude, { samplingRate }));
      expect(found.shape).toBe('ramp');
      expect(Math.abs(found.amplitude / amplitude - 1)).toBeLessThan(1e-6);
      expect(Math.abs(found.start - 0.7) * samplingRate).toBeLessThanOrEqual(2);
      expect(Math.abs(found.stop - 2.7) * samplingRate).toBeLessThanOrEqual(2);
    }
  });

  it('gives the amplitude above the holding current', () => {
    for (const plan of [
      longSquare(80, { holding: -35 }),
      shortSquare(80, { holding: 60 }),
      slowRamp(80, { holding: 12.5 }),
    ]) {
      const found = recognised(plan);
      expect(found.shape).not.toBe('other');
      expect(found.amplitude).toBeCloseTo(80, 3);
    }
  });

  it('takes a step of half a second for a long square and one of 10 ms for a short one', () => {
    expect(recognised(one(step(50, 0.7, 1.2), 2)).shape).toBe('long-square');
    expect(recognised(one(step(50, 0.7, 0.71), 2)).shape).toBe('short-square');
    expect(recognised(one(step(50, 0.7, 3.7), 4.5)).shape).toBe('long-square');
    expect(recognised(one(step(50, 0.7, 1.19), 2))).toMatchObject({ shape: 'other', amplitude: 50 });
    expect(recognised(one(step(50, 0.7, 0.712), 2)).shape).toBe('other');
  });
});

describe('measured currents', () => {
  // A smoothed edge is half way at its true place; at six times the noise it moves by about a quarter of the 0.25 ms window.
  it.each([1, 5, 20])('with %i pA of noise', (currentNoise) => {
    for (const samplingRate of [20_000, 50_000]) {
      for (let seed = 1; seed <= 10; seed++) {
        const long = recognised(longSquare(8 * currentNoise + 30, { currentNoise, samplingRate, seed }));
        expect(long.shape).toBe('long-square');
        expect(Math.abs(long.start - 0.7)).toBeLessThan(0.00015);
        expect(Math.abs(long.stop - 1.7)).toBeLessThan(0.00015);
        // Medians over 0.1 s of holding and half a second of step: their error is far below a tenth of the noise.
        expect(Math.abs(long.amplitude - (8 * currentNoise + 30))).toBeLessThan(0.1 * currentNoise);
        const short = recognised(shortSquare(12 * currentNoise + 100, { currentNoise, samplingRate, seed }));
        expect(short.shape).toBe('short-square');
        expect(Math.abs(short.stop - short.start - 0.003)).toBeLessThan(0.00015);
        const up = recognised(slowRamp(20 * currentNoise + 100, { currentNoise, samplingRate, seed }));
        expect(up.shape).toBe('ramp');
        // The holding level is a median over 0.1 s, known to 1.25 x noise / sqrt(2000): six times that, over the slope for the start.
        const holding = 6 * 1.25 * (currentNoise / Math.sqrt(2_000));
        const height = 20 * currentNoise + 100;
        expect(Math.abs(up.start - 0.7)).toBeLessThan((2 * holding) / height + 2 / samplingRate);
        expect(Math.abs(up.amplitude - height)).toBeLessThan(holding);
      }
    }
  });

  it('finds nothing in noise alone', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const found = recognised({ injections: [], seconds: 2, testPulse: false, currentNoise: 4, seed });
      expect(found).toMatchObject({ shape: 'other', reason: 'no current is injected' });
    }
  });
});

describe('test pulses', () => {
  it('stands apart from the stimulus, with its own amplitude', () => {
    for (const plan of [longSquare(50), shortSquare(50), slowRamp(50)]) {
      const { testPulse } = recognised(plan);
      expect(testPulse?.amplitude).toBeCloseTo(-20, 9);
      expect(testPulse?.start).toBeCloseTo(0.03, 9);
      expect(testPulse?.stop).toBeCloseTo(0.04, 9);
    }
    expect(recognised(longSquare(50, { testPulse: false })).testPulse).toBeUndefined();
    expect(recognised(longSquare(50, { testPulse: false })).shape).toBe('long-square');
  });

  it('may be all there is', () => {
    const found = recognised({ injections: [], seconds: 2 });
    expect(found).toMatchObject({ shape: 'other', reason: 'no current is injected after the test pulse' });
    expect(found.testPulse?.amplitude).toBe(-20);
  });

  it('is told from a lone short square by what the file says', () => {
    const early = one(step(300, 0.05, 0.053), 1);
    const plan = { ...early, testPulse: false };
    expect(recognised(plan).shape).toBe('other');
    expect(recognised(plan, { stimulusName: 'C1SSCOARSE150112' }).shape).toBe('short-square');
    const late = { ...one(step(300, 0.3, 0.303), 1), testPulse: false };
    expect(recognised(late).shape).toBe('short-square');
    expect(recognised(late, { testPulse: { start: 0.25, stop: 0.35 } })).toMatchObject({
      shape: 'other',
      testPulse: { start: 0.3 },
    });
  });

  it('is no pulse of a train', () => {
    const train = {
      injections: [0.1, 0.3, 0.5].map((at) => step(300, at, at + 0.003)),
      seconds: 1,
      testPulse: false,
    };
    const found = recognised(train);
    expect(found.testPulse).toBeUndefined();
    expect(found.reason).toBe('the current leaves its holding level 3 times');
  });
});

describe('what no feature is taken from', () => {
  const normal = gaussian(3);
  const seconds = (i: number) => i / 10_000;
  const on = (i: number) => i >= 5_000 && i < 15_000;
  const build = (value: (i: number) => number) =>
    withCurrent(Float64Array.from({ length: 20_000 }, (_, i) => (on(i) ? value(i) : 0)));
  let level = 0;
  it.each([
    ['frozen noise', build(() => (level = 0.98 * level + 10 * normal()) + 80), /times|neither/],
    ['a chirp', build((i) => 100 * Math.sin(2 * Math.PI * 10 * seconds(i - 5_000) ** 2)), /times/],
    ['a half sine', build((i) => 100 * Math.sin(Math.PI * seconds(i - 5_000))), /neither a step nor a ramp/],
    ['a triangle', build((i) => 100 - Math.abs(seconds(i - 10_000)) * 200), /neither a step nor a ramp/],
    ['two levels', build((i) => (i < 10_000 ? 50 : 120)), /neither a step nor a ramp/],
    ['a step on a ramp', build((i) => 60 + 100 * seconds(i - 5_000)), /neither a step nor a ramp/],
  ])('%s', (_, sweep, reason) => {
    const found = recogniseStimulus(sweep);
    expect(found.shape).toBe('other');
    expect(found.reason).toMatch(reason);
  });

  it('a current with gaps, or none at all', () => {
    const gap = planned(0, longSquare(50));
    gap.current.fill(NaN, 20_000, 20_010);
    expect(recogniseStimulus(gap)).toMatchObject({
      shape: 'other',
      reason: '10 samples of the current are missing',
    });
    expect(recogniseStimulus(withCurrent(new Float64Array(1000).fill(NaN)))).toMatchObject({
      shape: 'other',
      reason: 'the injected current was not recorded',
    });
  });

  it('a brief step that the sweep cuts, or that is on from the first sample', () => {
    expect(recognised(one(step(50, 0.7, 5), 1))).toMatchObject({
      shape: 'other',
      reason: 'the sweep ends before the step does',
    });
    const holding = withCurrent(new Float64Array(20_000).fill(0).fill(50, 0, 10));
    expect(recogniseStimulus(holding).shape).toBe('other');
  });
});

describe('cut sweeps', () => {
  it('end a ramp where the recording of the voltage ends, with the amplitude it had there', () => {
    const sweep = planned(0, slowRamp(200));
    const cut = Math.round(1.5 * sweep.samplingRate);
    sweep.voltage.fill(NaN, cut);
    const found = recogniseStimulus(sweep);
    expect(found.shape).toBe('ramp');
    expect(found.stop).toBeCloseTo(1.5, 9);
    expect(found.amplitude).toBeCloseTo(sweep.current[cut - 1], 6);
  });

  it('leave a square its own end', () => {
    const sweep = planned(0, longSquare(200));
    sweep.voltage.fill(NaN, Math.round(1.2 * sweep.samplingRate));
    expect(recogniseStimulus(sweep)).toMatchObject({ shape: 'long-square', stop: 1.7 });
  });
});

it('reads the middle of a ramp that starts in the first half second, without a test pulse', () => {
  const found = recognised({ injections: [ramp(250, 0.2, 1.2)], seconds: 1.5, testPulse: false });
  expect(found).toMatchObject({ shape: 'ramp' });
  expect(found.amplitude).toBeCloseTo(250, 6);
});
