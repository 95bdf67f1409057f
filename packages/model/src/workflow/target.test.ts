// Plan: what is judged never holds bins that the run was fitted or tuned on, never takes its rates from the bins that are
// scored, and the null model is the target's own; units without a partner are all counted.
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/resolve.ts';
import { trainingProbabilities } from '../evaluation/floors/rates.ts';
import { binRecording } from '../recording/raster.ts';
import { simulateInVitro } from '../recording/simulate-in-vitro.ts';
import { simulateInVivo } from '../recording/simulate-in-vivo.ts';
import { wholeSplit } from '../recording/split.ts';
import type { Shares } from '../recording/split.ts';
import type { Recording } from '../recording/types.ts';
import { levelOf } from './judging-level.ts';
import { gridOf, prepareSource } from './prepared.ts';
import { guardTraining, heldOut, otherRecording } from './target.ts';
import type { TargetRequest } from './target.ts';

const { config } = resolveConfig({ sets: ['data.units=4', 'training.context=64', 'data.split=[60,20,20]'] });
const recording = simulateInVivo({ units: 4, seconds: 20, seed: 1 });
const source = prepareSource(recording, config);
const target = simulateInVitro({ units: 6, seconds: 12, seed: 2 });
const earlier = simulateInVitro({ units: 6, seconds: 8, seed: 3 });
/** Another hour of the source's own units. */
const later = simulateInVivo({ units: 4, seconds: 12, seed: 4 });
const laterStill = simulateInVivo({ units: 4, seconds: 8, seed: 5 });
const renamed = (base: Recording, name: (id: string, index: number) => string): Recording => ({
  ...base,
  units: base.units.map((unit, index) => ({ ...unit, id: name(unit.id, index) })),
});
/** The same trains in another order of units. */
const reordered = (base: Recording, order: readonly number[]): Recording => {
  const trains = order.map((unit) => base.times.slice(base.offsets[unit], base.offsets[unit + 1]));
  const offsets = new Uint32Array(order.length + 1);
  trains.forEach((train, i) => {
    offsets[i + 1] = offsets[i] + train.length;
  });
  return {
    ...base,
    units: order.map((unit) => base.units[unit]),
    times: Float64Array.from(trains.flatMap((train) => [...train])),
    offsets,
  };
};

const request = (change: Partial<TargetRequest>): TargetRequest => ({
  source,
  config,
  recording: target,
  calibration: undefined,
  pairing: 'rank',
  level: levelOf({ pairing: change.pairing ?? 'rank' }),
  calibrationSeconds: undefined,
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
      request({ recording: later, pairing: 'within', part: 'all', calibration: laterStill }),
    );
    expect(judged).toMatchObject({ ratesFrom: 'calibration', calibration: { name: laterStill.name } });
    const grid = gridOf(laterStill, config.data, {});
    const { raster } = binRecording(laterStill, grid, source.selection.slots);
    expect(judged.rates).toEqual(trainingProbabilities(raster, wholeSplit(grid, 'train').train.spans));
    const { target: plain } = otherRecording(request({ recording: later, pairing: 'within', part: 'all' }));
    expect(plain).toMatchObject({ ratesFrom: 'source' });
    expect(plain.rates).toEqual(trainingProbabilities(source.raster, source.split.train.spans));
  });
});

describe('seconds of calibration', () => {
  it("are the last ones of the part that gives the rates: the target's, or the source's own", () => {
    const spans = (change: Partial<TargetRequest>) =>
      otherRecording(request({ ...change, level: 'statistics', calibrationSeconds: 2 })).target.known;
    const { stop } = source.split.train.spans[source.split.train.spans.length - 1];
    const own = [{ start: stop - 2000, stop }];
    const within = spans({ recording: later, pairing: 'within', part: 'all' });
    expect(within).toEqual({ raster: source.raster, spans: own });
    expect(heldOut(source, 'test', 'statistics', 2).target.known?.spans).toEqual(own);
    const ranked = spans({ pairing: 'rank' });
    expect(ranked?.raster).not.toBe(source.raster);
    expect(ranked?.spans.reduce((sum, span) => sum + span.stop - span.start, 0)).toBe(2000);
    expect(() => spans({ calibrationSeconds: 2, pairing: 'rank', split: [1, 0, 99] })).toThrow(
      code('E_CALIBRATION_SHORT'),
    );
  });
});

