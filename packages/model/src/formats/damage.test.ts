// Whatever bytes arrive, a reader gives a sound recording or a SpikebridgeError: every cut and many flips of a valid file of each format.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpikebridgeError } from '../errors.ts';
import type { Recording } from '../recording/types.ts';
import { encodeNpy, encodeNpz, openRecording } from './index.ts';
import { groups, hdf5Bytes, table } from './testing/hdf5Writer.ts';
import { mat5Bytes } from './testing/mat5Writer.ts';
import { memoryFile, memoryFolder } from './testing/nodeLocation.ts';
import type { Location } from './types.ts';

const i64 = (...values: number[]) => encodeNpy(BigInt64Array.from(values, BigInt));
const text = (t: string) => new TextEncoder().encode(t);
const seen = new Map<string, number>();

/** A valid file, and where it is put once damaged. */
interface Victim {
  name: string;
  bytes: () => Promise<Uint8Array>;
  location: (bytes: Uint8Array) => Location;
  cuts: number;
  flips: number;
}

const asFile = (name: string) => (bytes: Uint8Array) => memoryFile(name, bytes);
const trains = {
  cells: [{ numbers: [3, 5, 9] }, { numbers: [] }, { numbers: [], dims: [0, 0] }, { numbers: [2, 10] }],
};
const phy = (file: string) => (bytes: Uint8Array) =>
  memoryFolder('phy', {
    'spike_times.npy': i64(5, 3, 9),
    'spike_clusters.npy': i64(1, 2, 1),
    'params.py': 'sample_rate = 30000.\n',
    'cluster_group.tsv': 'cluster_id\tgroup\n1\tgood\n',
    [file]: bytes,
  });
const ALL = Infinity;

const VICTIMS: Victim[] = [
  {
    name: 'asdf',
    bytes: () => Promise.resolve(mat5Bytes({ x: trains })),
    location: asFile('a.mat'),
    cuts: ALL,
    flips: 250,
  },
  {
    name: 'asdf compressed',
    bytes: () => Promise.resolve(mat5Bytes({ x: trains }, { compress: true })),
    location: asFile('a.mat'),
    cuts: ALL,
    flips: 120,
  },
  {
    name: 'spike structs, big-endian',
    bytes: () =>
      Promise.resolve(
        mat5Bytes(
          {
            s: {
              cells: [
                {
                  fields: {
                    time: { numbers: [1, 2.5] },
                    timerange: { numbers: [0, 4] },
                    name: { text: 'a' },
                  },
                },
              ],
            },
          },
          { little: false },
        ),
      ),
    location: asFile('a.mat'),
    cuts: ALL,
    flips: 250,
  },
  {
    name: 'phy times',
    bytes: () => Promise.resolve(i64(5, 3, 9)),
    location: phy('spike_times.npy'),
    cuts: ALL,
    flips: 120,
  },
  {
    name: 'phy params',
    bytes: () => Promise.resolve(text('a = [1,\n 2]\nsample_rate = 3e4 / (1 + 0)\n')),
    location: phy('params.py'),
    cuts: ALL,
    flips: 120,
  },
  {
    name: 'phy table',
    bytes: () => Promise.resolve(text('cluster_id\tgroup\n1\t"go\tod"\n')),
    location: phy('cluster_group.tsv'),
    cuts: ALL,
    flips: 100,
  },
  {
    name: 'npz',
    bytes: () =>
      Promise.resolve(
        encodeNpz({
          unit_ids: i64(1, 2),
          num_segment: i64(1),
          sampling_frequency: encodeNpy(Float64Array.of(30000)),
          spike_indexes_seg0: i64(1, 2, 3),
          spike_labels_seg0: i64(1, 2, 1),
        }),
      ),
    location: asFile('a.npz'),
    cuts: 400,
    flips: 250,
  },
  {
    name: 'csv',
    bytes: () => Promise.resolve(text('unit,time_s\n1,0.5\n2,0.75\n')),
    location: asFile('a.csv'),
    cuts: ALL,
    flips: 120,
  },
  {
    name: 'nwb',
    bytes: () =>
      hdf5Bytes((f) => {
        groups(f, '/units');
        f.create_dataset({ name: '/units/spike_times', data: Float64Array.of(1, 2, 3) });
        f.create_dataset({ name: '/units/spike_times_index', data: Int32Array.of(2, 3) });
        f.create_dataset({ name: '/units/quality', data: ['good', 'mua'] });
        f.create_dataset({ name: '/units/obs_intervals', data: Float64Array.of(0, 4), shape: [1, 2] });
        f.create_attribute('nwb_version', '2.6.0');
      }),
    location: asFile('a.nwb'),
    cuts: 150,
    flips: 120,
  },
  {
    name: 'carmen, compressed',
    bytes: () =>
      hdf5Bytes((f) => {
        f.create_dataset({
          name: '/spikes',
          data: Float64Array.from({ length: 500 }, (_, i) => i / 100),
          shape: [500],
          chunks: [100],
          compression: 'gzip',
          compression_opts: 4,
        });
        f.create_dataset({ name: '/sCount', data: Int32Array.of(200, 300) });
        f.create_dataset({ name: '/names', data: ['a', 'b'] });
      }),
    location: asFile('a.h5'),
    cuts: 150,
    flips: 120,
  },
  {
    name: 'maxwell',
    bytes: () =>
      hdf5Bytes((f) => {
        groups(f, '/wells/w/r/settings');
        table(f, '/wells/w/r/settings/mapping', {
          channel: Int32Array.of(1, 2),
          electrode: Int32Array.of(1, 2),
          x: Float64Array.of(0, 1),
          y: Float64Array.of(0, 1),
        });
        table(f, '/wells/w/r/spikes', {
          frameno: BigInt64Array.of(5n, 9n),
          channel: Int32Array.of(1, 2),
          amplitude: Float64Array.of(1, 1),
        });
        f.create_dataset({ name: '/wells/w/r/settings/sampling', data: Float64Array.of(20000) });
      }),
    location: asFile('a.h5'),
    cuts: 150,
    flips: 120,
  },
];

