// Rows that a unit-free net learns from or is selected by: units before bins of an exposure, with what fired. Spikes are rare, so
// they are drawn more often than silent bins (case-control sampling). That moves the log-odds of what is drawn by the log of the
// ratio of the two chances, and by nothing else: added to the logit in training, cross-entropy learns the log-odds of the recording.
import { log } from '../engine/elementary.ts';
import { CounterRandom } from '../engine/random.ts';
import { drawnPlaces } from '../engine/thinning.ts';
import type { DenseHost } from '../evaluation/dense-host.ts';
import { countSpikes, unpackBin } from '../evaluation/features/cursor.ts';
import type { UnitFreeLevel } from '../nets/unit-free.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import type { Exposure } from './exposures.ts';
import { countKnown, FeatureReader } from './unit-features.ts';

const ROW_STREAM = 0x726f7773;
const SKIP_STREAM = 0x736b6970;
/** Share of spikes among rows that are drawn by case and control. */
const SPIKE_SHARE = 1 / 3;
/** Past that is read before the bins that are judged, milliseconds: twice the slowest trace. */
const PAST_MILLISECONDS = 120_000;

export interface RowSet {
  readonly rows: number;
  /** (rows, features), as they are. */
  readonly features: Float32Array;
  /** (rows) logit of the plug-in floor. */
  readonly base: Float32Array;
  /** (rows) 1 = the unit fired. */
  readonly fired: Uint8Array;
  /** ln(chance of a spike to be drawn / chance of a silence). */
  readonly shift: number;
  /** What a drawn row stands for: 1 / its chance. */
  readonly weights: { readonly spike: number; readonly silence: number };
}

export interface RowSetOptions {
  readonly raster: Raster;
  /** (units) 1 = the column holds a unit. */
  readonly present: Uint8Array;
  readonly exposure: Exposure;
  readonly level: UnitFreeLevel;
  /** About this many rows are drawn. */
  readonly rows: number;
  /** Spikes and silences with one chance: what a loss other than cross-entropy needs. */
  readonly even: boolean;
  readonly seed: number;
  readonly host: DenseHost;
}

/** Draws the rows of one exposure. */
export function drawRows(options: RowSetOptions): RowSet {
  const { raster, present, exposure, level, even, seed, host } = options;
  const { known, judged } = exposure;
  const statistics = countKnown({ raster, spans: known }, level, host);
  const past = Math.ceil(PAST_MILLISECONDS / raster.binMilliseconds);
  const reader = new FeatureReader(statistics, level, withRecentPast(raster, judged, past), host);
  const { features } = reader;
  const spikes = new Float32Array(raster.units);
  const units = present.reduce((sum, flag) => sum + flag, 0);
  const fired = countSpikes(raster, [judged]).spikes.reduce((sum, n, u) => sum + present[u] * n, 0);
  const silent = (judged.stop - judged.start) * units - fired;
  const chance = (rows: number, of: number): number => Math.min(1, rows / Math.max(1, of));
  const spikeChance = even ? chance(options.rows, fired + silent) : chance(options.rows * SPIKE_SHARE, fired);
  const silenceChance = even ? spikeChance : chance(options.rows * (1 - SPIKE_SHARE), silent);
  const chances = new CounterRandom(seed, ROW_STREAM);
  const nextSilence = drawnPlaces(seed, SKIP_STREAM, silenceChance);
  const rows: number[] = [];
  const base: number[] = [];
  const labels: number[] = [];
  const row = new Float32Array(features.count);
  const take = (unit: number): void => {
    base.push(features.write(unit, row, 0));
    for (const value of row) rows.push(value);
    labels.push(spikes[unit]);
  };
  let next = nextSilence();
  reader.read(judged.start, judged.stop, (bin) => {
    unpackBin(raster, bin, spikes);
    for (let unit = 0; unit < raster.units; unit++)
      if (spikes[unit] === 1 && present[unit] === 1 && chances.uniform(bin, unit) < spikeChance) take(unit);
    const first = (bin - judged.start) * raster.units;
    for (; next < first + raster.units; next = nextSilence()) {
      const unit = next - first;
      if (spikes[unit] === 0 && present[unit] === 1) take(unit);
    }
  });
  host.release();
  return {
    rows: labels.length,
    features: Float32Array.from(rows),
    base: Float32Array.from(base),
    fired: Uint8Array.from(labels),
    shift: log(spikeChance / silenceChance),
    weights: { spike: 1 / spikeChance, silence: 1 / silenceChance },
  };
}

/** A raster that is observed on a span and at most `bins` before it: no more past than that is read. */
function withRecentPast(raster: Raster, { start, stop }: BinSpan, bins: number): Raster {
  const span = raster.observed.find((seen) => seen.start <= start && stop <= seen.stop);
  return { ...raster, observed: [{ start: Math.max(span?.start ?? start, start - bins), stop }] };
}
