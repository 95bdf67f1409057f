// HDF5 through a byte source, and the three layouts on it (NWB, CARMEN, MaxWell), with files written by h5wasm at test time.
import type { File } from 'h5wasm';
import { Dataset } from 'h5wasm';
import { describe, expect, it } from 'vitest';
import { memorySource } from './bytes.ts';
import { Hdf5File, isHdf5 } from './hdf5.ts';
import { openRecording } from './index.ts';
import { intersection, merged } from './nwbIntervals.ts';
import { expectCode } from './testing/expectCode.ts';
import { groups, hdf5Bytes, table } from './testing/hdf5Writer.ts';
import { memoryFile } from './testing/nodeLocation.ts';
import type { ReadOptions } from './types.ts';

const open = async (build: (file: File) => void, options: ReadOptions = {}, name = 'a.h5') =>
  openRecording(memoryFile(name, await hdf5Bytes(build)), options);
const put = (
  file: File,
  path: string,
  data: Float64Array | Int32Array | BigInt64Array | string[],
  shape?: number[],
) => {
  groups(file, path.slice(0, path.lastIndexOf('/')));
  file.create_dataset({ name: path, data, ...(shape === undefined ? {} : { shape }) });
};

describe('Hdf5File', () => {
  it('reads ranges of the source and never the whole file', async () => {
    const bytes = await hdf5Bytes((f) => {
      put(f, '/big', new Float64Array(200_000));
      put(f, '/small', Float64Array.of(1.5, 2.5));
    });
    let read = 0;
    const inner = memorySource('a.h5', bytes);
    const file = await Hdf5File.open({
      ...inner,
      read: (offset, length) => ((read += length), inner.read(offset, length)),
    });
    expect([...file.numbers('/small')]).toEqual([1.5, 2.5]);
    file.close();
    expect(read).toBeLessThan(bytes.length / 10);
  });

  it('reads compressed data in blocks, in order', async () => {
    const data = Float64Array.from({ length: 30_000 }, (_, i) => i);
    const bytes = await hdf5Bytes((f) =>
      f.create_dataset({
        name: '/x',
        data,
        shape: [10_000, 3],
        chunks: [700, 3],
        compression: 'gzip',
        compression_opts: 4,
      }),
    );
    const file = await Hdf5File.open(memorySource('a.h5', bytes));
    expect(file.shape('/x')).toEqual([10_000, 3]);
    expect(file.numbers('/x')).toEqual(data);
    expect(file.element('/x', [9_999, 2])).toBe(29_999);
    expect(file.element('/x', [10_000, 0])).toBeUndefined();
    file.close();
  });

  it('reads text, attributes, integers of 64 bits, tables', async () => {
    const bytes = await hdf5Bytes((f) => {
      put(f, '/names', ['a', '', 'µ']);
      f.create_dataset({ name: '/fixed', data: ['ab', 'c'], dtype: 'S4' });
      put(f, '/i', BigInt64Array.of(-5n, 2n ** 40n));
      put(f, '/far', BigInt64Array.of(2n ** 60n));
      table(f, '/t', {
        frameno: BigInt64Array.of(1n, 2n),
        channel: Int32Array.of(3, 4),
        amplitude: Float64Array.of(0.5, 1),
      });
      f.create_attribute('version', '2.6.0');
      f.create_attribute('n', Float64Array.of(0.25));
    });
    const file = await Hdf5File.open(memorySource('a.h5', bytes));
    expect(file.texts('/names')).toEqual(['a', '', 'µ']);
    expect(file.texts('/fixed')).toEqual(['ab', 'c']);
    expect([...file.numbers('/i')]).toEqual([-5, 2 ** 40]);
    expect(file.texts('/i')[0]).toBe('-5');
    await expectCode(() => file.numbers('/far'), 'E_NUMBER_RANGE');
    const columns = file.columns('/t', ['channel', 'amplitude', 'none']);
    expect([...columns].map(([name, values]) => [name, [...values]])).toEqual([
      ['channel', [3, 4]],
      ['amplitude', [0.5, 1]],
    ]);
    expect(file.attribute('/', 'version')?.text).toEqual(['2.6.0']);
    expect(file.attribute('/', 'n')?.numbers).toEqual([0.25]);
    expect(file.attribute('/', 'none')).toBeUndefined();
    await expectCode(() => file.numbers('/names'), 'E_HDF5_DTYPE');
    await expectCode(() => file.columns('/i', ['a']), 'E_HDF5_DTYPE');
    await expectCode(() => file.numbers('/none'), 'E_HDF5_MISSING');
    expect(file.keys('/none/deeper')).toEqual([]);
    file.close();
  });

  it('names links out of the file, and what is no HDF5', async () => {
    const bytes = await hdf5Bytes((f) => {
      f.create_external_link('other.h5', '/x', 'away');
      f.create_soft_link('/nowhere', 'dangling');
    });
    const file = await Hdf5File.open(memorySource('a.h5', bytes));
    await expectCode(() => file.numbers('/away'), 'E_HDF5_EXTERNAL');
    await expectCode(() => file.numbers('/dangling'), 'E_HDF5_EXTERNAL');
    file.close();
    await expectCode(() => Hdf5File.open(memorySource('a', new Uint8Array(100))), 'E_HDF5_SIGNATURE');
    await expectCode(() => Hdf5File.open(memorySource('a', bytes.slice(0, 40))), 'E_HDF5_DAMAGED');
    expect(isHdf5(memorySource('a', Uint8Array.from([...new Uint8Array(512), ...bytes])))).toBe(true);
  });

  it('tells a failing source from a damaged file by its cause', async () => {
    const inner = memorySource('a.h5', await hdf5Bytes((f) => put(f, '/x', new Float64Array(100_000))));
    let broken = false;
    const file = await Hdf5File.open({
      ...inner,
      read: (offset, length) => {
        if (broken) throw new Error('connection lost');
        return inner.read(offset, length);
      },
    });
    file.shape('/x');
    broken = true;
    const error = await expectCode(() => file.numbers('/x'), 'E_HDF5_READ');
    expect(String(error.cause)).toContain('connection lost');
    broken = false;
    expect(file.numbers('/x')).toHaveLength(100_000);
    file.close();
  });

  it('says so when a layout is unknown', () =>
    expectCode(() => open((f) => put(f, '/x', Float64Array.of(1))), 'E_HDF5_LAYOUT').then(() => undefined));
});

