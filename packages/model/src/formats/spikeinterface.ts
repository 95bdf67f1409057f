// SpikeInterface sortings as NumPy files: NpzSortingExtractor archives and numpy-folder sortings; and the npz writer.
import { SpikebridgeError } from '../errors.ts';
import type { Clock, Recording } from '../recording/types.ts';
import { readText, withSource } from './bytes.ts';
import { clockOf, resolveClock, ticksPerSecond } from './clock.ts';
import { readNpyHeader, readNpyLabels, readNpyRecords, readNpyVector } from './npy.ts';
import { encodeNpy, encodeNpyText, encodeNpz } from './npyWrite.ts';
import type { Npz } from './npz.ts';
import { isZip, openNpz } from './npz.ts';
import { buildRecording, count, inOrderOfTime } from './trains.ts';
import type { ByteSource, Location, Reader, ReadOptions } from './types.ts';

const INFO = 'numpysorting_info.json';

/** `sorting.npz` as NpzSortingExtractor writes it: unit_ids, spike_indexes_seg0, spike_labels_seg0, sampling_frequency, num_segment. */
export const spikeInterfaceNpzReader: Reader = {
  format: 'spikeinterface-npz',
  title: 'SpikeInterface npz',
  sniff(location) {
    if (location.kind !== 'file') return 0;
    return withSource(location.open(), (source) => {
      if (!isZip(source)) return 0;
      try {
        const npz = openNpz(source);
        return npz.has('spike_indexes_seg0') && npz.has('spike_labels_seg0') ? 2 : 1;
      } catch (error) {
        if (error instanceof SpikebridgeError) return 1;
        throw error;
      }
    });
  },
  async read(location, options) {
    await Promise.resolve();
    return withSource(location.open(), (source) => {
      const npz = openNpz(source);
      if (!npz.has('spike_indexes_seg0') || !npz.has('spike_labels_seg0'))
        throw notASorting(npz, location.name);
      const segments = npz.names.filter((n) => /^spike_indexes_seg\d+$/.test(n)).length;
      const segment = chooseSegment(segments, options.select, location.name);
      const fs = npz.has('sampling_frequency')
        ? readNpyVector(npz.array('sampling_frequency')).data.at(0)
        : undefined;
      const units = npz.has('unit_ids') ? readNpyLabels(npz.array('unit_ids')) : undefined;
      const labelArray = npz.array(`spike_labels_seg${segment}`);
      return sorting({
        location,
        options,
        format: 'spikeinterface-npz',
        found: foundRate(fs, 'sampling_frequency'),
        times: readNpyVector(npz.array(`spike_indexes_seg${segment}`)).data,
        labels: readNpyLabels(labelArray),
        units,
        assumptions: segments > 1 ? [`Segment ${segment} of ${segments} was taken.`] : [],
      });
    });
  },
};

/** Folder of a numpy-folder sorting: spikes.npy (sample_index, unit_index, segment_index) and numpysorting_info.json. */
export const spikeInterfaceFolderReader: Reader = {
  format: 'spikeinterface-folder',
  title: 'SpikeInterface numpy folder',
  sniff: (location) =>
    location.kind === 'folder' && location.list().includes('spikes.npy') && location.list().includes(INFO)
      ? 2
      : 0,
  async read(location, options) {
    await Promise.resolve();
    const info = withSource(location.open(INFO), (source) =>
      parseInfo(readText(source, 1 << 26), source.name),
    );
    const records = withSource(location.open('spikes.npy'), (source) =>
      readNpyRecords(source, ['sample_index', 'unit_index', 'segment_index']),
    );
    const samples = records.get('sample_index') ?? new Float64Array(0);
    const unitIndex = records.get('unit_index') ?? samples;
    const segmentIndex = records.get('segment_index') ?? samples;
    const segment = chooseSegment(info.segments, options.select, location.name);
    const keep: number[] = [];
    for (let i = 0; i < samples.length; i++) if (segmentIndex[i] === segment) keep.push(i);
    const labels = keep.map((i) => {
      const id = info.units.at(unitIndex[i] < 0 ? info.units.length : unitIndex[i]);
      if (id === undefined) {
        throw new SpikebridgeError(
          'E_UNIT_ID',
          `Spike ${i} names unit ${unitIndex[i]} of ${info.units.length}.`,
          {
            where: location.name,
            fix: 'Save the sorting again: spikes.npy and its info file do not belong together.',
          },
        );
      }
      return id;
    });
    return sorting({
      location,
      options,
      format: 'spikeinterface-folder',
      found: foundRate(info.fs, INFO),
      times: Float64Array.from(keep, (i) => samples[i]),
      labels,
      units: info.units,
      assumptions: info.segments > 1 ? [`Segment ${segment} of ${info.segments} was taken.`] : [],
    });
  },
};

