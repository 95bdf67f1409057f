// NWB 2 files of intracellular recordings for tests, in the layouts that are met: Allen (sweep table), MIES (epochs, voltage-clamp
// tests) and pynwb (table of recordings, names of any kind).
import type { Dataset, File, Group } from 'h5wasm';
import { groups, hdf5Bytes } from '../../../formats/testing/hdf5Writer.ts';
import type { Sweep } from '../types.ts';

export interface WrittenSweep {
  readonly sweep: Sweep;
  readonly stimulusName?: string;
  readonly clamp?: 'current' | 'voltage' | 'none';
  /** Amperes, ohm, farad, as the schema has them. */
  readonly biasCurrent?: number;
  readonly bridgeBalance?: number;
  readonly capacitance?: number;
  readonly electrode?: number;
  /** Start in the session, seconds. */
  readonly startingTime?: number;
  /** Span of the test pulse that the epochs tell, seconds from the sweep's start. */
  readonly testPulse?: readonly [number, number];
  /** One of its traces written in a shape or type that is none. */
  readonly shape?: readonly ['voltage' | 'current', 'two-columns' | 'scalar' | 'text'];
  /** Times of the samples instead of a rate. */
  readonly timestamps?: 'regular' | 'irregular';
}

export interface WrittenFile {
  readonly layout: 'allen' | 'mies' | 'recordings';
  readonly sweeps: readonly WrittenSweep[];
  /** How the numbers are stored; volts and amperes without a conversion, or mV and pA with one. */
  readonly stored?: 'si' | 'scaled' | 'int16';
  readonly subject?: { readonly subject_id?: string; readonly species?: string; readonly genotype?: string };
  readonly cellId?: string;
  /** Names from which no pair can be told. */
  readonly opaqueNames?: boolean;
  /** For `recordings`: rows of the table as [first sample, samples] of the first sweep's series, instead of a row a sweep. */
  readonly parts?: readonly (readonly [number, number])[];
}

/** Bytes of the file; `after` may still change it. */
export function nwbBytes(
  written: WrittenFile,
  after: (file: File) => void = () => undefined,
): Promise<Uint8Array> {
  return hdf5Bytes((file) => {
    file.create_attribute('nwb_version', '2.7.0');
    typed(file, 'NWBFile');
    for (const name of [
      'acquisition',
      'analysis',
      'processing',
      'stimulus/presentation',
      'general/intracellular_ephys',
    ])
      groups(file, `/${name}`);
    if (written.subject !== undefined) {
      groups(file, '/general/subject');
      for (const [name, data] of Object.entries(written.subject))
        file.create_dataset({ name: `general/subject/${name}`, data });
    }
    for (const electrode of new Set(written.sweeps.map((one) => one.electrode ?? 0))) {
      const path = `general/intracellular_ephys/electrode_${electrode}`;
      groups(file, `/${path}`);
      file.create_dataset({ name: `${path}/description`, data: 'A glass pipette.' });
      if (written.cellId !== undefined)
        file.create_dataset({
          name: `${path}/cell_id`,
          data: `${written.cellId}${electrode === 0 ? '' : `.${electrode}`}`,
        });
    }
    const pairs = written.sweeps.map((one) => writeSweep(file, one, written));
    if (written.layout === 'allen') writeSweepTable(file, pairs);
    if (written.layout === 'recordings') writeRecordings(file, pairs, written.parts);
    if (written.layout === 'mies') writeEpochs(file, written.sweeps);
    after(file);
  });
}

interface WrittenPair {
  readonly number: number;
  readonly response: Group;
  readonly stimulus: Group | undefined;
  readonly samples: number;
}

