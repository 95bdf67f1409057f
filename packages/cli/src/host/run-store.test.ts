// A run folder on disk: whole files, appends, cuts, and nothing that leads out of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeRunStore } from './run-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikebridge-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('run store', () => {
  const text = (bytes: Uint8Array | null) => (bytes === null ? null : new TextDecoder().decode(bytes));
  const bytes = (value: string) => new TextEncoder().encode(value);

  test('writes, appends, truncates, lists, renames, removes', async () => {
    const store = nodeRunStore(folder);
    await store.write('a/b.txt', bytes('one'));
    expect(text(await store.read('a/b.txt'))).toBe('one');
    expect(await store.read('a/none')).toBeNull();
    await store.append('log', bytes('12'));
    await store.append('log', bytes('34'));
    await store.truncate('log', 3);
    await store.truncate('log', 30);
    await store.truncate('absent', 1);
    expect(text(await store.read('log'))).toBe('123');
    await store.rename('a', 'c/d');
    expect(await store.list('c/d')).toEqual(['b.txt']);
    expect(await store.list('nowhere')).toEqual([]);
    await store.remove('c');
    expect(await store.list('')).toEqual(['log']);
  });

  test('nothing leads out of the folder', async () => {
    const store = nodeRunStore(folder);
    await expect(store.write('../out', bytes('x'))).rejects.toMatchObject({ code: 'E_RUN_PATH' });
    await expect(store.read('/etc/hostname')).rejects.toMatchObject({ code: 'E_RUN_PATH' });
  });
});
