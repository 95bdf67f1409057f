// `interpret` on a small trained run: arrays and document in the run folder, another recording, the report, and requests that
// cannot be met.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InterpretationDocument } from '@spikebridge/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, periodicCsv, run, runtime, scratch, smallRun } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);
const csv = folder.file('source.csv', periodicCsv({ units: 3, seconds: 20 }));
const other = folder.file('other.csv', periodicCsv({ units: 2, seconds: 12 }));

const SMALL = smallRun(40);

/** Shape and doubles of a version 1 .npy file. */
function doubles(path: string): { shape: number[]; values: Float64Array } {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString('latin1');
  expect(header).toContain("'<f8'");
  const shape = (/\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((text) => text.trim() !== '')
    .map(Number);
  return { shape, values: new Float64Array(new Uint8Array(bytes.subarray(10 + length)).buffer) };
}

describe(`on ${runtime}`, () => {
  beforeAll(async () => {
    await json(['train', '--data', csv, '--out', at('run'), ...SMALL]);
  });

  test('the own test part: a document, an array of each kind, a part of the report', async () => {
    const seen = (await json(['interpret', '--run', at('run'), '--windows', '40'])) as InterpretationDocument;
    expect(seen).toMatchObject({
      ...{ schema: 'spikebridge.interpretation/1', source: 'source', target: 'source', pairing: 'within' },
      ...{ windows: 40, context: 64, groups: [] },
    });
    expect(seen.heads).toHaveLength(2);
    expect(seen.units.map(({ id }) => id)).toEqual(['u0', 'u1', 'u2']);
    expect(JSON.parse(readFileSync(at('run/interpretation.json'), 'utf8'))).toEqual(seen);
    expect(readdirSync(at('run/interpretation')).toSorted()).toEqual([
      ...['attention.npy', 'importance.npy', 'product.npy', 'through-attention.npy', 'tokens.npy'],
    ]);
    const attention = doubles(at('run/interpretation/attention.npy'));
    expect(attention.shape).toEqual([1, 2, 64]);
    for (const head of [0, 1]) {
      const own = attention.values.subarray(head * 64, (head + 1) * 64);
      expect(own.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    }
    const importance = doubles(at('run/interpretation/importance.npy'));
    expect(importance.shape).toEqual([64, 4]);
    const latest = [0, 1, 2].reduce((sum, unit) => sum + importance.values[unit], 0);
    expect(seen.byLag.importance[0]).toBeCloseTo(latest, 9);
    expect(latest).toBeGreaterThan(0);
    const report = readFileSync(at('run/report.html'), 'utf8');
    expect(report).toContain('Inside the net: source on source');
    expect(report).toContain('Importance of each unit, source');
  });

  test('again only with --force; the table', async () => {
    const refused = await run(['interpret', '--run', at('run')]);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('E_OUTPUT_EXISTS');
    const table = await run(['interpret', '--run', at('run'), '--windows', '8', '--force']);
    expect(table.code, table.stderr).toBe(0);
    expect(table.stdout).toMatch(/^source on source: 8 bins judged, 64 bins of context/);
    expect(table.stdout).toMatch(/^layer 1 head 2 +\d+ % +100 %/m);
  });

  test('another recording, its units in the columns of the run', async () => {
    const args = ['interpret', '--run', at('run'), '--data', other, '--pairing', 'rank', '--windows', '8'];
    const seen = (await json(args)) as InterpretationDocument;
    expect([seen.target, seen.pairing, seen.units.length]).toEqual(['other', 'rank', 2]);
    expect(existsSync(at('run/interpretation.other.rank.json'))).toBe(true);
    expect(existsSync(at('run/interpretation.other.rank/importance.npy'))).toBe(true);
  });
});
