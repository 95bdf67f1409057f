// NWB files with something wrong in them, made from a seed: damage to the bytes, names that are missing, and content that a careless
// writer leaves. Each tells what was done, and which sweeps cannot be sound any more.
import type { Dataset, File, Group } from 'h5wasm';
import { nwbBytes } from './nwb-writer.ts';
import type { WrittenFile, WrittenSweep } from './nwb-writer.ts';
import { gaussian, longSquare, planned, random, shortSquare, slowRamp, step } from './protocol.ts';

export interface Mutant {
  readonly what: string;
  readonly bytes: Uint8Array;
  /** A sweep that must be named in a rejection, where what was done to it cannot be missed. */
  readonly spoilt?: number;
}

const samplingRate = 5_000;
export const NUMBERS = [1, 2, 3, 4] as const;

/** A small sound file: long square, short square, ramp, another long square. */
export function soundFile(layout: WrittenFile['layout']): WrittenFile {
  const plans = [
    longSquare(-30),
    shortSquare(200),
    slowRamp(150),
    { injections: [step(40, 0.6, 1.6)], seconds: 2.2 },
  ];
  return {
    layout,
    cellId: 'cell',
    subject: { subject_id: 'donor', species: 'Homo sapiens' },
    sweeps: plans.map((plan, i) => ({
      sweep: planned(NUMBERS[i], { ...plan, samplingRate }),
      stimulusName: `stimulus ${i}`,
      testPulse: [0.02, 0.05],
    })),
  };
}

/** Names in the file; one that is spelt otherwise is missing, for the reader. */
const NAMES = [
  'acquisition',
  'presentation',
  'stimulus',
  'general',
  'intracellular_ephys',
  'intervals',
  'epochs',
  'tags',
  'start_time',
  'sweep_table',
  'series_index',
  'responses',
  'intracellular_recordings',
  'timeseries',
  'neurodata_type',
  'sweep_number',
  'CurrentClampSeries',
  'CurrentClampStimulusSeries',
  'starting_time',
  'electrode',
  'data',
  'unit',
  'rate',
  'conversion',
  'subject_id',
];

type Random = () => number;
const pick = <T>(from: readonly T[], next: Random): T => from[Math.floor(next() * from.length)];
const LAYOUTS = ['allen', 'mies', 'recordings'] as const;

/** Mutant number `index`; the same number gives the same bytes. */
export async function mutant(index: number): Promise<Mutant> {
  const next = random(1_000 + index);
  const layout = pick(LAYOUTS, next);
  const kinds = [
    bytesGone,
    bytesFlipped,
    blockLost,
    nameMissing,
    nameMissing,
    series,
    series,
    series,
    samples,
    samples,
    nothing,
  ];
  const mutated = await pick(kinds, next)(soundFile(layout), next);
  return { ...mutated, what: `${index} ${layout}: ${mutated.what}` };
}

async function bytesGone(file: WrittenFile, next: Random): Promise<Mutant> {
  const bytes = await nwbBytes(file);
  const kept = Math.floor(next() * bytes.length);
  return { what: `cut after ${kept} of ${bytes.length} bytes`, bytes: bytes.slice(0, kept) };
}

async function bytesFlipped(file: WrittenFile, next: Random): Promise<Mutant> {
  const bytes = await nwbBytes(file);
  const count = 1 + Math.floor(next() * 60);
  for (let i = 0; i < count; i++) bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
  return { what: `${count} bytes overwritten`, bytes };
}

async function blockLost(file: WrittenFile, next: Random): Promise<Mutant> {
  const bytes = await nwbBytes(file);
  const at = Math.floor((next() * bytes.length) / 512) * 512;
  bytes.fill(0, at, at + 512 * (1 + Math.floor(next() * 8)));
  return { what: `blocks of zeros from ${at} on`, bytes };
}

async function nameMissing(file: WrittenFile, next: Random): Promise<Mutant> {
  const bytes = await nwbBytes(file);
  const name = pick(NAMES, next);
  const text = new TextEncoder().encode(`${name}\0`);
  const everywhere = next() < 0.5;
  for (let at = 0; at + text.length <= bytes.length; at++) {
    if (text.every((byte, i) => bytes[at + i] === byte)) {
      bytes[at + text.length - 2] = 0x7a;
      if (!everywhere) break;
    }
  }
  return { what: `${everywhere ? 'every' : 'the first'} ${name} is spelt otherwise`, bytes };
}

