// first_ap_v, first_ap_dv and isi_shape: voltage around spikes.
import { meanOf } from './array-search.ts';
import { excerpt, FAMILY_RATE, onFamilyClock } from './family-clock.ts';
import type { LongSquare, LongSquares } from './long-squares.ts';
import type { RecordedSweep } from './recorded-sweep.ts';
import { samplesIn } from './recorded-sweep.ts';
import type { Spike } from './types.ts';

/** Points of one waveform: 3 ms. */
const WAVEFORM = 150;
const SHAPE_POINTS = 100;
/** Spikes that the sweep for isi_shape should have. */
const ENOUGH_SPIKES = 5;
/** For a sweep with one spike: seconds at the step's end that are its steady state, mV within which the voltage is back there, longest "interval". */
const STEADY = 0.1;
const BACK_WITHIN = 1;
const LONGEST_SINGLE = 0.1;

interface Spiking {
  readonly recorded: RecordedSweep;
  readonly spikes: readonly Spike[];
}

/** Mean waveform of the first spikes of these sweeps, 150 points in mV; undefined where none is there in full. */
export function firstSpike(sweeps: readonly Spiking[]): Float64Array | undefined {
  const waveforms = sweeps.flatMap(({ recorded, spikes }) => {
    const wave = excerpt(recorded.voltage, recorded.samplingRate, spikes[0].thresholdIndex, WAVEFORM);
    return wave === undefined ? [] : [wave];
  });
  return waveforms.length === 0 ? undefined : meanVector(waveforms);
}

/** Differences between successive points of each part of `points` values. */
export function differences(values: Float64Array, points: number): Float64Array {
  const parts = values.length / points;
  const out = new Float64Array(parts * (points - 1));
  for (let part = 0; part < parts; part++)
    for (let k = 0; k + 1 < points; k++)
      out[part * (points - 1) + k] = values[part * points + k + 1] - values[part * points + k];
  return out;
}

/** The weakest step with at least five spikes; else the one with the most; else the weakest with one. */
export function sweepForShape({ spiking }: LongSquares): LongSquare | undefined {
  const depolarising = spiking.filter(({ recorded }) => recorded.amplitude > 0);
  const count = ({ rate, recorded: r }: LongSquare): number =>
    Math.round((rate * (r.stop - r.start)) / r.samplingRate);
  const amplitude = ({ recorded }: LongSquare): number => Math.round(recorded.amplitude);
  const best = (of: readonly LongSquare[], better: (a: LongSquare, b: LongSquare) => boolean) =>
    of.reduce<LongSquare | undefined>(
      (found, sweep) => (found === undefined || better(sweep, found) ? sweep : found),
      undefined,
    );
  const enough = depolarising.filter((sweep) => count(sweep) >= ENOUGH_SPIKES);
  if (enough.length > 0) return best(enough, (a, b) => amplitude(a) < amplitude(b));
  if (depolarising.some((sweep) => count(sweep) > 1))
    return best(depolarising, (a, b) => count(a) > count(b));
  return best(depolarising, (a, b) => amplitude(a) < amplitude(b));
}

/** Mean course between two spikes, 100 points in mV above the threshold of the first; undefined where no interval is long enough. */
export function intervalShape(sweep: LongSquare): Float64Array | undefined {
  const { recorded, spikes } = sweep;
  if (spikes.length === 1) {
    const [spike] = spikes;
    return spike.clipped ? undefined : shapeOf(recorded, spike, endOfSingle(recorded, spike));
  }
  const shapes = spikes.slice(0, -1).flatMap((spike, k) => {
    if (spike.clipped) return [];
    const shape = shapeOf(recorded, spike, spikes[k + 1].thresholdIndex);
    return shape === undefined ? [] : [shape];
  });
  return shapes.length === 0 ? undefined : meanVector(shapes);
}

/** Means of a hundred equal stretches from the fast trough on; what is left over at the end is dropped. */
function shapeOf(
  { voltage, samplingRate }: RecordedSweep,
  spike: Spike,
  end: number,
): Float64Array | undefined {
  const course = onFamilyClock(voltage, samplingRate, spike.fastTroughIndex, Math.min(end, voltage.length));
  const width = Math.floor(course.length / SHAPE_POINTS);
  if (width === 0) return undefined;
  return Float64Array.from(
    { length: SHAPE_POINTS },
    (_, k) => meanOf(course, k * width, (k + 1) * width) - spike.threshold,
  );
}

/** Where the interval after a lone spike ends: back at the steady state, at most 100 ms on, at least 100 points of 50 kHz. */
function endOfSingle({ voltage, samplingRate, stop }: RecordedSweep, spike: Spike): number {
  const trough = spike.fastTroughIndex;
  const steadyFrom = stop - samplesIn(STEADY, samplingRate);
  let end = stop;
  if (trough < steadyFrom) {
    const back = meanOf(voltage, steadyFrom, stop) - BACK_WITHIN;
    const longest = trough + samplesIn(LONGEST_SINGLE, samplingRate);
    end = trough;
    while (end < longest && voltage[end] < back) end++;
  }
  return Math.max(end, trough + Math.ceil((SHAPE_POINTS * samplingRate) / FAMILY_RATE));
}

function meanVector(vectors: readonly Float64Array[]): Float64Array {
  return vectors[0].map((_, k) => vectors.reduce((sum, vector) => sum + vector[k], 0) / vectors.length);
}
