// The two recordings that every figure of the project rests on: counts as their provenance notes state them, and the
// splits that the floors were measured on.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRecording, type Location } from '../formats/index.ts';
import { binGrid } from './grid.ts';
import { binRecording, density, spikeCounts } from './raster.ts';
import { selectUnits } from './selection.ts';
import { splitBins } from './split.ts';

const data = process.env['SPIKEBRIDGE_DATA'] ?? join(import.meta.dirname, '../../../../data');
const folder = join(data, 'spikes/shimono_i2i');

/** One local file, read whole. */
function fileAt(path: string): Location {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return {
    name,
    kind: 'file',
    list: () => [],
    open: () => {
      const bytes = readFileSync(path);
      return {
        name,
        size: bytes.length,
        read: (offset, length) => bytes.subarray(offset, offset + length),
        close: () => undefined,
      };
    },
  };
}

describe.skipIf(!existsSync(folder))('real recordings (needs SPIKEBRIDGE_DATA)', () => {
  it('bins the in vitro halves: 943,716 and 912,624 spikes at density 0.018, none merged', async () => {
    for (const [half, bins, spikes, silent] of [
      ['asdf_bh.mat', 400_079, 943_716, 1],
      ['asdf_lh.mat', 400_080, 912_624, 2],
    ] as const) {
      const recording = await openRecording(fileAt(join(folder, 'invitro_210511001', half)), {
        binUnitMs: 1,
      });
      const binned = binRecording(recording, binGrid(recording));
      expect([binned.raster.bins, binned.spikes, binned.merged, binned.dropped]).toEqual([
        bins,
        spikes,
        0,
        0,
      ]);
      expect(spikeCounts(binned.raster).filter((count) => count === 0)).toHaveLength(silent);
      expect(density(binned.raster)).toBeCloseTo(0.018, 3);
    }
  });

  it('bins 30 kHz ticks in vivo: 228 of 458,082 spikes share a bin; the last fifth is the test part', async () => {
    const path = join(folder, 'invivo_NYU-40_2021-04-14_001', 'asdf.mat');
    const recording = await openRecording(fileAt(path), { fs: 30000 });
    const grid = binGrid(recording);
    const split = splitBins(grid, [60, 20, 20], { context: 512 });
    const binned = binRecording(recording, grid, selectUnits(recording, grid, split.train).slots);
    expect([binned.spikes, binned.merged, binned.dropped]).toEqual([458_082, 228, 0]);
    expect(spikeCounts(binned.raster).reduce((a, b) => a + b, 0)).toBe(458_082 - 228);
    // 1180.4 s; the density of the test part as the first trial printed it.
    expect(grid.bins / 1000).toBeCloseTo(1180.4, 1);
    expect(split.test.spans[0].start).toBe(Math.round(0.8 * grid.bins));
    expect(density(binned.raster, split.test.spans)).toBeCloseTo(0.003, 3);
  });
});
