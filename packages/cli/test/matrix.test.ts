// `matrix` on two short recordings: every cell once, the figures of `evaluate`, kills and interruptions that lose nothing, two commands on
// one folder, and requests that cannot be met.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationDocument, EvaluationPair, MatrixDocument } from '@spikebridge/model';
import { matrixDocumentSchema } from '@spikebridge/model';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { commandLine, json, repository, run, runtime, scratch, start } from './harness.ts';
import { manifestText, writeRecordings } from './matrix-manifest.ts';

// Each test starts a dozen processes, which a busy machine takes its time for.
vi.setConfig({ testTimeout: 600_000 });

const folder = scratch();
afterAll(() => folder.remove());
const at = (...names: string[]) => join(folder.path, ...names);
writeRecordings((name, content) => folder.file(name, content));
const one = folder.file('one.yaml', manifestText());
const two = folder.file('two.yaml', manifestText({ losses: '[bce, dice]' }));

/** Files of cells below a matrix, by name, with their SHA-256 and the time they were written. */
function cellsOf(out: string): Map<string, { readonly hash: string; readonly written: number }> {
  const found = new Map<string, { hash: string; written: number }>();
  for (const kind of ['trained', 'floors', 'judged'].filter((name) => existsSync(join(out, name))))
    for (const name of readdirSync(join(out, kind)).filter((file) => file.endsWith('.json'))) {
      const path = join(out, kind, name);
      // Seconds are told of a training, and differ.
      const text = readFileSync(path, 'utf8').replace(/"seconds": [\d.]+/, '');
      const hash = createHash('sha256').update(text).digest('hex');
      found.set(`${kind}/${name}`, { hash, written: statSync(path).mtimeMs });
    }
  return found;
}
const hashes = (out: string) => Object.fromEntries([...cellsOf(out)].map(([name, { hash }]) => [name, hash]));
/** What the uninterrupted matrix holds of a manifest with one loss. */
const wholeOfOne = () =>
  Object.fromEntries(Object.entries(hashes(at('whole'))).filter(([name]) => !name.includes('.dice.')));
const claims = (out: string) => (existsSync(join(out, 'claims')) ? readdirSync(join(out, 'claims')) : []);

async function waitFor(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 4000) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** How often each run was trained to its end, by the logs of all processes. */
const trainedToEnd = (out: string) =>
  readdirSync(join(out, 'logs'))
    .filter((name) => name.startsWith('trained.'))
    .map((name) => readFileSync(join(out, 'logs', name), 'utf8').split('training: 40/40 steps').length - 1);