describe('NWB', () => {
  const units = (f: File, root = '/units') => {
    put(f, `${root}/spike_times`, Float64Array.of(0.5, 0.25, 1, 3));
    put(f, `${root}/spike_times_index`, Int32Array.of(2, 2, 4));
    put(f, `${root}/id`, Int32Array.of(7, 8, 9));
  };

  it('reads ragged trains, ids, labels and electrodes', async () => {
    const r = await open((f) => {
      units(f);
      put(f, '/units/quality', ['good', '', 'noise']);
      put(f, '/units/cell_type', ['exc', 'unknown', 'inh']);
      put(f, '/units/electrodes', Int32Array.of(1, 0, 1));
      put(f, '/units/electrodes_index', Int32Array.of(1, 1, 3));
      put(f, '/general/extracellular_ephys/electrodes/location', ['CA1', 'V1']);
      put(f, '/general/extracellular_ephys/electrodes/rel_x', Float64Array.of(0, 16));
      put(f, '/general/extracellular_ephys/electrodes/rel_y', Float64Array.of(20, 40));
      f.create_attribute('nwb_version', '2.6.0');
    });
    expect(r.format).toBe('nwb');
    expect(r.units).toEqual([
      { id: '7', quality: 'good', cellClass: 'exc', region: 'V1', position: [16, 40] },
      { id: '8' },
      { id: '9', quality: 'noise', cellClass: 'inh', region: 'CA1', position: [0, 20] },
    ]);
    expect([...r.times]).toEqual([250_000, 500_000, 1_000_000, 3_000_000]);
    expect([...r.offsets]).toEqual([0, 2, 2, 4]);
    expect(r.warnings.join(' ')).toContain('1 unit had unsorted');
  });

  it('takes the resolution as the clock, or the stated rate', async () => {
    const build = (f: File) => {
      units(f);
      const times = f.get('/units/spike_times');
      if (times instanceof Dataset) times.create_attribute('resolution', Float64Array.of(1 / 30000));
    };
    expect((await open(build)).clock).toEqual({ numerator: 30000, denominator: 1 });
    expect([...(await open(build, { fs: 1000 })).times]).toEqual([250, 500, 1000, 3000]);
  });

  it('takes the time observed for all units', async () => {
    const r = await open(
      (f) => {
        units(f);
        put(f, '/units/obs_intervals', Float64Array.of(0, 1, 2, 4, 0.5, 4, 0, 3.5), [4, 2]);
        put(f, '/units/obs_intervals_index', Int32Array.of(2, 3, 4));
      },
      { fs: 1000 },
    );
    expect(r.observed).toEqual([
      { start: 500, stop: 1000 },
      { start: 2000, stop: 3500 },
    ]);
    expect(r.warnings.join(' ')).toContain('2 spikes lie outside the observed time'); // 0.25 and 1 (half-open)
    await expectCode(
      () =>
        open((f) => {
          units(f);
          put(f, '/units/obs_intervals', Float64Array.of(3, 1), [1, 2]);
        }),
      'E_NWB_INTERVAL',
    );
    await expectCode(
      () =>
        open((f) => {
          units(f);
          put(f, '/units/obs_intervals', Float64Array.of(0, NaN), [1, 2]);
        }),
      'E_NWB_INTERVAL',
    );
  });

  it('finds tables under processing, and asks which', async () => {
    expect((await open((f) => units(f, '/processing/ecephys/Units'))).assumptions[0]).toContain(
      '/processing/ecephys/Units',
    );
    const two = (f: File) => {
      units(f, '/processing/a/u');
      units(f, '/processing/b/u');
    };
    await expectCode(() => open(two), 'E_SELECT_NEEDED');
    expect((await open(two, { select: 'processing/b/u' })).assumptions[0]).toContain('/processing/b/u');
    await expectCode(() => open(two, { select: 'c' }), 'E_SELECT_UNKNOWN');
    const main = await open((f) => {
      units(f);
      units(f, '/processing/b/u');
    });
    expect(main.warnings.join(' ')).toContain('/processing/b/u');
  });

  it.each([
    ['an index that runs backwards', Int32Array.of(2, 1, 4), 'E_INDEX_ORDER'],
    ['an index beyond the data', Int32Array.of(2, 3, 5), 'E_INDEX_ORDER'],
    ['a negative index', Int32Array.of(-1, 3, 4), 'E_INDEX_ORDER'],
  ])('refuses %s', async (_, index, code) => {
    await expectCode(
      () =>
        open((f) => {
          put(f, '/units/spike_times', Float64Array.of(1, 2, 3, 4));
          put(f, '/units/spike_times_index', index);
        }),
      code,
    );
  });

  it.each([
    ['NaN', NaN, 'E_TIME_NAN'],
    ['negative', -0.001, 'E_TIME_NEGATIVE'],
    ['infinite', Infinity, 'E_TIME_INFINITE'],
  ])('refuses a time that is %s', async (_, time, code) => {
    const error = await expectCode(
      () =>
        open((f) => {
          put(f, '/units/spike_times', Float64Array.of(1, time));
          put(f, '/units/spike_times_index', Int32Array.of(2));
          put(f, '/units/id', Int32Array.of(42));
        }),
      code,
    );
    expect(error.message).toContain('unit 42');
  });

  it('names what is missing or lies elsewhere', async () => {
    await expectCode(() => open((f) => f.create_attribute('nwb_version', '2.6.0')), 'E_NWB_NO_UNITS');
    await expectCode(() => open((f) => put(f, '/units/spike_times', Float64Array.of(1))), 'E_HDF5_MISSING');
    await expectCode(
      () =>
        open((f) => {
          f.create_group('units');
          f.create_external_link('raw.nwb', '/t', '/units/spike_times');
        }),
      'E_HDF5_EXTERNAL',
    );
    const warned = await open((f) => {
      units(f);
      f.create_external_link('raw.nwb', '/q', '/units/quality');
    });
    expect(warned.warnings.join(' ')).toContain('E_HDF5_EXTERNAL');
    const extra = await open((f) => {
      put(f, '/units/spike_times', Float64Array.of(1, 2, 3));
      put(f, '/units/spike_times_index', Int32Array.of(2));
    });
    expect(extra.warnings.join(' ')).toContain('1 spike time after the last unit');
  });

  it('merges and intersects spans', () => {
    const s = (start: number, stop: number) => ({ start, stop });
    expect(merged([s(5, 7), s(0, 2), s(2, 3), s(6, 9)])).toEqual([s(0, 3), s(5, 9)]);
    expect(intersection([s(0, 4), s(6, 9)], [s(3, 7), s(8, 20)])).toEqual([s(3, 4), s(6, 7), s(8, 9)]);
  });
});

