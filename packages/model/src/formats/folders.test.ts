// Phy, ALF and SpikeInterface folders and archives, built in memory: fallbacks, labels, clocks, and every way they can be wrong.
import { describe, expect, it } from 'vitest';
import { encodeNpy, encodeNpyText, encodeNpz, npyHeader } from './npyWrite.ts';
import { encodeSpikeInterfaceNpz, openRecording, recogniseFormat } from './index.ts';
import { expectCode } from './testing/expectCode.ts';
import { golden } from './testing/npyGolden.ts';
import { memoryFile, memoryFolder } from './testing/nodeLocation.ts';
import type { ReadOptions } from './types.ts';

const i64 = (...values: number[]) => encodeNpy(BigInt64Array.from(values, BigInt));
const i32 = (...values: number[]) => encodeNpy(Int32Array.from(values));
const f64 = (...values: number[]) => encodeNpy(Float64Array.from(values));

type Files = Record<string, Uint8Array | string>;

describe('Phy', () => {
  const base: Files = {
    'spike_times.npy': encodeNpy(BigInt64Array.of(30n, 10n, 20n, 40n), [4, 1]),
    'spike_clusters.npy': i32(5, 5, 2, 9),
    'params.py': "dat_path = 'x'\nsample_rate = 3e4\n",
  };
  const open = (files: Files, options: ReadOptions = {}) =>
    openRecording(memoryFolder('sorted', files), options);

  it('groups, sorts, and reads the clock without running anything', async () => {
    const r = await open(base);
    expect(r.format).toBe('phy');
    expect(r.units.map((u) => u.id)).toEqual(['2', '5', '9']);
    expect([...r.times]).toEqual([20, 10, 30, 40]);
    expect([...r.offsets]).toEqual([0, 1, 3, 4]);
    expect(r.clock).toEqual({ numerator: 30000, denominator: 1 });
    expect(r.observed).toEqual([{ start: 0, stop: 41 }]);
    expect(r.assumptions.join(' ')).toContain('its last spike');
  });

  it('falls back to templates and says so', async () => {
    const { 'spike_clusters.npy': clusters, ...rest } = base;
    const r = await open({ ...rest, 'spike_templates.npy': clusters });
    expect(r.units).toHaveLength(3);
    expect(r.assumptions.join(' ')).toContain('spike_templates.npy');
    await expectCode(() => open(rest), 'E_PHY_INCOMPLETE');
  });

  it('lets cluster_group win, KSLabel fill in, cluster_info come last', async () => {
    const r = await open({
      ...base,
      'cluster_group.tsv': 'cluster_id\tgroup\n5\tgood\n77\tnoise\n',
      'cluster_KSLabel.tsv': 'cluster_id\tKSLabel\n5\tmua\n2\tmua\n',
      'cluster_info.tsv': 'cluster_id\tch\tgroup\tbrain_region\n5\t3\t\tCA1\n9\t4\tgood\tDG\n',
      'cluster_cell_type.csv': 'cluster_id,cell_type\n2,inh\n',
      'channel_map.npy': i32(4, 3),
      'channel_positions.npy': encodeNpy(Float64Array.of(0, 10, 16, 20), [2, 2]),
    });
    expect(r.units).toEqual([
      { id: '2', quality: 'mua', cellClass: 'inh' },
      { id: '5', quality: 'good', region: 'CA1', position: [16, 20] },
      { id: '9', quality: 'good', region: 'DG', position: [0, 10] },
    ]);
    expect(r.warnings.join(' ')).toContain('1 cluster of the tables have no spike');
    // Kilosort names the column of cluster_group after itself.
    const kilosort = await open({
      ...base,
      'cluster_group.tsv': 'cluster_id\tKSLabel\n5\tgood\n',
      'cluster_KSLabel.tsv': 'cluster_id\tKSLabel\n5\tmua\n',
    });
    expect(kilosort.units[1].quality).toBe('good');
  });

  it('asks for the rate when params.py is missing or more than arithmetic', async () => {
    const { 'params.py': _params, ...rest } = base;
    for (const files of [
      rest,
      { ...base, 'params.py': 'sample_rate = get_rate()\n' },
      { ...base, 'params.py': 'sample_rate = 0\n' },
    ]) {
      const error = await expectCode(() => open(files), 'E_CLOCK_UNKNOWN');
      expect(error.fix).toContain('--fs 30000');
      expect((await open(files, { fs: 25000 })).clock.numerator).toBe(25000);
    }
    expect((await open({ ...base, 'params.py': 'sample_rate = 30 * 1000.\n' })).clock.numerator).toBe(30000);
    await expectCode(() => open(base, { fs: 20000 }), 'E_CLOCK_CONFLICT');
  });

  it.each([
    ['lengths differ', { 'spike_clusters.npy': i32(1) }, 'E_LENGTH_MISMATCH'],
    ['times are seconds', { 'spike_times.npy': f64(0.1, 0.2, 0.3, 0.4) }, 'E_TIME_FRACTION'],
    ['a time is negative', { 'spike_times.npy': i64(1, -5, 3, 4) }, 'E_TIME_NEGATIVE'],
    ['a time is NaN', { 'spike_times.npy': f64(1, NaN, 3, 4) }, 'E_TIME_NAN'],
    ['a cluster is no integer', { 'spike_clusters.npy': f64(1, 2, 2.5, 3) }, 'E_UNIT_ID'],
    ['the file is cut', { 'spike_times.npy': i64(1, 2, 3, 4).slice(0, 150) }, 'E_FILE_TRUNCATED'],
    ['the file is empty', { 'spike_times.npy': new Uint8Array(0) }, 'E_NPY_HEADER'],
    ['pickled', { 'spike_clusters.npy': golden('objects') }, 'E_NPY_PICKLED'],
    ['a matrix', { 'spike_times.npy': encodeNpy(BigInt64Array.of(1n, 2n, 3n, 4n), [2, 2]) }, 'E_NPY_SHAPE'],
    ['no spikes', { 'spike_times.npy': i64(), 'spike_clusters.npy': i32() }, 'E_NO_UNITS'],
  ])('refuses: %s', async (_, files: Files, code) => {
    await expectCode(() => open({ ...base, ...files }), code);
  });

  it('leaves damaged tables out with a warning', async () => {
    const r = await open({
      ...base,
      'cluster_group.tsv': 'cluster_id\tgroup\n1\ta\tb\n',
      'channel_map.npy': i32(1),
      'channel_positions.npy': new Uint8Array(3),
    });
    expect(r.warnings.join(' ')).toContain('cluster_group.tsv could not be read (E_TABLE_RAGGED)');
    expect(r.warnings.join(' ')).toContain('E_NPY_HEADER');
  });
});

