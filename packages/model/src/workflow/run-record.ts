// What env.json says of a run: the program, the machine, the device and the data it was made on. It is passed on with
// the run, so it names no user, no host and no absolute path.
import type { Json } from '../config/canonical.ts';
import { SpikebridgeError } from '../errors.ts';
import type { ReadOptions } from '../formats/types.ts';
import type { RunFolder } from '../training/run-folder.ts';
import type { Candidate } from './device-choice.ts';
import type { DeviceChoice } from './device.ts';
import type { OpenedRecording } from './opened-recording.ts';

export interface DataRecord {
  readonly name: string;
  readonly format: string;
  readonly fingerprint: string;
  readonly reading: ReadOptions;
  /** From the run folder to the data, where that says nothing about the user; null otherwise. */
  readonly path: string | null;
  /** (units) index in the recording of the unit in each slot, -1 for none. */
  readonly slots: readonly number[];
}

const SCHEMA = 'spikebridge.environment/1';

/** A recording that a run learns from. */
export interface TrainedOn extends OpenedRecording {
  /** From the run folder to the data, where that says nothing about the user; null otherwise. */
  readonly path: string | null;
  /** (units) index in the recording of the unit in each slot, -1 for none. */
  readonly slots: ArrayLike<number>;
}

export interface EnvironmentParts {
  /** The program's version. */
  readonly version: string;
  /** What a figure depends on: runtime, platform, processor, cores, memory. No host name, no user name, no path. */
  readonly host: Readonly<Record<string, Json>>;
  readonly choice: DeviceChoice;
  readonly data: TrainedOn;
  /** Other recordings that a unit-free net learns from. */
  readonly further?: readonly TrainedOn[];
}

/** The document for env.json. */
export function environment({ version, host, choice, data, further = [] }: EnvironmentParts): Json {
  const record = ({ recording, fingerprint, reading, path, slots }: TrainedOn): DataRecord => ({
    ...{ name: recording.name, format: recording.format, fingerprint, reading, path },
    slots: Array.from(slots),
  });
  return JSON.parse(
    JSON.stringify({
      ...{ schema: SCHEMA, spikebridge: version, host, device: choice, data: record(data) },
      ...(further.length === 0 ? {} : { also: further.map(record) }),
    }),
  ) as Json;
}

/** The records of the other recordings that a unit-free run learnt from. */
export function furtherRecords(folder: RunFolder): readonly Pick<DataRecord, 'name' | 'fingerprint'>[] {
  const also = isTree(folder.env) ? folder.env['also'] : undefined;
  if (!Array.isArray(also)) return [];
  return also.flatMap((record: Json) => {
    const { name, fingerprint } = isTree(record) ? record : {};
    return typeof name === 'string' && typeof fingerprint === 'string' ? [{ name, fingerprint }] : [];
  });
}

/** The data record of a run. @throws E_RUN_ENVIRONMENT */
export function dataRecord(folder: RunFolder): DataRecord {
  const data = isTree(folder.env) ? folder.env['data'] : undefined;
  if (isTree(data)) {
    const { name, format, fingerprint, reading, path, slots } = data;
    if (
      typeof name === 'string' &&
      typeof format === 'string' &&
      typeof fingerprint === 'string' &&
      isTree(reading) &&
      isNumbers(slots)
    )
      return { name, format, fingerprint, reading, path: typeof path === 'string' ? path : null, slots };
  }
  throw new SpikebridgeError('E_RUN_ENVIRONMENT', 'env.json does not say what the run was trained on', {
    where: 'env.json',
    fix: 'restore the env.json that training wrote',
  });
}

const isNumbers = (value: Json | undefined): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

type Tree = Record<string, Json>;
const isTree = (value: Json | undefined): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Build and threads a run was begun with; undefined where env.json does not say, or says the reference. */
export function recordedDevice(folder: RunFolder): Candidate | undefined {
  const device = isTree(folder.env) ? folder.env['device'] : undefined;
  if (!isTree(device)) return undefined;
  const { build, threads } = device;
  if ((build !== 'plain' && build !== 'relaxed' && build !== 'wgsl') || typeof threads !== 'number')
    return undefined;
  return { build, threads };
}

/** What env.json says of the program, the machine and the device, as label and value. */
export function describeEnvironment(folder: RunFolder): (readonly [label: string, value: string])[] {
  const env = isTree(folder.env) ? folder.env : {};
  const text = (tree: Json | undefined, key: string): string => {
    const value = isTree(tree) ? tree[key] : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
  };
  const host = env['host'];
  const device = env['device'];
  return [
    ['device', `${text(device, 'description')} (${text(device, 'why')})`],
    ['machine', `${text(host, 'processor')}, ${text(host, 'cores')} cores, ${text(host, 'memoryGiB')} GiB`],
    ['runtime', `${text(host, 'runtime')}, ${text(host, 'platform')}`],
    ['Spikebridge', text(env, 'spikebridge')],
  ];
}