/**
 * A recording as a NpzSortingExtractor archive (one segment, spikes in order of time). `provenance`, where there is any, is one
 * more array, of one text, which the extractor does not look at.
 */
export function encodeSpikeInterfaceNpz(recording: Recording, provenance?: string): Uint8Array {
  const { order, unitOf } = inOrderOfTime(recording);
  const ids = recording.units.map((unit) => unit.id);
  const numeric = ids.every((id) => /^-?(0|[1-9]\d{0,14})$/.test(id));
  const integers = BigInt64Array.from(numeric ? ids.map(BigInt) : []);
  return encodeNpz({
    unit_ids: numeric ? encodeNpy(integers) : encodeNpyText(ids),
    num_segment: encodeNpy(BigInt64Array.from([1n])),
    sampling_frequency: encodeNpy(Float64Array.from([ticksPerSecond(recording.clock)])),
    spike_indexes_seg0: encodeNpy(BigInt64Array.from(order, (i) => BigInt(recording.times[i]))),
    spike_labels_seg0: numeric
      ? encodeNpy(BigInt64Array.from(order, (i) => integers[unitOf[i]]))
      : encodeNpyText(Array.from(order, (i) => ids[unitOf[i]])),
    ...(provenance === undefined ? {} : { provenance: encodeNpyText([provenance]) }),
  });
}

interface Sorting {
  readonly location: Location;
  readonly options: ReadOptions;
  readonly format: string;
  readonly found: { clock: Clock; source: string } | undefined;
  readonly times: Float64Array;
  readonly labels: readonly string[];
  readonly units: readonly string[] | undefined;
  readonly assumptions: readonly string[];
}

function sorting(parts: Sorting): Recording {
  const where = parts.location.name;
  const clock = resolveClock(parts.options, {
    name: where,
    found: parts.found,
    ask: 'Add the sampling rate, for example --fs 30000: the archive was saved without sampling_frequency.',
  });
  if (parts.times.length !== parts.labels.length) {
    throw new SpikebridgeError(
      'E_LENGTH_MISMATCH',
      `${parts.times.length} spike times stand beside ${parts.labels.length} labels.`,
      {
        where,
        fix: 'Save the sorting again.',
      },
    );
  }
  const ids = [...(parts.units ?? new Set(parts.labels))];
  const index = new Map(ids.map((id, u) => [id, u]));
  const counts = new Uint32Array(ids.length);
  let foreign = 0;
  const unitOf = Int32Array.from(parts.labels, (label) => index.get(label) ?? -1);
  for (const u of unitOf) if (u >= 0) counts[u]++;
  const trains = Array.from(counts, (n) => new Float64Array(n));
  const filled = new Uint32Array(ids.length);
  unitOf.forEach((u, i) => {
    if (u < 0) foreign++;
    else trains[u][filled[u]++] = parts.times[i];
  });
  return buildRecording({
    name: where.replace(/\.npz$/i, ''),
    format: parts.format,
    where,
    clock: clock.clock,
    units: ids.map((id) => ({ id })),
    trains,
    assumptions: [clock.assumption, ...parts.assumptions],
    warnings:
      foreign === 0
        ? []
        : [`${count(foreign, 'spike')} carry a label that is not among the units; they were dropped.`],
  });
}

