// Time blocks and their resamples: the one source of randomness of every interval, so that all predictors of a target are
// resampled alike and differences are paired.
import { RandomStream } from '../../engine/random.ts';

/** Length of a block where the scored part is long enough, milliseconds. */
export const BLOCK_MILLISECONDS = 10_000;
/** Fewer blocks give no interval. */
export const FEWEST_BLOCKS = 20;

export interface BlockPlan {
  readonly blockBins: number;
  readonly blocks: number;
  /** True where blocks are shorter than 10 s because the part is short. */
  readonly shortened: boolean;
  /** False: too few blocks, so no interval is given. */
  readonly intervals: boolean;
}

/** 10 s blocks over `bins` scored bins, or a twentieth of them where that is shorter. */
export function planBlocks(bins: number, binMilliseconds: number): BlockPlan {
  const wanted = Math.max(1, Math.round(BLOCK_MILLISECONDS / binMilliseconds));
  const twentieth = Math.max(1, Math.floor(bins / FEWEST_BLOCKS));
  const blockBins = Math.min(wanted, twentieth);
  const blocks = Math.max(1, Math.ceil(bins / blockBins));
  // A twentieth that does not divide the part leaves a short last block: counting it would dress 20 up as 21.
  const whole = Math.max(1, Math.floor(bins / blockBins));
  return { blockBins, blocks, shortened: blockBins < wanted, intervals: whole >= FEWEST_BLOCKS };
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
