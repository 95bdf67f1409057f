// A program: a flat list of fixed-size records in kernel memory, written once and replayed without allocation.
import { RECORD_FLOATS, RECORD_WORDS } from './generated/opcodes.ts';

/** Bytes of the scratch that each thread needs for the records of a program. */
export type ScratchBytes = number;

/** One kernel call: opcode, integer arguments (addresses included), float arguments, scratch it needs on each thread. */
export interface KernelRecord {
  readonly opcode: number;
  readonly ints: readonly number[];
  readonly floats?: readonly number[];
  readonly scratch?: ScratchBytes;
}

/** Bytes of `count` records. */
export function programBytes(count: number): number {
  return Math.max(1, count) * RECORD_WORDS * 4;
}

/** Writes records into views of the same bytes (words and floats), from word 0. */
export function writeRecords(
  records: readonly KernelRecord[],
  words: Uint32Array,
  floats: Float32Array,
): void {
  records.forEach((record, i) => {
    const at = i * RECORD_WORDS;
    const floatArguments = record.floats ?? [];
    if (record.ints.length > RECORD_FLOATS - 1 || floatArguments.length > RECORD_WORDS - RECORD_FLOATS) {
      throw new RangeError(`record of opcode ${record.opcode} has too many arguments`);
    }
    words.fill(0, at, at + RECORD_WORDS);
    words[at] = record.opcode;
    words.set(record.ints, at + 1);
    floats.set(floatArguments, at + RECORD_FLOATS);
  });
}
