// Splits: order, gaps at the END of the earlier part, what may be scored and where windows may lie.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binGrid, countBins } from './grid.ts';
import {
  describeSegments,
  minimumPast,
  parseSplit,
  splitBins,
  wholeSplit,
  withPast,
  type Shares,
} from './split.ts';
import { recordingOf } from './testing/recording-of.ts';
import type { BinSpan } from './types.ts';

/** A 1 kHz grid (a tick is a bin) observed in the given spans. */
const gridOf = (...observed: [number, number][]) =>
  binGrid(recordingOf({ trains: [[]], fs: 1000, observed }));
const rows = (spans: readonly BinSpan[]): number[] =>
  spans.flatMap((span) => Array.from({ length: span.stop - span.start }, (_, i) => span.start + i));

describe('parseSplit', () => {
  it('reads two or three percentages', () => {
    expect(parseSplit('60,20,20')).toEqual([60, 20, 20]);
    expect(parseSplit(' 80, 20')).toEqual([80, 20, 0]);
    expect(parseSplit('33.3,33.3,33.4')).toEqual([33.3, 33.3, 33.4]);
  });
  it.each(['', '60', '60,20', '60,20,10', '-20,100,20', '60,,40', 'a,b,c', '25,25,25,25'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseSplit(text)).toThrow(
        expect.objectContaining({ code: 'E_SPLIT_SHARES', exitCode: 2 }) as Error,
      );
    },
  );
});

describe('splitBins', () => {
  it('cuts each gap from the end of the earlier part', () => {
    const split = splitBins(gridOf([0, 1000]), [60, 20, 20], { context: 50 });
    expect(split.train.spans).toEqual([{ start: 0, stop: 550 }]);
    expect(split.validation.spans).toEqual([{ start: 600, stop: 750 }]);
    expect(split.test.spans).toEqual([{ start: 800, stop: 1000 }]);
    expect(split.segments.map((s) => [s.part, s.start, s.stop])).toEqual([
      ['train', 0, 550],
      ['gap', 550, 600],
      ['validation', 600, 750],
      ['gap', 750, 800],
      ['test', 800, 1000],
    ]);
  });

  it('never moves the test part with the context', () => {
    const grid = gridOf([0, 400], [450, 1000]);
    const test = splitBins(grid, [60, 20, 20], { context: 0 }).test;
    for (const context of [1, 17, 100]) {
      expect(splitBins(grid, [60, 20, 20], { context }).test).toEqual(test);
    }
  });

  it('leaves no gap where nothing follows', () => {
    const split = splitBins(gridOf([0, 100]), [80, 20, 0], { context: 10 });
    expect(split.validation.spans).toEqual([{ start: 80, stop: 100 }]);
    expect(split.test.spans).toEqual([]);
  });

  it('takes shares of observed bins, and a gap only as far as its part was observed', () => {
    // 600 observed bins in two stretches; the boundary (50 %) lies 100 bins into the second.
    const split = splitBins(gridOf([0, 200], [500, 900]), [50, 0, 50], { context: 150 });
    expect(split.train.spans).toEqual([{ start: 0, stop: 200 }]);
    expect(split.segments.filter((s) => s.part === 'gap').map((s) => [s.start, s.stop])).toEqual([
      [500, 600],
    ]);
    expect(split.test.spans).toEqual([{ start: 600, stop: 900 }]);
  });

  it('covers every observed bin once, in order, with a context between parts', () => {
    const drawn = fc.record({
      lengths: fc.array(fc.integer({ min: 20, max: 300 }), { minLength: 1, maxLength: 4 }),
      train: fc.integer({ min: 30, max: 60 }),
      validation: fc.integer({ min: 10, max: 30 }),
      context: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(drawn, ({ lengths, train, validation, context }) => {
        let at = 0;
        const spans = lengths.map((length): [number, number] => {
          const span: [number, number] = [at, at + length];
          at += length + 13;
          return span;
        });
        const grid = gridOf(...spans);
        const shares: Shares = [train, validation, 100 - train - validation];
        let split;
        try {
          split = splitBins(grid, shares, { context });
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_SPLIT_EMPTY' });
          return;
        }
        expect(rows(split.segments)).toEqual(rows(grid.observed));
        const [a, b, c] = [split.train, split.validation, split.test].map((part) => rows(part.spans));
        expect(b[0] - a[a.length - 1]).toBeGreaterThan(context);
        expect(c[0] - b[b.length - 1]).toBeGreaterThan(context);
        expect(Math.abs(c.length - (countBins(grid.observed) * shares[2]) / 100)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });

  it('says so when a gap swallows a part', () => {
    expect(() => splitBins(gridOf([0, 100]), [60, 20, 20], { context: 20 })).toThrow(
      expect.objectContaining({ code: 'E_SPLIT_EMPTY' }) as Error,
    );
    expect(() => splitBins(gridOf([0, 100]), [60, 20, 20], { context: 1.5 })).toThrow(
      expect.objectContaining({ code: 'E_SPLIT_CONTEXT' }) as Error,
    );
  });

  it('takes a whole recording as one part', () => {
    const split = wholeSplit(gridOf([0, 70], [100, 130]), 'test');
    expect(countBins(split.test.spans)).toBe(100);
    expect([split.train.spans, split.validation.spans]).toEqual([[], []]);
  });

  it('prints every segment with bins and seconds', () => {
    const lines = describeSegments(splitBins(gridOf([1000, 2000]), [60, 20, 20], { context: 50 }).segments);
    expect(lines).toHaveLength(5);
    // Rows count from the first bin, seconds are the recording's own.
    expect(lines[0]).toMatch(/^train +bins 0 \.\.\. 549 \(550\), 1\.000 \.\.\. 1\.550 s$/);
  });
});

describe('withPast', () => {
  it('asks for observed past before every target, not for past within the part', () => {
    const grid = gridOf([0, 300], [400, 1000]);
    const { test } = splitBins(grid, [20, 20, 60], { context: 0 });
    // 900 observed bins: test starts after 360 of them, at row 460, 60 bins into its stretch.
    expect(withPast(test.spans, grid.observed, 60)).toEqual([{ start: 460, stop: 1000 }]);
    expect(withPast(test.spans, grid.observed, 100)).toEqual([{ start: 500, stop: 1000 }]);
    expect(withPast(wholeSplit(grid, 'test').test.spans, grid.observed, 256)).toEqual([
      { start: 256, stop: 300 },
      { start: 656, stop: 1000 },
    ]);
    // A span over the gap loses the gap and the past that is wanted after it.
    expect(withPast([{ start: 250, stop: 500 }], grid.observed, 32)).toEqual([
      { start: 250, stop: 300 },
      { start: 432, stop: 500 },
    ]);
  });

  it('asks for half a context, rounded up', () => {
    expect([1, 2, 5, 512].map(minimumPast)).toEqual([1, 1, 3, 256]);
  });
});
