// NWB 2 files written by the tests, in the layouts that are met, read back to the numbers that went in.
import type { File, Group } from 'h5wasm';
import { describe, expect, it } from 'vitest';
import { expectCode } from '../../formats/testing/expectCode.ts';
import { memoryFile } from '../../formats/testing/nodeLocation.ts';
import type { SweepOptions } from './index.ts';
import { openSweeps, surveySweeps } from './index.ts';
import type { WrittenFile, WrittenSweep } from './testing/nwb-writer.ts';
import { nwbBytes } from './testing/nwb-writer.ts';
import { longSquare, planned, shortSquare, slowRamp } from './testing/protocol.ts';
import type { Sweep } from './types.ts';

const LAYOUTS = ['allen', 'mies', 'recordings'] as const;
const fs = 10_000;
const SWEEPS: WrittenSweep[] = [
  {
    sweep: planned(3, longSquare(-50, { samplingRate: fs })),
    stimulusName: 'X1PS_SubThresh_DA_0',
    biasCurrent: -2e-11,
    bridgeBalance: 1.2e7,
    capacitance: 4e-12,
  },
  { sweep: planned(4, shortSquare(300, { samplingRate: fs })), stimulusName: 'X6SP_Rheo_DA_0' },
  { sweep: planned(7, slowRamp(200, { samplingRate: fs })), stimulusName: 'X7Ramp_DA_0' },
];
const open = async (written: WrittenFile, options: SweepOptions = {}, after?: (file: File) => void) =>
  openSweeps(memoryFile('sub-1_ses-2_icephys.nwb', await nwbBytes(written, after)), options);
