// What counts as one spike, on traces drawn sample by sample at 10 kHz (where dV/dt is that of the samples: 1 mV a sample is 10 V/s).
import { describe, expect, it } from 'vitest';
import { DETECTION_LIMITS, detectSpikes, type DetectedSpike } from './spike-detection.ts';
import { voltageDerivative } from './voltage-derivative.ts';

const RATE = 10_000;

/** A trace from -60 mV that moves by `by` mV a sample for `count` samples, move after move. */
function drawn(...moves: readonly (readonly [by: number, count: number])[]): Float64Array {
  const voltage = [-60];
  for (const [by, count] of moves)
    for (let i = 0; i < count; i++) voltage.push(voltage[voltage.length - 1] + by);
  return Float64Array.from(voltage);
}

function find(voltage: Float64Array, limits = DETECTION_LIMITS): DetectedSpike[] {
  return detectSpikes(
    voltage,
    voltageDerivative(voltage, RATE),
    RATE,
    { from: 0, to: voltage.length - 1 },
    limits,
  );
}

const STILL = [0, 50] as const;
const FALL = [-7, 12] as const;

describe('one spike', () => {
  it('has its threshold where the rise begins and its peak at the highest sample', () => {
    expect(find(drawn(STILL, [8, 10], FALL, STILL))).toEqual([{ threshold: 49, peak: 60, upstroke: 50 }]);
  });

  it('may rise in two strokes, as long as it does not fall in between', () => {
    expect(find(drawn(STILL, [8, 5], [0.5, 4], [8, 5], FALL, STILL)).map(({ peak }) => peak)).toEqual([64]);
  });

  it('may dip for a sample on its way up', () => {
    expect(find(drawn(STILL, [8, 6], [-1, 1], [8, 5], FALL, STILL))).toEqual([
      { threshold: 49, peak: 62, upstroke: 50 },
    ]);
  });

  it('may dip and hesitate, as long as its second threshold would come before its first peak is over', () => {
    const found = find(drawn(STILL, [8, 6], [-1, 1], [0.5, 1], [8, 5], FALL, STILL));
    expect(found).toEqual([{ threshold: 49, peak: 63, upstroke: 50 }]);
  });

  it('begins where the slope is 5 % of the steepest, not where it crosses 20 V/s', () => {
    // 3 V/s, then 5, 10 and 200: 5 % of 200 is 10.
    expect(
      find(drawn(STILL, [0.3, 20], [0.5, 5], [1, 5], [20, 4], FALL, STILL)).map(({ threshold }) => threshold),
    ).toEqual([79]);
    const fraction = { ...DETECTION_LIMITS, thresholdFraction: 0.04 };
    expect(
      find(drawn(STILL, [0.3, 20], [0.5, 5], [1, 5], [20, 4], FALL, STILL), fraction).map(
        ({ threshold }) => threshold,
      ),
    ).toEqual([74]);
  });
});

it('two spikes are two when the voltage falls in between', () => {
  const spikes = find(drawn(STILL, [8, 10], FALL, [8, 10], FALL, STILL));
  expect(spikes.map(({ peak }) => peak)).toEqual([60, 82]);
});

describe('no spike', () => {
  it.each([
    ['rises by less than 20 V/s', drawn(STILL, [1.9, 45], FALL, STILL)],
    ['peaks below -30 mV', drawn(STILL, [5, 5], FALL, STILL)],
    ['rises by less than 2 mV from its crossing', drawn([1, 40], [1.9, 1], [2, 0], [0, 3], FALL)],
    // 25 V/s for a millisecond, then 10 ms more of slow rise: the peak is no part of that upstroke.
    ['takes more than 5 ms to its peak', drawn(STILL, [4, 10], [0.1, 100], FALL, STILL)],
  ])('%s', (_, voltage) => {
    expect(find(voltage)).toEqual([]);
  });

  it('where the stimulus has just begun', () => {
    const voltage = drawn([8, 10], FALL, STILL);
    const early = { ...DETECTION_LIMITS, startGuard: 0.0002 };
    expect(find(drawn([0, 1], [8, 10], FALL, STILL)).length).toBe(1);
    expect(find(drawn([0, 1], [8, 10], FALL, STILL), early)).toEqual([]);
    expect(find(voltage, early)).toEqual([]);
  });
});

it('a threshold too far from the peak is looked for again near it', () => {
  // A first stroke that stalls for 6 ms without falling, then the spike.
  const spikes = find(drawn(STILL, [3, 4], [0.1, 60], [9, 6], FALL, STILL));
  expect(spikes).toEqual([{ threshold: 113, peak: 120, upstroke: 114 }]);
});