function foundRate(fs: number | undefined, source: string): { clock: Clock; source: string } | undefined {
  return fs !== undefined && fs > 0 && Number.isFinite(fs) ? { clock: clockOf(fs), source } : undefined;
}

function chooseSegment(segments: number, select: string | undefined, where: string): number {
  const wanted =
    select === undefined ? undefined : Number(/^(?:seg(?:ment)?)?(\d+)$/.exec(select)?.[1] ?? NaN);
  if (wanted === undefined) {
    if (segments === 1) return 0;
    throw new SpikebridgeError('E_SELECT_NEEDED', `The sorting has ${segments} segments.`, {
      where,
      fix: 'Add --select seg0 (or another segment).',
      exitCode: 2,
    });
  }
  if (wanted >= 0 && wanted < segments) return wanted;
  throw new SpikebridgeError('E_SELECT_UNKNOWN', `There is no segment ${select ?? ''} among ${segments}.`, {
    where,
    fix: 'Segments are seg0, seg1 and so on.',
    exitCode: 2,
  });
}

function parseInfo(
  text: string,
  file: string,
): { fs: number | undefined; units: string[]; segments: number } {
  let info: unknown;
  try {
    info = JSON.parse(text);
  } catch {
    info = undefined;
  }
  if (typeof info !== 'object' || info === null || !('unit_ids' in info) || !Array.isArray(info.unit_ids)) {
    throw new SpikebridgeError('E_JSON_INVALID', 'The info file is no JSON object with unit_ids.', {
      where: file,
      fix: 'Save the sorting folder again.',
    });
  }
  const fs =
    'sampling_frequency' in info && typeof info.sampling_frequency === 'number'
      ? info.sampling_frequency
      : undefined;
  const segments = 'num_segments' in info && typeof info.num_segments === 'number' ? info.num_segments : 1;
  return { fs, units: info.unit_ids.map(String), segments };
}

/** What is wrong with an npz that is no sorting: pickles are named first, because that is what people meet. */
function notASorting(npz: Npz, where: string): SpikebridgeError {
  for (const name of npz.names.slice(0, 64)) {
    try {
      readNpyHeader(npz.array(name));
    } catch (error) {
      if (error instanceof SpikebridgeError && error.code === 'E_NPY_PICKLED') return error;
    }
  }
  return new SpikebridgeError(
    'E_NPZ_NO_TRAINS',
    `The archive holds no sorting; it has ${npz.names.join(', ') || 'no array'}.`,
    {
      where,
      fix: 'Expected the arrays unit_ids, spike_indexes_seg0, spike_labels_seg0 and sampling_frequency.',
    },
  );
}

/** A single npy file never says which unit fired: recognised, so that the answer can say what is missing. */
export const npyAloneReader: Reader = {
  format: 'npy',
  title: 'npy (only inside a folder that says which unit fired)',
  sniff: (location) =>
    location.kind === 'file' && withSource(location.open(), (source: ByteSource) => readNpyMagic(source))
      ? 1
      : 0,
  async read(location) {
    await Promise.resolve();
    const header = withSource(location.open(), readNpyHeader);
    throw new SpikebridgeError(
      'E_NPY_NO_TRAINS',
      `One array of shape (${header.shape.join(', ')}) does not say which unit fired when.`,
      { where: location.name, fix: 'Name the folder (Phy, ALF, SpikeInterface) that the array belongs to.' },
    );
  },
};

function readNpyMagic(source: ByteSource): boolean {
  const head = source.read(0, 6);
  return head.length === 6 && head[0] === 0x93 && head[1] === 0x4e && head[2] === 0x55;
}
