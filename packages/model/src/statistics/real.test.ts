// The cortical slice, whose labels ship with it, against numpy 1.24 and scipy 1.10 on the same file (scipy.io.loadmat, bins
// x - 1, labels from cell_categ_exc.txt and layer_categ.txt): numpy.corrcoef of counts of 20 ms over units with 50 spikes or more,
// scipy.stats.variation of the intervals, scipy.signal.welch(pop, 1000, 'hann', 2048, 1024, detrend='constant').
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quantile } from '../evaluation/metrics/summaries.ts';
import { openRecording } from '../formats/index.ts';
import { nodeLocation, realSpikes } from '../formats/testing/nodeLocation.ts';
import { binGrid, binRecording } from '../recording/index.ts';
import { rasterStatistics } from './raster-statistics.ts';

const spikes = realSpikes();

describe.skipIf(spikes === undefined)('the slice (needs SPIKEBRIDGE_DATA)', () => {
  it('has the rates, correlations and spectrum that numpy and scipy find, by class and layer', async () => {
    const file = join(spikes ?? '', 'shimono_i2i/invitro_210511001/asdf_bh.mat');
    const recording = await openRecording(nodeLocation(file), { binUnitMs: 1 });
    const { raster } = binRecording(recording, binGrid(recording));
    const found = rasterStatistics(raster, { units: recording.units });
    expect(found.bins).toBe(400_079);
    expect(found.rates.spikes.reduce((sum, count) => sum + count, 0)).toBe(943_716);
    expect(recording.units.filter(({ cellClass }) => cellClass === 'exc').length).toBe(108);
    expect(found.rates.ratio).toBeCloseTo(0.06713749703351415, 12);
    [
      42.24790603855738, 1.5896860370076908, 6.079910328821168, 22.476447998294535, 19.150766334759997,
    ].forEach((rate, layer) => expect(found.rates.layerRates[layer]).toBeCloseTo(rate, 10));
    const { classMeans } = found.correlations[1];
    expect(classMeans.EE).toBeCloseTo(0.00014297425342716164, 12);
    expect(classMeans.EI).toBeCloseTo(0.001318044314622007, 12);
    expect(classMeans.II).toBeCloseTo(0.016064116835837392, 12);
    expect(found.classCorrelation).toBeCloseTo(0.04285848487377516, 12);
    expect(quantile(found.intervals.cv, 0.5)).toBeCloseTo(1.0097234649386375, 10);
    [
      3.3325712847659332, 1.9173262957115853, 1.5318085289413188, 1.1852397609860241, 1.0025115207819106,
      0.9180393287134669,
    ].forEach((power, band) => expect(found.spectrum.bands[band]).toBeCloseTo(power, 10));
    expect(found.coherence.map(({ kind, pairs }) => [kind, pairs.length])).toEqual([
      ['class', 1],
      ['layer', 10],
    ]);
  });
});
