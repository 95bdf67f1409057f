// Where bytes come from, and what a reader is. One reader a format; adding one is one file and one line in the registry.
import type { Recording } from '../recording/types.ts';

/** Random access to the bytes of one file: a local file, a Blob, a URL. Synchronous: HDF5 is, so all readers are. */
export interface ByteSource {
  /** File name without folders, for messages and names. */
  readonly name: string;
  readonly size: number;
  /** Bytes [offset, offset + length); shorter only at the end of the file. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** A file or a folder of files, as a user names it on a command line or drops it on a page. */
export interface Location {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** Names of the files directly inside (one level), empty for a file. */
  list(): readonly string[];
  /** Opens a file inside the folder, or (no name) the file itself. */
  open(name?: string): ByteSource;
  /** A file beside this file, where the host can reach it (labels that ship next to the trains); undefined = none. */
  sibling?(name: string): ByteSource | undefined;
}

/** What a user states because the file is silent. Never guessed. */
export interface ReadOptions {
  /** Ticks per second of the stored integers (`--fs 30000`). */
  readonly fs?: number;
  /** Length of one stored integer in milliseconds (`--bin-unit 1ms`): fs = 1000 / binUnitMs. */
  readonly binUnitMs?: number;
  /** Variable, group, well or recording to take where a file has several. */
  readonly select?: string;
}

/** How sure a reader is that a location is its own: 0 = no, 1 = by name, 2 = by content. */
export type Sniff = 0 | 1 | 2;

export interface Reader {
  readonly format: string;
  readonly title: string;
  sniff(location: Location): Sniff;
  /** @throws SpikebridgeError with a stable code. May be async because h5wasm loads its WASM once. */
  read(location: Location, options: ReadOptions): Promise<Recording>;
}
