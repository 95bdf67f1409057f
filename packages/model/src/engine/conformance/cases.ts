// The conformance cases. Sizes are tails of every vector width in use: 1, 3, 17, 63, 64, 65, 127, 129; spikes are drawn,
// absent or everywhere; windows of one bin. Reading these lists is reading the coverage.
import { matMuls, embeddings, positions, norms, matrices } from './cases-linear.ts';
import { attentions, dropouts, histories, losses, sigmoids, optimisers } from './cases-nonlinear.ts';
import { attentionPools, classLosses, copiedRows, lstms, unitRows } from './cases-families.ts';
import type { ConformanceCase } from './types.ts';

/** Every case, grouped by op. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...matMuls(),
  ...embeddings(),
  ...positions(),
  ...norms(),
  ...matrices(),
  ...attentions(),
  ...dropouts(),
  ...histories(),
  ...losses(),
  ...sigmoids(),
  ...lstms(),
  ...attentionPools(),
  ...unitRows(),
  ...copiedRows(),
  ...classLosses(),
  ...optimisers(),
];
