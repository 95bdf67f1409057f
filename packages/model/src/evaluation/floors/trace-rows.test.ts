// Plan: blocks hold what TraceBank gives bin by bin and the very spikes; a past begins with its observed span, passing bins by
// and going back included; a block that leaves its span is refused. The same for the design of one unit.
import { describe, expect, it } from 'vitest';
import { plainHost } from '../dense-host.ts';
import { CausalCursor, spikeAt } from '../features/cursor.ts';
import { COUPLING, TraceBank } from '../features/trace-bank.ts';
import { drawRaster } from '../testing/synthetic.ts';
import { TraceRows } from './trace-rows.ts';
import { UnitDesign } from './unit-design.ts';

const units = 5;
const raster = {
  ...drawRaster(600, units, 3, (_, unit) => 0.05 + 0.02 * unit),
  observed: [
    { start: 0, stop: 200 },
    { start: 260, stop: 600 },
  ],
};

describe('TraceRows', () => {
  it('gives features and spikes of any block, in order or not', () => {
    const rows = new TraceRows(raster, plainHost(), 64);
    expect(rows.features).toBe(5 * units);
    const bank = new TraceBank(COUPLING, units, 1);
    const cursor = new CausalCursor(raster, [bank]);
    for (const [start, stop] of [
      [0, 64],
      [64, 100],
      // Passes more than one block by.
      [190, 200],
      [260, 270],
      [500, 564],
      [300, 310],
    ]) {
      rows.load(start, stop);
      for (let bin = start; bin < stop; bin++) {
        cursor.seek(bin);
        const at = (bin - start) * rows.features;
        // Decays of float32: an error of 6e-8 a step over the 150 steps that a trace of up to 20 lives.
        bank.features.forEach((value, j) => expect(rows.x.view[at + j]).toBeCloseTo(value, 4));
        for (let u = 0; u < units; u++)
          expect(rows.spikes.view[(bin - start) * units + u]).toBe(spikeAt(raster, bin, u));
      }
    }
  });

  it('refuses a block that leaves its observed span', () => {
    const rows = new TraceRows(raster, plainHost(), 64);
    expect(() => rows.load(180, 210)).toThrow(expect.objectContaining({ code: 'E_EVALUATION_UNOBSERVED' }));
    const parts = { train: [{ start: 150, stop: 300 }], validation: [], population: null };
    expect(() => new UnitDesign(raster, parts, plainHost()).load(0)).toThrow(
      expect.objectContaining({ code: 'E_EVALUATION_UNOBSERVED' }),
    );
  });
});
