// Where the browser app lies and what its answers must say. It is a package of its own, from which the command line takes files and
// nothing else: no code of it is imported.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SpikebridgeError, VERSION } from '@spikebridge/model';

/** The app as it is served. */
export interface App {
  /** Its folder, free of symbolic links. */
  readonly folder: string;
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Without these a page could be framed, load what it likes, or have no threads: better no page. */
const NEEDED = ['Content-Security-Policy', 'Cross-Origin-Opener-Policy', 'Cross-Origin-Embedder-Policy'];

/** Folder of the installed app; undefined where its package is not installed. */
export function installedApp(): string | undefined {
  try {
    return dirname(fileURLToPath(import.meta.resolve('@spikebridge/web/app/index.html')));
  } catch {
    return undefined;
  }
}

/** Throws `E_APP_MISSING` where the page or its headers are not there: nothing is served without them. */
export function openApp(folder: string | undefined): App {
  if (folder === undefined) throw missing('the package @spikebridge/web is not installed');
  try {
    if (!statSync(join(folder, 'index.html')).isFile()) throw missing('index.html is not a file', folder);
    return { folder: realpathSync(folder), headers: readHeaders(join(folder, 'headers.json')) };
  } catch (error) {
    if (error instanceof SpikebridgeError) throw error;
    throw missing('the browser app is not built', folder, error);
  }
}

function readHeaders(path: string): Readonly<Record<string, string>> {
  const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const headers = Object.fromEntries(
    Object.entries(found ?? {}).map(([name, value]) => {
      if (typeof value !== 'string') throw missing(`"${name}" is not a text`, path);
      return [name, value];
    }),
  );
  const absent = NEEDED.find((name) => !headers[name]);
  if (absent !== undefined) throw missing(`"${absent}" is missing`, path);
  return headers;
}

const missing = (message: string, where?: string, cause?: unknown) =>
  new SpikebridgeError('E_APP_MISSING', message, {
    ...(where === undefined ? {} : { where }),
    fix: `in a checkout, build it: npm run build; elsewhere, install it: npm install @spikebridge/web@${VERSION}`,
    cause,
  });