describe('ALF', () => {
  const base: Files = {
    '_ibl_spikes.times.1a2b.npy': f64(0.5, 0.25, 1),
    'spikes.clusters.npy': i32(1, 0, 1),
    'clusters.channels.npy': i32(1, 0),
    'channels.localCoordinates.npy': encodeNpy(Float64Array.of(1, 2, 3, 4), [2, 2]),
    'clusters.acronyms.npy': encodeNpyText(['CA1', 'DG']),
    'clusters.metrics.csv': 'cluster_id,ks2_label\n0,good\n1,mua\n',
  };
  const open = (files: Files, options: ReadOptions = {}) =>
    openRecording(memoryFolder('alf', files), options);

  it('reads seconds, with labels by cluster row', async () => {
    const r = await open(base);
    expect([...r.times]).toEqual([250_000, 500_000, 1_000_000]);
    expect(r.units).toEqual([
      { id: '0', quality: 'good', region: 'CA1', position: [3, 4] },
      { id: '1', quality: 'mua', region: 'DG', position: [1, 2] },
    ]);
    expect([...(await open(base, { fs: 30000 })).times]).toEqual([7500, 15000, 30000]);
  });
  it('needs the rate for samples', async () => {
    const files = { 'spikes.samples.npy': i64(10, 20, 30), 'spikes.clusters.npy': i32(0, 0, 1) };
    await expectCode(() => open(files), 'E_CLOCK_UNKNOWN');
    expect([...(await open(files, { fs: 30000 })).times]).toEqual([10, 20, 30]);
  });
  it('refuses what does not fit', async () => {
    await expectCode(() => open({ ...base, 'spikes.clusters.npy': i32(1) }), 'E_LENGTH_MISMATCH');
    await expectCode(() => open({ ...base, 'spikes.times.npy': f64(1) }), 'E_ALF_AMBIGUOUS');
    await expectCode(
      () => open({ ...base, '_ibl_spikes.times.1a2b.npy': f64(0, Infinity, 1) }),
      'E_TIME_INFINITE',
    );
    await expectCode(() => open({ ...base, 'spikes.clusters.npy': f64(0, 1, 0.5) }), 'E_UNIT_ID');
    const damaged = await open({ ...base, 'clusters.acronyms.npy': golden('objects') });
    expect(damaged.warnings.join(' ')).toContain('E_NPY_PICKLED');
  });
});

