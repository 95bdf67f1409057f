// The machine's memory of where recordings lie: kept by fingerprint, absolute, and never in the way of a run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { knownSource, knownSourcesFile, rememberSource } from './known-sources.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikebridge-sources-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('keeps an absolute path by fingerprint, beside what it knew', () => {
  expect(knownSource('a')).toBeUndefined();
  expect(rememberSource('a', 'some/recording.nwb')).toBeUndefined();
  expect(rememberSource('b', '/data/other.mat')).toBeUndefined();
  expect(knownSource('a')).toBe(resolve('some/recording.nwb'));
  expect(knownSource('b')).toBe('/data/other.mat');
  rememberSource('a', '/moved/recording.nwb');
  expect(knownSource('a')).toBe('/moved/recording.nwb');
  expect(knownSource('b')).toBe('/data/other.mat');
});

test('a damaged file knows nothing and is replaced whole', () => {
  rememberSource('a', '/data/one.npz');
  writeFileSync(knownSourcesFile(), '{"a": "/data/o');
  expect(knownSource('a')).toBeUndefined();
  rememberSource('b', '/data/two.npz');
  expect(JSON.parse(readFileSync(knownSourcesFile(), 'utf8'))).toEqual({ b: '/data/two.npz' });
});

test('says why it could not write, and throws nothing', () => {
  writeFileSync(join(folder, 'file'), '');
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'file'));
  expect(rememberSource('a', '/data/one.npz')).toMatch(/ENOTDIR|EEXIST|not a directory/i);
});
