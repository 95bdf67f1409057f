// What a distance means once it stands beside its ceiling and floors: whether a generator keeps a statistic or loses it.
import { benjaminiHochberg, normalTail } from '../evaluation/uncertainty/summary.ts';
import { SURROGATES, type Surrogate } from './family.ts';

export const VERDICTS = ['kept', 'partly', 'lost', 'undecided'] as const;
/**
 * `kept`: as near as two halves of the real recording are to each other, and nearer than every floor. `partly`: nearer than
 * every floor only. `lost`: neither. `undecided`: this much time does not tell, because the statistic is as near as the
 * halves are and so are the floors.
 */
export type Verdict = (typeof VERDICTS)[number];

export interface Judged {
  /** Distance of the generated recording and its 95 % interval; `low` and `high` NaN where there is none. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Distance between two halves of the real recording, and the upper end of its interval (or NaN). */
  readonly ceiling: number;
  readonly ceilingHigh: number;
  /** Distances of the surrogates; NaN where undefined. */
  readonly floors: Readonly<Record<Surrogate, number>>;
  /** Surrogates that keep the statistic by construction, and so are no floor. */
  readonly keptBy: readonly Surrogate[];
}

export interface Judgement {
  /** null where the distance or the ceiling is undefined. */
  readonly verdict: Verdict | null;
  /** How far on the way from the best floor (0) to the ceiling (1): see `shareKept`. */
  readonly shareKept: number;
  /**
   * One-sided p that the distance is no smaller than the best floor, and that it is no larger than the ceiling; adjusted for the
   * number of statistics. NaN where there is no interval, or no floor.
   */
  readonly pFloor: number;
  readonly pCeiling: number;
}

/** The lowest floor that counts; NaN where none does. */
export function bestFloor({ floors, keptBy }: Pick<Judged, 'floors' | 'keptBy'>): number {
  const counting = SURROGATES.filter((key) => !keptBy.includes(key))
    .map((key) => floors[key])
    .filter((value) => Number.isFinite(value));
  return counting.length > 0 ? Math.min(...counting) : NaN;
}

/** One-sided: what the end of a two-sided 95 % interval stands for. */
const LEVEL = 0.025;
/** Standard deviations from the middle of a normal distribution to the end of its 95 % interval. */
const REACH = 1.959964;

/** Chance of a value at least as far above 0 as `gap`, in units of an interval's arm; of no spread, all or nothing. */
const chance = (gap: number, arm: number): number =>
  arm > 0 ? normalTail((REACH * gap) / arm) : gap > 0 ? 0 : 1;

/** p that the distance is no smaller than the floor: 0.025 where its interval ends at the floor. */
const floorChance = ({ value, high }: Judged, floor: number): number => chance(floor - value, high - value);

/** p that the distance is no larger than the ceiling: both are estimates, so their spreads add up. */
const ceilingChance = ({ value, low, ceiling, ceilingHigh }: Judged): number =>
  chance(value - ceiling, Math.hypot(value - low, ceilingHigh - ceiling));

/** Adjusts the defined p values of a table by Benjamini and Hochberg 1995; NaN stays. */
function adjusted(p: readonly number[]): number[] {
  const defined = benjaminiHochberg(p.filter((value) => !Number.isNaN(value)));
  let next = 0;
  return p.map((value) => (Number.isNaN(value) ? NaN : defined[next++]));
}

/**
 * Judges all statistics of one comparison together. Whether a distance lies below its floors, and whether it lies above the
 * ceiling, are two tables of tests; in each, at most 2.5 % of what is found is expected to be found by chance. Where there is
 * no interval, points are compared.
 */
export function judge(table: readonly Judged[]): Judgement[] {
  const floors = table.map(bestFloor);
  const pFloors = adjusted(table.map((judged, i) => floorChance(judged, floors[i])));
  const pCeilings = adjusted(table.map(ceilingChance));
  return table.map((judged, i) => {
    const [floor, pFloor, pCeiling] = [floors[i], pFloors[i], pCeilings[i]];
    const beats = Number.isNaN(pFloor) ? judged.value < floor : pFloor <= LEVEL;
    const exceeds = Number.isNaN(pCeiling) ? judged.value > judged.ceiling : pCeiling <= LEVEL;
    return {
      verdict: verdictOf(judged, floor, beats, exceeds),
      shareKept: shareKept(judged),
      pFloor,
      pCeiling,
    };
  });
}

function verdictOf(
  { value, ceiling }: Judged,
  floor: number,
  beats: boolean,
  exceeds: boolean,
): Verdict | null {
  if (!Number.isFinite(value) || !Number.isFinite(ceiling)) return null;
  // Without a floor there is nothing to beat: both surrogates keep the statistic, or it is not defined for either.
  if (Number.isNaN(floor)) return exceeds ? 'lost' : 'kept';
  if (exceeds) return beats ? 'partly' : 'lost';
  return beats ? 'kept' : 'undecided';
}

/**
 * How far the generated recording comes on the way from the best floor (0) to the ceiling (1): below 0 it is worse than the
 * floor. NaN where the ceiling's interval reaches the floor, so that there is no way to speak of, or where there is no floor.
 */
export function shareKept(
  judged: Pick<Judged, 'value' | 'ceiling' | 'ceilingHigh' | 'floors' | 'keptBy'>,
): number {
  const { value, ceiling, ceilingHigh } = judged;
  const floor = bestFloor(judged);
  const apart = floor > ceiling && !(ceilingHigh >= floor);
  return apart ? (floor - value) / (floor - ceiling) : NaN;
}
