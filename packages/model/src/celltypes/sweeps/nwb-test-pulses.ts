// Where a file says that a test pulse lies: epochs whose tags name one, as MIES writes them. Times in the table count from the
// start of the session, as the starting times of the series do.
import { SpikebridgeError } from '../../errors.ts';
import type { Hdf5File } from '../../formats/hdf5.ts';

interface Span {
  readonly start: number;
  readonly stop: number;
}

const NAMES_A_TEST_PULSE = /test ?pulse|ShortName=TP\b/i;

/** For each sweep (its span in the session, seconds) the span of its test pulse, from its first sample; undefined where none is told. */
export function testPulseSpans(file: Hdf5File, sweeps: readonly Span[]): (Span | undefined)[] {
  const epochs = testPulseEpochs(file);
  return sweeps.map(({ start, stop }) => {
    // Epochs are written in milliseconds or samples: one that ends with its sweep may end a little after it.
    const slack = 1e-3;
    const inside = epochs.filter((epoch) => epoch.start >= start - slack && epoch.stop <= stop + slack);
    if (inside.length === 0) return undefined;
    const first = Math.max(0, Math.min(...inside.map((epoch) => epoch.start)) - start);
    const last = Math.max(...inside.map((epoch) => epoch.stop)) - start;
    return last > first ? { start: first, stop: last } : undefined;
  });
}

function testPulseEpochs(file: Hdf5File): Span[] {
  const table = ['/intervals/epochs', '/epochs'].find((path) => file.keys(path).includes('tags'));
  if (table === undefined) return [];
  try {
    const starts = file.numbers(`${table}/start_time`);
    const stops = file.numbers(`${table}/stop_time`);
    const tags = file.texts(`${table}/tags`);
    const ends = file.isDataset(`${table}/tags_index`)
      ? file.numbers(`${table}/tags_index`)
      : starts.map((_, i) => i + 1);
    const spans: Span[] = [];
    let from = 0;
    for (let row = 0; row < Math.min(starts.length, stops.length, ends.length); row++) {
      const own = tags.slice(from, Math.max(from, ends[row]));
      from = Math.max(from, ends[row]);
      if (stops[row] > starts[row] && own.some((tag) => NAMES_A_TEST_PULSE.test(tag)))
        spans.push({ start: starts[row], stop: stops[row] });
    }
    return spans;
  } catch (error) {
    // Epochs help and are not needed: the current itself shows its test pulse.
    if (error instanceof SpikebridgeError) return [];
    throw error;
  }
}
