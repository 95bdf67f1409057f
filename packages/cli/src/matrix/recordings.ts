// The recordings of a manifest on this machine: where their files lie, that they are the ones meant, and the fingerprints that name the
// cells made from them.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type {
  Fingerprints,
  Manifest,
  ManifestRecording,
  OpenedRecording,
  ReadOptions,
} from '@spikebridge/model';
import { parseManifest, SpikebridgeError } from '@spikebridge/model';
import { openData } from '../data.ts';
import { writeWhole } from '../host/files.ts';
import { hostCall } from '../host/location.ts';
import { parseBinUnit } from '../options.ts';
import { Terminal } from '../terminal.ts';

/** A manifest as it is used: plain data, so that it travels to the thread that computes. */
export interface MatrixSetup {
  readonly manifest: Manifest;
  /** Where cells are written. */
  readonly out: string;
  /** One for each recording of the manifest, in its order. */
  readonly recordings: readonly MatrixRecording[];
}

export interface MatrixRecording {
  readonly name: string;
  readonly path: string;
  readonly test: string | null;
  readonly reading: ReadOptions;
  readonly prints: Fingerprints;
}

export interface ManifestFile {
  readonly manifest: Manifest;
  /** Of the text: what was found out about its recordings is kept under it. */
  readonly hash: string;
  readonly folder: string;
}

/** @throws E_FILE_*, E_MATRIX_MANIFEST */
export function readManifest(path: string): ManifestFile {
  const text = hostCall(path, () => readFileSync(path, 'utf8'));
  const hash = createHash('sha256').update(text).digest('hex');
  return { manifest: parseManifest(text, basename(path)), hash, folder: dirname(path) };
}

/** A path of a manifest: `${NAME}` stands for a variable of the environment; what is not absolute is relative to the manifest. */
export function resolveDataPath(text: string, folder: string, where: string): string {
  const path = text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = process.env[name];
    if (value === undefined || value === '')
      throw new SpikebridgeError('E_MATRIX_VARIABLE', `the environment has no ${name}`, {
        where,
        fix: `set it to the folder that holds the recordings: export ${name}=...`,
        exitCode: 2,
      });
    return value;
  });
  return isAbsolute(path) ? path : join(folder, path);
}

function readingOf({ name, fs, binUnit, select }: ManifestRecording): ReadOptions {
  let binUnitMs: number | undefined;
  try {
    binUnitMs = binUnit === undefined ? undefined : parseBinUnit(String(binUnit));
  } catch (error) {
    throw new SpikebridgeError('E_MATRIX_MANIFEST', error instanceof Error ? error.message : String(error), {
      where: `${name}: binUnit`,
      fix: 'write it with its unit: binUnit: 1ms',
      exitCode: 2,
    });
  }
  return {
    ...(fs === undefined ? {} : { fs }),
    ...(binUnitMs === undefined ? {} : { binUnitMs }),
    ...(select === undefined ? {} : { select }),
  };
}

/**
 * A recording, held against its fingerprint where one is known.
 * @throws E_DATA_CHANGED
 */
export async function openChecked(
  path: string,
  {
    reading,
    print,
    name,
  }: { readonly reading: ReadOptions; readonly print?: string | undefined; readonly name: string },
  terminal: Terminal,
): Promise<OpenedRecording> {
  const opened = await openData(path, reading, terminal);
  if (print !== undefined && opened.fingerprint !== print)
    throw new SpikebridgeError(
      'E_DATA_CHANGED',
      `these are not the spike trains of ${name}: their fingerprint is ${opened.fingerprint}, not ${print}`,
      { where: path, fix: 'give the recording that was meant, read the same way, or change the manifest' },
    );
  return opened;
}

/** Under the hash of a manifest: the fingerprints of its recordings, so that a single cell need not read them all. */
const KEPT = 'fingerprints.json';

function keptPrints(out: string, hash: string): ReadonlyMap<string, Fingerprints> | undefined {
  const file = join(out, KEPT);
  if (!existsSync(file)) return undefined;
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as {
      manifest: string;
      recordings: [string, Fingerprints][];
    };
    return kept.manifest === hash ? new Map(kept.recordings) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Finds every recording of a manifest and reads it for its fingerprint. With `kept`, what an earlier command found out is believed:
 * whoever computes a cell reads its recordings anyway, and holds them against it.
 * @throws E_MATRIX_VARIABLE, E_DATA_CHANGED, E_MATRIX_TWICE, and whatever reading throws
 */
export async function openMatrix(
  file: ManifestFile,
  { out, kept, terminal }: { readonly out: string; readonly kept: boolean; readonly terminal: Terminal },
): Promise<MatrixSetup> {
  const { manifest, hash, folder } = file;
  const known = kept ? keptPrints(out, hash) : undefined;
  // What is assumed of a recording is said by whoever computes with it.
  const quiet = new Terminal({ ...terminal.options, quiet: true });
  const recordings: MatrixRecording[] = [];
  for (const entry of manifest.recordings) {
    const { name } = entry;
    const reading = readingOf(entry);
    const path = resolveDataPath(entry.path, folder, `${name}: path`);
    const test = entry.test === undefined ? null : resolveDataPath(entry.test, folder, `${name}: test`);
    const read = async (from: string, print: string | undefined) =>
      (await openChecked(from, { reading, print, name }, quiet)).fingerprint;
    const prints = known?.get(name) ?? {
      path: await read(path, entry.fingerprint),
      test: test === null ? null : await read(test, entry.testFingerprint),
    };
    terminal.note(
      `${name}: ${prints.path.slice(0, 12)}${prints.test === null ? '' : `, test ${prints.test.slice(0, 12)}`}`,
    );
    recordings.push({ name, path, test, reading, prints });
  }
  refuseTwice(recordings);
  return { manifest, out, recordings };
}

/** Keeps the fingerprints for single cells. */
export function keepPrints({ out, recordings }: MatrixSetup, hash: string): void {
  const kept = { manifest: hash, recordings: recordings.map(({ name, prints }) => [name, prints]) };
  writeWhole(join(out, KEPT), `${JSON.stringify(kept, null, 2)}\n`);
}

/** The same trains under two names would be trained on in one row and judged in another. @throws E_MATRIX_TWICE */
function refuseTwice(recordings: readonly MatrixRecording[]): void {
  const seen = new Map<string, string>();
  for (const { name, prints } of recordings)
    for (const print of [prints.path, prints.test]) {
      if (print === null) continue;
      const other = seen.get(print);
      if (other !== undefined)
        throw new SpikebridgeError('E_MATRIX_TWICE', `${name} and ${other} hold the same spike trains`, {
          where: name,
          fix: 'name each recording once, and as test another one than it is trained on',
          exitCode: 2,
        });
      seen.set(print, name);
    }
}

/** The recordings of a setup as the plan takes them. */
export const printsOf = ({ recordings }: MatrixSetup): ReadonlyMap<string, Fingerprints> =>
  new Map(recordings.map(({ name, prints }) => [name, prints]));

/** A recording of the setup with what the manifest says of it. */
export function recordingOf(
  { manifest, recordings }: MatrixSetup,
  name: string,
): MatrixRecording & { readonly entry: ManifestRecording } {
  const at = recordings.findIndex((recording) => recording.name === name);
  return { ...recordings[at], entry: manifest.recordings[at] };
}
