// The page and the command line are two hosts of one program: the same recording and settings make the same run, the same judgement
// and the same spikes, and a run goes from one to the other and on.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { unzipSync } from 'fflate';
import { downloaded, interrupted, onPage, openHost, spikebridge } from './harness.mjs';
import { learned, takeAway, TINY, trainWords, zipFolder } from './runs.mjs';
import { differences } from './same-numbers.mjs';
import { trains } from './trains.mjs';
import { beginTraining, ended, judge, openFiles, train, visit } from './visitor.mjs';

const NAMES = ['vitro', 'vivo'];
const STEPS = 40;
/** Long enough to be stopped in the middle of. */
const LONG = { steps: 1200, checkpoint: 300 };
const FLOORS = ['--floors', 'own-rate,recent-rate,plug-in'];

let host;
/** Folders of the runs that the page made, and the spikes that it let the first go on to. */
const page = { vitro: '', vivo: '', generated: '', weights: '', metrics: '', seen: [] };

before(async () => {
  host = await openHost();
  writeFileSync(host.at('vitro.csv'), trains({ units: 6, seconds: 40, rate: 6, seed: 1 }));
  writeFileSync(host.at('vivo.csv'), trains({ units: 6, seconds: 40, rate: 12, seed: 2 }));
});
after(() => host?.close());

test('in the page: open two recordings, train on each, judge 2 x 2, generate, download', async () => {
  await onPage(host, {}, async (tab) => {
    await openFiles(host, tab, host.at('vitro.csv'));
    await openFiles(host, tab, host.at('vivo.csv'));
    const runs = [];
    for (const name of NAMES)
      runs.push(await train(host, tab, { recording: name, steps: STEPS, more: TINY }));
    await judge(host, tab, { runs, recordings: NAMES, fields: 4 });
    page.seen = await tab.locator('button.field strong').allTextContents();
    await visit(host, tab, `generate?run=${runs[0]}`);
    await tab.getByLabel('Seconds').fill('2');
    await tab.getByLabel('Seed').fill('7');
    await grown(tab, () => tab.getByRole('button', { name: 'Generate', exact: true }).click());
    page.generated = host.at('page.npz');
    await downloaded(tab, () => tab.getByRole('button', { name: 'Download npz' }).click(), page.generated);
    await visit(host, tab, 'train');
    for (const [index, name] of NAMES.entries())
      page[name] = await takeAway(tab, runs[index], host.at('page'));
    const click = (name) => () => tab.getByRole('button', { name, exact: true }).click();
    [page.weights, page.metrics] = [host.at('weights.zip'), host.at('metrics.jsonl')];
    await downloaded(tab, click(`Weights of ${runs[0]}, for other tools`), page.weights);
    await downloaded(tab, click(`Metrics of ${runs[0]}`), page.metrics);
  });
});

test('weights and metrics by themselves: the files of `export` and of the run', async () => {
  const out = host.at('exported');
  await spikebridge(host, 'export', '--run', page.vitro, '--format', 'safetensors', '--out', out);
  const given = Object.entries(unzipSync(readFileSync(page.weights))).filter(([path]) => !path.endsWith('/'));
  assert.deepEqual(given.map(([path]) => path.split('/').at(-1)).sort(), readdirSync(out).sort());
  for (const [path, bytes] of given)
    assert.deepEqual(Buffer.from(bytes), readFileSync(join(out, path.split('/').at(-1))), path);
  assert.deepEqual(readFileSync(page.metrics), readFileSync(join(page.vitro, 'metrics.jsonl')));
});

/** The raster is drawn anew while spikes are sampled: pictures of it differ before the last one is there. */
async function grown(tab, start) {
  await tab.evaluate(() => {
    globalThis.drawn = new Set();
    const look = () => {
      const made = globalThis.document.querySelector('[aria-label^="Generated raster"] canvas');
      const running = globalThis.document.querySelector('progress[aria-label="Generating"]');
      if (made !== null && running !== null) globalThis.drawn.add(made.toDataURL());
      globalThis.requestAnimationFrame(look);
    };
    look();
  });
  await start();
  await tab.getByText('bins/s on').waitFor();
  const pictures = await tab.evaluate(() => globalThis.drawn.size);
  assert.ok(pictures >= 2, `${pictures} pictures while it ran`);
}

