// The current-clamp sweeps of one cell in an NWB 2 file (Allen, MIES and pynwb layouts). The file stays open; samples are read sweep by sweep.
import { SpikebridgeError } from '../../errors.ts';
import { Hdf5File } from '../../formats/hdf5.ts';
import type { ByteSource } from '../../formats/types.ts';
import type { Pair } from './nwb-pairs.ts';
import { pairSeries } from './nwb-pairs.ts';
import type { Fault } from './faults.ts';
import type { Signal } from './nwb-series.ts';
import { listSeries, readSignal, seriesNumber, signalOf, textDataset } from './nwb-series.ts';
import { testPulseSpans } from './nwb-test-pulses.ts';
import { finishSweep } from './samples.ts';
import type { ElectrodeTest, ElectrodeTestKind, Rejection, Sweep, SweepHeader, SweepSet } from './types.ts';

/** Names of the Allen Institute's protocol for what is measured of the electrode; MIES writes the same codes. */
const ELECTRODE_TESTS: readonly [RegExp, ElectrodeTestKind][] = [
  [/EXTPINBATH/i, 'bath'],
  [/EXTPCllATT/i, 'seal'],
  [/EXTPBREAKN/i, 'break-in'],
  [/EXTPBLWOUT/i, 'blowout'],
];
/** Holding currents are pA, electrodes mega-ohm: what is far beyond is in another unit and not believed. */
const MAX_HOLDING_PA = 1e5;
const MAX_BRIDGE_MOHM = 1e4;
const MAX_CAPACITANCE_PF = 1e3;

interface Ready {
  readonly pair: Pair;
  readonly voltage: Signal;
  readonly current: Signal;
}

/**
 * Opens the sweeps of one cell. The source is closed with the set.
 * @throws E_SWEEP_FORMAT, E_SWEEP_NONE, E_SWEEP_ELECTRODE, E_HDF5_*.
 */
export async function openNwbSweeps(
  source: ByteSource,
  options: { readonly electrode?: string },
): Promise<SweepSet> {
  const file = await Hdf5File.open(source);
  try {
    return sweepSet(file, source, options.electrode);
  } catch (error) {
    file.close();
    throw error;
  }
}

function sweepSet(file: Hdf5File, source: ByteSource, wanted: string | undefined): SweepSet {
  if (!file.isGroup('/acquisition')) {
    throw new SpikebridgeError(
      'E_SWEEP_FORMAT',
      `The HDF5 file has no group /acquisition; at its root stand ${file.keys('/').join(', ') || 'no names'}.`,
      { where: source.name, fix: 'Sweeps are read from NWB 2 files with intracellular recordings.' },
    );
  }
  const responses = listSeries(file, '/acquisition', 'response');
  const stimuli = listSeries(file, '/stimulus/presentation', 'stimulus');
  const { pairs, rejected } = pairSeries(file, responses.series, stimuli.series);
  rejected.unshift(...responses.faults, ...stimuli.faults);
  const electrode = chooseElectrode(pairs, wanted, source.name);
  const own = pairs.filter(({ response }) => response.electrode === electrode);

  const ready: Ready[] = [];
  const tests: ElectrodeTest[] = [];
  const seen = new Set<number>();
  for (const pair of own) {
    const found = readyPair(file, pair);
    const { number, response } = pair;
    if (response.clamp === 'voltage') {
      rejected.push({
        sweep: number,
        code: 'voltage-clamp',
        reason: `${response.name} was recorded in voltage clamp.`,
      });
    }
    if ('code' in found) {
      if (response.clamp === 'current') rejected.push({ sweep: number, ...found });
      continue;
    }
    const kind = electrodeTest(pair);
    // Of these only a blow-out is in current clamp, and bath, seal and break-in are in voltage clamp.
    if (kind !== undefined && (kind === 'blowout') === (response.clamp === 'current')) {
      tests.push({ kind, number, read: () => readPair(file, found, source.name) });
    }
    if (response.clamp !== 'current') continue;
    if (seen.has(number)) {
      rejected.push({
        sweep: number,
        code: 'duplicate',
        reason: `${response.name} has the number ${number} of an earlier sweep.`,
      });
    } else ready.push(found);
    seen.add(number);
  }
  if (ready.length === 0) throw noSweeps(source.name, rejected);
  const pulses = testPulseSpans(
    file,
    ready.map(({ pair: { response }, voltage }) => ({
      start: response.startingTime,
      stop: response.startingTime + (voltage.rows.stop - voltage.rows.start) / voltage.samplingRate,
    })),
  );
  const headers = ready.map((one, i) => headerOf(file, one, pulses[i]));
  return {
    cell: cellName(file, electrode) ?? source.name.replace(/\.(nwb|h5|hdf5)$/i, ''),
    ...subject(file),
    headers,
    rejected,
    electrodeTests: tests,
    read: (index) => readPair(file, ready[index], source.name),
    close() {
      file.close();
      source.close();
    },
  };
}

