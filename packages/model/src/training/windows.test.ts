// Plan: over drawn parts, gaps, contexts and seeds: windows stay inside one segment, an epoch covers every target, a step's
// windows follow from its number alone, phases and orders differ between epochs and seeds, short segments are padded.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BinSpan } from '../recording/types.ts';
import { binsOf, segmentsOf } from './segments.ts';
import { WindowSampler } from './windows.ts';

/** Disjoint rising spans from drawn (gap, length) pairs. */
const spans = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 60 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((pieces) => {
    let at = 0;
    return pieces.map(([gap, length]): BinSpan => {
      const start = at + gap;
      at = start + length;
      return { start, stop: at };
    });
  });

const epochOf = (sampler: WindowSampler, epoch: number): { inputStart: number; rows: number }[] =>
  Array.from(
    { length: sampler.windowsPerEpoch },
    (_, i) => sampler.windowsAt(epoch * sampler.windowsPerEpoch + i)[0],
  );

describe('segmentsOf', () => {
  it('cuts a part at gaps and leaves out bins without enough past', () => {
    const observed = [
      { start: 0, stop: 100 },
      { start: 150, stop: 200 },
    ];
    expect(segmentsOf([{ start: 20, stop: 160 }], observed, 1)).toEqual([
      { start: 20, stop: 100, observedStart: 0 },
      { start: 151, stop: 160, observedStart: 150 },
    ]);
    expect(segmentsOf([{ start: 0, stop: 155 }], observed, 10)).toEqual([
      { start: 10, stop: 100, observedStart: 0 },
    ]);
    expect(binsOf([{ start: 10, stop: 100 }])).toBe(90);
  });
});

describe('WindowSampler', () => {
  it('keeps targets inside one segment of the part and covers each of them every epoch', () => {
    fc.assert(
      fc.property(
        spans,
        spans,
        fc.integer({ min: 2, max: 30 }),
        fc.nat(1000),
        (observed, part, context, seed) => {
          const segments = segmentsOf(part, observed, 1);
          const options = { observed, part, context, batch: 1, seed };
          if (segments.length === 0) {
            expect(() => new WindowSampler(options)).toThrow(
              expect.objectContaining({ code: 'E_TRAINING_NO_DATA' }),
            );
            return;
          }
          const sampler = new WindowSampler(options);
          for (const epoch of [0, 3]) {
            const seen = new Set<number>();
            for (const { inputStart, rows } of epochOf(sampler, epoch)) {
              expect(rows).toBeGreaterThan(0);
              expect(rows).toBeLessThanOrEqual(context);
              const home = segments.find(
                ({ start, stop }) => inputStart + 1 >= start && inputStart + 1 + rows <= stop,
              );
              expect(home, `window at ${inputStart} of ${rows}`).toBeDefined();
              if (home !== undefined) {
                expect(inputStart).toBeGreaterThanOrEqual(home.observedStart);
                if (home.stop - home.start >= context) expect(rows).toBe(context);
              }
              for (let row = 0; row < rows; row++) seen.add(inputStart + 1 + row);
            }
            expect(seen.size).toBe(binsOf(segments));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  const options = {
    observed: [{ start: 0, stop: 2000 }],
    part: [{ start: 0, stop: 1500 }],
    context: 64,
    batch: 3,
    seed: 4,
  };

  it('gives the windows of a step from its number alone, in any order of asking', () => {
    const straight = new WindowSampler(options);
    const forward = Array.from({ length: 60 }, (_, step) => straight.windowsAt(step));
    for (const step of [59, 0, 31, 8, 30, 9]) {
      expect(new WindowSampler(options).windowsAt(step)).toEqual(forward[step]);
      expect(straight.windowsAt(step)).toEqual(forward[step]);
    }
  });

  it('draws another phase and another order each epoch and for each seed', () => {
    const starts = (seed: number, epoch: number): number[] =>
      epochOf(new WindowSampler({ ...options, batch: 1, seed }), epoch).map(({ inputStart }) => inputStart);
    const phases = Array.from({ length: 8 }, (_, epoch) => [...starts(4, epoch)].sort((a, b) => a - b)[1]);
    expect(new Set(phases).size).toBeGreaterThan(4);
    expect(starts(4, 0)).not.toEqual([...starts(4, 0)].sort((a, b) => a - b));
    expect(starts(5, 0)).not.toEqual(starts(4, 0));
  });

  it('counts epochs and steps by windows', () => {
    const sampler = new WindowSampler(options);
    // 1,499 targets in tiles of 64, one more for the phase: floor((1499 + 62) / 64) + 1
    expect(sampler.windowsPerEpoch).toBe(25);
    expect(sampler.stepsOf(2)).toBe(17);
    expect(sampler.epochsAt(25)).toBe(3);
  });
});