for (const name of NAMES)
  test(`a run on ${name}: losses and weights of the page and of \`train\` are the same bits`, async () => {
    await spikebridge(
      host,
      ...['train', '--data', host.at(`${name}.csv`), '--out', host.at(name)],
      ...trainWords({ steps: STEPS }),
    );
    const [ours, theirs] = [learned(page[name]), learned(host.at(name))];
    assert.equal(
      ours.metrics
        .trim()
        .split('\n')
        .filter((row) => row.includes('"train"')).length,
      STEPS / 10,
    );
    assert.deepEqual(ours, theirs);
  });

const documentsOf = (folder) => readdirSync(folder).filter((name) => /^evaluation.*\.json$/.test(name));

for (const source of NAMES)
  for (const target of NAMES)
    test(`${source} on ${target}: \`evaluate\` finds in the downloaded run what the page found`, async () => {
      const across = ['--data', host.at(`${target}.csv`), '--pairing', 'rank', '--level', 'rates'];
      const words = source === target ? [] : across;
      const file = documentsOf(page[source]).find(
        (name) => (name === 'evaluation.json') === (source === target),
      );
      const { command: none, ...found } = JSON.parse(readFileSync(join(page[source], file), 'utf8'));
      const printed = await spikebridge(
        host,
        ...['evaluate', '--run', page[source], '--source', host.at(`${source}.csv`), ...words],
        ...[...FLOORS, '--json'],
      );
      const { command, ...again } = JSON.parse(printed);
      assert.deepEqual(differences(found, again), []);
      assert.ok(none === undefined && command.startsWith('spikebridge evaluate'), `${none}, ${command}`);
      assert.deepEqual(Object.keys(again.pairs[0].scores), ['model', 'own-rate', 'recent-rate', 'plug-in']);
      const { value } = again.pairs[0].scores.model.bitsPerSpike;
      const at = 2 * NAMES.indexOf(source) + NAMES.indexOf(target);
      assert.ok(page.seen[at].startsWith(value.toFixed(3).replace('-', '−')), `${page.seen[at]}: ${value}`);
    });

test('2 s that the page let a run go on to are those of `generate`', async () => {
  await spikebridge(
    host,
    ...['generate', '--run', page.vitro, '--source', host.at('vitro.csv'), '--prompt', host.at('vitro.csv')],
    ...['--bins', '2000', '--seed', '7', '--out', host.at('cli.npz')],
  );
  const [ours, theirs] = [page.generated, host.at('cli.npz')].map((path) => unzipSync(readFileSync(path)));
  // What the page writes is all there is, but for the record of the command.
  assert.ok('spike_indexes_seg0.npy' in ours && 'unit_ids.npy' in ours, Object.keys(ours).join(' '));
  assert.ok(ours['spike_indexes_seg0.npy'].length > 1000);
  for (const name of Object.keys(ours)) assert.deepEqual(ours[name], theirs[name], name);
});

test('a run goes from the command line to the page, and back, in the middle of its training', async () => {
  await spikebridge(
    host,
    ...['train', '--data', host.at('vitro.csv'), '--out', host.at('whole'), ...trainWords(LONG)],
  );
  const whole = learned(host.at('whole'));
  await interrupted(
    host,
    () => existsSync(host.at('begun', 'checkpoints', 'step-00000300', 'DONE')),
    ...['train', '--data', host.at('vitro.csv'), '--out', host.at('begun'), ...trainWords(LONG)],
  );
  writeFileSync(host.at('begun.zip'), zipFolder(host.folder, 'begun'));
  await onPage(host, {}, async (tab) => {
    await openFiles(host, tab, host.at('vitro.csv'));
    await visit(host, tab, 'train');
    await tab.getByLabel('Take in a run (zip)').setInputFiles(host.at('begun.zip'));
    await tab.getByRole('button', { name: 'Go on with begun' }).click();
    assert.equal(await ended(tab, 'finished', 'begun'), 'begun');
    assert.deepEqual(learned(await takeAway(tab, 'begun', host.at('back'))), whole);

    await beginTraining(host, tab, { recording: 'vitro', ...LONG, more: TINY });
    await tab
      .locator('main')
      .getByText(/^\d+ of 1200$/)
      .waitFor();
    await tab.locator('main').getByRole('button', { name: 'Pause' }).click();
    const name = await ended(tab, 'interrupted', 'vitro');
    const folder = await takeAway(tab, name, host.at('back'));
    const rows = learned(folder).metrics.trim().split('\n').length;
    assert.ok(rows < whole.metrics.trim().split('\n').length, 'it was paused before its end');
    await spikebridge(host, ...['train', '--resume', '--data', host.at('vitro.csv'), '--out', folder]);
    assert.deepEqual(learned(folder), whole);
  });
});
