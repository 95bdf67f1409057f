// Writing so that nobody ever sees a torn file: a temporary beside it, synced, then renamed into place.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SpikebridgeError } from '@spikebridge/model';
import { hostCall } from './location.ts';

/** @throws SpikebridgeError E_OUTPUT_EXISTS where the output is there and `--force` is not */
export function refuseToOverwrite(path: string, force: boolean): void {
  if (!force && existsSync(path))
    throw new SpikebridgeError('E_OUTPUT_EXISTS', 'the output exists already', {
      where: path,
      fix: 'name another output, or add --force to replace it',
      exitCode: 2,
    });
}

/** A file that appears under its name only when `finish` is called; `abandon` leaves nothing behind. */
export interface PendingFile {
  write(bytes: Uint8Array): void;
  finish(): void;
  abandon(): void;
}

/** Temporaries of this process that nobody will finish any more; a folder that is not there has none. */
export function removeTemporaries(folder: string): void {
  if (!existsSync(folder)) return;
  const ending = `.${String(process.pid)}.tmp`;
  for (const name of readdirSync(folder))
    if (name.startsWith('.') && name.endsWith(ending)) rmSync(join(folder, name), { force: true });
}

/** Opens the temporary of a file; folders on the way are made. */
export function pendingFile(path: string): PendingFile {
  const temporary = join(dirname(path), `.${basename(path)}.${String(process.pid)}.tmp`);
  const descriptor = hostCall(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(temporary, 'w');
  });
  let open = true;
  const close = () => {
    if (open) closeSync(descriptor);
    open = false;
  };
  return {
    write(bytes) {
      let written = 0;
      while (written < bytes.length)
        written += hostCall(path, () => writeSync(descriptor, bytes, written, bytes.length - written));
    },
    finish() {
      hostCall(path, () => {
        fsyncSync(descriptor);
        close();
        renameSync(temporary, path);
        syncFolder(dirname(path));
      });
    },
    abandon() {
      close();
      rmSync(temporary, { force: true });
    },
  };
}

/** Writes a whole file, or leaves what was there before. */
export function writeWhole(path: string, content: Uint8Array | string): void {
  const file = pendingFile(path);
  try {
    file.write(typeof content === 'string' ? new TextEncoder().encode(content) : content);
    file.finish();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/**
 * Writes files of one folder that are useless apart. All are on the disk before anything there changes; then the first of them,
 * which a reader looks for, goes away, and comes last: what a kill leaves is the old set, the new one, or one without it.
 */
export function writeTogether(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  const names = [...files.keys()];
  const pending = new Map<string, PendingFile>();
  try {
    for (const [name, content] of files) {
      const file = pendingFile(join(folder, name));
      pending.set(name, file);
      file.write(content);
    }
    hostCall(folder, () => {
      rmSync(join(folder, names[0]), { force: true });
      syncFolder(folder);
    });
    for (const name of names.reverse()) {
      pending.get(name)?.finish();
      pending.delete(name);
    }
  } finally {
    for (const file of pending.values()) file.abandon();
  }
}

/** Makes a rename durable. Some systems cannot sync a folder (Windows, some network mounts): there it is left to them. */
export function syncFolder(folder: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(descriptor);
  } catch {
    // The rename itself is done; only its durability on power loss is the system's affair here.
  } finally {
    closeSync(descriptor);
  }
}
