// Every real recording opens with the figures counted by other libraries (numpy, scipy.io, h5py; docs/data.md), and every file that is no
// recording fails with the right code.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SpikebridgeError } from '../errors.ts';
import type { Recording } from '../recording/types.ts';
import { openRecording } from './index.ts';
import { nodeLocation, realSpikes } from './testing/nodeLocation.ts';
import type { ReadOptions } from './types.ts';

const spikes = realSpikes();
const at = (path: string) => nodeLocation(join(spikes ?? '', path));
const INVITRO = 'shimono_i2i/invitro_210511001';
const NYU40 = 'shimono_i2i/invivo_NYU-40_2021-04-14_001';

const seconds = (r: Recording) =>
  (r.observed.reduce((sum, span) => sum + span.stop - span.start, 0) * r.clock.denominator) /
  r.clock.numerator;
const silent = (r: Recording) => r.units.filter((_, u) => r.offsets[u] === r.offsets[u + 1]).length;

interface Facts {
  path: string;
  options?: ReadOptions;
  format: string;
  units: number;
  spikes: number;
  silent: number;
  seconds: number;
  first: number[];
  last: number;
}

// `first`: ticks of the first unit's first spikes; `last`: last tick of any unit. Made with numpy from scipy.io.loadmat / h5py / numpy.load:
// asdf: x - 1 in vitro, x in vivo; seconds: numpy.round(t * 1e6).
const FACTS: Facts[] = [
  {
    path: `${INVITRO}/asdf_bh.mat`,
    options: { binUnitMs: 1 },
    format: 'asdf',
    units: 128,
    spikes: 943_716,
    silent: 1,
    seconds: 400.079,
    first: [203, 772, 1192],
    last: 400_078,
  },
  {
    path: `${INVITRO}/asdf_lh.mat`,
    options: { binUnitMs: 1 },
    format: 'asdf',
    units: 128,
    spikes: 912_624,
    silent: 2,
    seconds: 400.08,
    first: [147, 923, 1414],
    last: 400_079,
  },
  {
    path: `${NYU40}/asdf.mat`,
    options: { fs: 30_000 },
    format: 'asdf',
    units: 128,
    spikes: 458_082,
    silent: 0,
    seconds: 1180.4144,
    first: [90_083, 148_702, 156_595],
    last: 35_412_184,
  },
  {
    path: 'charlesworth2015_mea/C57_CTX_G2CEPHYS3_TC11_DIV25_C.h5',
    format: 'carmen',
    units: 59,
    spikes: 466_520,
    silent: 0,
    seconds: 911.1,
    first: [15_936_680, 15_955_600, 15_967_120],
    last: 908_785_760,
  },
  {
    path: 'charlesworth2015_mea/TC188-DIV18_A.h5',
    format: 'carmen',
    units: 59,
    spikes: 615_122,
    silent: 0,
    seconds: 911.2,
    first: [24_400, 198_240, 200_680],
    last: 910_423_400,
  },
  {
    path: 'waverepo_retina',
    format: 'carmen',
    units: 913,
    spikes: 675_121,
    silent: 0,
    seconds: 1800,
    first: [14_943_212, 68_267_961, 68_349_313],
    last: 1_799_972_134,
  },
  {
    path: 'kilosort4_ibl_ZFM-02370/kilosort4',
    format: 'phy',
    units: 403,
    spikes: 290_360,
    silent: 0,
    seconds: 89.9994,
    first: [235, 1243, 1859],
    last: 2_699_982,
  },
  {
    path: 'pynapple_nwb',
    format: 'nwb',
    units: 35,
    spikes: 214_278,
    silent: 0,
    seconds: 2821.0718,
    first: [39_422, 224_933, 576_309],
    last: 2_821_071_762,
  },
  {
    path: 'nelpy_rat_hippocampus/linear-track',
    format: 'mat-struct',
    units: 31,
    spikes: 28_829,
    silent: 0,
    seconds: 1968.2732,
    first: [4_405_897_233, 4_419_640_600, 4_429_037_333],
    last: 6_365_147_267,
  },
];

// Files beside the recordings that are none: what a person is told.
const REFUSED: [path: string, code: string][] = [
  [`${NYU40}/clusters.npz`, 'E_NPY_PICKLED'],
  [`${NYU40}/SP_times.npy`, 'E_NPY_NO_TRAINS'],
  [`${NYU40}/CI.mat`, 'E_MAT_NO_TRAINS'],
  [`${NYU40}/channels.json`, 'E_FORMAT_UNKNOWN'],
  [`${NYU40}/asdf.mat`, 'E_CLOCK_UNKNOWN'],
  [`${INVITRO}/asdf_bh.mat`, 'E_CLOCK_UNKNOWN'],
  [`${INVITRO}/wgt.mat`, 'E_MAT_NO_TRAINS'],
  [`${INVITRO}/cell_categ.mat`, 'E_MAT_NO_TRAINS'],
  [`${INVITRO}/x.txt`, 'E_CSV_HEADER'],
  [INVITRO, 'E_SELECT_NEEDED'],
  ['charlesworth2015_mea', 'E_SELECT_NEEDED'],
  ['shimono_i2i/labels_only_210126001', 'E_FORMAT_UNKNOWN'],
  ['shimono_i2i/labels_only_210126001/cell_categ.mat', 'E_MAT_NO_TRAINS'],
  ['shimono_i2i/UPSTREAM_README.md', 'E_FORMAT_UNKNOWN'],
  ['kilosort4_ibl_ZFM-02370/kilosort4/spike_times.npy', 'E_NPY_NO_TRAINS'],
  ['kilosort4_ibl_ZFM-02370/kilosort4/cluster_group.tsv', 'E_CSV_HEADER'],
];

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    expect(error).toBeInstanceOf(SpikebridgeError);
    return error instanceof SpikebridgeError ? error.code : '';
  }
  return 'opened';
}

