// Where a run's files go: a handful of calls that the command line implements over a folder and a page over its own store.

/**
 * Files below one run folder. Paths are relative, parts joined by '/', never absolute and never with `..`.
 * Every call may reject with the host's error (disk full, no permission).
 */
export interface RunStore {
  /** Writes the whole file, or leaves the old one: a reader never sees half of it, also after a power cut (fsync). */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Adds at the end, making the file if need be; the bytes are on the disk when the promise resolves. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Cuts a file to its first `length` bytes; a shorter or missing file stays as it is. */
  truncate(path: string, length: number): Promise<void>;
  /** The whole file, or null when there is none. */
  read(path: string): Promise<Uint8Array | null>;
  /** Names directly inside a folder ('' = the run folder), sorted; empty when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** A file, or a folder with all it holds; nothing happens when there is none. */
  remove(path: string): Promise<void>;
  /** Moves a file or folder; the target must not exist. */
  rename(from: string, to: string): Promise<void>;
}

/** Reads a text file, or null. */
export async function readText(store: RunStore, path: string): Promise<string | null> {
  const bytes = await store.read(path);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

/** Writes a text file as UTF-8. */
export async function writeText(store: RunStore, path: string, text: string): Promise<void> {
  await store.write(path, new TextEncoder().encode(text));
}
