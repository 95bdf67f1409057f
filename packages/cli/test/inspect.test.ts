// `inspect` and the behaviour all commands share: one document on stdout, errors in words, exit codes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, periodicCsv, run, runtime, scratch } from './harness.ts';

const folder = scratch();
let csv = '';
beforeAll(() => {
  csv = folder.file('trains.csv', periodicCsv({ units: 3, seconds: 4 }));
});
afterAll(() => folder.remove());

describe(`on ${runtime}`, () => {
  test('says units, rates and what was assumed', async () => {
    const document = await json(['inspect', csv]);
    expect(document).toMatchObject({ schema: 'spikebridge.inspection/1', name: 'trains', format: 'csv' });
    const { units, spikes, rates, assumptions } = document as {
      units: { id: string; spikes: number; rateHz: number }[];
      spikes: number;
      rates: { maximum: number };
      assumptions: string[];
    };
    expect(units.map((unit) => unit.id)).toEqual(['u0', 'u1', 'u2']);
    expect(units.reduce((sum, unit) => sum + unit.spikes, 0)).toBe(spikes);
    expect(rates.maximum).toBeCloseTo(Math.max(...units.map((unit) => unit.rateHz)), 9);
    expect(assumptions.length).toBeGreaterThan(0);
  });

  test('for people: text on stdout, nothing on stderr', async () => {
    const { code, stdout, stderr } = await run(['inspect', csv]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/units +3/);
    expect(stdout).toMatch(/duration/);
    expect(stderr).toBe('');
  });

  test('a missing file: what, where, what to do, exit code 2, no stack', async () => {
    const { code, stdout, stderr } = await run(['inspect', 'no-such-file']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'error E_FILE_MISSING: no-such-file: there is no such file or folder\n' +
        '  what to do: check the path; relative paths start at the current folder\n',
    );
  });

  test('under --json an error is a document too', async () => {
    const { code, stdout } = await run(['inspect', 'no-such-file', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_FILE_MISSING', where: 'no-such-file' } });
  });

  test('a file of no known format exits 1', async () => {
    const { code, stderr } = await run(['inspect', folder.file('noise.bin', new Uint8Array(64).fill(7))]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error E_FORMAT_UNKNOWN: noise\.bin/);
  });

  test.each([
    [['inspect'], /missing required argument/],
    [['inspec'], /unknown command/],
    [['inspect', 'a', '--fs', 'fast'], /not a number above 0/],
    [['inspect', 'a', '--bin-unit', '1'], /not a duration/],
    [['train', '--out', 'x'], /--data/],
    [['bin', 'a', '--out', 'b', '--layout', 'dense'], /packed, bytes/],
  ])('a request that cannot be understood exits 2: %j', async (args, message) => {
    const { code, stderr, stdout } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error E_USAGE: /);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
  });

  test('help shows examples and exits 0', async () => {
    for (const args of [['--help'], ['train', '--help'], ['evaluate', '--help'], ['demo', '--help']]) {
      const { code, stdout } = await run(args);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples:\n +\$ spikebridge /);
    }
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
