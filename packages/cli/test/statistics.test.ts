// `statistics`: two recordings unit by unit, one with its own halves and surrogates, and requests that make no sense.
import { afterAll, describe, expect, test } from 'vitest';
import { json, periodicCsv, run, runtime, scratch } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());

interface Document {
  schema: string;
  pairing: string | null;
  real: { name: string; seconds: number };
  generated: { name: string } | null;
  compared: { bins: number };
  blocks: { intervals: boolean; replicates: number };
  statistics: {
    key: string;
    real: number | null;
    ceiling: { value: number | null };
    generated: { value: number | null; distance: { value: number | null }; verdict: string | null } | null;
  }[];
  units: { id: string }[];
}

const csv = periodicCsv({ units: 4, seconds: 40 });
const real = folder.file('real.csv', csv);
/** The same trains under the same names, the units in another order of the file. */
const [header, ...lines] = csv.trim().split('\n');
const turned = folder.file('turned.csv', `${[header, ...[...lines].reverse()].join('\n')}\n`);
const other = folder.file('other.csv', csv.replaceAll('u', 'v').replace('vnit', 'unit'));
const fewer = folder.file('fewer.csv', periodicCsv({ units: 3, seconds: 40 }));
const strangers = folder.file(
  'strangers.csv',
  periodicCsv({ units: 3, seconds: 40 }).replaceAll('u', 'v').replace('vnit', 'unit'),
);
const statistic = (document: Document, key: string) =>
  document.statistics.find((each) => each.key === key) ?? {
    real: null,
    ceiling: { value: null },
    generated: null,
  };

describe(`on ${runtime}`, () => {
  test('one recording alone: ceiling and floors, nothing generated', async () => {
    const document = (await json(['statistics', '--data', real, '--replicates', '20'])) as Document;
    expect(document.schema).toBe('spikebridge.statistics/1');
    expect(document.generated).toBeNull();
    expect(document.blocks).toMatchObject({ intervals: true, replicates: 20 });
    expect(document.compared.bins).toBe(Math.floor((document.real.seconds * 1000) / 2));
    // Unit 0 repeats 20 ... 24 ms: its two halves are alike, Poisson trains are not.
    expect(statistic(document, 'cv').real).toBeLessThan(0.1);
    expect(statistic(document, 'interval').ceiling.value).toBeLessThan(0.01);
    const table = await run(['statistics', '--data', real, '--replicates', '0']);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^statistic +real +ceiling +Poisson +ISI shuffle$/m);
  });

  test('two recordings: units by id, then by order; the same spikes lose nothing', async () => {
    const args = ['statistics', '--real', real, '--replicates', '20'];
    const byId = (await json([...args, '--generated', turned])) as Document;
    expect([byId.pairing, byId.generated?.name]).toEqual(['id', 'turned']);
    expect(statistic(byId, 'rate').generated?.distance.value).toBeLessThan(0.01);
    expect(byId.statistics.filter(({ generated }) => generated?.verdict === 'lost')).toEqual([]);
    const byOrder = (await json([...args, '--generated', other])) as Document;
    expect(byOrder.pairing).toBe('index');
    expect(byOrder.statistics).toEqual(byId.statistics);
    expect(byOrder.units.map(({ id }) => id)).toEqual(['u0', 'u1', 'u2', 'u3']);
  });

  test('a generated recording of some of the real units is compared with those', async () => {
    const document = (await json([
      ...['statistics', '--real', real, '--generated', fewer, '--replicates', '0'],
    ])) as Document;
    expect(document.pairing).toBe('id');
    expect(document.units.map(({ id }) => id)).toEqual(['u0', 'u1', 'u2']);
    const alone = (await json(['statistics', '--data', fewer, '--replicates', '0'])) as Document;
    expect(statistic(document, 'cv').real).toBeCloseTo(statistic(alone, 'cv').real ?? NaN, 2);
  });

  test('a part of the real recording', async () => {
    const document = (await json([
      ...['statistics', '--data', real, '--part', 'test', '--split', '50,25,25', '--replicates', '0'],
    ])) as Document;
    expect(document.real.seconds).toBeCloseTo(10, 1);
  });

  test.each([
    ['no recording', ['statistics'], 'E_USAGE'],
    ['one of two', ['statistics', '--real', real], 'E_USAGE'],
    ['all three', ['statistics', '--data', real, '--real', real, '--generated', real], 'E_USAGE'],
    ['other units', ['statistics', '--real', real, '--generated', strangers], 'E_STATISTICS_UNITS'],
  ])('%s is refused', async (_, args, code) => {
    const refused = await run(args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(new RegExp(`^error ${code}: `, 'm'));
  });
});
