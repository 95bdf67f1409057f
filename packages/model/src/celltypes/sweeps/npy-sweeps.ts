// Sweeps in npy: voltages of shape (sweeps, samples), with the injected currents in a file of the same shape or as one step
// amplitude a sweep. Rows are read one at a time.
import { SpikebridgeError } from '../../errors.ts';
import { readExact, viewOf } from '../../formats/bytes.ts';
import { decode, readNpyHeader, readNpyNumbers, readNpyVector } from '../../formats/npy.ts';
import type { ByteSource, Location } from '../../formats/types.ts';
import type { SweepOptions } from './options.ts';
import { finishSweep } from './samples.ts';
import { MAX_RATE, MIN_RATE, isRate } from './sampling.ts';
import type { SweepSet } from './types.ts';
import { knownUnits, unitFactor } from './units.ts';

interface Rows {
  readonly sweeps: number;
  readonly samples: number;
  row(index: number): Float64Array;
}

/** @throws E_SWEEP_RATE, E_SWEEP_UNITS, E_SWEEP_SHAPE, E_SWEEP_OPTIONS, E_NPY_*. */
export function openNpySweeps(location: Location, options: SweepOptions): SweepSet {
  const where = location.name;
  const { samplingRate } = options;
  if (samplingRate === undefined || !isRate(samplingRate)) {
    throw new SpikebridgeError(
      'E_SWEEP_RATE',
      `An npy array does not say its sampling rate, and ${samplingRate ?? 'none'} was stated.`,
      {
        where,
        fix: `State the samples per second, ${MIN_RATE} to ${MAX_RATE}.`,
        exitCode: 2,
      },
    );
  }
  const opened: ByteSource[] = [];
  const close = () => {
    for (const source of opened) source.close();
  };
  const open = (source: ByteSource | undefined, name: string): ByteSource => {
    if (source === undefined) {
      throw new SpikebridgeError('E_SWEEP_OPTIONS', `There is no file ${name} beside ${where}.`, {
        where,
        fix: 'Name a file in the same folder.',
        exitCode: 2,
      });
    }
    opened.push(source);
    return source;
  };
  try {
    const voltages = scaled(rowsOf(open(location.open(), where)), factor('voltage', options, where));
    const currents = currentsOf(voltages, samplingRate, options, where, (name) =>
      open(location.sibling?.(name), name),
    );
    return {
      cell: where.replace(/\.npy$/i, ''),
      headers: Array.from({ length: voltages.sweeps }, (_, number) => ({
        number,
        samplingRate,
        samples: voltages.samples,
      })),
      rejected: [],
      read: (index) =>
        finishSweep(
          { number: index, samplingRate, voltage: voltages.row(index), current: currents(index) },
          where,
        ),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The currents of a sweep: from their file, or a step of its amplitude. */
function currentsOf(
  { sweeps, samples }: Rows,
  samplingRate: number,
  options: SweepOptions,
  where: string,
  open: (name: string) => ByteSource,
): (index: number) => Float64Array {
  const { currentFile, amplitudeFile, step } = options;
  const scale = factor('current', options, where);
  if (currentFile !== undefined && amplitudeFile === undefined) {
    const rows = scaled(rowsOf(open(currentFile)), scale);
    if (rows.sweeps !== sweeps || rows.samples !== samples) {
      throw shapeError(
        currentFile,
        `(${rows.sweeps}, ${rows.samples})`,
        `the shape of the voltages, (${sweeps}, ${samples})`,
      );
    }
    return (index) => rows.row(index);
  }
  if (
    amplitudeFile === undefined ||
    currentFile !== undefined ||
    step === undefined ||
    !(0 < step.start && step.start < step.stop && step.stop * samplingRate <= samples)
  ) {
    throw new SpikebridgeError(
      'E_SWEEP_OPTIONS',
      'The injected current is not stated: a file of currents, or a file of step amplitudes with the start and the stop of the step inside the sweep, were expected.',
      { where, fix: 'State one of the two.', exitCode: 2 },
    );
  }
  const amplitudes = readNpyVector(open(amplitudeFile)).data;
  if (amplitudes.length !== sweeps)
    throw shapeError(amplitudeFile, `(${amplitudes.length})`, `one amplitude a sweep, (${sweeps})`);
  const [start, stop] = [step.start, step.stop].map((seconds) => Math.round(seconds * samplingRate));
  return (index) => new Float64Array(samples).fill(amplitudes[index] * scale, start, stop);
}

function rowsOf(source: ByteSource): Rows {
  const header = readNpyHeader(source);
  const [sweeps, samples] = header.shape;
  if (header.shape.length !== 2 || sweeps === 0 || samples === 0) {
    throw shapeError(source.name, `(${header.shape.join(', ')})`, '(sweeps, samples)');
  }
  const [field] = header.fields;
  if (header.fortran || header.structured || field.kind === 'S' || field.kind === 'U') {
    // Columns lie together in Fortran order: one sweep is spread over the whole file. What is no number is refused there.
    const { data } = readNpyNumbers(source);
    return { sweeps, samples, row: (index) => data.slice(index * samples, (index + 1) * samples) };
  }
  const bytes = samples * header.itemBytes;
  return {
    sweeps,
    samples,
    row(index) {
      const out = new Float64Array(samples);
      const view = viewOf(readExact(source, header.dataOffset + index * bytes, bytes, 'npy data'));
      decode(view, field, header.itemBytes, samples, out, source.name);
      return out;
    },
  };
}

function scaled(rows: Rows, scale: number): Rows {
  return { ...rows, row: (index) => rows.row(index).map((value) => value * scale) };
}

function factor(quantity: 'voltage' | 'current', { units }: SweepOptions, where: string): number {
  const unit = units?.[quantity];
  const value = unit === undefined ? undefined : unitFactor(quantity, unit);
  if (value !== undefined) return value;
  throw new SpikebridgeError(
    'E_SWEEP_UNITS',
    `An npy array does not say its unit of ${quantity}, and ${unit === undefined ? 'none' : `"${unit}"`} was stated.`,
    {
      where,
      fix: `State one of ${knownUnits(quantity)}.`,
      exitCode: 2,
    },
  );
}

function shapeError(where: string, got: string, wanted: string): SpikebridgeError {
  return new SpikebridgeError('E_SWEEP_SHAPE', `The array has shape ${got}: ${wanted} was expected.`, {
    where,
    fix: 'Save one row a sweep, of the same samples.',
  });
}
