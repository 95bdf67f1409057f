// One patch-clamp series of an NWB file: what it is, and how its stored numbers become mV or pA. Schema: NWB 2.0 to 2.8, nwb.icephys.
// `gain` and `resolution` describe the amplifier and are not applied: the schema says that data * conversion + offset is in the unit.
import { SpikebridgeError } from '../../errors.ts';
import type { Hdf5File } from '../../formats/hdf5.ts';
import type { Fault } from './faults.ts';
import { faultOf } from './faults.ts';
import { MAX_RATE, MIN_RATE, isRate, regularRate } from './sampling.ts';
import { knownUnits, unitFactor } from './units.ts';

export type Clamp = 'current' | 'voltage' | 'none';

/** A series as it is listed, before its samples are looked at. */
export interface Series {
  readonly path: string;
  readonly name: string;
  readonly clamp: Clamp;
  /** `sweep_number`, where the series has one. */
  readonly number?: number;
  readonly stimulusName?: string;
  /** Name of its electrode; for files without links, the channel in a name like `data_00003_AD1`. */
  readonly electrode?: string;
  readonly startingTime: number;
}

/** Where the samples of a series lie, and what makes mV or pA of them. */
export interface Signal {
  readonly path: string;
  readonly rows: { readonly start: number; readonly stop: number };
  readonly samplingRate: number;
  readonly scale: number;
  readonly offset: number;
}

const TYPES: Readonly<Record<string, { clamp: Clamp; role: 'response' | 'stimulus' } | undefined>> = {
  CurrentClampSeries: { clamp: 'current', role: 'response' },
  IZeroClampSeries: { clamp: 'none', role: 'response' },
  VoltageClampSeries: { clamp: 'voltage', role: 'response' },
  CurrentClampStimulusSeries: { clamp: 'current', role: 'stimulus' },
  VoltageClampStimulusSeries: { clamp: 'voltage', role: 'stimulus' },
};
/** Patch-clamp series of a group (`/acquisition`, `/stimulus/presentation`); other things in it are passed over. */
export function listSeries(
  file: Hdf5File,
  group: string,
  role: 'response' | 'stimulus',
): { series: Series[]; faults: Fault[] } {
  const series: Series[] = [];
  const faults: Fault[] = [];
  for (const name of file.keys(group)) {
    const path = `${group}/${name}`;
    try {
      if (!file.isGroup(path)) continue;
      const type = textAttribute(file, path, 'neurodata_type');
      const known = type === undefined ? undefined : TYPES[type];
      if (known?.role === role) series.push(describe(file, path, name, known.clamp));
      else if (type === undefined && file.keys(path).includes('data')) {
        faults.push({
          code: 'unknown-series',
          reason: `${path} does not say what it is (no neurodata_type).`,
        });
      }
    } catch (error) {
      faults.push(faultOf(error));
    }
  }
  return { series, faults };
}

function describe(file: Hdf5File, path: string, name: string, clamp: Clamp): Series {
  const number = quiet(() => file.attribute(path, 'sweep_number')?.numbers.at(0));
  const stimulusName = quiet(() => textAttribute(file, path, 'stimulus_description'));
  const link = file.softLink(`${path}/electrode`);
  const channel = /_(?:AD|DA)_?(\d+)/i.exec(name)?.at(1);
  const electrode = link?.split('/').pop() ?? (channel === undefined ? undefined : `channel ${channel}`);
  const startingTime = quiet(() => file.numbers(`${path}/starting_time`).at(0));
  return {
    path,
    name,
    clamp,
    startingTime: startingTime ?? NaN,
    ...(number !== undefined && Number.isSafeInteger(number) && number >= 0 ? { number } : {}),
    ...(stimulusName === undefined || stimulusName === '' ? {} : { stimulusName }),
    ...(electrode === undefined ? {} : { electrode }),
  };
}