describe('CARMEN', () => {
  const build = (f: File) => {
    put(f, '/spikes', Float64Array.of(0.5, 1, 0.25));
    put(f, '/sCount', Int32Array.of(2, 0, 1));
    put(f, '/names', ['ch1', 'ch2', 'ch3']);
    put(f, '/epos', Float64Array.of(1, 2, 3, 10, 20, 30), [2, 3]);
    put(f, '/summary/duration', Float64Array.of(2));
    put(f, '/meta/region', ['ctx']);
  };
  it('cuts the pooled times into trains', async () => {
    const r = await open(build);
    expect([...r.times]).toEqual([500_000, 1_000_000, 250_000]);
    expect([...r.offsets]).toEqual([0, 2, 2, 3]);
    expect(r.units[1]).toEqual({ id: 'ch2', region: 'ctx', position: [2, 20] });
    expect(r.observed).toEqual([{ start: 0, stop: 2_000_000 }]);
    expect([...(await open(build, { fs: 25000 })).times]).toEqual([12_500, 25_000, 6_250]);
  });
  it('prefers recordingtime, and gives repeated names a number', async () => {
    const r = await open((f) => {
      put(f, '/spikes', Float64Array.of(1, 2));
      put(f, '/sCount', Int32Array.of(1, 1));
      put(f, '/names', ['a', 'a']);
      put(f, '/recordingtime', Float64Array.of(0.5, 3));
      put(f, '/summary/duration', Float64Array.of(9));
    });
    expect(r.observed).toEqual([{ start: 500_000, stop: 3_000_000 }]);
    expect(r.units.map((u) => u.id)).toEqual(['a', 'a#2']);
  });
  it('refuses counts that do not add up', async () => {
    await expectCode(
      () =>
        open((f) => {
          put(f, '/spikes', Float64Array.of(1));
          put(f, '/sCount', Int32Array.of(2));
        }),
      'E_LENGTH_MISMATCH',
    );
    await expectCode(
      () =>
        open((f) => {
          put(f, '/spikes', Float64Array.of(1));
          put(f, '/sCount', Int32Array.of(2, -1));
        }),
      'E_LENGTH_MISMATCH',
    );
    await expectCode(
      () =>
        open((f) => {
          put(f, '/spikes', new Float64Array(0));
          put(f, '/sCount', new Int32Array(0));
        }),
      'E_NO_UNITS',
    );
  });
});