function isSound(r: Recording): boolean {
  if (
    r.offsets.length !== r.units.length + 1 ||
    r.offsets[0] !== 0 ||
    r.offsets[r.units.length] !== r.times.length
  )
    return false;
  if (new Set(r.units.map((unit) => unit.id)).size !== r.units.length) return false;
  for (let u = 0; u < r.units.length; u++) {
    for (let i = r.offsets[u]; i < r.offsets[u + 1]; i++) {
      const t = r.times[i];
      if (!Number.isSafeInteger(t) || t < 0 || (i > r.offsets[u] && t < r.times[i - 1])) return false;
    }
  }
  return r.observed.every((s, i) => s.stop > s.start && (i === 0 || s.start > r.observed[i - 1].stop));
}

async function outcome(location: Location): Promise<string> {
  try {
    const recording = await openRecording(location, location.name === 'a.mat' ? { fs: 1000 } : {});
    return isSound(recording) ? 'recording' : 'unsound recording';
  } catch (error) {
    if (!(error instanceof SpikebridgeError)) return `raw ${String(error)}`;
    seen.set(error.code, (seen.get(error.code) ?? 0) + 1);
    return 'error';
  }
}

describe.each(VICTIMS)('$name, damaged', ({ bytes, location, cuts, flips }) => {
  it('is whole to begin with', async () => {
    expect(await outcome(location(await bytes()))).toBe('recording');
  });

  it('cut short anywhere', async () => {
    const whole = await bytes();
    const step = Math.max(1, Math.floor(whole.length / cuts));
    for (let length = 0; length < whole.length; length += step) {
      const result = await outcome(location(whole.slice(0, length)));
      if (result !== 'error' && result !== 'recording') throw new Error(`cut at ${length}: ${result}`);
    }
  });

  it('with bytes overwritten', async () => {
    const whole = await bytes();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x2d, 0x3a)), {
          minLength: 1,
          maxLength: 4,
        }),
        async (edits) => {
          const damaged = whole.slice();
          for (const [at, value] of edits) damaged[at] = value;
          const result = await outcome(location(damaged));
          expect(['error', 'recording']).toContain(result);
        },
      ),
      { numRuns: flips, seed: 7 },
    );
  });
});

it('reaches deep: many codes, not one for everything', () => {
  expect(seen.size).toBeGreaterThan(12);
});
