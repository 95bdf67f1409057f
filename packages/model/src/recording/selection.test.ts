// Unit selection and pairing: criteria, slots, and that nothing outside the training part can sway them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binGrid } from './grid.ts';
import { arrangeRaster, pairUnits, type PairingKind } from './pairing.ts';
import { binRecording, spikeBins } from './raster.ts';
import { selectUnits, slotMask, trainingRates, type UnitSelection } from './selection.ts';
import { splitBins, wholeSplit } from './split.ts';
import { recordingOf } from './testing/recording-of.ts';
import type { UnitInfo } from './types.ts';

/** `count` spikes at even distance in [from, to). */
const even = (count: number, from: number, to: number): number[] =>
  Array.from({ length: count }, (_, i) => from + Math.floor((i * (to - from)) / count));

/** Six units over 10 s at 1 kHz; training is the first 6 s. Rates there: 10, 0, 5, 20, 5, 1 Hz; later all fire at 50 Hz. */
const TRAIN_COUNTS = [60, 0, 30, 120, 30, 6];
const INFO: Partial<UnitInfo>[] = [
  { quality: 'good', region: 'CA1' },
  { quality: 'mua', region: 'CA1' },
  { quality: 'good', region: 'CA3' },
  { quality: 'good' },
  { quality: 'mua', region: 'CA1' },
  { quality: 'good', region: 'CA1' },
];
const recording = recordingOf({
  trains: TRAIN_COUNTS.map((count) => [...even(count, 0, 6000), ...even(200, 6000, 10000)]),
  fs: 1000,
  observed: [[0, 10000]],
  units: INFO,
});
const grid = binGrid(recording);
const { train } = splitBins(grid, [60, 20, 20], { context: 0 });
const chosen = (selection: UnitSelection): number[] => [...selection.slots].filter((unit) => unit >= 0);

describe('selectUnits', () => {
  it('takes rates from the training part alone', () => {
    expect([...trainingRates(recording, grid, train)]).toEqual([10, 0, 5, 20, 5, 1]);
    const selection = selectUnits(recording, grid, train, { order: 'rate', width: 6 });
    expect(chosen(selection)).toEqual([3, 0, 2, 4, 5, 1]);
    expect([...selection.rates]).toEqual([20, 10, 5, 5, 1, 0]);
  });

  it('does not see spikes after the training part', () => {
    const silentLater = recordingOf({
      trains: TRAIN_COUNTS.map((count) => even(count, 0, 6000)),
      fs: 1000,
      observed: [[0, 10000]],
      units: INFO,
    });
    const options = { order: 'rate', width: 3, minRate: 2, maxRate: 15 } as const;
    expect(selectUnits(silentLater, grid, train, options)).toEqual(
      selectUnits(recording, grid, train, options),
    );
  });

  it('leaves a gap of the split out of the rates', () => {
    const cut = splitBins(grid, [60, 0, 40], { context: 2000 });
    const late = recordingOf({ trains: [even(60, 4000, 6000)], fs: 1000, observed: [[0, 10000]] });
    expect(trainingRates(late, binGrid(late), cut.train)[0]).toBe(0);
  });

  it.each([
    [{ quality: ['good'] }, [0, 2, 3, 5], { quality: 2 }],
    [{ region: ['CA1', 'CA3'] }, [0, 1, 2, 4, 5], { region: 1 }],
    [{ ids: ['u4', 'u1'] }, [1, 4], { ids: 4 }],
    [{ minRate: 5 }, [0, 2, 3, 4], { rate: 2 }],
    [{ minRate: 1, maxRate: 5 }, [2, 4, 5], { rate: 3 }],
    [{ width: 2 }, [0, 1], { room: 4 }],
    [{ width: 2, order: 'rate' }, [3, 0], { room: 4 }],
    [{ quality: ['good'], minRate: 5, width: 1, order: 'rate' }, [3], { quality: 2, rate: 1, room: 2 }],
  ] as const)('selects by %o', (criteria, units, left) => {
    const selection = selectUnits(recording, grid, train, criteria);
    expect(chosen(selection)).toEqual(units);
    expect(selection.left).toMatchObject(left);
    expect(units.length + Object.values(selection.left).reduce((a, b) => a + b, 0)).toBe(6);
  });

  it('masks the slots it cannot fill: 128 by default', () => {
    const selection = selectUnits(recording, grid, train);
    expect(selection.slots).toHaveLength(128);
    expect([...selection.mask]).toEqual([0b111111, 0, 0, 0]);
    expect([...slotMask([-1, 5, ...new Array<number>(31).fill(-1), 7])]).toEqual([2, 2]);
  });

  it('draws a seeded random subset in the order of the file', () => {
    const draw = (seed: number): number[] =>
      chosen(selectUnits(recording, grid, train, { order: 'random', width: 3, seed }));
    expect(draw(4)).toEqual(draw(4));
    expect(draw(4)).toEqual([...draw(4)].sort((a, b) => a - b));
    expect(new Set([1, 2, 3, 4, 5, 6].map((seed) => draw(seed).join())).size).toBeGreaterThan(1);
  });

  it('needs no training part while nothing depends on rates', () => {
    const selection = selectUnits(recording, grid, null, { quality: ['mua'], width: 2 });
    expect(chosen(selection)).toEqual([1, 4]);
    expect([...selection.rates]).toEqual([NaN, NaN]);
  });

  it.each([
    [{ order: 'rate' }, null, 'E_UNITS_TRAINING'],
    [{ minRate: 1 }, null, 'E_UNITS_TRAINING'],
    [{}, wholeSplit(grid, 'test').train, 'E_UNITS_TRAINING'],
    [{ quality: ['noise'] }, train, 'E_UNITS_NONE'],
    [{ ids: ['u9'] }, train, 'E_UNITS_ID'],
    [{ width: 0 }, train, 'E_UNITS_WIDTH'],
  ] as const)('refuses %o', (criteria, training, code) => {
    expect(() => selectUnits(recording, grid, training, criteria)).toThrow(
      expect.objectContaining({ code, exitCode: 2 }) as Error,
    );
  });
});

