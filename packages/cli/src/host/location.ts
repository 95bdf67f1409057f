// Files and folders of this machine as the readers see them: ranges of bytes, one folder level, synchronous.
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ByteSource, Location } from '@spikebridge/model';
import { SpikebridgeError } from '@spikebridge/model';

/**
 * The file or folder at `path`.
 * @throws SpikebridgeError E_FILE_MISSING, E_FILE_ACCESS
 */
export function nodeLocation(path: string): Location {
  const full = resolve(path);
  const isFolder = hostCall(path, () => statSync(full).isDirectory());
  return {
    name: basename(full),
    kind: isFolder ? 'folder' : 'file',
    list: () =>
      isFolder
        ? hostCall(path, () =>
            readdirSync(full, { withFileTypes: true })
              .filter((entry) => !entry.isDirectory())
              .map((entry) => entry.name)
              .sort(),
          )
        : [],
    open: (name) => openByteSource(name === undefined ? full : join(full, name), name ?? basename(full)),
    sibling: (name) => {
      const beside = join(dirname(full), basename(name));
      const isFile = !isFolder && statSync(beside, { throwIfNoEntry: false })?.isFile() === true;
      return isFile ? openByteSource(beside, name) : undefined;
    },
  };
}

/** Range reads over one file descriptor; closing twice is harmless. */
function openByteSource(path: string, name: string): ByteSource {
  const descriptor = hostCall(name, () => openSync(path, 'r'));
  const size = fstatSync(descriptor).size;
  let open = true;
  return {
    name,
    size,
    read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      let filled = 0;
      // One call may return less than asked (network file systems, 2 GiB limits): go on until it is all there.
      while (filled < bytes.length) {
        const got = hostCall(name, () =>
          readSync(descriptor, bytes, filled, bytes.length - filled, offset + filled),
        );
        if (got === 0) return bytes.subarray(0, filled);
        filled += got;
      }
      return bytes;
    },
    close() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

/** Runs a file-system call and says in plain words what stood in its way. */
export function hostCall<T>(where: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw hostError(where, error);
  }
}

/** A file-system fault in words: what was asked, what the system said, what to do. */
export function hostError(where: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR')
    return new SpikebridgeError(
      'E_FILE_KIND',
      code === 'EISDIR'
        ? 'a folder stands where a file was expected'
        : 'a file stands where a folder was expected',
      { where, fix: 'name another path, or move what stands there away', exitCode: 2, cause: error },
    );
  if (code === 'ENOENT')
    return new SpikebridgeError('E_FILE_MISSING', 'there is no such file or folder', {
      where,
      fix: 'check the path; relative paths start at the current folder',
      exitCode: 2,
      cause: error,
    });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new SpikebridgeError('E_FILE_ACCESS', 'the system refuses access to it', {
      where,
      fix: 'check its permissions, or choose another place',
      cause: error,
    });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SpikebridgeError('E_DISK_FULL', 'no space is left to write it', {
      where,
      fix: 'free some space and run the command again; nothing written before is lost',
      cause: error,
    });
  return error;
}
