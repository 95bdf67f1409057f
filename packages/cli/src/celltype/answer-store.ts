// Answers of a fold, kept under the key of its job and the program's version, so that an evaluation goes on where it stopped.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FoldJob, Matrix } from '@spikebridge/model';
import { removeTemporaries, writeWhole } from '../host/files.ts';
import { VERSION } from '@spikebridge/model';

export class AnswerStore {
  readonly #folder: string;

  constructor(out: string) {
    this.#folder = join(out, 'folds');
    mkdirSync(this.#folder, { recursive: true });
    removeTemporaries(this.#folder);
  }

  kept({ key, test, columns }: FoldJob): Matrix | undefined {
    const path = this.#path(key);
    if (!existsSync(path)) return undefined;
    const bytes = readFileSync(path);
    const values = new Float64Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
    );
    return values.length === test.rows * columns ? { rows: test.rows, columns, values } : undefined;
  }

  keep({ key }: FoldJob, { values }: Matrix): void {
    writeWhole(this.#path(key), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  #path(key: string): string {
    return join(
      this.#folder,
      `${createHash('sha256').update(`${VERSION}\n${key}`).digest('hex').slice(0, 32)}.f64`,
    );
  }
}
