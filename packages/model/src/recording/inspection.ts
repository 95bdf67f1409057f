// What a recording holds in figures: time under observation, rates, labels; and what each likely clock would make of a file that does
// not state its own.
import type { ReadOptions } from '../formats/types.ts';
import type { Recording } from './types.ts';

/** Of units, in hertz. */
export interface UnitRates {
  readonly minimum: number;
  readonly median: number;
  readonly mean: number;
  readonly maximum: number;
  readonly silentUnits: number;
}

/** Clocks that integer times are likely to have, as options a user would state. */
export const LIKELY_CLOCKS: readonly { readonly label: string; readonly options: ReadOptions }[] = [
  { label: '--bin-unit 1ms', options: { binUnitMs: 1 } },
  { label: '--fs 10000', options: { fs: 10_000 } },
  { label: '--fs 20000', options: { fs: 20_000 } },
  { label: '--fs 30000', options: { fs: 30_000 } },
];

const ticksPerSecond = ({ clock }: Recording): number => clock.numerator / clock.denominator;

/** Seconds under observation, gaps left out. */
export function observedSeconds(recording: Recording): number {
  return (
    recording.observed.reduce((sum, span) => sum + span.stop - span.start, 0) / ticksPerSecond(recording)
  );
}

const spikesOf = ({ offsets }: Recording, unit: number): number => offsets[unit + 1] - offsets[unit];

export function rateSummary(recording: Recording): UnitRates {
  const seconds = observedSeconds(recording);
  const rates = recording.units.map((_, unit) => spikesOf(recording, unit) / seconds).sort((a, b) => a - b);
  const middle = rates.length >> 1;
  return {
    minimum: rates[0] ?? 0,
    median:
      rates.length === 0
        ? 0
        : rates.length % 2 === 1
          ? rates[middle]
          : (rates[middle - 1] + rates[middle]) / 2,
    mean: rates.length === 0 ? 0 : recording.times.length / seconds / rates.length,
    maximum: rates.at(-1) ?? 0,
    silentUnits: recording.units.filter((_, unit) => spikesOf(recording, unit) === 0).length,
  };
}

/** How many units carry each value of a label; undefined where no unit has it. */
function countLabels(labels: readonly (string | undefined)[]): Record<string, number> | undefined {
  const counts = new Map<string, number>();
  for (const label of labels) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts.size === 0
    ? undefined
    : Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b)));
}

/** Labels that a unit may carry. */
export const UNIT_LABELS = ['quality', 'region', 'cellClass', 'layer'] as const;

export type RecordingInspection = ReturnType<typeof inspectRecording>;

/** All of it as one document; `--json` prints it. */
export function inspectRecording(recording: Recording) {
  const seconds = observedSeconds(recording);
  const perSecond = ticksPerSecond(recording);
  return {
    schema: 'spikebridge.inspection/1',
    name: recording.name,
    format: recording.format,
    clock: { ticksPerSecond: perSecond, ...recording.clock },
    durationSeconds: seconds,
    observedSeconds: recording.observed.map((span) => [span.start / perSecond, span.stop / perSecond]),
    spikes: recording.times.length,
    rates: rateSummary(recording),
    labels: Object.fromEntries(
      UNIT_LABELS.map((label) => [label, countLabels(recording.units.map((unit) => unit[label])) ?? null]),
    ),
    units: recording.units.map((unit, index) => ({
      ...unit,
      spikes: spikesOf(recording, index),
      rateHz: spikesOf(recording, index) / seconds,
    })),
    assumptions: recording.assumptions,
    warnings: recording.warnings,
  };
}
