// Facts of the real asdf and struct files, as counted with scipy.io.loadmat (see docs/data.md for the files).
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRecording } from './index.ts';
import { nodeLocation, realSpikes } from './testing/nodeLocation.ts';

const spikes = realSpikes();

describe.skipIf(spikes === undefined)('real MATLAB files (needs SPIKEBRIDGE_DATA)', () => {
  const at = (...parts: string[]) => nodeLocation(join(spikes ?? '', ...parts));

  it('asdf_bh', async () => {
    const r = await openRecording(at('shimono_i2i/invitro_210511001/asdf_bh.mat'), { binUnitMs: 1 });
    expect(r.units).toHaveLength(128);
    expect(r.times).toHaveLength(943_716);
    expect(r.observed).toEqual([{ start: 0, stop: 400_079 }]);
    expect([...r.times.subarray(0, 3)]).toEqual([203, 772, 1192]);
  });
  it('nyu', async () => {
    const r = await openRecording(at('shimono_i2i/invivo_NYU-40_2021-04-14_001'), { fs: 30000 });
    expect(r.times).toHaveLength(458_082);
  });
  it('nelpy', async () => {
    const r = await openRecording(at('nelpy_rat_hippocampus/linear-track'));
    expect(r.units).toHaveLength(31);
    expect(r.times).toHaveLength(28_829);
  });
});