describe('names of units', () => {
  it('must agree where the units are said to be the same', () => {
    const within = (recording: Recording, calibration?: Recording) => (): unknown =>
      otherRecording(request({ recording, calibration, pairing: 'within', part: 'all' }));
    expect(within(target)).toThrow(code('E_PAIR_UNITS'));
    expect(within(renamed(later, (id) => `x${id}`))).toThrow(code('E_PAIR_UNITS'));
    expect(within(renamed(later, () => 'same'))).toThrow(code('E_PAIR_UNITS'));
    expect(within(later)).not.toThrow();
    const strangers = renamed(laterStill, (id) => `x${id}`);
    expect(within(later, strangers)).toThrow(code('E_CALIBRATION_UNITS'));
    expect(within(later, earlier)).toThrow(code('E_CALIBRATION_UNITS'));
  });

  it('find the same units in a file of another order, of the target and of its calibration', () => {
    const judge = (recording: Recording, calibration: Recording, pairing: 'within' | 'rank') =>
      otherRecording(request({ recording, calibration, pairing, part: 'all' })).target;
    const mixed = reordered(later, [2, 0, 3, 1]);
    const mixedStill = reordered(laterStill, [1, 3, 0, 2]);
    for (const pairing of ['within', 'rank'] as const) {
      const plain = judge(later, laterStill, pairing);
      const other = judge(mixed, mixedStill, pairing);
      expect(other.raster, pairing).toEqual(plain.raster);
      expect(other.rates, pairing).toEqual(plain.rates);
    }
  });

  it('do not matter to index, which goes by order and says so', () => {
    const prepared = otherRecording(
      request({ recording: renamed(later, (id) => `x${id}`), pairing: 'index' }),
    );
    expect(prepared.notes.join()).toMatch(/paired by order in the files, not by name: 4 ids such as/);
    expect(otherRecording(request({ recording: later, pairing: 'index' })).notes).toEqual([]);
  });
});

describe('labels of the source', () => {
  const wanting = {
    ...config,
    data: { ...config.data, selection: { ...config.data.selection, quality: ['good'] } },
  };
  const labelled: Recording = {
    ...target,
    units: target.units.map((unit, i) => ({ ...unit, quality: i % 2 === 0 ? 'good' : 'mua' })),
  };
  const judge = (recording: Recording, calibration?: Recording) =>
    otherRecording(request({ config: wanting, recording, calibration }));

  it('choose the target units too, where any carries one', () => {
    const { unitIds, notes, target: judged } = judge(labelled);
    expect(unitIds.filter((id) => id !== null).toSorted()).toEqual(
      [0, 2, 4].map((i) => target.units[i].id).sort(),
    );
    expect(judged).toMatchObject({ unpairedSource: 1, unpairedTarget: 3 });
    expect(notes).toEqual(['quality good as in the source: 3 of 6 target units']);
    // A calibration has no labels of its own.
    const plain = { ...earlier, units: earlier.units.map(({ id }) => ({ id })) };
    expect(judge(labelled, plain).unitIds.filter((id) => id !== null)).toHaveLength(3);
  });

  it('are left aside, and that is said, where none does', () => {
    const bare = { ...target, units: target.units.map(({ id }) => ({ id })) };
    const { unitIds, notes } = judge(bare);
    expect(unitIds.filter((id) => id !== null)).toHaveLength(4);
    expect(notes).toEqual(['quality good of the source is not applied: no target unit carries it']);
  });
});

describe('units without a partner', () => {
  it.each(['rank', 'index', 'random'] as const)('are all counted under %s', (pairing) => {
    const { target: judged } = otherRecording(request({ pairing }));
    expect(judged.units?.reduce((sum, flag) => sum + flag, 0)).toBe(4);
    expect(judged).toMatchObject({ unpairedSource: 0, unpairedTarget: 2 });
  });
});

describe('the name of what is judged', () => {
  it('differs wherever the figures would, and is the same for the same request', () => {
    const named = (change: Partial<TargetRequest>): string => otherRecording(request(change)).judged;
    const names = [
      heldOut(source, 'test').judged,
      named({}),
      named({ calibration: earlier }),
      named({ calibration: simulateInVitro({ units: 6, seconds: 8, seed: 9 }) }),
      named({ split: [40, 20, 40] }),
      named({ calibration: earlier, part: 'all' }),
      named({ pairing: 'random' }),
      named({ pairing: 'random', seed: 2 }),
      named({ recording: earlier }),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => /^[0-9a-f]{8}$/.test(name))).toBe(true);
    expect(named({})).toBe(names[1]);
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
    const same = otherRecording(request({ recording: later, pairing: 'within', part: 'all' })).target;
    expect(guardTraining(source, same, false)).toEqual(whole);
    const calibrated = otherRecording(request({ calibration: earlier, part: 'all' })).target;
    expect(guardTraining(source, calibrated, true)).toEqual(whole);
  });
});
