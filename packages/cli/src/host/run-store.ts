// A run folder on this machine's disk: whole-file writes that survive a kill at any moment, and appends for logs.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunStore } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';
import { syncFolder, writeWhole } from './files.ts';
import { hostCall } from './location.ts';

/** Paths are relative to `folder`, with `/`; nothing outside it is ever touched. */
export function nodeRunStore(folder: string): RunStore {
  const at = (path: string): string => {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    if (path.startsWith('/') || parts.includes('..'))
      throw new SpikebridgeError('E_RUN_PATH', `"${path}" leads out of the run folder`, { where: folder });
    return join(folder, ...parts);
  };
  return {
    write: (path, bytes) => settle(() => writeWhole(at(path), bytes)),
    append: (path, bytes) => settle(() => appendBytes(at(path), bytes)),
    truncate: (path, length) =>
      settle(() => {
        const size = statSync(at(path), { throwIfNoEntry: false })?.size ?? 0;
        if (size > length) hostCall(path, () => truncateSync(at(path), length));
      }),
    read: (path) =>
      settle(() =>
        existsSync(at(path)) ? hostCall(path, () => new Uint8Array(readFileSync(at(path)))) : null,
      ),
    list: (path) =>
      settle(() =>
        existsSync(at(path)) ? hostCall(path === '' ? folder : path, () => readdirSync(at(path)).sort()) : [],
      ),
    remove: (path) => settle(() => rmSync(at(path), { recursive: true, force: true })),
    rename: (from, to) =>
      settle(() => {
        mkdirSync(dirname(at(to)), { recursive: true });
        hostCall(to, () => renameSync(at(from), at(to)));
        syncFolder(dirname(at(to)));
      }),
  };
}

/** A synchronous call as a promise: faults reject, they do not throw at the call. */
function settle<T>(call: () => T): Promise<T> {
  return new Promise((done) => done(call()));
}

function appendBytes(path: string, bytes: Uint8Array): void {
  hostCall(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    const descriptor = openSync(path, 'a');
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(descriptor, bytes, written, bytes.length - written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}
