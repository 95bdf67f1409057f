// Sweeps from text and from npy: units stated or refused, one file a sweep, a column of sweeps, step amplitudes.
import { describe, expect, it } from 'vitest';
import { encodeNpy } from '../../formats/npyWrite.ts';
import { memorySource } from '../../formats/bytes.ts';
import { expectCode } from '../../formats/testing/expectCode.ts';
import { memoryFile, memoryFolder } from '../../formats/testing/nodeLocation.ts';
import type { Location } from '../../formats/types.ts';
import type { SweepOptions } from './index.ts';
import { openSweeps, readStimulated, surveySweeps } from './index.ts';
import { longSquare, planned, shortSquare } from './testing/protocol.ts';
import type { Sweep } from './types.ts';

const fs = 10_000;
const quiet = [
  longSquare(-40, { samplingRate: fs }),
  longSquare(60, { samplingRate: fs }),
  shortSquare(300, { samplingRate: fs }),
].map((plan, i) => planned(i + 1, plan));
const csv = (header: string, rows: (sweep: Sweep, i: number) => string, sweeps: readonly Sweep[]) =>
  [header, ...sweeps.flatMap((sweep) => Array.from(sweep.voltage, (_, i) => rows(sweep, i)))].join('\n');
const text = (content: string, name = 'cell 7.csv', options: SweepOptions = {}) =>
  openSweeps(memoryFile(name, new TextEncoder().encode(content)), options);

describe('csv', () => {
  it('reads one file of several sweeps, in the units of its header', async () => {
    const content = csv(
      'sweep,time (ms),Vm [V],current_nA',
      (s, i) => `${s.number},${(i * 1000) / fs},${(s.voltage[i] / 1000).toFixed(7)},${s.current[i] / 1000}`,
      quiet,
    );
    const set = await text(content);
    expect(set.cell).toBe('cell 7');
    expect(set.headers).toEqual(
      [1, 2, 3].map((number) => ({ number, samplingRate: fs, samples: quiet[number - 1].voltage.length })),
    );
    quiet.forEach((sweep, i) => {
      const { sweep: read, stimulus } = readStimulated(set, i);
      // Printed to 0.1 uV.
      expect(Math.max(...read.voltage.map((v, k) => Math.abs(v - sweep.voltage[k])))).toBeLessThan(0.000051);
      expect(stimulus.shape).toBe(i === 2 ? 'short-square' : 'long-square');
    });
    expect(surveySweeps(set).rejected).toEqual([]);
  });

  it('reads a folder of one file a sweep, numbered by the names', async () => {
    const file = (s: Sweep) =>
      csv('t_s;v_mV;i_pA', (one, i) => `${i / fs};${one.voltage[i]};${one.current[i]}`, [s]);
    const set = await openSweeps(
      memoryFolder('cell', {
        'trace_12.csv': file(quiet[0]),
        'trace_3.csv': file(quiet[1]),
        'notes.md': 'x',
        'trace_9.csv': 't_s;v_mV\n1;2\n',
      }),
    );
    expect(set.headers.map(({ number }) => number)).toEqual([3, 12]);
    expect(set.rejected).toMatchObject([{ sweep: 9, code: 'unreadable' }]);
    expect(set.rejected[0].reason).toContain('no column of current');
    expect(set.read(1).current).toEqual(quiet[0].current);
  });

  it('takes units and the rate as stated, and never guesses them', async () => {
    const content = csv('voltage\tcurrent', (s, i) => `${s.voltage[i] / 1000}\t${s.current[i]}`, [quiet[0]]);
    const units = { voltage: 'V', current: 'pA' };
    const set = await text(content, 'a.tsv', { samplingRate: fs, units });
    expect(set.read(0).voltage[0]).toBeCloseTo(-70, 9);
    const unknown = await expectCode(() => text(content, 'a.tsv', { samplingRate: fs }), 'E_SWEEP_UNITS');
    expect(unknown.fix).toContain('voltage_mV');
    await expectCode(() => text(content, 'a.tsv', { units }), 'E_SWEEP_RATE');
    await expectCode(
      () => text('time_s,voltage_mV,current_furlongs\n0,1,1\n', 'a.csv', { units }),
      'E_SWEEP_UNITS',
    );
    await expectCode(() => text('time_s,voltage (mV),current (furlongs)\n0,1,1\n', 'a.csv'), 'E_SWEEP_UNITS');
  });

  it('refuses text for numbers, long lines, odd sweep numbers, and keeps the sweeps that are sampled regularly', async () => {
    const head = 'sweep,time_s,voltage_mV,current_pA\n';
    await expectCode(() => text(`${head}0,0,-70,0\n0,0.0001,oops,0\n`), 'E_TABLE_NUMBER');
    await expectCode(() => text(`${head}0,0,-70,0\n0,0.0001,-70,0,9\n`), 'E_TABLE_RAGGED');
    await expectCode(() => text(`${head}0.5,0,-70,0\n`), 'E_SWEEP_COLUMNS');
    await expectCode(() => text(head), 'E_SWEEP_NONE');
    const rows = [0, 1, 2, 3, 4]
      .map((i) => `0,${i / fs},-70,0\n1,${(i === 3 ? 3.4 : i) / fs},-70,0`)
      .join('\n');
    const set = await text(head + rows);
    expect(set.headers.map(({ number }) => number)).toEqual([0]);
    expect(set.rejected).toMatchObject([{ sweep: 1, code: 'irregular-time' }]);
  });
});

