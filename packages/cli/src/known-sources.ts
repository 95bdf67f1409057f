// Where the recordings of this machine's runs lie. A run folder is passed on and holds no absolute path, so the way back
// to a recording outside its own tree is kept here: in the user's cache folder, by fingerprint of the spike trains.
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { writeWhole } from './host/files.ts';

/** `$XDG_CACHE_HOME/spikebridge/sources.json`, by default below `~/.cache`. Losing it loses nothing: `--source` says it again. */
export function knownSourcesFile(): string {
  const stated = process.env['XDG_CACHE_HOME'];
  const cache = stated === undefined || stated === '' ? join(homedir(), '.cache') : stated;
  return join(cache, 'spikebridge', 'sources.json');
}

/** Fingerprint -> absolute path; empty where the file is absent or is not what this program wrote. */
function readKnown(): Readonly<Record<string, string>> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(knownSourcesFile(), 'utf8'));
  } catch {
    return {};
  }
  if (typeof content !== 'object' || content === null) return {};
  return Object.fromEntries(
    Object.entries(content).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** Where the recording of this fingerprint lay when it was last trained on here. */
export const knownSource = (fingerprint: string): string | undefined => readKnown()[fingerprint];

/** Remembers a recording. Returns why it could not, where it could not: training does not depend on it. */
export function rememberSource(fingerprint: string, path: string): string | undefined {
  const known = readKnown();
  const absolute = resolve(path);
  if (known[fingerprint] === absolute) return undefined;
  try {
    const file = knownSourcesFile();
    mkdirSync(dirname(file), { recursive: true });
    writeWhole(file, `${JSON.stringify({ ...known, [fingerprint]: absolute }, null, 2)}\n`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
