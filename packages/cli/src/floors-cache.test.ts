// Floors kept one by one: a cut fit goes on where it stopped, only what is wanted is fitted, another source shares nothing.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FittedFloors, FloorsRequest } from '@spikebridge/model';
import {
  floorsOf,
  piecesFor,
  plainHost,
  prepareSource,
  resolveConfig,
  simulateInVivo,
} from '@spikebridge/model';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { floorStoreOf } from './floor-store.ts';
import { Terminal } from './terminal.ts';

const { config } = resolveConfig({ preset: 'small', sets: ['data.units=2', 'training.context=16'] });
const source = prepareSource(simulateInVivo({ units: 2, seconds: 20, seed: 1 }), config);
let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'spikebridge-floors-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Fits or reads back; returns the floors and what was said to be fitted and kept. */
async function floors(
  request: Partial<FloorsRequest> = {},
): Promise<{ floors: FittedFloors; fitted: string[]; kept: string[] }> {
  const notes: string[] = [];
  const terminal = new Terminal(
    { json: false, quiet: false, verbose: false },
    {
      note: (line) => notes.push(line),
      warn: () => undefined,
      result: () => undefined,
      kept: () => undefined,
      progress: () => ({ update: () => undefined, stop: () => undefined }),
    },
  );
  const made = await floorsOf({
    store: floorStoreOf(join(folder, 'run')),
    source,
    fingerprint: 'trains',
    config,
    host: plainHost(),
    listener: terminal,
    ...request,
  });
  const fitted = notes.flatMap((line) => /^floor (\S+): fitted in/.exec(line)?.slice(1) ?? []);
  return { floors: made, fitted, kept: terminal.kept };
}

const files = () => readdirSync(join(folder, '.floors')).sort();

describe('the cache of floors', () => {
  test('fits what is wanted and what it rests on, and keeps each at once', async () => {
    const first = await floors({ wanted: ['coupled'] });
    expect(first.fitted).toEqual(['recent-rate', 'population', 'coupled']);
    expect(first.kept).toEqual(['floor recent-rate', 'floor population', 'floor coupled']);
    expect(first.floors.ownHistory).toBeNull();
    expect(files()).toHaveLength(6);
  });

  test('goes on after a cut: what lies there is read back, bit for bit, and the rest is fitted', async () => {
    const whole = await floors();
    expect(whole.fitted).toEqual(['recent-rate', 'own-history', 'population', 'coupled', 'shared-kernel']);
    for (const name of files().filter((file) => /\.(coupled|shared-kernel)\./.test(file)))
      rmSync(join(folder, '.floors', name));
    const times = files().map((name) => statSync(join(folder, '.floors', name)).mtimeMs);
    const cut = await floors();
    expect(cut.fitted).toEqual(['coupled', 'shared-kernel']);
    expect(cut.floors).toEqual(whole.floors);
    const kept = files().filter((file) => !/\.(coupled|shared-kernel)\./.test(file));
    expect(kept.map((name) => statSync(join(folder, '.floors', name)).mtimeMs)).toEqual(times);
    const third = await floors();
    expect(third.fitted).toEqual([]);
    expect(third.floors).toEqual(whole.floors);
  });

  test('a piece without its description is not whole and is fitted again', async () => {
    await floors({ wanted: ['own-history'] });
    const description = files().find((name) => name.endsWith('own-history.json')) ?? '';
    rmSync(join(folder, '.floors', description));
    expect((await floors({ wanted: ['own-history'] })).fitted).toEqual(['own-history']);
  });

  test('other trains or another context share nothing', async () => {
    await floors({ wanted: [] });
    expect((await floors({ wanted: [], fingerprint: 'others' })).fitted).toEqual(['recent-rate']);
    const longer = { ...config, training: { ...config.training, context: 32 } };
    expect((await floors({ wanted: [], config: longer })).fitted).toEqual(['recent-rate']);
    expect((await floors({ wanted: [] })).fitted).toEqual([]);
  });
});

test('pieces stand in the order in which they are fitted', () => {
  expect(piecesFor(['model', 'own-rate', 'plug-in'])).toEqual(['recent-rate']);
  expect(piecesFor(['shared-kernel', 'coupled'])).toEqual([
    'recent-rate',
    'population',
    'coupled',
    'shared-kernel',
  ]);
});
