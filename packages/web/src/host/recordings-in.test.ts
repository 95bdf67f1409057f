// Plan: a drop is parted into recordings; nothing of it is left out, and what may belong to a recording comes with it.
import { expect, it } from 'vitest';
import { recordingsIn } from './recordings-in.ts';

const parts = (...paths: string[]): string[][] =>
  recordingsIn(paths.map((path) => ({ path, file: new File([], path) }))).map((part) =>
    part.map(({ path }) => path),
  );

it.each([
  [['a.nwb'], [['a.nwb']]],
  [['labels.csv', 'a.mat'], [['a.mat', 'labels.csv']]],
  [
    ['a.nwb', 'b.npz'],
    [['a.nwb'], ['b.npz']],
  ],
  [
    ['a.mat', 'labels.csv', 'b.mat'],
    [
      ['a.mat', 'labels.csv'],
      ['b.mat', 'labels.csv'],
    ],
  ],
  [
    ['a.csv', 'b.csv'],
    [['a.csv'], ['b.csv']],
  ],
  [
    ['one/spike_times.npy', 'one/params.py', 'two/spike_times.npy'],
    [['one/spike_times.npy', 'one/params.py'], ['two/spike_times.npy']],
  ],
  [
    ['spike_times.npy', 'spike_clusters.npy'],
    [['dropped files/spike_times.npy', 'dropped files/spike_clusters.npy']],
  ],
  [
    ['one/spike_times.npy', 'a.nwb'],
    [['one/spike_times.npy'], ['a.nwb']],
  ],
  [[], []],
] as [string[], string[][]][])('%j holds the recordings %j', (dropped, wanted) => {
  expect(parts(...dropped)).toEqual(wanted);
});
