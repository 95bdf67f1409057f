// Plan: what is written is read back by this package's own readers: the same trains, ids and clock, for units with numbers and
// with names, with silent units and with no spike at all; an NWB file carries what its schema requires.
import { describe, expect, it } from 'vitest';
import { binGrid } from '../recording/grid.ts';
import type { Recording } from '../recording/types.ts';
import { memorySource } from './bytes.ts';
import { Hdf5File } from './hdf5.ts';
import { readNpyLabels } from './npy.ts';
import { openNpz } from './npz.ts';
import { encodeNwb } from './nwbWrite.ts';
import { phyFiles } from './phyWrite.ts';
import { openRecording } from './registry.ts';
import { encodeSpikeInterfaceNpz } from './spikeinterface.ts';
import { memoryFile, memoryFolder } from './testing/nodeLocation.ts';

/** Trains in ticks of `binMilliseconds`, observed for 5000 of them. */
function recordingOf(trains: Readonly<Record<string, readonly number[]>>, binMilliseconds = 1): Recording {
  const lists = Object.values(trains);
  const offsets = new Uint32Array(lists.length + 1);
  lists.forEach((train, u) => (offsets[u + 1] = offsets[u] + train.length));
  return {
    ...{ name: 'made', format: 'generated', times: Float64Array.from(lists.flat()), offsets },
    clock: { numerator: 1000 / binMilliseconds, denominator: 1 },
    units: Object.keys(trains).map((id) => ({ id })),
    observed: [{ start: 0, stop: 5000 }],
    ...{ assumptions: [], warnings: [] },
  };
}

const NAMED = recordingOf({ 'unit a': [0, 3, 3, 4999], 'neurone β': [], u2: [17, 2500] });
const NUMBERED = recordingOf({ '7': [1, 2, 1200], '12': [2], '3': [] }, 2);
const SILENT = recordingOf({ '0': [], '1': [] });

const SESSION = {
  identifier: 'spikebridge-0123',
  description: 'Spike trains sampled from a model.',
  start: '1970-01-01T00:00:00+00:00',
  created: '2026-11-27T08:00:00+00:00',
  notes: '{"seed":1}',
};

/** Ids and trains in seconds, without the units that a format cannot hold. */
function trainsOf({ units, times, offsets, clock }: Recording): [string, number[]][] {
  const seconds = (tick: number) => (tick * clock.denominator) / clock.numerator;
  return units.map(({ id }, u) => [id, Array.from(times.subarray(offsets[u], offsets[u + 1]), seconds)]);
}

/** The same with the ids that formats of whole numbers give: the row, unless all ids are numbers. */
const numbered = (recording: Recording): [string, number[]][] =>
  trainsOf(recording).map(([id, train], u) => [recording === NAMED ? String(u) : id, train]);

describe.each([
  ['names', NAMED],
  ['numbers and bins of 2 ms', NUMBERED],
  ['no spike', SILENT],
])('a recording with %s', (_, recording) => {
  it('SpikeInterface npz', async () => {
    const bytes = encodeSpikeInterfaceNpz(recording, 'made by hand');
    const read = await openRecording(memoryFile('made.npz', bytes), {});
    expect(trainsOf(read)).toEqual(trainsOf(recording));
    expect(read.clock.numerator / read.clock.denominator).toBe(recording.clock.numerator);
    const npz = openNpz(memorySource('made.npz', bytes));
    expect(readNpyLabels(npz.array('provenance'))).toEqual(['made by hand']);
    expect(openNpz(memorySource('made.npz', encodeSpikeInterfaceNpz(recording))).has('provenance')).toBe(
      false,
    );
  });

  it('Phy folder: silent clusters stand in the table alone', async () => {
    const files = phyFiles(recording, '{}');
    expect([...files.keys()][0]).toBe('spike_times.npy');
    const table = new TextDecoder().decode(files.get('cluster_info.tsv'));
    expect(table.trim().split('\n')).toHaveLength(recording.units.length + 1);
    for (const { id } of recording.units) expect(table).toContain(`\t${id}\t`);
    const location = memoryFolder('made', Object.fromEntries(files));
    if (recording === SILENT) return;
    const read = await openRecording(location, {});
    const spiking = numbered(recording).filter(([, train]) => train.length > 0);
    expect(trainsOf(read)).toEqual(spiking.sort(([a], [b]) => Number(a) - Number(b)));
    expect(read.clock.numerator / read.clock.denominator).toBe(recording.clock.numerator);
  });

  it('NWB: trains, names, and all of the observed time', async () => {
    const bytes = await encodeNwb(recording, SESSION);
    const read = await openRecording(memoryFile('made.nwb', bytes), {});
    expect(read.format).toBe('nwb');
    expect(trainsOf(read)).toEqual(numbered(recording));
    expect(read.observed).toEqual(recording.observed);
    expect(binGrid(read, { binMilliseconds: 1000 / recording.clock.numerator }).bins).toBe(5000);
  });
});

