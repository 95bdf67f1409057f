// How 256 threads share rows of a width: both layer norm kernels keep rows in registers in the same way.
import { powerOfTwo, valuesOf } from '../../values.ts';

export interface RowShape {
  readonly flags: {
    readonly VECTOR: boolean;
    /** Gain (and bias) go through workgroup memory. */
    readonly STAGED: boolean;
    /** Threads of a row, a power of two. */
    readonly LANES: number;
    /** Values of a row that each of them keeps. */
    readonly EACH: number;
  };
  /** Values of a row. */
  readonly count: number;
  /** Rows that a workgroup has in hand at a time. */
  readonly rowsAtOnce: number;
}

/** Of the 16 KiB of workgroup memory, for each staged vector. */
const STAGED_BYTES = 4096;

/**
 * Two values a thread while rows are short. Every thread of a row reads the sums of all the others, which beyond 64 of them would
 * cost more than the row's own traffic: from there on four values a thread, and more where even 256 threads do not reach.
 */
export function rowShape(width: number): RowShape {
  const { VECTOR, count } = valuesOf(width);
  const LANES = Math.min(256, Math.max(Math.min(64, powerOfTwo(count / 2)), powerOfTwo(count / 4)));
  const EACH = Math.ceil(count / LANES);
  const STAGED = LANES * EACH * (VECTOR ? 16 : 4) <= STAGED_BYTES;
  return { flags: { VECTOR, STAGED, LANES, EACH }, count, rowsAtOnce: 256 / LANES };
}
