// `evaluate --with`: the run mixed with others, by weights fitted on its source's validation part.
import type { TrainedRun } from '@spikebridge/model';
import { openRun } from './trained-run.ts';
import { checkMixable } from '@spikebridge/model';

/**
 * Opens the other runs: unit-free ones of any recording, others of the very same units.
 * @throws E_MIXTURE_UNITS, E_RUN_MISSING
 */
export async function openOthers(run: TrainedRun, paths: readonly string[]): Promise<readonly TrainedRun[]> {
  const others: TrainedRun[] = [];
  for (const path of paths) {
    const other = await openRun(path);
    checkMixable(run, other, `--with ${path}`);
    others.push(other);
  }
  return others;
}
