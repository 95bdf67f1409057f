// `inspect`: what a file holds, what its reader assumed, and, where the file is silent about its clock, what each
// likely answer would mean.
import type { UnitRates, Recording } from '@spikebridge/model';
import {
  formatDuration,
  inspectRecording,
  LIKELY_CLOCKS,
  observedSeconds,
  openRecording,
  rateSummary,
  SpikebridgeError,
  ticksPerSecond,
  UNIT_LABELS,
} from '@spikebridge/model';
import { nodeLocation } from '../host/location.ts';
import type { GlobalFlags, ReadingFlags } from '../options.ts';
import { readOptions } from '../options.ts';
import { formatTable, Terminal } from '../terminal.ts';

export async function inspect(path: string, flags: ReadingFlags & GlobalFlags): Promise<void> {
  const terminal = Terminal.of(flags);
  const location = nodeLocation(path);
  const options = readOptions(flags);
  try {
    const recording = await openRecording(location, options);
    terminal.result(describe(recording, formatDuration), inspectRecording(recording));
  } catch (error) {
    if (!(error instanceof SpikebridgeError) || error.code !== 'E_CLOCK_UNKNOWN') throw error;
    const candidates = [];
    for (const { label: flag, options: clock } of LIKELY_CLOCKS) {
      const recording = await openRecording(location, { ...options, ...clock });
      candidates.push({ flag, recording });
    }
    const [{ recording }] = candidates;
    terminal.result(describeSilent(recording, candidates, error), {
      ...inspectRecording(recording),
      clock: null,
      durationSeconds: null,
      observedSeconds: null,
      rates: null,
      units: inspectRecording(recording).units.map(({ rateHz: _, ...unit }) => unit),
      candidates: candidates.map(({ flag, recording: candidate }) => ({
        flag,
        durationSeconds: observedSeconds(candidate),
        rates: rateSummary(candidate),
      })),
      whatToDo: error.fix ?? null,
    });
  }
}

const hertz = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

const describeRates = (rates: UnitRates): string =>
  `${hertz(rates.minimum)} / ${hertz(rates.median)} / ${hertz(rates.mean)} / ${hertz(rates.maximum)} Hz`;

function describe(recording: Recording, duration: (seconds: number) => string): string {
  const gaps = recording.observed.length - 1;
  const rates = rateSummary(recording);
  const lines = [
    `${recording.name}: ${recording.format}`,
    `  clock      ${ticksPerSecond(recording.clock)} ticks a second`,
    `  duration   ${duration(observedSeconds(recording))}${gaps > 0 ? ` in ${gaps + 1} stretches` : ''}`,
    `  units      ${recording.units.length}${rates.silentUnits > 0 ? ` (${rates.silentUnits} silent)` : ''}`,
    `  spikes     ${recording.times.length}`,
    `  rates      ${describeRates(rates)} (lowest / median / mean / highest)`,
  ];
  const { labels } = inspectRecording(recording);
  for (const label of UNIT_LABELS) {
    const shown = Object.entries(labels[label] ?? {}).map(([value, count]) => `${value} ${count}`);
    if (shown.length === 0) continue;
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
