// A (rows, columns) array streamed to a .npy file, whole or not at all.
import type { NpyDescr, NpyWritable } from '@spikebridge/model';
import { NpyRowWriter } from '@spikebridge/model';
import { pendingFile } from './files.ts';

export interface NpyFile {
  /** Appends whole rows, in C order. */
  write(rows: NpyWritable): void;
  /** Puts the file in place. @throws E_NPY_ROWS where rows are missing; nothing is left then. */
  finish(): void;
  abandon(): void;
}

/** Opens a .npy file of known shape; hosts are little-endian, as every platform of Node and Deno is. */
export function npyFile(path: string, descr: NpyDescr, rows: number, columns: number): NpyFile {
  const file = pendingFile(path);
  const writer = new NpyRowWriter((bytes) => file.write(bytes), descr, rows, columns);
  return {
    write: (values) => writer.write(values),
    finish() {
      try {
        writer.finish();
      } catch (error) {
        file.abandon();
        throw error;
      }
      file.finish();
    },
    abandon: () => file.abandon(),
  };
}
