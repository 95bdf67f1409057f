// MaxWell MaxOne / MaxTwo recordings: the spike table and the channel mapping of both file versions. Raw traces are not read.
import { SpikebridgeError } from '../errors.ts';
import type { UnitInfo } from '../recording/types.ts';
import { clockOf, resolveClock, ticksPerSecond } from './clock.ts';
import type { Hdf5File } from './hdf5.ts';
import type { Hdf5Layout } from './hdf5Layout.ts';
import { buildRecording, count } from './trains.ts';

/** Sampling rate of the 2016 layout, which does not store it. */
const OLD_FS = 20_000;

/** Where one recording keeps its parts. */
interface Place {
  readonly label: string;
  readonly spikes: string;
  readonly mapping: string;
  readonly old: boolean;
  readonly root: string;
}

/**
 * Version 20160704 (`/mapping`, `/proc0/spikeTimes`) and version 20190530 (`/wells/<well>/<rec>` or `/data_store/<data>`). A unit is a
 * channel of the mapping; times are frames since the first of the recording.
 */
export const maxwellLayout: Hdf5Layout = {
  format: 'maxwell',
  title: 'MaxWell MaxOne / MaxTwo',
  fits: (file) => places(file).length > 0,
  read(file, location, options) {
    const where = location.name;
    const place = choose(places(file), options.select, where);
    const clock = resolveClock(options, {
      name: where,
      found: sampling(file, place),
      ask: 'Add the sampling rate, for example --fs 20000: the file does not store it.',
    });
    const mapping = file.columns(place.mapping, ['channel', 'electrode', 'x', 'y']);
    const channels = mapping.get('channel');
    const table = file.columns(place.spikes, ['frameno', 'channel']);
    const frames = table.get('frameno');
    const spikeChannels = table.get('channel');
    if (channels === undefined || frames === undefined || spikeChannels === undefined) {
      throw new SpikebridgeError(
        'E_MAXWELL_TABLE',
        `${place.spikes} or ${place.mapping} lacks frameno or channel.`,
        {
          where,
          fix: 'Save the recording with spikes and mapping in MaxLab Live.',
        },
      );
    }

    const warnings: string[] = [];
    const { units, indexOf } = mappedUnits(channels, mapping, warnings);
    const first = firstFrame(file, place, frames);
    const kept: number[][] = units.map(() => []);
    let unmapped = 0;
    let early = 0;
    for (let i = 0; i < frames.length; i++) {
      const u = indexOf.get(spikeChannels[i]);
      if (u === undefined) unmapped++;
      else if (frames[i] < first.frame) early++;
      else kept[u].push(frames[i] - first.frame);
    }
    if (unmapped > 0)
      warnings.push(`${count(unmapped, 'spike')} on channels outside the mapping were dropped.`);
    if (early > 0) warnings.push(`${count(early, 'spike')} before the first frame were dropped.`);
    const length = frameCount(file, place, ticksPerSecond(clock.clock));
    return buildRecording({
      name: where.replace(/\.(raw\.)?h5$/i, ''),
      format: 'maxwell',
      where,
      clock: clock.clock,
      units,
      trains: kept.map((train) => Float64Array.from(train)),
      observed: length === undefined ? undefined : [{ start: 0, stop: length.frames }],
      assumptions: [
        clock.assumption,
        'A unit is a channel of the mapping: threshold crossings, not sorted neurons.',
        first.assumption,
        ...(length === undefined ? [] : [`The recording length is ${length.from}.`]),
        ...(place.label === '' ? [] : [`The recording taken is ${place.label}.`]),
      ],
      warnings,
    });
  },
};

/** Every recording in the file. Wells are preferred over data_store: they name the same data by plate position. */
function places(file: Hdf5File): Place[] {
  if (file.isDataset('/proc0/spikeTimes') && file.isDataset('/mapping')) {
    return [{ label: '', spikes: '/proc0/spikeTimes', mapping: '/mapping', old: true, root: '' }];
  }
  const found: Place[] = [];
  const add = (root: string, label: string) => {
    const place = { label, spikes: `${root}/spikes`, mapping: `${root}/settings/mapping`, old: false, root };
    if (file.isDataset(place.spikes) && file.isDataset(place.mapping)) found.push(place);
  };
  for (const well of file.keys('/wells')) {
    for (const recording of file.keys(`/wells/${well}`))
      add(`/wells/${well}/${recording}`, `${well}/${recording}`);
  }
  if (found.length === 0) for (const data of file.keys('/data_store')) add(`/data_store/${data}`, data);
  return found;
}

