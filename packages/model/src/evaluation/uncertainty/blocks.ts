// Time blocks and their resamples: the one source of randomness of every interval, so that all predictors of a target are
// resampled alike and differences are paired.
import { RandomStream } from '../../engine/random.ts';
import type { BinSpan } from '../../recording/types.ts';
import { spanBins } from '../features/cursor.ts';

/** Length of a block where the scored part is long enough, milliseconds. */
export const BLOCK_MILLISECONDS = 10_000;
/** Fewer blocks give no interval. */
export const FEWEST_BLOCKS = 20;

export interface BlockPlan {
  readonly blockBins: number;
  readonly blocks: number;
  /** (blocks) first row of each block, rows being the scored bins in order. */
  readonly firstRows: readonly number[];
  /** True where blocks are shorter than 10 s because the part is short. */
  readonly shortened: boolean;
  /** False: too few blocks, so no interval is given. */
  readonly intervals: boolean;
}

/**
 * 10 s blocks, or a twentieth of the scored bins where that is shorter, cut within each span from its start. What is left
 * at the end of a span is a block where it is at least half of one, else it belongs to the block before; so does a span
 * shorter than half a block (the first: to the one after).
 */
export function planBlocks(spans: readonly BinSpan[], binMilliseconds: number): BlockPlan {
  const wanted = Math.max(1, Math.round(BLOCK_MILLISECONDS / binMilliseconds));
  let blockBins = Math.min(wanted, Math.max(1, Math.floor(spanBins(spans) / FEWEST_BLOCKS)));
  let firstRows = cutBlocks(spans, blockBins);
  // Ends of spans take blocks away: where there were only just enough, slightly shorter ones keep the interval.
  for (const least = blockBins / 2; firstRows.length < FEWEST_BLOCKS;) {
    const shorter = Math.min(blockBins - 1, Math.floor(blockBins * 0.95));
    if (shorter < Math.max(1, least)) break;
    blockBins = shorter;
    firstRows = cutBlocks(spans, blockBins);
  }
  const blocks = firstRows.length;
  return {
    blockBins,
    blocks,
    firstRows,
    shortened: blockBins < wanted,
    intervals: blocks >= FEWEST_BLOCKS,
  };
}

function cutBlocks(spans: readonly BinSpan[], blockBins: number): number[] {
  const half = blockBins / 2;
  const firstRows = [0];
  let row = 0;
  const grown = (): number => row - firstRows[firstRows.length - 1];
  for (const { start, stop } of spans) {
    const rows = stop - start;
    const count = Math.max(1, Math.round(rows / blockBins));
    // Only where many short spans follow each other does a block go on over a gap, until it has its length.
    if (grown() >= (rows < half ? blockBins : half)) firstRows.push(row);
    for (let i = 1; i < count; i++) firstRows.push(row + i * blockBins);
    row += rows;
  }
  if (firstRows.length > 1 && grown() < half) firstRows.pop();
  return firstRows;
}

const BOOTSTRAP_STREAM = 0xb007;

/** (replicates, blocks) how often each block is drawn: `blocks` draws with replacement per replicate. */
export function resampleBlocks(blocks: number, replicates: number, seed: number): Uint16Array[] {
  const random = new RandomStream(seed, BOOTSTRAP_STREAM);
  return Array.from({ length: replicates }, () => {
    const times = new Uint16Array(blocks);
    for (let draw = 0; draw < blocks; draw++) times[random.integer(blocks)]++;
    return times;
  });
}
