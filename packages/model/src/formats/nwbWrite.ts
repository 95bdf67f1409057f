// Writing an NWB 2 file with a units table: what the schema requires of a file, its spike times with their ragged index, and
// when the units were observed. Schema: NWB 2.7, hdmf-common 1.8; the specifications themselves are not stored with it.
import type { File, Group, Dataset } from 'h5wasm';
import { sha256HexOfText } from '../config/sha256.ts';
import type { Recording } from '../recording/types.ts';
import { ticksPerSecond } from './clock.ts';
import { unitNumbers } from './unitNumbers.ts';

/** What an NWB file says of its session. */
export interface NwbSession {
  /** Unique for the content: the same content has the same. */
  readonly identifier: string;
  readonly description: string;
  /** ISO 8601 with a zone. Generated trains were recorded at no time: their session starts at the epoch. */
  readonly start: string;
  /** ISO 8601 with a zone: when the file was made. */
  readonly created: string;
  /** Text for /general/notes. */
  readonly notes: string;
}

let serial = 0;

/**
 * A recording as the bytes of an NWB file. `id` of a unit is its id where all are whole numbers, else its row; `unit_name` is the
 * id either way.
 */
export async function encodeNwb(recording: Recording, session: NwbSession): Promise<Uint8Array> {
  const { default: h5wasm } = await import('h5wasm');
  const { FS } = await h5wasm.ready;
  const path = `/spikebridge-nwb-${serial++}.h5`;
  const file = new h5wasm.File(path, 'w');
  try {
    writeSession(file, session);
    writeUnits(file, recording, session);
    file.flush();
  } finally {
    file.close();
  }
  const bytes = FS.readFile(path);
  FS.unlink(path);
  return bytes;
}

/** Groups and datasets that every NWB file has. */
function writeSession(file: File, session: NwbSession): void {
  file.create_attribute('nwb_version', '2.7.0');
  typed(file, 'core', 'NWBFile', `${session.identifier}/`);
  for (const name of ['acquisition', 'analysis', 'general', 'processing', 'stimulus'])
    file.create_group(name);
  for (const name of ['stimulus/presentation', 'stimulus/templates']) file.create_group(name);
  const text = (name: string, data: string | string[]) => file.create_dataset({ name, data });
  text('identifier', session.identifier);
  text('session_description', session.description);
  text('session_start_time', session.start);
  text('timestamps_reference_time', session.start);
  text('file_create_date', [session.created]);
  text('general/notes', session.notes);
}

function writeUnits(file: File, recording: Recording, { identifier }: NwbSession): void {
  const { times, offsets, units, clock, observed } = recording;
  const fs = ticksPerSecond(clock);
  const table = file.create_group('units');
  table.create_attribute('description', 'Spike trains, one row a unit.');
  table.create_attribute('colnames', ['unit_name', 'spike_times', 'obs_intervals']);
  typed(table, 'core', 'Units', `${identifier}/units`);
  const column = (
    name: string,
    type: string,
    data: Float64Array | Int32Array | Uint32Array | string[],
    about?: string,
  ) => {
    const shape = name === 'obs_intervals' ? [data.length / 2, 2] : [data.length];
    const dataset = table.create_dataset({ name, data, shape });
    if (about !== undefined) dataset.create_attribute('description', about);
    typed(dataset, 'hdmf-common', type, `${identifier}/units/${name}`);
    return dataset;
  };
  const index = (of: Dataset, name: string, ends: Uint32Array) => {
    const dataset = column(`${name}_index`, 'VectorIndex', ends, `Where each unit's ${name} end.`);
    dataset.create_attribute('target', of.create_reference());
  };
  column('id', 'ElementIdentifiers', unitNumbers(units));
  column(
    'unit_name',
    'VectorData',
    units.map(({ id }) => id),
    'Id of the unit where it comes from.',
  );
  const seconds = column(
    'spike_times',
    'VectorData',
    times.map((tick) => tick / fs),
    'Spike times, seconds.',
  );
  seconds.create_attribute('resolution', 1 / fs, [], '<d');
  index(seconds, 'spike_times', Uint32Array.from(offsets.subarray(1)));
  const spans = observed.flatMap(({ start, stop }) => [start / fs, stop / fs]);
  const intervals = Float64Array.from(units.flatMap(() => spans));
  const observations = column(
    'obs_intervals',
    'VectorData',
    intervals,
    'When each unit was observed, seconds.',
  );
  index(
    observations,
    'obs_intervals',
    Uint32Array.from(units, (_, u) => (u + 1) * observed.length),
  );
}

/** The attributes by which readers of NWB know an object. */
function typed(target: File | Group | Dataset, namespace: string, type: string, seed: string): void {
  target.create_attribute('namespace', namespace);
  target.create_attribute('neurodata_type', type);
  target.create_attribute('object_id', uuidOf(seed));
}

/** A UUID (version 8: of the maker's own rule) from a text, so that equal content has equal ids. */
function uuidOf(text: string): string {
  const hex = sha256HexOfText(text);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
