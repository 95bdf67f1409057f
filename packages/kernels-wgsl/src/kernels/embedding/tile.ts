// How 256 threads share a tile of packed bins whose rows they turn into rows of floats.
import { groupsInRow, type Groups } from '../../geometry.ts';
import { powerOfTwo, valuesOf } from '../../values.ts';

export interface SpikeTile {
  readonly flags: {
    readonly VECTOR: boolean;
    /** Words of a bin. */
    readonly WORDS: number;
    /** Rows of the tile. */
    readonly TILE: number;
    /** Threads across, a power of two. */
    readonly COLUMNS: number;
  };
  readonly uniforms: {
    readonly rows: number;
    readonly count: number;
    readonly across: number;
    readonly tail: number;
  };
  readonly groups: Groups;
}

/** Share of units that fire in a bin, for operation counts: the densest recordings reach it. */
export const FIRING = 0.02;

const MOST_COLUMNS = 64;
/** A tile has two rows a thread at the least where threads are many, as words of a bin allow (12 of 16 KiB). */
const LEAST_ROWS = 16;
const MOST_WORDS = 3072;

/** @throws RangeError where one bin has more than 98,304 units. */
export function spikeTile(rows: number, units: number, width: number): SpikeTile {
  const { VECTOR, count } = valuesOf(width);
  const WORDS = Math.ceil(units / 32);
  if (WORDS > MOST_WORDS) throw new RangeError(`a bin of ${units} units does not fit workgroup memory`);
  const COLUMNS = Math.min(MOST_COLUMNS, powerOfTwo(count));
  const TILE = Math.min(Math.max(256 / COLUMNS, LEAST_ROWS), Math.floor(MOST_WORDS / WORDS));
  const across = Math.ceil(count / COLUMNS);
  return {
    flags: { VECTOR, WORDS, TILE, COLUMNS },
    uniforms: { rows, count, across, tail: units % 32 === 0 ? 0xffffffff : 2 ** (units % 32) - 1 },
    groups: groupsInRow(Math.ceil(rows / TILE) * across),
  };
}
