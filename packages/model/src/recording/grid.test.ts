// Bins of observed time: absolute edges, partial bins dropped, gaps kept, and the raster that follows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binGrid, countBins, lowerBound, secondsOfBin, ticksOfBins } from './grid.ts';
import { binRecording, density, spikeBins, spikeCounts } from './raster.ts';
import { recordingOf } from './testing/recording-of.ts';

describe('binGrid', () => {
  it('counts bins from tick 0 and drops the partial bin at either end', () => {
    // 30 kHz, 1 ms: bins are 30 ticks. Observed 10 ... 100 holds bins 1 and 2 (30 ... 90) in full.
    const grid = binGrid(recordingOf({ trains: [[]], fs: 30000, observed: [[10, 100]] }));
    expect(grid.firstBin).toBe(1);
    expect(grid.bins).toBe(2);
    expect(grid.observed).toEqual([{ start: 0, stop: 2 }]);
    expect(ticksOfBins(grid, { start: 0, stop: 2 })).toEqual({ start: 30, stop: 90 });
    expect(secondsOfBin(grid, 1)).toBeCloseTo(0.002, 12);
  });

  it('keeps a bin whose last tick is observed although its edge falls between ticks', () => {
    // 24414.0625 Hz: 24.41... ticks a bin. Bin 0 = ticks 0 ... 24, bin 1 = ticks 25 ... 48.
    const whole = binGrid(recordingOf({ trains: [[]], fs: 24414.0625, observed: [[0, 49]] }));
    expect(whole.bins).toBe(2);
    const cut = binGrid(recordingOf({ trains: [[]], fs: 24414.0625, observed: [[0, 48]] }));
    expect(cut.bins).toBe(1);
    const late = binGrid(recordingOf({ trains: [[]], fs: 24414.0625, observed: [[1, 49]] }));
    expect([late.firstBin, late.bins]).toEqual([1, 1]);
  });

  it('holds exactly the bins whose ticks were all observed, whatever the clock', () => {
    const drawn = fc.record({
      fs: fc.constantFrom(30000, 24414.0625, 29999.954846, 12500, 700, 1000),
      ms: fc.constantFrom(1, 2.5, 0.1, 10),
      start: fc.integer({ min: 0, max: 500 }),
      length: fc.integer({ min: 1, max: 2000 }),
    });
    fc.assert(
      fc.property(drawn, ({ fs, ms, start, length }) => {
        const binOf = (tick: number): number =>
          Math.floor(Number(((tick * 1000) / (fs * ms)).toPrecision(14)));
        const bins = new Map<number, number>();
        for (let tick = start; tick < start + length; tick++) {
          bins.set(binOf(tick), (bins.get(binOf(tick)) ?? 0) + 1);
        }
        const cutStart = start > 0 && binOf(start - 1) === binOf(start) ? binOf(start) : -1;
        const cutStop = binOf(start + length) === binOf(start + length - 1) ? binOf(start + length) : -1;
        const whole = [...bins.keys()].filter((bin) => bin !== cutStart && bin !== cutStop);
        const make = () =>
          binGrid(recordingOf({ trains: [[]], fs, observed: [[start, start + length]] }), {
            binMilliseconds: ms,
          });
        if (whole.length === 0) {
          expect(make).toThrow(expect.objectContaining({ code: 'E_GRID_EMPTY' }) as Error);
        } else {
          const grid = make();
          expect(whole.every((bin) => bin >= grid.firstBin && bin < grid.firstBin + grid.bins)).toBe(true);
          // Where bins are finer than ticks, a bin may hold no tick at all and still lie inside.
          if (fs * ms >= 1000) expect(grid.bins).toBe(whole.length);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('bins an excerpt into the same rows as the whole', () => {
    const times = Array.from({ length: 200 }, (_, i) => i * 37);
    const recording = recordingOf({ trains: [times], fs: 30000, observed: [[0, 7500]] });
    const whole = binRecording(recording, binGrid(recording));
    const grid = binGrid(recording, { startSeconds: 0.1005, stopSeconds: 0.2 });
    expect(grid.firstBin).toBe(101);
    const part = binRecording(recording, grid);
    expect(spikeBins(part.raster, 0, { start: 0, stop: grid.bins }).map((bin) => bin + 101)).toEqual(
      spikeBins(whole.raster, 0, { start: 101, stop: 200 }),
    );
  });

  it.each([
    [{ startSeconds: 2, stopSeconds: 1 }, 'E_GRID_RANGE'],
    [{ startSeconds: 100 }, 'E_GRID_EMPTY'],
    [{ binMilliseconds: 0 }, 'E_BIN_CLOCK'],
    [{ binMilliseconds: NaN }, 'E_BIN_CLOCK'],
  ])('refuses %o', (options, code) => {
    const recording = recordingOf({ trains: [[]], fs: 1000, observed: [[0, 5000]] });
    expect(() => binGrid(recording, options)).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('binRecording', () => {
  const recording = recordingOf({
    // Unit 0 spikes twice in bin 3; unit 1 in the gap (bins 10 ... 19); unit 2 past the end.
    trains: [
      [3, 30, 35, 99],
      [50, 150, 205],
      [0, 309],
    ],
    fs: 10000,
    observed: [
      [0, 100],
      [200, 305],
    ],
  });

  it('drops spikes in gaps and partial bins, merges those that share a bin, and counts both', () => {
    const grid = binGrid(recording);
    expect(grid.observed).toEqual([
      { start: 0, stop: 10 },
      { start: 20, stop: 30 },
    ]);
    const { raster, spikes, merged, dropped } = binRecording(recording, grid);
    expect([spikes, merged, dropped]).toEqual([7, 1, 2]);
    expect([...spikeCounts(raster)]).toEqual([3, 2, 1]);
    expect(spikeBins(raster, 1, { start: 0, stop: 30 })).toEqual([5, 20]);
    expect(density(raster)).toBeCloseTo(6 / (20 * 3), 12);
  });

  it('puts units where the slots say and leaves empty slots silent', () => {
    const slots = new Int32Array(40).fill(-1);
    slots[33] = 0;
    slots[1] = 2;
    const { raster } = binRecording(recording, binGrid(recording), slots);
    expect([raster.units, raster.wordsPerBin]).toEqual([40, 2]);
    const counts = spikeCounts(raster);
    expect([counts[33], counts[1]]).toEqual([3, 1]);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(4);
  });

  it('counts within the given spans only', () => {
    const { raster } = binRecording(recording, binGrid(recording));
    expect([...spikeCounts(raster, [{ start: 4, stop: 30 }])]).toEqual([1, 2, 0]);
    expect(countBins([{ start: 4, stop: 30 }])).toBe(26);
  });
});

describe('lowerBound', () => {
  it('finds the first index at or above a value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 })),
        fc.integer({ min: -1, max: 21 }),
        (values, value) => {
          const sorted = [...values].sort((a, b) => a - b);
          expect(lowerBound(sorted, value)).toBe(sorted.filter((x) => x < value).length);
        },
      ),
    );
  });
});