/** Sampling, lengths and units of both series, found to fit each other. */
function readyPair(file: Hdf5File, pair: Pair): Ready | Fault {
  const [v, i] =
    pair.response.clamp === 'voltage'
      ? (['stimulus', 'response'] as const)
      : (['response', 'stimulus'] as const);
  const rows = { response: pair.responseRows, stimulus: pair.stimulusRows };
  const voltage = signalOf(file, pair[v], 'voltage', rows[v]);
  if ('code' in voltage) return voltage;
  const current = signalOf(file, pair[i], 'current', rows[i]);
  if ('code' in current) return current;
  if (Math.abs(voltage.samplingRate - current.samplingRate) > 1e-6 * voltage.samplingRate) {
    return {
      code: 'rate',
      reason: `${pair.response.name} is sampled at ${voltage.samplingRate} Hz and its stimulus at ${current.samplingRate} Hz.`,
    };
  }
  const [samples, injected] = [voltage, current].map(({ rows: { start, stop } }) => stop - start);
  if (samples !== injected) {
    return {
      code: 'length-mismatch',
      reason: `${pair.response.name} has ${samples} samples of voltage and ${injected} of current.`,
    };
  }
  return { pair, voltage, current };
}

function readPair(file: Hdf5File, { pair, voltage, current }: Ready, where: string): Sweep {
  return finishSweep(
    {
      number: pair.number,
      samplingRate: voltage.samplingRate,
      voltage: readSignal(file, voltage),
      current: readSignal(file, current),
    },
    where,
    pair.response.clamp === 'voltage' ? 'current' : 'voltage',
  );
}

function headerOf(
  file: Hdf5File,
  { pair, voltage }: Ready,
  testPulse: SweepHeader['testPulse'],
): SweepHeader {
  const { response, stimulus } = pair;
  const stimulusName = response.stimulusName ?? stimulus.stimulusName;
  const believed = (name: string, factor: number, limit: number): number | undefined => {
    const value = seriesNumber(file, response, name);
    return value === undefined || Math.abs(value * factor) > limit ? undefined : value * factor;
  };
  const holdingCurrent = believed('bias_current', 1e12, MAX_HOLDING_PA);
  const bridgeBalance = believed('bridge_balance', 1e-6, MAX_BRIDGE_MOHM);
  const capacitanceCompensation = believed('capacitance_compensation', 1e12, MAX_CAPACITANCE_PF);
  return {
    number: pair.number,
    samplingRate: voltage.samplingRate,
    samples: voltage.rows.stop - voltage.rows.start,
    ...(stimulusName === undefined ? {} : { stimulusName }),
    ...(holdingCurrent === undefined ? {} : { holdingCurrent }),
    ...(bridgeBalance === undefined ? {} : { bridgeBalance }),
    ...(capacitanceCompensation === undefined ? {} : { capacitanceCompensation }),
    ...(testPulse === undefined ? {} : { testPulse }),
  };
}

function chooseElectrode(
  pairs: readonly Pair[],
  wanted: string | undefined,
  where: string,
): string | undefined {
  const inCurrentClamp = pairs.filter(({ response }) => response.clamp === 'current');
  const names = [...new Set(inCurrentClamp.map(({ response }) => response.electrode))];
  if (wanted === undefined) {
    // Without any sweep in current clamp the others are looked at, to say why.
    if (names.length <= 1) return (inCurrentClamp.at(0) ?? pairs.at(0))?.response.electrode;
  } else if (names.includes(wanted)) return wanted;
  const list = names.map((name) => name ?? '(no name)').join(', ');
  throw new SpikebridgeError(
    'E_SWEEP_ELECTRODE',
    wanted === undefined
      ? `The file holds sweeps of several electrodes (${list}): each is a cell of its own.`
      : `There are no current-clamp sweeps of an electrode "${wanted}"; the file has ${list || 'none at all'}.`,
    { where, fix: `Name one of them: ${list || 'none is there'}.`, exitCode: 2 },
  );
}

function electrodeTest({ response, stimulus }: Pair): ElectrodeTestKind | undefined {
  const name = response.stimulusName ?? stimulus.stimulusName ?? '';
  return ELECTRODE_TESTS.find(([pattern]) => pattern.test(name))?.[1];
}

function cellName(file: Hdf5File, electrode: string | undefined): string | undefined {
  return electrode === undefined
    ? undefined
    : textDataset(file, `/general/intracellular_ephys/${electrode}/cell_id`);
}

function subject(file: Hdf5File): { donor?: string; species?: string; genotype?: string } {
  const text = (name: string) => textDataset(file, `/general/subject/${name}`);
  const [donor, species, genotype] = [text('subject_id'), text('species'), text('genotype')];
  return {
    ...(donor === undefined ? {} : { donor }),
    ...(species === undefined ? {} : { species }),
    ...(genotype === undefined ? {} : { genotype }),
  };
}

/** How many reasons an error tells before it counts the rest. */
const TOLD = 3;

function noSweeps(where: string, rejected: readonly Rejection[]): SpikebridgeError {
  const told = rejected.slice(0, TOLD).map(({ reason }) => reason);
  const rest = rejected.length - told.length;
  return new SpikebridgeError(
    'E_SWEEP_NONE',
    `The file holds no current-clamp sweep that can be read. ${told.join(' ')}${rest > 0 ? ` And ${rest} more.` : ''}`.trim(),
    {
      where,
      fix: 'Check that the file holds CurrentClampSeries under /acquisition and their stimuli under /stimulus/presentation.',
    },
  );
}
