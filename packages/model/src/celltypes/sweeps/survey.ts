// Every sweep of a cell looked at once: its stimulus, its quality, and why it is left out. Samples of one sweep at a time are in memory.
import { SpikebridgeError } from '../../errors.ts';
import { cellQuality } from './cell-quality.ts';
import { faultOf } from './faults.ts';
import type { QualityCheck, QualityLimits } from './quality-limits.ts';
import { IPFX_LIMITS, failures } from './quality-limits.ts';
import { recogniseStimulus } from './stimulus.ts';
import { sweepQuality } from './sweep-quality.ts';
import type { Rejection, StimulatedSweep, Stimulus, SweepHeader, SweepSet } from './types.ts';

/** A sweep that features are taken from. */
export interface SurveyedSweep {
  /** For `SweepSet.read`. */
  readonly index: number;
  readonly header: SweepHeader;
  readonly stimulus: Stimulus;
  readonly quality: readonly QualityCheck[];
}

export interface Survey {
  readonly accepted: readonly SurveyedSweep[];
  /** All that is left out, with the set's own rejections. A sweep with several faults stands here with each. */
  readonly rejected: readonly Rejection[];
  /** What the file did not let us judge, by sweep: no fault of the sweep. */
  readonly notJudged: readonly Rejection[];
  /** Checks of the electrode. A cell whose checks fail is reported, its sweeps are still read. */
  readonly cell: readonly QualityCheck[];
}

/** @throws what is no fault of the file. Whatever is wrong with a sweep is a Rejection. */
export function surveySweeps(set: SweepSet, limits: QualityLimits = IPFX_LIMITS): Survey {
  const work = surveyBySweep(set, limits);
  let turn = work.next();
  while (turn.done !== true) turn = work.next();
  return turn.value;
}

/** The same, giving the turn back before each sweep, so that a host may tell how far it is and stop: yields the sweeps looked at. */
export function* surveyBySweep(
  set: SweepSet,
  limits: QualityLimits = IPFX_LIMITS,
): Generator<number, Survey, void> {
  const accepted: SurveyedSweep[] = [];
  const rejected = [...set.rejected];
  const notJudged: Rejection[] = [];
  for (const [index, header] of set.headers.entries()) {
    yield index;
    const { number } = header;
    let one: StimulatedSweep;
    try {
      one = readStimulated(set, index);
    } catch (error) {
      if (!(error instanceof SpikebridgeError)) throw error;
      rejected.push({ sweep: number, ...faultOf(error) });
      continue;
    }
    const { stimulus } = one;
    if (stimulus.shape === 'other') {
      const name = header.stimulusName === undefined ? '' : ` (${header.stimulusName})`;
      rejected.push({
        sweep: number,
        code: 'stimulus',
        reason: `No feature is taken from this stimulus${name}: ${stimulus.reason ?? 'its shape is not known'}.`,
      });
      continue;
    }
    const quality = sweepQuality(one, header, limits);
    const failed = failures(quality, number);
    if (failed.length > 0) rejected.push(...failed);
    else accepted.push({ index, header, stimulus, quality });
    for (const { code, verdict, reason } of quality)
      if (verdict === 'not-judged') notJudged.push({ sweep: number, code, reason });
  }
  const cell = cellQuality(set, limits);
  for (const { code, verdict, reason } of cell)
    if (verdict === 'not-judged') notJudged.push({ code, reason });
  return { accepted, rejected, notJudged, cell };
}

/** A sweep of a set with what was injected. @throws what `read` does. */
export function readStimulated(set: SweepSet, index: number): StimulatedSweep {
  const sweep = set.read(index);
  return { sweep, stimulus: recogniseStimulus(sweep, set.headers[index]) };
}