describe.skipIf(spikes === undefined)('real recordings (needs SPIKEBRIDGE_DATA)', () => {
  it.each(FACTS)('$path: $units units, $spikes spikes', async (facts) => {
    const r = await openRecording(at(facts.path), facts.options);
    expect(r.format).toBe(facts.format);
    expect(r.units).toHaveLength(facts.units);
    expect(r.times).toHaveLength(facts.spikes);
    expect(r.offsets[facts.units]).toBe(facts.spikes);
    expect(silent(r)).toBe(facts.silent);
    expect(seconds(r)).toBeCloseTo(facts.seconds, 3);
    expect([...r.times.subarray(0, facts.first.length)]).toEqual(facts.first);
    expect(r.times.reduce((a, b) => Math.max(a, b), 0)).toBe(facts.last);
    expect(new Set(r.units.map((unit) => unit.id)).size).toBe(facts.units);
    for (let u = 0; u < facts.units; u++) {
      for (let i = r.offsets[u] + 1; i < r.offsets[u + 1]; i++)
        if (r.times[i] < r.times[i - 1]) throw new Error(`unit ${u}`);
    }
    expect(r.assumptions.length).toBeGreaterThan(0);
  });

  it.each(REFUSED)('%s: %s', async (path, code) => {
    expect(await codeOf(openRecording(at(path)))).toBe(code);
  });

  it('opens or refuses every file there is, with a code', async () => {
    const seen = new Map<string, string>();
    for (const entry of readdirSync(spikes ?? '', { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /asdf|\.h5$|\.nwb$|spikes\.mat$/.test(entry.name)) continue;
      const code = await codeOf(openRecording(nodeLocation(join(entry.parentPath, entry.name))));
      seen.set(entry.name, code);
    }
    for (const [name, code] of seen) expect(`${name} ${code}`).toMatch(/ E_[A-Z0-9_]+$/);
    expect(seen.size).toBeGreaterThan(25);
  });

  it('attaches the labels beside the in vitro file', async () => {
    const r = await openRecording(at(`${INVITRO}/asdf_bh.mat`), { binUnitMs: 1 });
    // numpy: cell_categ['exc'].sum() == 108; layer[:3] == 5, 5, 3; x[0] == 227.5
    expect(r.units.filter((unit) => unit.cellClass === 'exc')).toHaveLength(108);
    expect(r.units.filter((unit) => unit.cellClass === 'inh')).toHaveLength(20);
    expect(r.units.slice(0, 3).map((unit) => unit.layer)).toEqual(['5', '5', '3']);
    expect(r.units[0].position?.[0]).toBe(227.5);
    expect(r.assumptions.join(' ')).toContain('index - 1');
    expect(r.assumptions.join(' ')).toContain('cell_categ.mat');
    expect(r.warnings.join(' ')).toMatch(/fire above 200 Hz on average \(up to 339 Hz\)/);
  });

  it('picks a file of a folder by name', async () => {
    const r = await openRecording(at(INVITRO), { binUnitMs: 1, select: 'asdf_lh.mat' });
    expect(r.times).toHaveLength(912_624);
    expect(r.units[0].cellClass).toBe('exc');
  });

  it('finds 253 good and 150 mua clusters in the Kilosort folder', async () => {
    const r = await openRecording(at('kilosort4_ibl_ZFM-02370/kilosort4'));
    const quality = (label: string) => r.units.filter((unit) => unit.quality === label).length;
    expect([quality('good'), quality('mua')]).toEqual([253, 150]);
    expect(r.clock).toEqual({ numerator: 30_000, denominator: 1 });
  });

  it('names the region of each NWB unit by its electrode', async () => {
    const r = await openRecording(at('pynapple_nwb'));
    // h5py: location[units/electrodes]: 10, 11, 11 -> hippocampus_right; row 9 -> amygdala_right; 10 such units
    expect(r.units[0].region).toBe('hippocampus_right');
    expect(r.units[4].region).toBe('amygdala_right');
    expect(r.units.filter((unit) => unit.region === 'amygdala_right')).toHaveLength(10);
  });
});