describe('MaxWell', () => {
  const FIRST = 0x0001_8000; // needs both rows of sig, and is negative under a signed shift of the upper one
  const mapping = {
    channel: Int32Array.of(4, 9, 2),
    electrode: Int32Array.of(100, 200, 300),
    x: Float64Array.of(0, 17.5, 35),
    y: Float64Array.of(1, 2, 3),
  };
  const spikes = (first: number) => ({
    frameno: BigInt64Array.from([first + 5, first + 9, first + 7, first - 3, first + 20], BigInt),
    channel: Int32Array.of(9, 4, 77, 4, 9),
    amplitude: Float64Array.of(1, 1, 1, 1, 1),
  });
  const old = (f: File) => {
    table(f, '/mapping', mapping);
    groups(f, '/proc0');
    table(f, '/proc0/spikeTimes', spikes(FIRST));
    const sig = new Uint16Array(4 * 50);
    sig[3 * 50] = FIRST >> 16;
    sig[2 * 50] = FIRST & 0xffff;
    f.create_dataset({ name: '/sig', data: sig, shape: [4, 50] });
  };
  const recent = (f: File, root: string) => {
    groups(f, `${root}/settings`);
    groups(f, `${root}/groups/routed`);
    table(f, `${root}/settings/mapping`, mapping);
    table(f, `${root}/spikes`, spikes(1000));
    put(f, `${root}/settings/sampling`, Float64Array.of(10000));
    put(
      f,
      `${root}/groups/routed/frame_nos`,
      BigInt64Array.from({ length: 40 }, (_, i) => BigInt(1000 + i)),
    );
  };

  it('reads the 2016 layout: 20 kHz, first frame from sig, foreign channels counted', async () => {
    const r = await open(old);
    expect(r.format).toBe('maxwell');
    expect(r.clock).toEqual({ numerator: 20000, denominator: 1 });
    expect(r.units.map((u) => u.id)).toEqual(['4', '9', '2']);
    expect(r.units[1].position).toEqual([17.5, 2]);
    expect([...r.times]).toEqual([9, 5, 20]);
    expect([...r.offsets]).toEqual([0, 1, 3, 3]);
    expect(r.observed).toEqual([{ start: 0, stop: 50 }]);
    expect(r.warnings.join(' ')).toContain('1 spike on channels outside the mapping');
    expect(r.warnings.join(' ')).toContain('1 spike before the first frame');
  });
  it('reads the 2019 layout in wells and in data_store', async () => {
    for (const root of ['/wells/well000/rec0000', '/data_store/data0000']) {
      const r = await open((f) => recent(f, root));
      expect(r.clock).toEqual({ numerator: 10000, denominator: 1 });
      expect([...r.times]).toEqual([9, 5, 20]);
      expect(r.observed).toEqual([{ start: 0, stop: 40 }]);
    }
  });
  it('asks which well, and explains why raw is not read', async () => {
    const plate = (f: File) => {
      recent(f, '/wells/well000/rec0000');
      recent(f, '/wells/well001/rec0000');
      recent(f, '/data_store/data0000');
    };
    expect((await expectCode(() => open(plate), 'E_SELECT_NEEDED')).message).toContain(
      'well000/rec0000, well001/rec0000',
    );
    expect((await open(plate, { select: 'well001/rec0000' })).assumptions.join(' ')).toContain(
      'well001/rec0000',
    );
    await expectCode(() => open(plate, { select: 'well009' }), 'E_SELECT_UNKNOWN');
    expect((await expectCode(() => open(plate, { select: 'raw' }), 'E_MAXWELL_RAW')).message).toContain(
      'filter',
    );
  });
  it('falls back openly: no first frame, no length, no rate', async () => {
    const bare = (f: File) => {
      groups(f, '/data_store/d/settings');
      table(f, '/data_store/d/settings/mapping', mapping);
      table(f, '/data_store/d/spikes', spikes(1000));
    };
    await expectCode(() => open(bare), 'E_CLOCK_UNKNOWN');
    const r = await open(bare, { fs: 20000 });
    expect([...r.times]).toEqual([0, 12, 8, 23]); // from frame 997, the first spike of the table
    expect(r.assumptions.join(' ')).toContain('time 0 is the first spike');
    const timed = await open(
      (f) => {
        bare(f);
        put(f, '/data_store/d/start_time', BigInt64Array.of(1000n));
        put(f, '/data_store/d/stop_time', BigInt64Array.of(3000n));
      },
      { fs: 20000 },
    );
    expect(timed.observed).toEqual([{ start: 0, stop: 40_000 }]);
    await expectCode(
      () =>
        open(
          (f) => {
            groups(f, '/data_store/d/settings');
            table(f, '/data_store/d/settings/mapping', { electrode: Int32Array.of(1) });
            table(f, '/data_store/d/spikes', spikes(1));
          },
          { fs: 1 },
        ),
      'E_MAXWELL_TABLE',
    );
  });
});
