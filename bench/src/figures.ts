// What every suite reports, on every host: a row, the middle of its times, and how both are written.

/** One measured cell: what was timed, by whom, and how it compares with the peer it is held against. */
export interface BenchRow {
  readonly suite: string;
  readonly what: string;
  readonly peer: string;
  readonly shape: string;
  /** Null where the peer could not be run (then `skipped` says why). */
  readonly medianMs: number | null;
  readonly runs: number;
  readonly peakRssMiB: number | null;
  /** Time of this row's peer divided by ours, above 1 when ours is faster; null on our own row. */
  readonly ratio: number | null;
  readonly note: string;
  readonly skipped?: string;
}

/** Middle value; the mean of the middle two for an even count; NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Half of the values lie between these two, the lower and the upper quartile (interpolated); NaN for none. */
export function quartiles(values: readonly number[]): readonly [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const low = Math.floor(place);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  };
  return sorted.length === 0 ? [NaN, NaN] : [at(0.25), at(0.75)];
}

/** Milliseconds with three figures; a dash where there is no number. */
export function milliseconds(value: number | null): string {
  if (value === null) return '-';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Text that leaves a Markdown table whole. */
export const tableCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Time of a peer divided by ours; a dash where there is no number. */
export const timesOurs = (ratio: number | null): string =>
  ratio === null ? '-' : `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`;
