// The list of formats and the one way in: openRecording looks at the content, picks the reader, and reads.
import { SpikebridgeError } from '../errors.ts';
import type { Recording } from '../recording/types.ts';
import { alfReader } from './alf.ts';
import { csvReader } from './csv.ts';
import { hdf5Reader } from './hdf5Reader.ts';
import { matlabReader } from './matlab.ts';
import { phyReader } from './phy.ts';
import { npyAloneReader, spikeInterfaceFolderReader, spikeInterfaceNpzReader } from './spikeinterface.ts';
import type { Location, ReadOptions, Reader, Sniff } from './types.ts';

/** All readers, most particular first. Adding a format is one file and one line here. */
export const READERS: readonly Reader[] = [
  phyReader,
  alfReader,
  spikeInterfaceFolderReader,
  matlabReader,
  hdf5Reader,
  spikeInterfaceNpzReader,
  npyAloneReader,
  csvReader,
];

/** Files looked at in a folder that no folder format claims. */
const FOLDER_LIMIT = 500;

/** Which reader takes a location, and which file of a folder it takes. */
export interface Recognised {
  readonly reader: Reader;
  readonly location: Location;
  readonly sniff: Sniff;
}

/**
 * Opens a recording from a file or folder, whatever its format. `options.select` may name a file of a folder, as `file` or `file:part`.
 * @throws E_FORMAT_UNKNOWN, E_SELECT_NEEDED and what the reader throws (docs/formats.md lists every code).
 */
export async function openRecording(location: Location, options: ReadOptions = {}): Promise<Recording> {
  const { rest, ...recognised } = recogniseSelected(location, options.select);
  const others: ReadOptions = {
    ...(options.fs === undefined ? {} : { fs: options.fs }),
    ...(options.binUnitMs === undefined ? {} : { binUnitMs: options.binUnitMs }),
  };
  return recognised.reader.read(
    recognised.location,
    rest === undefined ? others : { ...others, select: rest },
  );
}

/** The reader for a location. @throws E_FORMAT_UNKNOWN, E_SELECT_NEEDED. */
export function recogniseFormat(location: Location, select?: string): Recognised {
  return recogniseSelected(location, select);
}

function recogniseSelected(
  location: Location,
  select: string | undefined,
): Recognised & { rest: string | undefined } {
  const direct = best(location);
  if (direct !== undefined) return { ...direct, rest: select };
  if (location.kind === 'file') throw unknown(location, 'its content matches none of the formats');

  const names = location.list().slice(0, FOLDER_LIMIT);
  const picked =
    select === undefined ? undefined : names.find((n) => select === n || select.startsWith(`${n}:`));
  if (select !== undefined && picked !== undefined) {
    const chosen = best(inside(location, picked));
    if (chosen === undefined)
      throw unknown(inside(location, picked), 'its content matches none of the formats');
    const rest = select.slice(picked.length + 1);
    return { ...chosen, rest: rest === '' ? undefined : rest };
  }
  const candidates = names.flatMap((name) => best(inside(location, name)) ?? []).filter((c) => c.sniff === 2);
  if (candidates.length === 1) return { ...candidates[0], rest: select };
  if (candidates.length === 0)
    throw unknown(location, `none of its ${names.length} files holds spike trains`);
  const found = candidates.map((c) => c.location.name);
  throw new SpikebridgeError('E_SELECT_NEEDED', `The folder holds several recordings: ${found.join(', ')}.`, {
    where: location.name,
    fix: `Name the file itself, or add --select ${found[0]}.`,
    exitCode: 2,
  });
}

function best(location: Location): Recognised | undefined {
  let found: Recognised | undefined;
  for (const reader of READERS) {
    const sniff = reader.sniff(location);
    if (sniff > (found?.sniff ?? 0)) found = { reader, location, sniff };
  }
  return found;
}

/** A file of a folder as a location of its own, with the folder's other files beside it. */
function inside(folder: Location, name: string): Location {
  const names = new Set(folder.list());
  return {
    name,
    kind: 'file',
    list: () => [],
    open: () => folder.open(name),
    sibling: (other) => (names.has(other) ? folder.open(other) : undefined),
  };
}

function unknown(location: Location, detail: string): SpikebridgeError {
  return new SpikebridgeError(
    'E_FORMAT_UNKNOWN',
    `${location.name} is no recording this program reads: ${detail}.`,
    {
      where: location.name,
      fix: `Formats: ${READERS.map((reader) => reader.title).join('; ')}.`,
    },
  );
}