describe('SpikeInterface', () => {
  const arrays = {
    unit_ids: i64(3, 5, 8),
    num_segment: i64(1),
    sampling_frequency: f64(30000),
    spike_indexes_seg0: i64(10, 20, 30),
    spike_labels_seg0: i64(5, 3, 5),
  };
  const open = (files: Record<string, Uint8Array>, options: ReadOptions = {}, stored = false) =>
    openRecording(memoryFile('sorting.npz', encodeNpz(files, stored)), options);

  it.each([true, false])('reads an archive, stored: %s', async (stored) => {
    const r = await open(arrays, {}, stored);
    expect(r.units.map((u) => u.id)).toEqual(['3', '5', '8']);
    expect([...r.times]).toEqual([20, 10, 30]);
    expect([...r.offsets]).toEqual([0, 1, 3, 3]);
  });
  it('takes text ids, drops foreign labels with a count', async () => {
    const r = await open({
      ...arrays,
      unit_ids: encodeNpyText(['a', 'b']),
      spike_labels_seg0: encodeNpyText(['b', 'a', 'zz']),
    });
    expect(r.units.map((u) => u.id)).toEqual(['a', 'b']);
    expect(r.warnings.join(' ')).toContain('1 spike carry a label');
  });
  it('asks for the segment and the rate', async () => {
    const two = { ...arrays, spike_indexes_seg1: i64(7), spike_labels_seg1: i64(8) };
    await expectCode(() => open(two), 'E_SELECT_NEEDED');
    await expectCode(() => open(two, { select: 'seg2' }), 'E_SELECT_UNKNOWN');
    expect([...(await open(two, { select: 'seg1' })).times]).toEqual([7]);
    const { sampling_frequency: _rate, ...silent } = arrays;
    await expectCode(() => open(silent), 'E_CLOCK_UNKNOWN');
  });
  it('refuses other archives, pickles first', async () => {
    await expectCode(() => open({ a: f64(1), b: golden('objects') }), 'E_NPY_PICKLED');
    await expectCode(() => open({ a: f64(1) }), 'E_NPZ_NO_TRAINS');
    await expectCode(() => open({ ...arrays, spike_labels_seg0: i64(5) }), 'E_LENGTH_MISMATCH');
    await expectCode(() => openRecording(memoryFile('a.npy', f64(1, 2))), 'E_NPY_NO_TRAINS');
  });
  it('refuses a damaged archive', async () => {
    const bytes = encodeNpz(arrays);
    await expectCode(
      () => openRecording(memoryFile('a.npz', bytes.slice(0, bytes.length - 30))),
      'E_FILE_TRUNCATED',
    );
    const flipped = bytes.slice();
    flipped[60] ^= 0x10;
    await expectCode(() => openRecording(memoryFile('a.npz', flipped)), 'E_FILE_DAMAGED');
  });
  it('writes what it reads', async () => {
    for (const ids of [i64(3, 5, 8), encodeNpyText(['x', 'y', 'z'])]) {
      const labels = ids.length === i64(3, 5, 8).length ? i64(5, 3, 5) : encodeNpyText(['y', 'x', 'y']);
      const r = await open({ ...arrays, unit_ids: ids, spike_labels_seg0: labels });
      const back = await openRecording(memoryFile('sorting.npz', encodeSpikeInterfaceNpz(r)));
      expect(back).toEqual(r);
    }
  });
  it('reads a numpy folder', async () => {
    const body = new DataView(new ArrayBuffer(3 * 24));
    [
      [10, 1, 0],
      [20, 0, 0],
      [5, 0, 1],
    ].forEach((row, i) => row.forEach((v, j) => body.setBigInt64(i * 24 + j * 8, BigInt(v), true)));
    const head = npyHeader('X', [3]);
    const text = new TextDecoder('latin1')
      .decode(head)
      .replace("'X'", "[('sample_index', '<i8'), ('unit_index', '<i8'), ('segment_index', '<i8')]");
    const bytes = Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));
    bytes[8] = (bytes.length - 10) & 255;
    bytes.set(head.subarray(0, 8));
    const spikes = Uint8Array.from([...bytes, ...new Uint8Array(body.buffer)]);
    const info = JSON.stringify({ sampling_frequency: 20000, unit_ids: ['u', 7], num_segments: 2 });
    const folder = (files: Files) => memoryFolder('si', files);
    const r = await openRecording(folder({ 'spikes.npy': spikes, 'numpysorting_info.json': info }), {
      select: 'seg0',
    });
    expect(r.units.map((u) => u.id)).toEqual(['u', '7']);
    expect([...r.times]).toEqual([20, 10]);
    expect(r.clock.numerator).toBe(20000);
    await expectCode(
      () => openRecording(folder({ 'spikes.npy': spikes, 'numpysorting_info.json': '{' })),
      'E_JSON_INVALID',
    );
    const one = JSON.stringify({ sampling_frequency: 20000, unit_ids: ['u'], num_segments: 2 });
    await expectCode(
      () =>
        openRecording(folder({ 'spikes.npy': spikes, 'numpysorting_info.json': one }), { select: 'seg0' }),
      'E_UNIT_ID',
    );
  });
});