it('NWB: the objects, attributes and texts that the schema requires', async () => {
  const bytes = await encodeNwb(NAMED, SESSION);
  const file = await Hdf5File.open(memorySource('made.nwb', bytes));
  const text = (path: string, name: string) => file.attribute(path, name)?.text;
  const types: Readonly<Record<string, readonly [namespace: string, type: string]>> = {
    '/': ['core', 'NWBFile'],
    '/units': ['core', 'Units'],
    '/units/id': ['hdmf-common', 'ElementIdentifiers'],
    '/units/unit_name': ['hdmf-common', 'VectorData'],
    '/units/spike_times': ['hdmf-common', 'VectorData'],
    '/units/spike_times_index': ['hdmf-common', 'VectorIndex'],
    '/units/obs_intervals': ['hdmf-common', 'VectorData'],
    '/units/obs_intervals_index': ['hdmf-common', 'VectorIndex'],
  };
  const ids = new Set<string | undefined>();
  for (const [path, [namespace, type]] of Object.entries(types)) {
    expect(text(path, 'namespace'), path).toEqual([namespace]);
    expect(text(path, 'neurodata_type'), path).toEqual([type]);
    const id = text(path, 'object_id')?.[0];
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    ids.add(id);
  }
  expect(ids.size).toBe(Object.keys(types).length);
  expect(text('/', 'nwb_version')).toEqual(['2.7.0']);
  expect(text('/units', 'colnames')).toEqual(['unit_name', 'spike_times', 'obs_intervals']);
  expect(file.texts('/units/unit_name')).toEqual(['unit a', 'neurone β', 'u2']);
  expect(file.shape('/units/obs_intervals')).toEqual([3, 2]);
  expect(file.attribute('/units/spike_times', 'resolution')?.numbers).toEqual([0.001]);
  const texts = ['identifier', 'session_description', 'session_start_time', 'timestamps_reference_time'];
  for (const name of texts) expect(file.shape(`/${name}`), name).toEqual([]);
  expect(file.texts('/file_create_date')).toEqual([SESSION.created]);
  expect(file.shape('/file_create_date')).toEqual([1]);
  expect(file.texts('/general/notes')).toEqual([SESSION.notes]);
  for (const name of ['acquisition', 'analysis', 'processing', 'stimulus/presentation', 'stimulus/templates'])
    expect(file.isGroup(`/${name}`), name).toBe(true);
  file.close();
});

it('NWB: an index points at its column, in whole numbers without a sign as the schema has them', async () => {
  const { default: h5wasm } = await import('h5wasm');
  const { FS } = await h5wasm.ready;
  FS.writeFile('/made.nwb', await encodeNwb(NAMED, SESSION));
  const file = new h5wasm.File('/made.nwb', 'r');
  for (const column of ['spike_times', 'obs_intervals']) {
    const index = file.get(`units/${column}_index`);
    if (!(index instanceof h5wasm.Dataset)) throw new TypeError('no dataset');
    expect(index.value).toBeInstanceOf(Uint32Array);
    const { shape, value } = index.attrs['target'];
    expect(shape).toEqual([]);
    const data = file.get(`units/${column}`);
    if (!(data instanceof h5wasm.Dataset)) throw new TypeError('no dataset');
    const { ref_data } = data.create_reference();
    const bytes = (reference: unknown) => [...(reference as { ref_data: Uint8Array }).ref_data];
    expect((value as unknown[]).map(bytes)).toEqual([[...ref_data]]);
  }
  file.close();
  FS.unlink('/made.nwb');
});