describe(`on ${runtime}`, () => {
  const whole = at('whole');

  test('computes every cell, nothing again, and only what a new loss adds', async () => {
    await json(['matrix', one, '--out', whole, '--jobs', '2']);
    const before = cellsOf(whole);
    expect(before.size).toBe(2 + 4 + 4);
    expect(await json(['matrix', two, '--out', whole])).toMatchObject({ missing: [] });
    const after = cellsOf(whole);
    for (const [name, { written }] of before) expect(after.get(name)?.written, name).toBe(written);
    expect(after.size).toBe(4 + 4 + 8);
    expect(trainedToEnd(whole)).toEqual([1, 1, 1, 1]);
    expect(claims(whole)).toEqual([]);
  });

  test('tells the table as JSON, CSV, HTML and text', async () => {
    const document = matrixDocumentSchema.parse(await json(['matrix', two, '--out', whole, '--summary']));
    expect(document.cells.map(({ source, target, loss }) => `${source}.${target}.${loss}`).sort()).toEqual(
      ['dish', 'brain']
        .flatMap((source) =>
          ['dish', 'brain'].flatMap((target) => ['bce', 'dice'].map((loss) => `${source}.${target}.${loss}`)),
        )
        .sort(),
    );
    expect(document.missing).toEqual([]);
    expect(JSON.parse(readFileSync(join(whole, 'matrix.json'), 'utf8'))).toEqual(document);
    const csv = readFileSync(join(whole, 'matrix.csv'), 'utf8').trimEnd().split('\n');
    expect(csv).toHaveLength(9);
    const columns = csv[0].split(',');
    const [first] = document.cells;
    const fields = csv[1].split(',');
    expect(fields).toHaveLength(columns.length);
    expect(Number(fields[columns.indexOf('bitsPerSpike')])).toBe(first.model.bitsPerSpike.value);
    const html = readFileSync(join(whole, 'matrix.html'), 'utf8');
    expect(html).toContain(`<data value="${String(first.model.bitsPerSpike.value)}">`);
    expect(html).toMatch(/<svg[^>]*role="img"/);
    expect(html).not.toMatch(/<script|https?:/);
    expect(html).not.toContain(folder.path);
    const { stdout, code } = await run(['matrix', two, '--out', whole, '--summary', '--quiet']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^in-vitro -> in-vivo +dice +1 +-?\d/m);
    expect(stdout).toMatch(/^bits\/spike +dice - bce +all +4 /m);
  });

  test('judges as `evaluate` does, with the floors of a pair shared between losses', async () => {
    const names = readdirSync(join(whole, 'judged'));
    const pairOf = (stem: string) => {
      const name = names.find((file) => file.startsWith(stem)) ?? '';
      return (JSON.parse(readFileSync(join(whole, 'judged', name), 'utf8')) as { pair: EvaluationPair }).pair;
    };
    const runOf = (stem: string) =>
      join(whole, 'runs', readdirSync(join(whole, 'runs')).find((name) => name.startsWith(stem)) ?? '');
    const evaluated = async (stem: string, ...args: string[]) => {
      const words = ['evaluate', '--run', runOf(stem), '--replicates', '50', ...args];
      return ((await json(words)) as EvaluationDocument).pairs[0];
    };
    const figures = ({ scores, differences, bestFloor, scored, splits }: EvaluationPair) => ({
      ...{ scores, differences, bestFloor, scored, scoredBins: splits.target.scored },
    });
    expect(figures(pairOf('dish.dice.1.brain'))).toEqual(
      figures(
        await evaluated(
          'dish.dice.1',
          ...['--data', at('brain.csv'), '--pairing', 'rank', '--floors', 'recent-rate,plug-in'],
        ),
      ),
    );
    // The later recording: its own units by the units trained on, another's by the rates of the earlier one.
    const later = ['--data', at('dish-later.csv'), '--part', 'all'];
    expect(figures(pairOf('dish.bce.1.dish'))).toEqual(
      figures(
        await evaluated(
          'dish.bce.1',
          ...[...later, '--pairing', 'within', '--level', 'rates'],
          ...['--floors', 'recent-rate,own-history,plug-in'],
        ),
      ),
    );
    expect(figures(pairOf('brain.bce.1.dish'))).toEqual(
      figures(
        await evaluated(
          'brain.bce.1',
          ...[
            ...later,
            '--calibrate',
            at('dish.csv'),
            '--pairing',
            'rank',
            '--floors',
            'recent-rate,plug-in',
          ],
        ),
      ),
    );
    expect(Object.keys(pairOf('dish.bce.1.brain').scores)).not.toContain('own-history');
  });

  test('killed with kill -9 together with its children: the next command finishes, and does nothing twice', async () => {
    const out = at('killed');
    const [command, ...leading] = commandLine();
    const first = spawn(command, [...leading, 'matrix', one, '--out', out, '--jobs', '2', '--quiet'], {
      stdio: 'ignore',
      // A group of its own, so that the blow reaches the children.
      detached: true,
    });
    const gone = new Promise((done) => first.once('exit', done));
    await waitFor('a trained run and another claim', () => {
      return [...cellsOf(out).keys()].some((name) => name.startsWith('trained/')) && claims(out).length > 0;
    });
    process.kill(-(first.pid ?? 0), 'SIGKILL');
    await gone;
    const before = cellsOf(out);
    expect(before.size).toBeGreaterThan(0);
    expect(before.size).toBeLessThan(10);
    // Whoever died holds nobody up.
    expect(claims(out).length).toBeGreaterThan(0);
    await json(['matrix', one, '--out', out, '--jobs', '2']);
    const after = cellsOf(out);
    for (const [name, { written }] of before) expect(after.get(name)?.written, name).toBe(written);
    expect(hashes(out)).toEqual(wholeOfOne());
    expect(claims(out)).toEqual([]);
  });

  test('children whose parent dies stop by themselves; Ctrl-C stops them too; the same command goes on', async () => {
    const out = at('stopped');
    const first = start(['matrix', one, '--out', out, '--jobs', '2']);
    await waitFor('a claim', () => claims(out).some((name) => name.includes('.claim-')));
    first.child.kill('SIGKILL');
    await first.finished;
    // Nobody sent the children a signal, and their claims are given back, not left behind.
    await waitFor('the children to let go', () => claims(out).length === 0);
    const second = start(['matrix', one, '--out', out, '--jobs', '2', '--json']);
    await waitFor('a cell and a claim', () => cellsOf(out).size > 0 && claims(out).length > 0);
    second.child.kill('SIGINT');
    const { code, stdout } = await second.finished;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ interrupted: true, cells: 10, done: cellsOf(out).size });
    expect(claims(out)).toEqual([]);
    const before = cellsOf(out);
    expect(await json(['matrix', one, '--out', out])).toMatchObject({ missing: [] });
    for (const [name, { written }] of before) expect(cellsOf(out).get(name)?.written, name).toBe(written);
    expect(hashes(out)).toEqual(wholeOfOne());
  });

  test('two commands on one folder share the work', async () => {
    const out = at('shared');
    const both = [
      start(['matrix', one, '--out', out, '--json']),
      start(['matrix', one, '--out', out, '--json']),
    ];
    for (const { finished } of both) {
      const { code, stdout } = await finished;
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ missing: [] });
    }
    expect(trainedToEnd(out)).toEqual([1, 1]);
    expect(claims(out)).toEqual([]);
  });

  test('single cells: the same files, in any process; what they rest on has to be there', async () => {
    const out = at('single');
    const plan = (await json(['matrix', one, '--out', out, '--dry-run'])) as {
      cells: { id: string; kind: string; done: boolean }[];
      recordings: { name: string; fingerprint: string }[];
    };
    expect(existsSync(out)).toBe(false);
    expect(plan.cells.every(({ done }) => !done)).toBe(true);
    const idOf = (stem: string) => plan.cells.find(({ id }) => id.startsWith(stem))?.id ?? '';
    const judged = idOf('judged/brain.bce.1.dish');
    const early = await run(['matrix', one, '--out', out, '--cell', judged]);
    expect(early.code).toBe(1);
    expect(early.stderr).toContain('E_MATRIX_NEEDS');
    expect(early.stderr).toContain(idOf('trained/brain.bce.1'));
    const needed = [idOf('trained/brain.bce.1'), idOf('floors/brain.dish')];
    await json(['matrix', one, '--out', out, '--cell', ...needed, judged]);
    expect(Object.keys(hashes(out)).sort()).toEqual([...needed, judged].map((id) => `${id}.json`).sort());
    for (const [name, hash] of Object.entries(hashes(out))) expect(hash, name).toBe(hashes(whole)[name]);
    // What is there is told with what is missing.
    const { stdout, code } = await run(['matrix', one, '--out', out, '--summary']);
    expect(code).toBe(0);
    expect(stdout).toContain('3 cells are missing');
    const unknown = await run(['matrix', one, '--out', out, '--cell', 'trained/brain.bce.9-000000000000']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('E_MATRIX_CELL');
  });

  test('a recording that cannot be used costs its own cells only, and is told', async () => {
    folder.file('short.csv', 'unit,time\nu0,0.010\nu0,0.090\n');
    const recordings = `
  - { name: dish, domain: in-vitro, path: dish.csv, test: dish-later.csv }
  - { name: short, domain: in-vivo, path: short.csv }`;
    const manifest = folder.file('short.yaml', manifestText({ recordings }));
    const { code, stdout, stderr } = await run(['matrix', manifest, '--out', at('short'), '--json']);
    expect(code).toBe(1);
    const document = JSON.parse(stdout) as MatrixDocument;
    expect(document.cells.map(({ source, target }) => `${source}.${target}`)).toEqual(['dish.dish']);
    expect(document.missing).toHaveLength(3);
    expect(stderr).toMatch(/trained\/short\.bce\.1-\w+ was not computed \(.*\.log\):\nerror E_/);
  });

  test('testSeconds and validationSeconds: less is scored and tuned on, of the runs that are there', async () => {
    const text = manifestText().replace(
      'evaluation:\n',
      'evaluation:\n  testSeconds: 3\n  validationSeconds: 2\n',
    );
    const manifest = folder.file('seconds.yaml', text);
    const before = trainedToEnd(whole);
    const known = cellsOf(whole);
    await json(['matrix', manifest, '--out', whole]);
    expect(trainedToEnd(whole)).toEqual(before);
    const added = [...cellsOf(whole).keys()].filter((name) => name.startsWith('judged/') && !known.has(name));
    expect(added).toHaveLength(4);
    for (const name of added) {
      const { pair } = JSON.parse(readFileSync(join(whole, name), 'utf8')) as { pair: EvaluationPair };
      const bins = (spans: readonly { readonly start: number; readonly stop: number }[]) =>
        spans.reduce((sum, { start, stop }) => sum + stop - start, 0);
      expect(bins(pair.splits.source.validation), name).toBe(2000);
      // A past has to be there first.
      expect(bins(pair.splits.target.scored), name).toBeLessThanOrEqual(3000);
      expect(bins(pair.splits.target.scored), name).toBeGreaterThan(2900);
    }
  });

  test.each([
    ['an unknown key', 'lossess: [bce]\nrecordings: []\n', 'E_MATRIX_MANIFEST', 'did you mean losses?'],
    ['no recording', 'recordings: []\n', 'E_MATRIX_MANIFEST', 'recordings'],
    [
      'a variable that is not set',
      'recordings: [{ name: a, domain: in-vivo, path: "${SPIKEBRIDGE_NO_SUCH}/a.csv" }]\n',
      'E_MATRIX_VARIABLE',
      'export SPIKEBRIDGE_NO_SUCH=',
    ],
    [
      'other trains than the fingerprint says',
      `recordings: [{ name: a, domain: in-vivo, path: dish.csv, fingerprint: ${'ab'.repeat(32)} }]\n`,
      'E_DATA_CHANGED',
      'dish.csv',
    ],
    [
      'the same trains under two names',
      'recordings: [{ name: a, domain: in-vivo, path: dish.csv }, { name: b, domain: in-vitro, path: dish.csv }]\n',
      'E_MATRIX_TWICE',
      'b and a hold the same',
    ],
    [
      'an unknown setting',
      'recordings: [{ name: a, domain: in-vivo, path: dish.csv }]\nset: { training.step: 3 }\n',
      'E_CONFIG_UNKNOWN_KEY',
      'training.steps',
    ],
  ])('refuses %s before anything is written', async (_, text, code, said) => {
    const manifest = folder.file('bad.yaml', text);
    const result = await run(['matrix', manifest, '--out', at('bad')]);
    expect(result.stderr).toContain(code);
    expect(result.stderr).toContain(said);
    expect(result.code).toBe(code === 'E_DATA_CHANGED' ? 1 : 2);
    expect(existsSync(at('bad'))).toBe(false);
  });

  const data = process.env['SPIKEBRIDGE_DATA'] ?? join(repository, 'data');
  test.skipIf(!existsSync(join(data, 'spikes')))(
    "the project's manifest opens every recording of the test data (needs SPIKEBRIDGE_DATA)",
    async () => {
      const manifest = join(repository, 'manifests', 'test-data.yaml');
      const result = await run(['matrix', manifest, '--out', at('real'), '--dry-run', '--json', '--quiet'], {
        env: { SPIKEBRIDGE_DATA: data },
      });
      expect(result.stderr).not.toContain('error');
      const plan = JSON.parse(result.stdout) as {
        cells: { kind: string }[];
        recordings: { name: string; fingerprint: string }[];
      };
      expect(new Set(plan.recordings.map(({ fingerprint }) => fingerprint)).size).toBe(8);
      expect(plan.cells.filter(({ kind }) => kind === 'judged')).toHaveLength(8 * 8 * 3);
    },
  );
});