describe('CSV', () => {
  const open = (text: string, options: ReadOptions = {}, name = 'a.csv') =>
    openRecording(memoryFile(name, new TextEncoder().encode(text)), options);

  it('reads seconds, milliseconds, microseconds and samples', async () => {
    const r = await open('unit,time_s\nb,0.5\n10,0.25\n2,1\n');
    expect(r.units.map((u) => u.id)).toEqual(['2', '10', 'b']);
    expect([...r.times]).toEqual([1_000_000, 250_000, 500_000]);
    expect([...(await open('cluster_id;time_ms\n1;0,5\n'.replace(',', '.'))).times]).toEqual([500]);
    expect([...(await open('time_us\tunit\n7\t1\n')).times]).toEqual([7]);
    expect([...(await open('unit sample\n1 30\n', { fs: 30000 })).times]).toEqual([30]);
    expect(
      recogniseFormat(memoryFile('spikes', new TextEncoder().encode('unit,time\n1,2\n'))).reader.format,
    ).toBe('csv');
  });
  it('asks for the rate of samples', async () => {
    expect((await expectCode(() => open('unit,sample\n1,30\n'), 'E_CLOCK_UNKNOWN')).fix).toContain(
      '--fs 30000',
    );
  });
  it.each([
    ['no header', '1,0.5\n2,0.7\n', 'E_CSV_HEADER'],
    ['nothing', '', 'E_CSV_HEADER'],
    ['only a header', 'unit,time_s\n', 'E_NO_UNITS'],
    ['a word for a number', 'unit,time_s\n1,soon\n', 'E_TABLE_NUMBER'],
    ['no unit', 'unit,time_s\n,1\n', 'E_UNIT_ID'],
    ['NaN', 'unit,time_s\n1,nan\n', 'E_TIME_NAN'],
    ['a negative time', 'unit,time_s\n1,-1\n', 'E_TIME_NEGATIVE'],
    ['a time without end', 'unit,time_s\n1,Infinity\n', 'E_TIME_INFINITE'],
    ['a time beyond all clocks', 'unit,time_s\n1,1e300\n', 'E_TIME_RANGE'],
  ])('refuses %s', async (_, text, code) => {
    await expectCode(() => open(text), code);
  });
});

describe('the registry', () => {
  const csv = 'unit,time_s\n1,0.5\n';
  it('finds the one recording of a folder, and asks where there are several', async () => {
    expect((await openRecording(memoryFolder('f', { 'a.csv': csv, 'notes.md': '# hi' }))).format).toBe('csv');
    const two = memoryFolder('f', { 'a.csv': csv, 'b.csv': csv });
    await expectCode(() => openRecording(two), 'E_SELECT_NEEDED');
    expect((await openRecording(two, { select: 'b.csv' })).name).toBe('b');
    await expectCode(() => openRecording(memoryFolder('f', { 'notes.md': '# hi' })), 'E_FORMAT_UNKNOWN');
    await expectCode(
      () => openRecording(memoryFolder('f', { 'a.csv': csv, 'notes.md': 'x' }), { select: 'notes.md' }),
      'E_FORMAT_UNKNOWN',
    );
    await expectCode(() => openRecording(memoryFile('x.bin', new Uint8Array(100))), 'E_FORMAT_UNKNOWN');
  });
});