describe('npy', () => {
  const same = quiet.slice(0, 2);
  const stack = (of: 'voltage' | 'current') => Float32Array.from(same.flatMap((sweep) => [...sweep[of]]));
  const shape = [2, same[0].voltage.length];
  const beside = (name: string, files: Readonly<Record<string, Uint8Array>>): Location => ({
    ...memoryFile(name, files[name]),
    sibling: (other) => (other in files ? memorySource(other, files[other]) : undefined),
  });
  const files = {
    'v.npy': encodeNpy(stack('voltage'), shape),
    'i.npy': encodeNpy(stack('current'), shape),
    'a.npy': encodeNpy(Float64Array.of(-0.04, 0.06)),
    'flat.npy': encodeNpy(stack('voltage')),
    'three.npy': encodeNpy(Float64Array.of(1, 2, 3)),
  };
  const base: SweepOptions = { samplingRate: fs, units: { voltage: 'mV', current: 'pA' } };
  const step = { start: 0.7, stop: 1.7 };

  it('reads currents beside the voltages, or steps of given amplitudes', async () => {
    const measured = await openSweeps(beside('v.npy', files), { ...base, currentFile: 'i.npy' });
    const stated = await openSweeps(beside('v.npy', files), {
      ...base,
      units: { voltage: 'mV', current: 'nA' },
      amplitudeFile: 'a.npy',
      step,
    });
    for (const set of [measured, stated]) {
      expect(set.headers).toHaveLength(2);
      expect([0, 1].map((i) => readStimulated(set, i).stimulus)).toMatchObject([
        { shape: 'long-square', amplitude: -40, start: 0.7, stop: 1.7 },
        { shape: 'long-square', amplitude: 60 },
      ]);
      expect(set.read(1).voltage[12_000]).toBeCloseTo(same[1].voltage[12_000], 4);
      set.close();
    }
  });

  it('asks for what an array cannot say, and refuses shapes that do not fit', async () => {
    const open = (options: SweepOptions, name = 'v.npy') => openSweeps(beside(name, files), options);
    await expectCode(() => open({ ...base, samplingRate: 0, currentFile: 'i.npy' }), 'E_SWEEP_RATE');
    await expectCode(() => open({ samplingRate: fs, currentFile: 'i.npy' }), 'E_SWEEP_UNITS');
    await expectCode(() => open(base), 'E_SWEEP_OPTIONS');
    await expectCode(
      () => open({ ...base, amplitudeFile: 'a.npy', step: { start: 0.7, stop: 99 } }),
      'E_SWEEP_OPTIONS',
    );
    await expectCode(() => open({ ...base, currentFile: 'none.npy' }), 'E_SWEEP_OPTIONS');
    await expectCode(() => open({ ...base, amplitudeFile: 'three.npy', step }), 'E_SWEEP_SHAPE');
    await expectCode(() => open({ ...base, currentFile: 'flat.npy' }), 'E_SWEEP_SHAPE');
    await expectCode(() => open({ ...base, currentFile: 'i.npy' }, 'flat.npy'), 'E_SWEEP_SHAPE');
  });
});

it('says what it does not recognise', async () => {
  await expectCode(() => openSweeps(memoryFile('a.abf', Uint8Array.of(1, 2, 3))), 'E_SWEEP_FORMAT');
  await expectCode(() => openSweeps(memoryFile('a.nwb', new Uint8Array(0))), 'E_SWEEP_FORMAT');
  await expectCode(() => openSweeps(memoryFolder('folder', { 'a.bin': 'x' })), 'E_SWEEP_FORMAT');
});