function writeSweep(
  file: File,
  one: WrittenSweep,
  { layout, opaqueNames, stored = 'scaled' }: WrittenFile,
): WrittenPair {
  const { sweep, clamp = 'current', electrode = 0 } = one;
  const number = String(sweep.number).padStart(5, '0');
  const names =
    layout === 'recordings' || opaqueNames === true
      ? { response: `response of ${number}`, stimulus: `what went in at ${number}` }
      : { response: `data_${number}_AD${electrode}`, stimulus: `data_${number}_DA${electrode}` };
  const write = (role: 'response' | 'stimulus') => {
    const root = role === 'response' ? 'acquisition' : 'stimulus/presentation';
    const path = `${root}/${names[role]}`;
    const group = file.create_group(path);
    const kind = { current: 'CurrentClamp', voltage: 'VoltageClamp', none: 'IZeroClamp' }[clamp];
    typed(group, `${kind}${role === 'stimulus' ? 'Stimulus' : ''}Series`);
    if (layout !== 'recordings') group.create_attribute('sweep_number', sweep.number, [], '<I');
    if (one.stimulusName !== undefined) group.create_attribute('stimulus_description', one.stimulusName);
    const isVoltage = (role === 'response') === (clamp !== 'voltage');
    const [values, unit] = isVoltage
      ? ([sweep.voltage, 'volts'] as const)
      : ([sweep.current, 'amperes'] as const);
    const odd = one.shape?.[0] === (isVoltage ? 'voltage' : 'current') ? one.shape[1] : undefined;
    if (odd === undefined) writeData(group, values, unit, stored);
    else writeOdd(group, values, unit, odd);
    writeTimes(group, one);
    group.create_dataset({ name: 'gain', data: [1], shape: [], dtype: '<f' });
    const scalar = (name: string, value: number | undefined, unit: string) => {
      if (value !== undefined)
        group.create_dataset({ name, data: [value], shape: [], dtype: '<f' }).create_attribute('unit', unit);
    };
    if (role === 'response') {
      scalar('bias_current', one.biasCurrent, 'amperes');
      scalar('bridge_balance', one.bridgeBalance, 'ohms');
      scalar('capacitance_compensation', one.capacitance, 'farads');
    }
    group.create_soft_link(`/general/intracellular_ephys/electrode_${electrode}`, 'electrode');
    return group;
  };
  return {
    number: sweep.number,
    response: write('response'),
    stimulus: clamp === 'none' ? undefined : write('stimulus'),
    samples: sweep.voltage.length,
  };
}

/** Data that no reader of sweeps can take for a row of samples. */
function writeOdd(
  group: Group,
  values: Float64Array,
  unit: string,
  odd: 'two-columns' | 'scalar' | 'text',
): void {
  const even = values.slice(0, 2 * Math.floor(values.length / 2));
  const dataset =
    odd === 'text'
      ? group.create_dataset({ name: 'data', data: Array.from(values.subarray(0, 50), String) })
      : odd === 'scalar'
        ? group.create_dataset({ name: 'data', data: [values[0]], shape: [], dtype: '<d' })
        : group.create_dataset({ name: 'data', data: even, shape: [even.length / 2, 2] });
  dataset.create_attribute('unit', unit);
}

function writeTimes(
  group: Group,
  { sweep, startingTime = sweep.number * 10, timestamps }: WrittenSweep,
): void {
  if (timestamps !== undefined) {
    // One time a third of a step late.
    const late = (i: number) => (timestamps === 'irregular' && i === 50 ? 1 / 3 : 0);
    const data = sweep.voltage.map((_, i) => startingTime + (i + late(i)) / sweep.samplingRate);
    group.create_dataset({ name: 'timestamps', data });
    return;
  }
  const start = group.create_dataset({ name: 'starting_time', data: [startingTime], shape: [], dtype: '<d' });
  start.create_attribute('rate', sweep.samplingRate, [], '<f');
  start.create_attribute('unit', 'seconds');
}

/** Values in mV or pA, stored as asked for. */
function writeData(
  group: Group,
  values: Float64Array,
  unit: 'volts' | 'amperes',
  stored: 'si' | 'scaled' | 'int16',
): void {
  const toSi = unit === 'volts' ? 1e-3 : 1e-12;
  // Nothing cannot be compressed.
  const chunks =
    values.length === 0
      ? {}
      : { chunks: [Math.min(4096, values.length)], compression: 'gzip' as const, compression_opts: 4 };
  // 0.01 mV or 0.1 pA a step, with an offset of ten steps.
  const grain = unit === 'volts' ? 0.01 : 0.1;
  const { data, conversion, offset } = {
    si: { data: values.map((v) => v * toSi), conversion: 1, offset: 0 },
    scaled: { data: Float32Array.from(values), conversion: toSi, offset: 0 },
    int16: {
      data: Int16Array.from(values, (v) => Math.round(v / grain) - 10),
      conversion: toSi * grain,
      offset: 10 * grain * toSi,
    },
  }[stored];
  const dataset = group.create_dataset({ name: 'data', data, ...chunks });
  dataset.create_attribute('unit', unit);
  dataset.create_attribute('conversion', conversion, [], '<d');
  dataset.create_attribute('offset', offset, [], '<d');
  dataset.create_attribute('resolution', -1, [], '<d');
}

