// Plan: what is judged never holds bins that the run was fitted or tuned on, never takes its rates from the bins that are
// scored, and the null model is the target's own; units without a partner are all counted.
import {
  binRecording,
  resolveConfig,
  simulateInVitro,
  simulateInVivo,
  trainingProbabilities,
  wholeSplit,
} from '@spikebridge/model';
import type { Recording, Shares } from '@spikebridge/model';
import { describe, expect, it } from 'vitest';
import { gridOf, prepareSource } from './prepared.ts';
import { guardTraining, heldOut, otherRecording } from './target.ts';
import type { TargetRequest } from './target.ts';

const { config } = resolveConfig({ sets: ['data.units=4', 'training.context=64', 'data.split=[60,20,20]'] });
const recording = simulateInVivo({ units: 4, seconds: 20, seed: 1 });
const source = prepareSource(recording, config);
const target = simulateInVitro({ units: 6, seconds: 12, seed: 2 });
const earlier = simulateInVitro({ units: 6, seconds: 8, seed: 3 });

const request = (change: Partial<TargetRequest>): TargetRequest => ({
  source,
  config,
  recording: target,
  calibration: undefined,
  pairing: 'rank',
  part: 'test',
  split: undefined,
  seed: 1,
  ...change,
});
const code = (value: string): unknown => expect.objectContaining({ code: value });

describe('bins that the run knows', () => {
  it('are never scored: all of its own recording, or another split of it', () => {
    expect(() => heldOut(source, 'all')).toThrow(code('E_EVALUATION_TRAINED'));
    const own = (part: 'test' | 'all', split?: Shares) => (): unknown =>
      otherRecording(request({ recording, pairing: 'random', part, split, calibration: undefined }));
    expect(own('all')).toThrow(code('E_EVALUATION_TRAINED'));
    expect(own('test', [20, 20, 60])).toThrow(code('E_EVALUATION_TRAINED'));
    expect(own('test')).not.toThrow();
    expect(heldOut(source, 'test').target.test).toEqual(source.split.test.spans);
  });

  it('are found in an excerpt of the recording too', () => {
    const late = resolveConfig({
      sets: ['data.units=4', 'training.context=64', 'data.split=[60,20,20]', 'data.start=10'],
    }).config;
    const excerpt = prepareSource(recording, late);
    // Its training part is seconds 10 to 16: the last fifth of the whole recording (from 16 s) is its validation part.
    expect(() => otherRecording(request({ source: excerpt, config: late, recording }))).toThrow(
      code('E_EVALUATION_TRAINED'),
    );
  });
});

describe('rates of the target', () => {
  it('never come from the recording that is judged', () => {
    const copy: Recording = { ...target, times: target.times.slice() };
    for (const part of ['test', 'all'] as const)
      expect(() => otherRecording(request({ calibration: copy, part }))).toThrow(code('E_CALIBRATION_LEAK'));
    expect(() => otherRecording(request({ calibration: earlier, part: 'all' }))).not.toThrow();
  });

  it.each(['rank', 'index', 'random'] as const)(
    'are asked for where pairing is %s and all is scored',
    (pairing) => {
      // The source's rates of other units would be a null that anything beats.
      expect(() => otherRecording(request({ pairing, part: 'all' }))).toThrow(code('E_PAIR_RATES'));
    },
  );

  it('are those of the calibration, also where the units are the same', () => {
    const { target: judged } = otherRecording(
      request({ pairing: 'within', part: 'all', calibration: earlier }),
    );
    const grid = gridOf(earlier, config.data, {});
    const { raster } = binRecording(earlier, grid, source.selection.slots);
    expect(judged.rates).toEqual(trainingProbabilities(raster, wholeSplit(grid, 'train').train.spans));
    const { target: plain } = otherRecording(request({ pairing: 'within', part: 'all' }));
    expect(plain.rates).toEqual(trainingProbabilities(source.raster, source.split.train.spans));
  });
});

describe('units without a partner', () => {
  it.each(['rank', 'index', 'random'] as const)('are all counted under %s', (pairing) => {
    const { target: judged } = otherRecording(request({ pairing }));
    expect(judged.units?.reduce((sum, flag) => sum + flag, 0)).toBe(4);
    expect(judged).toMatchObject({ unpairedSource: 0, unpairedTarget: 2 });
  });
});

describe('level none', () => {
  it('chooses units without their rates', () => {
    const busiest = {
      ...config,
      data: { ...config.data, selection: { ...config.data.selection, order: 'rate' } },
    };
    const chosen = (pairing: 'rank' | 'random'): (string | null)[] =>
      otherRecording(request({ config: busiest as typeof config, pairing })).unitIds.toSorted();
    const first = target.units
      .slice(0, 4)
      .map((unit) => unit.id)
      .sort();
    expect(chosen('random')).toEqual(first);
    expect(chosen('rank')).not.toEqual(first);
  });
});

describe('guardTraining', () => {
  it('gives bins of the target itself', () => {
    expect(guardTraining(source, heldOut(source, 'test').target, false)).toBe(source.split.train.spans);
    const split = otherRecording(request({})).target;
    expect(guardTraining(source, split, false)).toBe(split.train);
    // 12 s of target: the spans of the source (20 s) and of the calibration (8 s) are those of other rasters.
    const whole = [{ start: 0, stop: 12_000 }];
    const same = otherRecording(request({ pairing: 'within', part: 'all' })).target;
    expect(guardTraining(source, same, false)).toEqual(whole);
    const calibrated = otherRecording(request({ calibration: earlier, part: 'all' })).target;
    expect(guardTraining(source, calibrated, true)).toEqual(whole);
  });
});