/** How to read a series, all of it or some rows. */
export function signalOf(
  file: Hdf5File,
  { path }: Series,
  quantity: 'voltage' | 'current',
  rows?: { readonly start: number; readonly stop: number },
): Signal | Fault {
  try {
    const data = `${path}/data`;
    const shape = file.shape(data);
    if (shape.length === 0 || shape.slice(1).some((n) => n !== 1)) {
      return {
        code: 'shape',
        reason: `${data} has shape (${shape.join(', ')}): one row of samples was expected.`,
      };
    }
    if (file.isText(data)) return { code: 'type', reason: `${data} holds text, not numbers.` };
    const span = rows ?? { start: 0, stop: shape[0] };
    if (span.start < 0 || span.stop > shape[0] || span.stop <= span.start) {
      return shape[0] === 0 || span.stop === span.start
        ? { code: 'empty', reason: `${data} holds no samples.` }
        : {
            code: 'range',
            reason: `${data} has ${shape[0]} samples; the table of recordings names ${span.start} to ${span.stop}.`,
          };
    }
    const samplingRate = rateOf(file, path, shape[0]);
    if (typeof samplingRate !== 'number') return samplingRate;
    const scaling = scalingOf(file, data, quantity);
    return 'code' in scaling ? scaling : { path: data, rows: span, samplingRate, ...scaling };
  } catch (error) {
    return faultOf(error);
  }
}

/** Samples of a signal in mV or pA. */
export function readSignal(file: Hdf5File, { path, rows, scale, offset }: Signal): Float64Array {
  const values = file.numbers(path, rows);
  for (let i = 0; i < values.length; i++) values[i] = values[i] * scale + offset;
  return values;
}

/** A number of a series (bias_current, bridge_balance, ...), undefined where absent, NaN or unreadable. */
export function seriesNumber(file: Hdf5File, series: Series, name: string): number | undefined {
  const value = quiet(() => {
    const path = `${series.path}/${name}`;
    return file.isDataset(path) && !file.isText(path) ? file.numbers(path).at(0) : undefined;
  });
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

/** Text of an attribute; undefined where it is absent, or no text. */
export function textAttribute(file: Hdf5File, path: string, name: string): string | undefined {
  return file.attribute(path, name)?.text.at(0);
}

/** Text of a dataset; undefined where it is absent or cannot be read. */
export function textDataset(file: Hdf5File, path: string): string | undefined {
  const text = quiet(() => (file.isDataset(path) && file.isText(path) ? file.texts(path).at(0) : undefined));
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}

function rateOf(file: Hdf5File, path: string, samples: number): number | Fault {
  const names = file.keys(path);
  if (names.includes('starting_time')) {
    const rate = file.attribute(`${path}/starting_time`, 'rate')?.numbers.at(0);
    if (rate !== undefined && isRate(rate)) return rate;
    return {
      code: 'rate',
      reason: `${path}/starting_time gives ${rate === undefined ? 'no rate' : `a rate of ${rate}`}: samples per second between ${MIN_RATE} and ${MAX_RATE} were expected.`,
    };
  }
  if (!names.includes('timestamps')) {
    return {
      code: 'rate',
      reason: `${path} has neither starting_time nor timestamps: its sampling rate is unknown.`,
    };
  }
  return regularRate(file.numbers(`${path}/timestamps`), samples, `${path}/timestamps`);
}

function scalingOf(
  file: Hdf5File,
  data: string,
  quantity: 'voltage' | 'current',
): { scale: number; offset: number } | Fault {
  const attribute = file.attribute(data, 'unit');
  // The schema fixes the unit of each series, so that one without a unit has that of the schema.
  const unit =
    attribute === undefined ? (quantity === 'voltage' ? 'volts' : 'amperes') : attribute.text.at(0);
  const factor = unit === undefined ? undefined : unitFactor(quantity, unit);
  if (factor === undefined) {
    return {
      code: 'units',
      reason: `${data} is in ${unit === undefined ? 'no unit that is text' : `"${unit}"`}: a unit of ${quantity} (${knownUnits(quantity)}) was expected.`,
    };
  }
  const conversion = numberAttribute(file, data, 'conversion') ?? 1;
  const offset = numberAttribute(file, data, 'offset') ?? 0;
  if (!Number.isFinite(conversion) || conversion === 0 || !Number.isFinite(offset)) {
    return {
      code: 'units',
      reason: `${data} has the conversion ${conversion} and the offset ${offset}: numbers that are not zero were expected.`,
    };
  }
  return { scale: conversion * factor, offset: offset * factor };
}

/** NaN where the attribute is there and is no number. */
function numberAttribute(file: Hdf5File, path: string, name: string): number | undefined {
  const attribute = file.attribute(path, name);
  return attribute === undefined ? undefined : (attribute.numbers.at(0) ?? NaN);
}

/** What the file says, or undefined where it cannot say it: only for what a sweep can do without. */
function quiet<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SpikebridgeError) return undefined;
    throw error;
  }
}
