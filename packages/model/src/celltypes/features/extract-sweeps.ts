// One cell from its opened sweeps: each looked at, features taken, and what became of it. The same on every host.
import { readStimulated, surveyBySweep } from '../sweeps/index.ts';
import type { QualityCheck, Rejection, SweepSet } from '../sweeps/index.ts';
import { extractCell } from './extract-cell.ts';
import type { CellFeatures } from './types.ts';

export interface ExtractedSweeps {
  readonly cell: string;
  readonly donor?: string;
  readonly species?: string;
  readonly features: CellFeatures;
  /** Sweeps in the file; those that features were taken from are in `features`. */
  readonly sweeps: number;
  /** Sweeps and checks, with why: left out, failed, and what the file does not let one judge. */
  readonly rejected: readonly Rejection[];
  readonly electrode: readonly QualityCheck[];
  readonly notJudged: readonly Rejection[];
}

/** `onSweep` is told how many sweeps were looked at and waited for; what it throws ends the work. The set stays open. */
export async function extractSweeps(
  set: SweepSet,
  { onSweep }: { readonly onSweep?: (done: number, all: number) => Promise<void> | void } = {},
): Promise<ExtractedSweeps> {
  const survey = surveyBySweep(set);
  let turn = survey.next();
  while (turn.done !== true) {
    await onSweep?.(turn.value, set.headers.length);
    turn = survey.next();
  }
  const { accepted, rejected, notJudged, cell: electrode } = turn.value;
  await onSweep?.(set.headers.length, set.headers.length);
  const features = extractCell(accepted.map(({ index }) => readStimulated(set, index)));
  const { cell, donor, species } = set;
  return {
    cell,
    ...(donor === undefined ? {} : { donor }),
    ...(species === undefined ? {} : { species }),
    ...{ features, sweeps: set.headers.length, rejected, electrode, notJudged },
  };
}
