// Files of this page's own file system (OPFS) as the model package's stores see them. The page itself may list and read; only its workers
// may append and truncate. The browser removes it all with the site's data.
import type { RunStore } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';

/** The folder `name` at the top of the page's file system. @throws E_STORAGE where the browser lends none (private windows of some) */
export async function opfsStore(name: string): Promise<RunStore> {
  try {
    const root = await navigator.storage.getDirectory();
    return storeOver(await root.getDirectoryHandle(name, { create: true }));
  } catch (cause) {
    throw new SpikebridgeError('E_STORAGE', 'this browser gives the page no file system of its own', {
      fix: 'leave the private window, or allow this site to keep data',
      cause,
    });
  }
}

/** A folder below another store's top, as a store of its own. */
export const within = (store: RunStore, folder: string): RunStore => {
  const at = (path: string): string => (path === '' ? folder : `${folder}/${path}`);
  return {
    write: (path, bytes) => store.write(at(path), bytes),
    append: (path, bytes) => store.append(at(path), bytes),
    truncate: (path, length) => store.truncate(at(path), length),
    read: (path) => store.read(at(path)),
    list: (path) => store.list(at(path)),
    remove: (path) => store.remove(at(path)),
    rename: (from, to) => store.rename(at(from), at(to)),
  };
};

/** Whole writes go by a swap file that replaces the old one on closing; appends are flushed before they count. */
export function storeOver(top: FileSystemDirectoryHandle): RunStore {
  const folderAt = async (parts: readonly string[], create: boolean): Promise<FileSystemDirectoryHandle> => {
    let folder = top;
    for (const part of parts) folder = await folder.getDirectoryHandle(part, { create });
    return folder;
  };
  const fileAt = async (path: string, create: boolean): Promise<FileSystemFileHandle> => {
    const parts = partsOf(path);
    const folder = await folderAt(parts.slice(0, -1), create);
    return folder.getFileHandle(parts.at(-1) ?? '', { create });
  };
  const read = async (path: string): Promise<Uint8Array | null> => {
    const file = await orNull(fileAt(path, false));
    return file === null ? null : new Uint8Array(await (await file.getFile()).arrayBuffer());
  };
  const write = async (path: string, bytes: Uint8Array): Promise<void> => {
    const writable = await (await fileAt(path, true)).createWritable();
    try {
      await writable.write(unshared(bytes));
      await writable.close();
    } catch (cause) {
      await writable.abort().catch(() => undefined);
      throw full(path, cause);
    }
  };
  /** One reader or writer at a time, for as long as `act` takes. */
  const opened = async (path: string, create: boolean, act: (file: FileSystemSyncAccessHandle) => void) => {
    const access = await (await fileAt(path, create)).createSyncAccessHandle();
    try {
      act(access);
      access.flush();
    } catch (cause) {
      throw full(path, cause);
    } finally {
      access.close();
    }
  };
  const list = async (path: string): Promise<string[]> => {
    const folder = await orNull(folderAt(partsOf(path), false));
    const names: string[] = [];
    if (folder !== null) for await (const name of folder.keys()) names.push(name);
    return names.sort();
  };
  const remove = async (path: string): Promise<void> => {
    const parts = partsOf(path);
    const folder = await orNull(folderAt(parts.slice(0, -1), false));
    if (folder !== null) await orNull(folder.removeEntry(parts.at(-1) ?? '', { recursive: true }));
  };
  const copy = async (from: string, to: string): Promise<void> => {
    const bytes = await read(from);
    if (bytes !== null) return write(to, bytes);
    for (const name of await list(from)) await copy(`${from}/${name}`, `${to}/${name}`);
  };
  return {
    write,
    append: (path, bytes) =>
      opened(path, true, (file) => {
        const before = file.getSize();
        if (file.write(unshared(bytes), { at: before }) === bytes.length) return;
        file.truncate(before);
        throw new DOMException('the file could not grow', 'QuotaExceededError');
      }),
    truncate: async (path, length) => {
      if ((await orNull(fileAt(path, false))) === null) return;
      await opened(path, false, (file) => {
        if (file.getSize() > length) file.truncate(length);
      });
    },
    read,
    list,
    remove,
    // Folders of this file system cannot be moved everywhere.
    rename: async (from, to) => {
      await copy(from, to);
      await remove(from);
    },
  };
}

/** @throws E_RUN_PATH for a path that is not below the top */
function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || parts.includes('..'))
    throw new SpikebridgeError('E_RUN_PATH', `"${path}" leads out of the folder`);
  return parts;
}

/** File systems take bytes of their own thread alone. */
const unshared = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'NotFoundError' || name === 'TypeMismatchError') return null;
    throw error;
  }
}

const full = (where: string, cause: unknown): unknown =>
  cause instanceof DOMException && cause.name === 'QuotaExceededError'
    ? new SpikebridgeError('E_DISK_FULL', 'the browser lends this page no more space', {
        where,
        fix: 'remove runs or recordings that this page keeps, or free some disk space; nothing written before is lost',
        cause,
      })
    : cause;
