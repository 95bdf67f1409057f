// Plan: what was said of the training recording is used for that file and for no other.
import type { RunFolder } from '@spikebridge/model';
import { describe, expect, it } from 'vitest';
import { readingFor } from './reading.ts';

const slots = [0, 1];
const record = {
  name: 'a',
  format: 'asdf',
  fingerprint: 'f',
  reading: { binUnitMs: 1 },
  path: '../data/a.mat',
  slots,
};
const folder = { env: { data: record } } as unknown as RunFolder;
const read = (path: string, stated = {}): unknown => readingFor('/runs/first', folder, path, stated);

describe('readingFor', () => {
  it('takes over what was said of the very same file', () => {
    expect(read('/runs/data/a.mat')).toEqual({ binUnitMs: 1 });
    expect(read('/runs/data/../data/a.mat')).toEqual({ binUnitMs: 1 });
  });

  it('takes nothing over to another file: 1 ms bins are no 30 kHz ticks', () => {
    expect(read('/runs/data/b.mat')).toEqual({});
    expect(read('/elsewhere/a.mat')).toEqual({});
  });

  it('lets what is stated now come first', () => {
    expect(read('/runs/data/a.mat', { fs: 30_000 })).toEqual({ fs: 30_000 });
  });
});
