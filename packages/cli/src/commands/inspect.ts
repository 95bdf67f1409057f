// `inspect`: what a file holds, what its reader assumed, and, where the file is silent about its clock, what each
// likely answer would mean.
import type { Recording, ReadOptions } from '@spikebridge/model';
import { openRecording, SpikebridgeError } from '@spikebridge/model';
import { nodeLocation } from '../host/location.ts';
import type { GlobalFlags, ReadingFlags } from '../options.ts';
import { readOptions } from '../options.ts';
import { formatDuration, formatTable, Terminal } from '../terminal.ts';

interface RateSummary {
  readonly minimum: number;
  readonly median: number;
  readonly mean: number;
  readonly maximum: number;
  readonly silentUnits: number;
}

/** Clocks that integer times are likely to have, as flags a user would add. */
const LIKELY_CLOCKS: readonly { readonly flag: string; readonly options: ReadOptions }[] = [
  { flag: '--bin-unit 1ms', options: { binUnitMs: 1 } },
  { flag: '--fs 10000', options: { fs: 10_000 } },
  { flag: '--fs 20000', options: { fs: 20_000 } },
  { flag: '--fs 30000', options: { fs: 30_000 } },
];

export async function inspect(path: string, flags: ReadingFlags & GlobalFlags): Promise<void> {
  const terminal = Terminal.of(flags);
  const location = nodeLocation(path);
  const options = readOptions(flags);
  try {
    const recording = await openRecording(location, options);
    terminal.result(describe(recording, formatDuration), inspection(recording));
  } catch (error) {
    if (!(error instanceof SpikebridgeError) || error.code !== 'E_CLOCK_UNKNOWN') throw error;
    const candidates = [];
    for (const { flag, options: clock } of LIKELY_CLOCKS) {
      const recording = await openRecording(location, { ...options, ...clock });
      candidates.push({ flag, recording });
    }
    const [{ recording }] = candidates;
    terminal.result(describeSilent(recording, candidates, error), {
      ...inspection(recording),
      clock: null,
      durationSeconds: null,
      observedSeconds: null,
      rates: null,
      units: inspection(recording).units.map(({ rateHz: _, ...unit }) => unit),
      candidates: candidates.map(({ flag, recording: candidate }) => ({
        flag,
        durationSeconds: observedSeconds(candidate),
        rates: rateSummary(candidate),
      })),
      whatToDo: error.fix ?? null,
    });
  }
}

const ticksPerSecond = ({ clock }: Recording): number => clock.numerator / clock.denominator;

/** Seconds under observation, gaps left out. */
function observedSeconds(recording: Recording): number {
  return (
    recording.observed.reduce((sum, span) => sum + span.stop - span.start, 0) / ticksPerSecond(recording)
  );
}

const spikesOf = ({ offsets }: Recording, unit: number): number => offsets[unit + 1] - offsets[unit];

function rateSummary(recording: Recording): RateSummary {
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

const LABELS = ['quality', 'region', 'cellClass', 'layer'] as const;

/** The document under `--json`. */
function inspection(recording: Recording) {
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
      LABELS.map((label) => [label, countLabels(recording.units.map((unit) => unit[label])) ?? null]),
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

const hertz = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

const describeRates = (rates: RateSummary): string =>
  `${hertz(rates.minimum)} / ${hertz(rates.median)} / ${hertz(rates.mean)} / ${hertz(rates.maximum)} Hz`;

function describe(recording: Recording, duration: (seconds: number) => string): string {
  const gaps = recording.observed.length - 1;
  const rates = rateSummary(recording);
  const lines = [
    `${recording.name}: ${recording.format}`,
    `  clock      ${ticksPerSecond(recording)} ticks a second`,
    `  duration   ${duration(observedSeconds(recording))}${gaps > 0 ? ` in ${gaps + 1} stretches` : ''}`,
    `  units      ${recording.units.length}${rates.silentUnits > 0 ? ` (${rates.silentUnits} silent)` : ''}`,
    `  spikes     ${recording.times.length}`,
    `  rates      ${describeRates(rates)} (lowest / median / mean / highest)`,
  ];
  for (const label of LABELS) {
    const counts = countLabels(recording.units.map((unit) => unit[label]));
    if (counts === undefined) continue;
    const shown = Object.entries(counts).map(([value, count]) => `${value} ${count}`);
    lines.push(`  ${label.padEnd(10)} ${shown.slice(0, 12).join(', ')}${shown.length > 12 ? ', ...' : ''}`);
  }
  for (const line of recording.assumptions) lines.push(`  assumed    ${line}`);
  for (const line of recording.warnings) lines.push(`  warning    ${line}`);
  return lines.join('\n');
}

function describeSilent(
  recording: Recording,
  candidates: readonly { readonly flag: string; readonly recording: Recording }[],
  error: SpikebridgeError,
): string {
  const rows = candidates.map(({ flag, recording: candidate }) => {
    const rates = rateSummary(candidate);
    return [
      flag,
      formatDuration(observedSeconds(candidate)),
      ...[rates.median, rates.mean, rates.maximum].map(hertz),
    ];
  });
  return [
    `${recording.name}: ${recording.format}, ${recording.units.length} units, ${recording.times.length} spikes`,
    `  ${error.message}`,
    '  What each likely answer would mean:',
    '',
    formatTable(['with', 'duration', 'median Hz', 'mean Hz', 'highest Hz'], rows),
    '',
    `  ${error.fix ?? 'State the one that is true.'}`,
  ].join('\n');
}