/** Content of one series that no writer should leave. */
async function series(file: WrittenFile, next: Random): Promise<Mutant> {
  const number = pick(NUMBERS, next);
  const of = (h5: File) => {
    const root = pick(['acquisition', 'stimulus/presentation'], next);
    const group = h5.get(root) as Group;
    const name = group.keys().find((key) => key.includes(String(number).padStart(5, '0'))) ?? '';
    return h5.get(`${root}/${name}`) as Group;
  };
  const data = (h5: File) => of(h5).get('data') as Dataset;
  const clock = (h5: File) => of(h5).get('starting_time') as Dataset;
  const change = (target: Group | Dataset, name: string, value: number | string | number[]) => {
    target.delete_attribute(name);
    if (typeof value === 'number') target.create_attribute(name, value, [], '<d');
    else target.create_attribute(name, value);
  };
  const faults: [string, (h5: File) => void][] = [
    ['unit furlongs', (h5) => change(data(h5), 'unit', 'furlongs')],
    ['unit 3', (h5) => change(data(h5), 'unit', 3)],
    ['an empty unit', (h5) => change(data(h5), 'unit', '')],
    ['conversion NaN', (h5) => change(data(h5), 'conversion', NaN)],
    ['conversion 0', (h5) => change(data(h5), 'conversion', 0)],
    ['conversion as text', (h5) => change(data(h5), 'conversion', '0.001')],
    ['conversion 1e30', (h5) => change(data(h5), 'conversion', 1e30)],
    ['offset infinite', (h5) => change(data(h5), 'offset', Infinity)],
    ['rate -5000', (h5) => change(clock(h5), 'rate', -5000)],
    ['rate 0', (h5) => change(clock(h5), 'rate', 0)],
    ['rate NaN', (h5) => change(clock(h5), 'rate', NaN)],
    ['rate 1e300', (h5) => change(clock(h5), 'rate', 1e300)],
    ['rate as text', (h5) => change(clock(h5), 'rate', '5 kHz')],
    ['no rate', (h5) => void clock(h5).delete_attribute('rate')],
    ['another rate', (h5) => change(clock(h5), 'rate', 4_000)],
  ];
  const [what, fault] = pick(faults, next);
  return { what: `sweep ${number}: ${what}`, spoilt: number, bytes: await nwbBytes(file, fault) };
}

/** Samples that are none, and files with hardly anything in them. */
async function samples(file: WrittenFile, next: Random): Promise<Mutant> {
  const number = pick(NUMBERS, next);
  const change = (change: (one: WrittenSweep) => Partial<WrittenSweep>): WrittenFile => ({
    ...file,
    sweeps: file.sweeps.map((one) => (one.sweep.number === number ? { ...one, ...change(one) } : one)),
  });
  const traces = (which: 'voltage' | 'current', values: (old: Float64Array) => Float64Array) =>
    change(({ sweep }) => ({ sweep: { ...sweep, [which]: values(sweep[which]) } }));
  const which = pick(['voltage', 'current'] as const, next);
  const at = Math.floor(next() * 4_000) + 1_000;
  const normal = gaussian(at);
  const made: [string, WrittenFile, boolean][] = [
    [`${which} all NaN`, traces(which, (old) => old.map(() => NaN)), true],
    [`${which} NaN at ${at}`, traces('current', (old) => old.map((v, i) => (i === at ? NaN : v))), true],
    [`${which} infinite`, traces(which, (old) => old.map(() => Infinity)), true],
    [`${which} all zeros`, traces(which, (old) => old.map(() => 0)), true],
    [`${which} without a sample`, traces(which, () => new Float64Array(0)), true],
    [`${which} of one sample`, traces(which, (old) => old.slice(0, 1)), true],
    [`${which} cut at ${at}`, traces(which, (old) => old.slice(0, at)), true],
    ['noise', traces('current', (old) => old.map(() => 50 * normal())), true],
    [`${which} of shape (n / 2, 2)`, change(() => ({ shape: [which, 'two-columns'] })), true],
    [`${which} as one number`, change(() => ({ shape: [which, 'scalar'] })), true],
    [`${which} as text`, change(() => ({ shape: [which, 'text'] })), true],
    ['voltage clamp', change(() => ({ clamp: 'voltage' })), true],
    ['no injection', change(() => ({ clamp: 'none' })), true],
    ['several electrodes', change(() => ({ electrode: 1 })), false],
    ['no sweeps', { ...file, sweeps: [] }, false],
    ['a number twice', { ...file, sweeps: [...file.sweeps, { ...file.sweeps[0], electrode: 7 }] }, false],
  ];
  const [what, written, seen] = pick(made, next);
  return {
    what: `sweep ${number}: ${what}`,
    ...(seen ? { spoilt: number } : {}),
    bytes: await nwbBytes(written),
  };
}

/** No HDF5 at all, or another one. */
async function nothing(_file: WrittenFile, next: Random): Promise<Mutant> {
  const random = () => Uint8Array.from({ length: 5_000 }, () => Math.floor(next() * 256));
  const head = (await nwbBytes({ layout: 'mies', sweeps: [] })).slice(0, 64);
  const bytes = pick(
    [() => new Uint8Array(0), random, () => head, () => Uint8Array.of(...head, ...random())],
    next,
  )();
  return { what: `${bytes.length} bytes of nothing`, bytes };
}