function choose(all: readonly Place[], select: string | undefined, where: string): Place {
  const labels = all.map((place) => place.label);
  if (select !== undefined && /(^|\/)raw$/.test(select)) {
    throw new SpikebridgeError(
      'E_MAXWELL_RAW',
      "The raw traces use MaxWell's own HDF5 filter, which is not available here.",
      {
        where,
        fix: "Leave out --select raw: spikes and mapping are read without it. For raw data use MaxWell's plug-in with h5py.",
        exitCode: 2,
      },
    );
  }
  const chosen =
    select === undefined ? all : all.filter((place) => place.label === select || place.root === select);
  if (chosen.length === 1) return chosen[0];
  if (select === undefined) {
    throw new SpikebridgeError(
      'E_SELECT_NEEDED',
      `The file holds ${all.length} recordings: ${labels.join(', ')}.`,
      {
        where,
        fix: `Add --select ${labels[0]} (or another of them).`,
        exitCode: 2,
      },
    );
  }
  throw new SpikebridgeError(
    'E_SELECT_UNKNOWN',
    `There is no recording ${select}; the file has ${labels.join(', ')}.`,
    {
      where,
      fix: `Use --select ${labels[0]}.`,
      exitCode: 2,
    },
  );
}

function sampling(file: Hdf5File, place: Place) {
  if (place.old) return { clock: clockOf(OLD_FS), source: 'the 2016 MaxWell layout (always 20 kHz)' };
  const path = `${place.root}/settings/sampling`;
  const fs = file.isDataset(path) ? file.numbers(path).at(0) : undefined;
  return fs !== undefined && fs > 0 && Number.isFinite(fs)
    ? { clock: clockOf(fs), source: 'settings/sampling' }
    : undefined;
}

function mappedUnits(
  channels: Float64Array,
  mapping: ReadonlyMap<string, Float64Array>,
  warnings: string[],
): { units: UnitInfo[]; indexOf: Map<number, number> } {
  const [electrode, x, y] = ['electrode', 'x', 'y'].map((name) => mapping.get(name));
  const indexOf = new Map<number, number>();
  const units: UnitInfo[] = [];
  let repeated = 0;
  channels.forEach((channel, i) => {
    // Channels without an electrode are listed with -1 by some versions.
    if (channel < 0 || (electrode !== undefined && electrode[i] < 0)) return;
    if (indexOf.has(channel)) {
      repeated++;
      return;
    }
    indexOf.set(channel, units.length);
    const position = x === undefined || y === undefined ? undefined : ([x[i], y[i]] as const);
    units.push({ id: String(channel), ...(position?.every(Number.isFinite) === true ? { position } : {}) });
  });
  if (repeated > 0)
    warnings.push(`${count(repeated, 'mapping row')} name a channel again; the first row of each was kept.`);
  return { units, indexOf };
}

/** Frame number of the first frame: frames count from when the device was switched on, not from the recording's start. */
function firstFrame(
  file: Hdf5File,
  place: Place,
  frames: Float64Array,
): { frame: number; assumption: string } {
  try {
    if (place.old) {
      const rows = file.isDataset('/sig') ? (file.shape('/sig').at(0) ?? 0) : 0;
      const high = rows >= 2 ? file.element('/sig', [rows - 1, 0]) : undefined;
      const low = rows >= 2 ? file.element('/sig', [rows - 2, 0]) : undefined;
      if (high !== undefined && low !== undefined) {
        // Two rows of 16 bits; not with <<, which would be signed.
        return {
          frame: high * 65536 + low,
          assumption: 'The first frame is read from the last two rows of sig.',
        };
      }
    } else {
      const path = `${place.root}/groups/routed/frame_nos`;
      const frame = file.isDataset(path) ? file.element(path, [0]) : undefined;
      if (frame !== undefined)
        return { frame, assumption: 'The first frame is read from groups/routed/frame_nos.' };
    }
  } catch (error) {
    if (!(error instanceof SpikebridgeError)) throw error;
  }
  let frame = Infinity;
  for (const f of frames) if (f < frame) frame = f;
  return {
    frame: frame === Infinity ? 0 : frame,
    assumption: 'The file gives no first frame that can be read: time 0 is the first spike of the table.',
  };
}

function frameCount(
  file: Hdf5File,
  place: Place,
  perSecond: number,
): { frames: number; from: string } | undefined {
  if (place.old) {
    const frames = file.isDataset('/sig') ? (file.shape('/sig').at(1) ?? 0) : 0;
    return frames > 0 ? { frames, from: 'the number of frames of sig' } : undefined;
  }
  const nos = `${place.root}/groups/routed/frame_nos`;
  const frames = file.isDataset(nos) ? (file.shape(nos).at(0) ?? 0) : 0;
  if (frames > 1) {
    const [first, last] = [file.element(nos, [0]), file.element(nos, [frames - 1])];
    if (first !== undefined && last !== undefined && last > first) {
      return { frames: last - first + 1, from: 'the span of groups/routed/frame_nos' };
    }
  }
  const time = (name: string) => {
    const path = `${place.root}/${name}`;
    return file.isDataset(path) ? file.numbers(path).at(0) : undefined;
  };
  const [start, stop] = [time('start_time'), time('stop_time')];
  if (start === undefined || stop === undefined || !(stop > start)) return undefined;
  return { frames: Math.round(((stop - start) / 1000) * perSecond), from: 'stop_time minus start_time' };
}