function writeSweepTable(file: File, pairs: readonly WrittenPair[]): void {
  const path = 'general/intracellular_ephys/sweep_table';
  const table = file.create_group(path);
  typed(table, 'SweepTable');
  const series = pairs.flatMap(({ response, stimulus }) => [
    response,
    ...(stimulus === undefined ? [] : [stimulus]),
  ]);
  table.create_dataset({ name: 'series', data: series.map((one) => one.create_reference()) });
  let end = 0;
  const ends = pairs.map(({ stimulus }) => (end += stimulus === undefined ? 1 : 2));
  table.create_dataset({ name: 'series_index', data: Int32Array.from(ends) });
  table.create_dataset({ name: 'sweep_number', data: Int32Array.from(pairs, ({ number }) => number) });
  table.create_dataset({ name: 'id', data: Int32Array.from(pairs, (_, row) => row) });
}

function writeRecordings(file: File, pairs: readonly WrittenPair[], parts?: WrittenFile['parts']): void {
  const root = 'general/intracellular_ephys/intracellular_recordings';
  typed(file.create_group(root), 'IntracellularRecordingsTable');
  const rows =
    parts === undefined
      ? pairs
          .filter(({ stimulus }) => stimulus !== undefined)
          .map((pair) => ({ pair, id: pair.number, start: 0, count: pair.samples }))
      : parts.map(([start, count], id) => ({ pair: pairs[0], id, start, count }));
  file.create_dataset({ name: `${root}/id`, data: Int32Array.from(rows, ({ id }) => id) });
  for (const [category, column, role] of [
    ['responses', 'response', 'response'],
    ['stimuli', 'stimulus', 'stimulus'],
  ] as const) {
    file.create_group(`${root}/${category}`);
    const data = new Map<string, unknown>([
      ['idx_start', Int32Array.from(rows, ({ start }) => start)],
      ['count', Int32Array.from(rows, ({ count }) => count)],
      ['timeseries', rows.map(({ pair }) => (pair[role] ?? pair.response).create_reference())],
    ]);
    file.create_dataset({ name: `${root}/${category}/${column}`, data: data as Map<string, Int32Array> });
  }
}

/** Epochs as MIES writes them: of every sweep, its whole, and its test pulse where it has one. Times count from the session's start. */
function writeEpochs(file: File, sweeps: readonly WrittenSweep[]): void {
  const rows = sweeps.flatMap(({ sweep, testPulse, startingTime = sweep.number * 10 }) => [
    {
      start: startingTime,
      stop: startingTime + sweep.voltage.length / sweep.samplingRate,
      tags: ['Type=Epoch', 'ShortName=E0'],
    },
    ...(testPulse === undefined
      ? []
      : [
          {
            start: startingTime + testPulse[0],
            stop: startingTime + testPulse[1],
            tags: ['Type=Inserted Testpulse', 'ShortName=TP'],
          },
        ]),
  ]);
  const table = file.create_group('intervals').create_group('epochs');
  typed(table, 'TimeIntervals');
  table.create_dataset({ name: 'start_time', data: Float64Array.from(rows, ({ start }) => start) });
  table.create_dataset({ name: 'stop_time', data: Float64Array.from(rows, ({ stop }) => stop) });
  table.create_dataset({ name: 'tags', data: rows.flatMap(({ tags }) => tags) });
  let end = 0;
  table.create_dataset({
    name: 'tags_index',
    data: Int32Array.from(rows, ({ tags }) => (end += tags.length)),
  });
}

function typed(target: File | Group | Dataset, type: string): void {
  target.create_attribute('namespace', 'core');
  target.create_attribute('neurodata_type', type);
}
