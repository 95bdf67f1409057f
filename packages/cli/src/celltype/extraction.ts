// One cell from its file: sweeps looked at, features taken, and what became of each sweep. Runs in a thread of its own.
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ExtractedSweeps, SweepOptions } from '@spikebridge/model';
import { extractSweeps, openSweeps, VERSION } from '@spikebridge/model';
import { hostError, nodeLocation } from '../host/location.ts';

/** What is kept of one cell. */
export interface CellRecord extends ExtractedSweeps {
  readonly schema: 'spikebridge.cell/1';
  readonly spikebridge: string;
  /** Name of the file, without its folder. */
  readonly file: string;
  /** SHA-256 of the content, and of what was stated of it. */
  readonly fingerprint: string;
}

/** @throws SpikebridgeError E_SWEEP_*, E_FILE_*, and the codes of the file formats */
export async function extractFile(path: string, options: SweepOptions): Promise<CellRecord> {
  const fingerprint = await fingerprintOf(path, options);
  const set = await openSweeps(nodeLocation(path), options);
  try {
    const extracted = await extractSweeps(set);
    return {
      ...{ schema: 'spikebridge.cell/1', spikebridge: VERSION, file: basename(path), fingerprint },
      ...extracted,
    };
  } finally {
    set.close();
  }
}

/** SHA-256 of a file, or of every file of a folder with its name, and of the options. @throws E_FILE_MISSING, E_FILE_READ */
export async function fingerprintOf(path: string, options: SweepOptions): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(options));
  try {
    const folder = statSync(path).isDirectory();
    const names = folder ? (await readdir(path)).sort().map((name) => join(path, name)) : [path];
    for (const name of names) {
      if (folder && !statSync(name).isFile()) continue;
      hash.update(`\n${basename(name)}\n`);
      for await (const chunk of createReadStream(name)) hash.update(chunk as Uint8Array);
    }
  } catch (error) {
    throw hostError(path, error);
  }
  return hash.digest('hex');
}
