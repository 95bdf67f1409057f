// What a distance means once it stands beside its ceiling and floors: whether a generator keeps a statistic or loses it.
import { SURROGATES, type Surrogate } from './family.ts';

export const VERDICTS = ['kept', 'partly', 'lost', 'undecided'] as const;
/**
 * `kept`: as near as two halves of the real recording are to each other, and nearer than every floor. `partly`: nearer than
 * every floor only. `lost`: neither. `undecided`: this much time does not tell, because the statistic is as near as the
 * halves are and so are the floors.
 */
export type Verdict = (typeof VERDICTS)[number];

export interface Judged {
  /** Distance of the generated recording, and the ends of its interval (the point itself where there is none). */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Distance between two halves of the real recording, and the upper end of its interval (or the point itself). */
  readonly ceiling: number;
  readonly ceilingHigh: number;
  /** Distances of the surrogates; NaN where undefined. */
  readonly floors: Readonly<Record<Surrogate, number>>;
  /** Surrogates that keep the statistic by construction, and so are no floor. */
  readonly keptBy: readonly Surrogate[];
}

/** The lowest floor that counts; NaN where none does. */
export function bestFloor({ floors, keptBy }: Pick<Judged, 'floors' | 'keptBy'>): number {
  const counting = SURROGATES.filter((key) => !keptBy.includes(key))
    .map((key) => floors[key])
    .filter((value) => Number.isFinite(value));
  return counting.length > 0 ? Math.min(...counting) : NaN;
}

/** The verdict; null where the distance or the ceiling is undefined. */
export function verdictOf(judged: Judged): Verdict | null {
  const { value, low, high, ceiling, ceilingHigh } = judged;
  if (!Number.isFinite(value) || !Number.isFinite(ceiling)) return null;
  const floor = bestFloor(judged);
  // Two halves may be alike by chance: what counts is whether the two intervals meet.
  const reaches = low <= ceilingHigh;
  // Without a floor there is nothing to beat: both surrogates keep the statistic, or it is not defined for either.
  if (Number.isNaN(floor)) return reaches ? 'kept' : 'lost';
  const beats = high < floor;
  if (reaches) return beats ? 'kept' : 'undecided';
  return beats ? 'partly' : 'lost';
}

/**
 * How far the generated recording comes on the way from the best floor (0) to the ceiling (1): below 0 it is worse than the
 * floor. NaN where the floor is as near as the ceiling, or there is none.
 */
export function shareKept(judged: Pick<Judged, 'value' | 'ceiling' | 'floors' | 'keptBy'>): number {
  const floor = bestFloor(judged);
  return floor > judged.ceiling ? (floor - judged.value) / (floor - judged.ceiling) : NaN;
}