/** A selection of units 100, 101, ... with the given rates; NaN stands for an empty slot. */
function selectionOf(rates: readonly number[]): UnitSelection {
  const slots = Int32Array.from(rates, (rate, i) => (Number.isNaN(rate) ? -1 : 100 + i));
  return {
    slots,
    mask: slotMask(slots),
    rates: Float64Array.from(rates, (rate) => (Number.isNaN(rate) ? 0 : rate)),
    left: { quality: 0, region: 0, ids: 0, rate: 0, room: 0 },
  };
}

describe('pairUnits', () => {
  const source = selectionOf([1, 9, 4, NaN]);
  const target = selectionOf([7, NaN, 3, 8, 5]);

  it('pairs by index the units of the same place in the files, whatever their slots', () => {
    const shuffled = { ...source, slots: Int32Array.of(102, 100, 101, -1) };
    expect([...pairUnits(shuffled, target, 'index').selection.slots]).toEqual([102, 100, -1, -1]);
    const pairing = pairUnits(source, target, 'index');
    expect([...pairing.targetOf]).toEqual([0, -1, 2, -1]);
    expect(pairing.unpairedSource).toEqual([1]);
    expect(pairing.unpairedTarget).toEqual([3, 4]);
    expect([...pairing.selection.slots]).toEqual([100, -1, 102, -1]);
    expect([...pairing.selection.mask]).toEqual([0b101]);
  });

  it('pairs by rank of training rate', () => {
    const pairing = pairUnits(source, target, 'rank');
    // Source order 1, 2, 0; target order 3, 0, 4, 2.
    expect([...pairing.targetOf]).toEqual([4, 3, 0, -1]);
    expect([...pairing.selection.rates]).toEqual([5, 8, 7, 0]);
    expect(pairing.unpairedTarget).toEqual([2]);
  });

  it('gives each unit one partner at most, and reports everybody else', () => {
    const rates = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(NaN)), {
      minLength: 1,
      maxLength: 20,
    });
    const kinds = fc.constantFrom<PairingKind[]>('index', 'rank', 'random');
    fc.assert(
      fc.property(rates, rates, kinds, fc.integer({ min: 0, max: 99 }), (a, b, kind, seed) => {
        const from = selectionOf(a);
        const to = selectionOf(b);
        const pairing = pairUnits(from, to, kind, seed);
        const partners = [...pairing.targetOf].filter((slot) => slot >= 0);
        expect(new Set(partners).size).toBe(partners.length);
        expect(partners.length + pairing.unpairedSource.length).toBe(
          a.filter((x) => !Number.isNaN(x)).length,
        );
        expect(partners.length + pairing.unpairedTarget.length).toBe(
          b.filter((x) => !Number.isNaN(x)).length,
        );
        pairing.targetOf.forEach((slot, i) => {
          if (slot >= 0)
            expect([from.slots[i] >= 0, pairing.selection.slots[i]]).toEqual([true, to.slots[slot]]);
        });
        if (kind !== 'index') {
          expect(Math.min(pairing.unpairedSource.length, pairing.unpairedTarget.length)).toBe(0);
        }
        expect(pairUnits(from, to, kind, seed)).toEqual(pairing);
      }),
      { numRuns: 200 },
    );
  });

  it('draws another pairing with another seed', () => {
    const many = selectionOf(even(30, 0, 30));
    const first = [...pairUnits(many, many, 'random', 1).targetOf];
    expect(first).not.toEqual([...pairUnits(many, many, 'random', 2).targetOf]);
    expect(first).not.toEqual([...first.keys()]);
  });

  it('refuses rank without training rates', () => {
    const blind = selectUnits(recording, grid, null, { width: 6 });
    expect(() => pairUnits(source, blind, 'rank')).toThrow(
      expect.objectContaining({ code: 'E_PAIR_RATES' }) as Error,
    );
  });
});

describe('arrangeRaster', () => {
  it('moves trains to other slots as binning with those slots would', () => {
    const { raster } = binRecording(recording, grid);
    const from = new Int32Array(35).fill(-1);
    from[34] = 3;
    from[0] = 5;
    from[2] = 0;
    const arranged = arrangeRaster(raster, from);
    expect(arranged).toEqual(binRecording(recording, grid, from).raster);
    expect(spikeBins(arranged, 34, { start: 0, stop: 10000 })).toHaveLength(320);
  });
});
