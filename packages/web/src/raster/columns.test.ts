import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { countColumns, lowerBound } from './columns.ts';

/** Spikes of each unit in each column, counted one by one. */
function plain(
  trains: readonly (readonly number[])[],
  units: readonly number[],
  from: number,
  to: number,
  columns: number,
) {
  const width = (to - from) / columns;
  return units.flatMap((unit) =>
    Array.from({ length: columns }, (_, column) => {
      const start = from + column * width;
      const stop = from + (column + 1) * width;
      return trains[unit].filter((time) => time >= start && time < stop).length;
    }),
  );
}

const recordingOf = (trains: readonly (readonly number[])[]) => {
  const offsets = new Uint32Array(trains.length + 1);
  trains.forEach((train, unit) => (offsets[unit + 1] = offsets[unit] + train.length));
  return { times: Float64Array.from(trains.flat()), offsets };
};

describe('spikes in pixel columns', () => {
  test('equal those counted one by one, for any window, and for units in any order', () => {
    const train = fc
      .array(fc.integer({ min: 0, max: 1000 }), { maxLength: 60 })
      .map((times) => times.sort((a, b) => a - b));
    fc.assert(
      fc.property(
        fc.array(train, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: -50, max: 900 }),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 64 }),
        (trains, from, length, columns) => {
          const units = trains.map((_, unit) => trains.length - 1 - unit);
          const counts = countColumns(
            recordingOf(trains),
            units,
            { from, to: from + length, columns },
            new Uint32Array(units.length * columns),
          );
          expect([...counts]).toEqual(plain(trains, units, from, from + length, columns));
        },
      ),
    );
  });

  test('what is left in the array from a wider view is not counted', () => {
    const counts = new Uint32Array(8).fill(7);
    countColumns(recordingOf([[1, 1, 5]]), [0], { from: 0, to: 8, columns: 4 }, counts);
    expect([...counts.slice(0, 4)]).toEqual([2, 0, 1, 0]);
  });

  test('a bound is the first value that is not below', () => {
    const values = Float64Array.of(1, 2, 2, 2, 9);
    expect([0, 2, 2.5, 10].map((value) => lowerBound(values, 0, 5, value))).toEqual([0, 1, 4, 5]);
  });
});
