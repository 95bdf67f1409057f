// `report` of one run and of two: the file, the document on stdout, and requests that cannot be met.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, periodicCsv, run, runtime, scratch, smallRun } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);
const csv = folder.file('source.csv', periodicCsv({ units: 3, seconds: 20 }));

const SMALL = smallRun(20);

describe(`on ${runtime}`, () => {
  beforeAll(async () => {
    for (const seed of ['1', '2']) {
      await json(['train', '--data', csv, '--out', at(`seed${seed}`), '--seed', seed, ...SMALL]);
      await json(['evaluate', '--run', at(`seed${seed}`), '--floors', 'plug-in', '--replicates', '20']);
    }
  });

  test('two runs: both in one file, side by side, with what was typed', async () => {
    const out = at('both.html');
    const told = await json(['report', at('seed1'), at('seed2'), '--out', out]);
    const html = readFileSync(out, 'utf8');
    expect(told).toEqual({
      ...{
        schema: 'spikebridge.report/1',
        out,
        runs: ['seed1', 'seed2'],
        evaluations: 2,
        interpretations: 0,
      },
      bytes: Buffer.byteLength(html),
    });
    expect(html).toContain('Runs judged on source (within, level none)');
    expect(html).toContain('(SD, n = 2)');
    expect(html).toContain(
      'spikebridge train --data source.csv --config seed2/config.resolved.yaml --out seed2',
    );
    expect(html).toContain('spikebridge evaluate --run seed1 --floors plug-in --replicates 20');
    expect(html).not.toContain(folder.path);

    const kept = await run(['report', at('seed1'), at('seed2'), '--out', out]);
    expect([kept.code, kept.stdout]).toEqual([2, '']);
    expect(kept.stderr).toContain('E_OUTPUT_EXISTS');
    expect((await run(['report', at('seed1'), at('seed2'), '--out', out, '--force'])).code).toBe(0);
  });

  test('what is typed again from it trains the same weights', async () => {
    // The configuration file holds every key, the preset among them.
    const again = [
      'train',
      '--data',
      csv,
      '--config',
      at('seed2/config.resolved.yaml'),
      '--out',
      at('again'),
    ];
    await json(again);
    const hash = (name: string) =>
      /# configuration ([0-9a-f]{64})/.exec(readFileSync(at(`${name}/report.html`), 'utf8'))?.[1];
    await json(['report', at('again')]);
    expect(hash('again')).toBe(hash('seed2'));
    expect(existsSync(at('again/report.html'))).toBe(true);
  });

  test('a run that is not there, and one that is named twice', async () => {
    const missing = await run(['report', at('nothing')]);
    expect(missing.stderr).toContain('E_RUN_MISSING');
    const twice = await run(['report', at('seed1'), at('seed1')]);
    expect([twice.code, twice.stdout]).toEqual([2, '']);
  });
});
