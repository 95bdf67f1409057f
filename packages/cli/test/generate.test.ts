// `generate` as a user meets it: a tiny run sampled from silence and after recordings, in every format, read back by `inspect` and
// `bin`; the same request gives the same trains at any number of threads; nothing is replaced unasked; Ctrl-C keeps what is there.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, periodicCsv, repository, run, runtime, scratch, start } from './harness.ts';
import { TINY_RUN } from './kill.ts';

const folder = scratch();
afterAll(() => folder.remove());
const csv = folder.file('trains.csv', periodicCsv({ units: 3, seconds: 20 }));
const other = folder.file(
  'other.csv',
  periodicCsv({ units: 5, seconds: 12 }).replace(/u/g, 'v').replace('vnit', 'unit'),
);
const at = (name: string) => join(folder.path, name);
const BINS = 3000;
const asked = (prompt: string, out: string, ...more: string[]) => [
  ...['generate', '--run', at('run'), '--prompt', prompt, '--bins', String(BINS), '--out', at(out)],
  ...more,
];
const hash = (name: string) =>
  createHash('sha256')
    .update(readFileSync(at(name)))
    .digest('hex');

interface Generated {
  status: string;
  bins: number;
  spikes: number;
  units: string[];
  meanRateHz: number;
  prompt: Record<string, unknown>;
  configHash: string;
  binsPerSecond: number;
}
interface Inspected {
  format: string;
  units: unknown;
  spikes: unknown;
}