const group = (file: File, path: string) => file.get(path) as Group;
const furthest = (a: Float64Array, b: Float64Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe.each(LAYOUTS)('%s layout', (layout) => {
  it('gives voltages in mV and currents in pA, however they are stored', async () => {
    // float32 of 100 mV or 400 pA, doubles of SI, and half a step of the integers.
    for (const [stored, mV, pA] of [
      ['scaled', 1e-5, 2e-5],
      ['si', 1e-12, 1e-9],
      ['int16', 0.00501, 0.0501],
    ] as const) {
      const set = await open({ layout, sweeps: SWEEPS, stored });
      expect(set.headers.map(({ number }) => number)).toEqual([3, 4, 7]);
      expect(set.rejected).toEqual([]);
      SWEEPS.forEach(({ sweep }, i) => {
        const read = set.read(i);
        expect(read.samplingRate).toBe(fs);
        expect(read.voltage).toHaveLength(sweep.voltage.length);
        expect(furthest(read.voltage, sweep.voltage)).toBeLessThan(mV);
        expect(furthest(read.current, sweep.current)).toBeLessThan(pA);
      });
      set.close();
    }
  });

  it('says what the amplifier, the subject and the electrode are', async () => {
    const subject = { subject_id: '599386254', species: 'Mus musculus', genotype: 'Vip-IRES-Cre/wt' };
    const set = await open({ layout, sweeps: SWEEPS, subject, cellId: '601506507' });
    expect(set).toMatchObject({
      cell: '601506507',
      donor: '599386254',
      species: 'Mus musculus',
      genotype: 'Vip-IRES-Cre/wt',
    });
    const [header] = set.headers;
    expect(header).toMatchObject({
      number: 3,
      samplingRate: fs,
      samples: 23_000,
      stimulusName: 'X1PS_SubThresh_DA_0',
    });
    expect(header.holdingCurrent).toBeCloseTo(-20, 4);
    expect(header.bridgeBalance).toBeCloseTo(12, 4);
    expect(header.capacitanceCompensation).toBeCloseTo(4, 4);
    expect(set.headers[1].holdingCurrent).toBeUndefined();
    expect((await open({ layout, sweeps: SWEEPS })).cell).toBe('sub-1_ses-2_icephys');
  });

  it('recognises and accepts each sweep of a quiet cell', async () => {
    const survey = surveySweeps(await open({ layout, sweeps: SWEEPS }));
    expect(survey.accepted.map(({ stimulus: { shape } }) => shape)).toEqual([
      'long-square',
      'short-square',
      'ramp',
    ]);
    expect(survey.rejected).toEqual([]);
  });
});

describe('pairing', () => {
  it('goes by the sweep table where the series have no number, and by name where there is no table', async () => {
    const strip = (file: File) => {
      for (const root of ['acquisition', 'stimulus/presentation']) {
        for (const name of group(file, root).keys())
          group(file, `${root}/${name}`).delete_attribute('sweep_number');
      }
    };
    const named = await open({ layout: 'mies', sweeps: SWEEPS }, {}, strip);
    expect(named.headers.map(({ number, samples }) => [number, samples])).toEqual([
      [3, 23_000],
      [4, 13_000],
      [7, 28_000],
    ]);
    const tabled = await open({ layout: 'allen', sweeps: SWEEPS, opaqueNames: true }, {}, strip);
    expect(tabled.headers.map(({ number }) => number)).toEqual([3, 4, 7]);
  });

  it('takes a part of a long series where the table of recordings says so', async () => {
    // Two sweeps one after the other in one series.
    const parts = [
      planned(0, shortSquare(100, { samplingRate: fs })),
      planned(1, shortSquare(200, { samplingRate: fs })),
    ];
    const join = (of: 'voltage' | 'current') => Float64Array.from(parts.flatMap((part) => [...part[of]]));
    const whole: Sweep = { number: 0, samplingRate: fs, voltage: join('voltage'), current: join('current') };
    const bytes = await nwbBytes({
      layout: 'recordings',
      sweeps: [{ sweep: whole }],
      parts: [
        [0, 13_000],
        [13_000, 13_000],
      ],
    });
    const halves = await openSweeps(memoryFile('a.nwb', bytes));
    expect(halves.headers.map(({ number, samples }) => [number, samples])).toEqual([
      [0, 13_000],
      [1, 13_000],
    ]);
    parts.forEach((part, i) => {
      expect(furthest(halves.read(i).current, part.current)).toBeLessThan(1e-4);
      expect(furthest(halves.read(i).voltage, part.voltage)).toBeLessThan(1e-4);
    });
  });

  it('asks which electrode where a file holds several cells', async () => {
    const sweeps = [0, 1].map((electrode) => ({
      sweep: planned(5, longSquare(-50 - electrode, { samplingRate: fs })),
      electrode,
    }));
    const written = { layout: 'mies', sweeps, cellId: 'cell' } as const;
    const error = await expectCode(() => open(written), 'E_SWEEP_ELECTRODE');
    expect(error.message).toContain('electrode_0, electrode_1');
    expect(error.exitCode).toBe(2);
    const second = await open(written, { electrode: 'electrode_1' });
    expect(second.cell).toBe('cell.1');
    expect(Math.min(...second.read(0).current)).toBeCloseTo(-51, 4);
    await expectCode(() => open(written, { electrode: 'electrode_2' }), 'E_SWEEP_ELECTRODE');
  });
});

describe('what is left out, and why', () => {
  it('voltage clamp, no injection, no stimulus, unequal lengths and rates', async () => {
    const sweeps: WrittenSweep[] = [
      ...SWEEPS,
      { sweep: planned(8, longSquare(0, { samplingRate: fs })), clamp: 'voltage' },
      { sweep: planned(9, longSquare(0, { samplingRate: fs })), clamp: 'none' },
      { sweep: { ...planned(10, longSquare(50, { samplingRate: fs })), current: new Float64Array(100) } },
      { sweep: planned(11, longSquare(50, { samplingRate: fs })) },
      { sweep: planned(12, longSquare(50, { samplingRate: fs })) },
    ];
    const set = await open({ layout: 'mies', sweeps }, {}, (file) => {
      group(file, 'acquisition/data_00011_AD0').delete_attribute('sweep_number');
      group(file, 'acquisition/data_00011_AD0').create_attribute('sweep_number', 99, [], '<I');
      const start = file.get('stimulus/presentation/data_00012_DA0/starting_time');
      (start as Group).delete_attribute('rate');
      (start as Group).create_attribute('rate', 20_000, [], '<f');
    });
    expect(set.headers.map(({ number }) => number)).toEqual([3, 4, 7]);
    const reasons = new Map(set.rejected.map(({ sweep, code, reason }) => [sweep, `${code}: ${reason}`]));
    expect(reasons.get(8)).toBe('voltage-clamp: data_00008_AD0 was recorded in voltage clamp.');
    expect(reasons.get(9)).toBe(
      'no-injection: data_00009_AD0 was recorded with the injection switched off (I = 0).',
    );
    expect(reasons.get(10)).toBe(
      'length-mismatch: data_00010_AD0 has 23000 samples of voltage and 100 of current.',
    );
    expect(reasons.get(99)).toBe('no-stimulus: data_00011_AD0 has no stimulus of its own in the file.');
    expect(reasons.get(12)).toBe('rate: data_00012_AD0 is sampled at 10000 Hz and its stimulus at 20000 Hz.');
  });

  it('units of something else, and values no amplifier gives', async () => {
    const set = await open({ layout: 'mies', sweeps: SWEEPS }, {}, (file) => {
      const data = file.get('acquisition/data_00003_AD0/data') as Group;
      data.delete_attribute('unit');
      data.create_attribute('unit', 'furlongs');
      const other = file.get('acquisition/data_00004_AD0/data') as Group;
      other.delete_attribute('conversion');
      other.create_attribute('conversion', 1, [], '<d');
    });
    expect(set.rejected).toEqual([
      {
        sweep: 3,
        code: 'units',
        reason:
          '/acquisition/data_00003_AD0/data is in "furlongs": a unit of voltage (V, mV, uV) was expected.',
      },
    ]);
    // -70 V: seen when the samples are read.
    const error = await expectCode(() => set.read(0), 'E_SWEEP_UNITS');
    expect(error.message).toMatch(/Sweep 4 reaches 7\.\d+e\+4 mV/);
    expect(surveySweeps(set).rejected.find(({ sweep }) => sweep === 4)?.code).toBe('units');
  });

  it('a file with no sweep left says why', async () => {
    const error = await expectCode(
      () =>
        open({
          layout: 'mies',
          sweeps: [{ sweep: planned(1, longSquare(0, { samplingRate: fs })), clamp: 'voltage' }],
        }),
      'E_SWEEP_NONE',
    );
    expect(error.message).toContain('data_00001_AD0 was recorded in voltage clamp');
    await expectCode(() => open({ layout: 'mies', sweeps: [] }), 'E_SWEEP_NONE');
  });
});

describe('padding and epochs', () => {
  it('turns what stands behind the end of an acquisition into NaN, zeros or NaN', async () => {
    for (const fill of [0, NaN]) {
      const sweep = planned(3, longSquare(-50, { samplingRate: fs }));
      sweep.voltage.fill(fill, 12_000);
      const [read] = [(await open({ layout: 'allen', sweeps: [{ sweep }] })).read(0)];
      expect(read.voltage.findIndex(Number.isNaN)).toBe(12_000);
      expect(read.voltage.subarray(12_000).every(Number.isNaN)).toBe(true);
      expect(read.current.some(Number.isNaN)).toBe(false);
    }
  });

  it('refuses a sweep of zeros', async () => {
    const sweep = { ...planned(3, longSquare(-50, { samplingRate: fs })), voltage: new Float64Array(23_000) };
    const set = await open({ layout: 'allen', sweeps: [{ sweep }] });
    await expectCode(() => set.read(0), 'E_SWEEP_EMPTY');
  });

  it('tells the test pulse that the epochs name, counted from the sweep', async () => {
    const sweeps = SWEEPS.map((one) => ({ ...one, testPulse: [0.02, 0.05] as const }));
    const set = await open({ layout: 'mies', sweeps });
    for (const { testPulse } of set.headers) {
      expect(testPulse?.start).toBeCloseTo(0.02, 9);
      expect(testPulse?.stop).toBeCloseTo(0.05, 9);
    }
    expect((await open({ layout: 'mies', sweeps: SWEEPS })).headers[0].testPulse).toBeUndefined();
  });

  it('reads times of samples where there is no rate, and refuses irregular ones', async () => {
    const timed = SWEEPS.map((one, i) => ({
      ...one,
      timestamps: i === 1 ? ('irregular' as const) : ('regular' as const),
    }));
    const set = await open({ layout: 'recordings', sweeps: timed });
    expect(set.headers.map(({ number, samplingRate }) => [number, samplingRate])).toEqual([
      [3, fs],
      [7, fs],
    ]);
    expect(set.rejected).toMatchObject([{ sweep: 4, code: 'irregular-time' }]);
  });
});