describe(`on ${runtime}`, () => {
  let first: Generated;
  beforeAll(async () => {
    await json(['train', '--data', csv, '--out', at('run'), ...TINY_RUN]);
    first = (await json(asked('silent', 'silent.npz'))) as Generated;
  }, 120_000);

  test('from silence: all bins, the units of the run, and the way back to the request', async () => {
    expect(first).toMatchObject({
      ...{ schema: 'spikebridge.generation/1', status: 'completed', format: 'npz', bins: BINS },
      ...{ requestedBins: BINS, binMilliseconds: 1, seed: 1, temperature: 1, matchRates: false },
      prompt: { kind: 'silent', bins: 1 },
    });
    // In the order of the recording, though a run has its units by rate.
    expect(first.units).toEqual(['u0', 'u1', 'u2']);
    expect(first.configHash).toMatch(/^[0-9a-f]{64}$/);
    expect(first.binsPerSecond).toBeGreaterThan(0);
    // Trained on 20 to 50 Hz, and sampled at something like it.
    expect(first.meanRateHz).toBeGreaterThan(5);
    expect(first.meanRateHz).toBeLessThan(200);
    expect(first.meanRateHz).toBeCloseTo(first.spikes / 3 / (BINS / 1000), 6);
    const read = (await json(['inspect', at('silent.npz')])) as Inspected;
    expect(read).toMatchObject({ format: 'spikeinterface-npz' });
  });

  test('the same request gives the same file at one and two threads; another seed, prompt or temperature does not', async () => {
    await json(asked('silent', 'two.npz', '--threads', '2', '--device', 'auto'));
    expect(hash('two.npz')).toBe(hash('silent.npz'));
    const others = { seed: ['--seed', '2'], cold: ['--temperature', '0.5'], bins: ['--prompt-bins', '9'] };
    for (const [name, options] of Object.entries(others)) {
      await json(asked('silent', `${name}.npz`, ...options));
      expect(hash(`${name}.npz`), name).not.toBe(hash('silent.npz'));
    }
  });

  test.each([
    ['nwb', 'free.nwb', 'nwb'],
    ['phy', 'free-phy/', 'phy'],
    ['npz', 'free.npz', 'spikeinterface-npz'],
  ])('%s holds the very trains that the others hold', async (format, out, reader) => {
    const document = (await json(asked('silent', out))) as Generated;
    expect(document).toMatchObject({ format, spikes: first.spikes, units: first.units });
    expect(await json(['inspect', at(out)])).toMatchObject({ format: reader });
    await json(['bin', at(out), '--out', at(`${format}.npy`), '--layout', 'bytes']);
    await json(['bin', at('silent.npz'), '--out', at('expected.npy'), '--layout', 'bytes', '--force']);
    // Rows up to the last spike: the header's shape is the file's own (NWB knows when observation ended).
    const rows = (name: string) => readFileSync(at(name)).subarray(128);
    const [got, wanted] = [rows(`${format}.npy`), rows('expected.npy')];
    expect(wanted.length).toBeGreaterThan(2000 * 3);
    expect(Buffer.compare(got.subarray(0, wanted.length), wanted)).toBe(0);
    expect(got.subarray(wanted.length).every((byte) => byte === 0)).toBe(true);
    const names = readdirSync(folder.path, { recursive: true }).map(String);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('after a recording: its own units, or others by index, rank and chance', async () => {
    const own = (await json(asked(csv, 'own.npz', '--start', '2'))) as Generated;
    expect(own.prompt).toMatchObject({ kind: 'recording', startSeconds: 2, bins: 64, pairing: 'within' });
    expect(hash('own.npz')).not.toBe(hash('silent.npz'));
    const drawn = new Set([hash('own.npz')]);
    for (const pairing of ['index', 'rank', 'random']) {
      const options = ['--pairing', pairing, '--prompt-bins', '300'];
      const document = (await json(asked(other, `${pairing}.npz`, ...options))) as Generated;
      expect(document.prompt).toMatchObject({ pairing, bins: 300, startSeconds: 0, unpairedSource: 0 });
      expect(document.units).toEqual(first.units);
      drawn.add(hash(`${pairing}.npz`));
    }
    expect(drawn.size).toBe(4);
  });

  test('what was sampled keeps its own clock beside a real recording that is told one', async () => {
    const document = (await json([
      ...['statistics', '--real', csv, '--fs', '20000', '--generated', at('silent.npz'), '--replicates', '0'],
    ])) as { generated: { name: string; seconds: number } };
    expect(document.generated.name).toBe('silent');
    expect(document.generated.seconds).toBeCloseTo(BINS / 1000, 1);
  });

  test('matched rates', async () => {
    const matched = (await json(asked('silent', 'matched.npz', '--match-rates'))) as Generated;
    expect(hash('matched.npz')).not.toBe(hash('silent.npz'));
    expect(matched).toMatchObject({ matchRates: true, status: 'completed' });
  });

  test('refusals: what is there, a name without a format, options without a use, a prompt too long', async () => {
    const before = hash('silent.npz');
    writeFileSync(at('file'), 'mine');
    mkdirSync(at('full'));
    writeFileSync(at('full/notes.txt'), 'mine');
    const refusals: [string[], RegExp][] = [
      [asked('silent', 'silent.npz'), /E_OUTPUT_EXISTS/],
      [asked('silent', 'full/'), /E_OUTPUT_EXISTS/],
      [asked('silent', 'free.txt'), /E_OUTPUT_FORMAT/],
      [asked('silent', 'file', '--format', 'phy'), /E_OUTPUT_KIND/],
      [asked('silent', 'free', '--start', '1', '--format', 'npz'), /E_USAGE: .*--start/],
      [asked(csv, 'free2.npz', '--prompt-bins', '30000'), /E_PROMPT_SHORT/],
      [asked(csv, 'free2.npz', '--start', '21'), /E_GRID_EMPTY/],
      [asked(other, 'free2.npz', '--pairing', 'within'), /E_PAIR_UNITS/],
      [asked('silent', 'free2.npz', '--bins', '0'), /E_USAGE: .*--bins/],
      [asked('silent', 'free2.npz', '--device', 'reference'), /E_USAGE: .*--device/],
      [asked('silent', 'free2.npz', '--temperature', '0'), /E_USAGE: .*--temperature/],
      [asked(at('none.nwb'), 'free2.npz'), /E_FILE_MISSING/],
    ];
    for (const [args, message] of refusals) {
      const refused = await run(args);
      expect(refused.stderr).toMatch(message);
      expect(refused.code, refused.stderr).toBe(2);
    }
    expect(existsSync(at('free2.npz'))).toBe(false);
    expect(hash('silent.npz')).toBe(before);
    const replaced = await run(asked('silent', 'silent.npz', '--force', '--seed', '5'));
    expect(replaced.stdout).toMatch(/3\.0 s of 3 units, \d+ spikes, \d+ bins\/s/);
    expect(hash('silent.npz')).not.toBe(before);
    expect(readdirSync(at('full'))).toEqual(['notes.txt']);
  });

  test('Ctrl-C keeps what is sampled, and exits with 130', async () => {
    const endless = asked('silent', 'cut.npz', '--bins', '200000000', '--json');
    const started = start(endless);
    await started.seen(/generating: \d+\/200000000 bins, \d+ bins\/s, .* left/);
    started.child.kill('SIGINT');
    const ended = await started.finished;
    expect(ended.code, ended.stderr).toBe(130);
    expect(ended.stderr).toMatch(/what is sampled so far will be written/);
    const document = JSON.parse(ended.stdout) as Generated;
    expect(document).toMatchObject({ status: 'interrupted', requestedBins: 200_000_000, out: at('cut.npz') });
    expect(document.bins).toBeGreaterThan(256);
    const again = asked('silent', 'again.npz', '--bins', String(document.bins));
    expect(await json(again)).toMatchObject({ spikes: document.spikes });
    expect(hash('again.npz')).toBe(hash('cut.npz'));
  }, 60_000);

  test('without the recording it was trained on: from silence alone', async () => {
    renameSync(csv, `${csv}.away`);
    try {
      const alone = (await json(asked('silent', 'alone.npz'))) as Generated;
      expect(alone.spikes).toBe(first.spikes);
      expect([...alone.units].sort()).toEqual(['0', '1', '2']);
      for (const more of [[asked(other, 'no.npz')], [asked('silent', 'no.npz', '--match-rates')]]) {
        const refused = await run(more[0]);
        expect(refused.stderr).toMatch(/^error E_DATA_MISSING: /m);
        expect(refused.code).toBe(2);
      }
      expect(await json(asked('silent', 'named.npz', '--source', `${csv}.away`))).toMatchObject({
        units: first.units,
      });
    } finally {
      renameSync(`${csv}.away`, csv);
    }
  });

  test('no output says anything of the user and where things lie', () => {
    for (const path of ['own.npz', 'free.nwb', join('free-phy', 'provenance.json')]) {
      const content = readFileSync(at(path), 'latin1');
      for (const secret of [folder.path, repository, homedir()].filter((name) => name.length > 1))
        expect(content.includes(secret), `${path} holds ${secret}`).toBe(false);
    }
  });
});
