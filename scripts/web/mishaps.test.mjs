// What goes wrong around the page, and what its user does in the middle of something: no answer is waited for in vain, what is at work can
// be seen and stopped from every view, and nothing goes without a word.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { onPage, openHost } from './harness.mjs';
import { TINY } from './runs.mjs';
import { trains } from './trains.mjs';
import { beginTraining, chooseToJudge, ended, faultsOf, openFiles, train, visit } from './visitor.mjs';

let host;

before(async () => {
  host = await openHost();
  writeFileSync(host.at('vitro.csv'), trains({ units: 6, seconds: 40, rate: 6, seed: 1 }));
  writeFileSync(host.at('vivo.csv'), trains({ units: 6, seconds: 40, rate: 9, seed: 2 }));
  writeFileSync(host.at('long.csv'), trains({ units: 24, seconds: 600, rate: 8, seed: 3 }));
  writeFileSync(host.at('two.npz'), sorting());
});

after(() => host?.close());

/** A sorting of two segments, as SpikeInterface's NpzSortingExtractor writes it. */
function sorting() {
  const npy = (dtype, values, bytes) => {
    const head = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${values.length},), }`;
    const padded = `${head.padEnd(64 - 10 - 1 + 64)}\n`;
    const prefix = new Uint8Array([0x93, ...strToU8('NUMPY'), 1, 0, padded.length & 255, padded.length >> 8]);
    return Buffer.concat([prefix, strToU8(padded), new Uint8Array(bytes(values).buffer)]);
  };
  const integers = (values) => npy('<i8', values, (all) => BigInt64Array.from(all.map(BigInt)));
  const numbers = (values) => npy('<f8', values, (all) => Float64Array.from(all));
  const files = { 'unit_ids.npy': integers([1, 2]), 'sampling_frequency.npy': numbers([10_000]) };
  for (const segment of [0, 1]) {
    const spikes = Array.from({ length: 40 * (segment + 1) }, (_, at) => 1000 * (at + 1));
    files[`spike_indexes_seg${segment}.npy`] = integers(spikes);
    files[`spike_labels_seg${segment}.npy`] = integers(spikes.map((_, at) => 1 + (at % 2)));
  }
  files['num_segment.npy'] = integers([2]);
  return zipSync(files);
}

test('a view whose file cannot be loaded says so; the others are there', () =>
  onPage(host, { expected: /JudgeView|Failed to fetch|ERR_FAILED|error occurred in/ }, async (page) => {
    await page.context().route(/JudgeView-.*\.js/, (route) => route.abort());
    await visit(host, page, 'open');
    await page.getByRole('link', { name: 'Judge' }).click();
    await page.getByRole('heading', { name: 'This view cannot be shown' }).waitFor();
    await page.getByRole('button', { name: 'Reload' }).waitFor();
    await page.getByRole('link', { name: 'Train', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Train' }).waitFor();
  }));

test('a worker that cannot be loaded is a fault, not a wait without end; the next try may be better', () =>
  onPage(host, { expected: /ERR_FAILED/ }, async (page) => {
    await page.context().route(/reader\.worker/, (route) => route.abort());
    await visit(host, page, 'open');
    await page.getByRole('button', { name: 'Simulated pair' }).first().click();
    await page.getByText('E_WORKER').waitFor();
    await page.getByText('Opening the simulated pair').waitFor({ state: 'detached' });
    await page.context().unroute(/reader\.worker/);
    await page.getByRole('button', { name: 'Simulated pair' }).first().click();
    await page
      .getByRole('link', { name: /simulated in vitro/ })
      .first()
      .waitFor();
  }));

test('of several files each is opened; a file of several parts asks which', () =>
  onPage(host, {}, async (page) => {
    await visit(host, page, 'open');
    await page
      .locator('input[type="file"][multiple]')
      .setInputFiles([host.at('vitro.csv'), host.at('vivo.csv')]);
    await page.getByRole('heading', { level: 2, name: 'Raster' }).waitFor();
    await visit(host, page, 'open');
    for (const name of ['vitro', 'vivo'])
      await page.getByRole('link', { name: new RegExp(`^${name}`) }).waitFor();
    await page.locator('input[type="file"][multiple]').setInputFiles(host.at('two.npz'));
    await page.getByText('The sorting has 2 segments.').waitFor();
    await page.getByLabel('Its name').fill('seg7');
    await page.getByRole('button', { name: 'Open it' }).click();
    await page.getByText('There is no segment seg7 among 2.').waitFor();
    await page.getByLabel('Its name').fill('seg1');
    await page.getByRole('button', { name: 'Open it' }).click();
    await page.getByRole('heading', { level: 2, name: 'Raster' }).waitFor();
    assert.match(await page.locator('dt:text-is("Spikes") + dd').textContent(), /^80$/);
  }));

test('judging stops at once, also where it fits floors, and the page judges on', () =>
  onPage(host, {}, async (page) => {
    await openFiles(host, page, host.at('long.csv'));
    const more = { ...TINY, 'data.units': 24 };
    const run = await train(host, page, { recording: 'long', steps: 20, checkpoint: 20, more });
    await visit(host, page, 'judge');
    await chooseToJudge(page, { runs: [run], recordings: ['long'] });
    await page.getByLabel('Floors').selectOption('all');
    await page.getByRole('button', { name: 'Judge 1 pair' }).click();
    const bar = page.getByRole('region', { name: 'Job at hand' });
    await bar
      .getByText(/floor|fit/i)
      .first()
      .waitFor();
    // It is seen, and can be stopped, from any view.
    await page.getByRole('link', { name: 'Recordings', exact: true }).click();
    const everywhere = page.getByRole('region', { name: 'Judging at hand' });
    await everywhere.getByRole('button', { name: 'Stop' }).click();
    await everywhere.waitFor({ state: 'detached', timeout: 5000 });
    await page.getByRole('link', { name: 'Judge', exact: true }).first().click();
    await page.getByText('No run of this page was judged yet.').waitFor();
    assert.deepEqual(await faultsOf(page), []);
    await chooseToJudge(page, { runs: [run], recordings: ['long'] });
    await page.getByRole('button', { name: 'Judge 1 pair' }).click();
    await page.locator('button.field').first().waitFor();
  }));

test('generating is drawn while it grows, beside the recording, and goes on while other views are looked at', () =>
  onPage(host, {}, async (page) => {
    await openFiles(host, page, host.at('vitro.csv'));
    await train(host, page, { recording: 'vitro', steps: 20, checkpoint: 20, more: TINY });
    await visit(host, page, 'generate');
    await page.getByLabel('Seconds').fill('30');
    await page.evaluate(() => {
      globalThis.seen = [];
      new globalThis.MutationObserver(() => {
        const [made, real] = [...globalThis.document.querySelectorAll('.raster-tools [role=status]')];
        const growing = globalThis.document.querySelector('progress[aria-label=Generating]') !== null;
        if (growing && made !== undefined)
          globalThis.seen.push({ made: made.textContent, real: real !== undefined });
      }).observe(globalThis.document, { subtree: true, childList: true, characterData: true });
    });
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    await page.waitForFunction(() => new Set(globalThis.seen.map(({ made }) => made)).size >= 3);
    const seen = await page.evaluate(() => globalThis.seen);
    // All that is there is looked at, and the recording stands beside it.
    for (const { made, real } of seen) {
      assert.match(made, /^0 s to (.+) of \1, 6 units$/);
      assert.ok(real);
    }
    await page.getByRole('link', { name: 'Recordings', exact: true }).click();
    await page.getByRole('region', { name: 'Generating at hand' }).waitFor();
    await page.getByRole('link', { name: 'Generate', exact: true }).first().click();
    assert.equal(await page.getByRole('button', { name: 'Generate', exact: true }).isEnabled(), false);
    await page.getByText(/^30 s of 6 units/).waitFor();
  }));

test('a training is begun once, however often it is asked for', () =>
  onPage(host, {}, async (page) => {
    await openFiles(host, page, host.at('vitro.csv'));
    await beginTraining(host, page, { recording: 'vitro', steps: 100_000, checkpoint: 50_000, more: TINY });
    await page
      .locator('main')
      .getByText(/^\d+ of 100000$/)
      .waitFor();
    await page.locator('main').getByRole('button', { name: 'Pause' }).click();
    const run = await ended(page, 'interrupted', 'vitro');
    // Two presses before the page can draw again.
    await page
      .getByRole('button', { name: `Go on with ${run}` })
      .evaluate((button) => (button.click(), button.click()));
    await page
      .locator('main')
      .getByText(/^\d+ of 100000$/)
      .waitFor();
    assert.deepEqual(await faultsOf(page), []);
    await page.locator('main').getByRole('button', { name: 'Pause' }).click();
    await ended(page, 'interrupted', 'vitro');
  }));

test('a file dropped beside its place does not take the page away', () =>
  onPage(host, {}, async (page) => {
    await visit(host, page, 'train');
    const taken = await page.evaluate(() =>
      ['dragover', 'drop'].map((kind) => {
        const event = new globalThis.DragEvent(kind, { bubbles: true, cancelable: true });
        globalThis.document.body.dispatchEvent(event);
        return event.defaultPrevented;
      }),
    );
    assert.deepEqual(taken, [true, true]);
  }));

test('a run whose folder is damaged is shown, can be taken away and removed; the others are there', () =>
  onPage(host, {}, async (page) => {
    await openFiles(host, page, host.at('vitro.csv'));
    const whole = await train(host, page, { recording: 'vitro', steps: 20, checkpoint: 20, more: TINY });
    await openFiles(host, page, host.at('vivo.csv'));
    const damaged = await train(host, page, { recording: 'vivo', steps: 20, checkpoint: 20, more: TINY });
    await page.evaluate(async (name) => {
      const top = await globalThis.navigator.storage.getDirectory();
      const runs = await top.getDirectoryHandle('runs');
      const file = await (await runs.getDirectoryHandle(name)).getFileHandle('env.json');
      const writable = await file.createWritable();
      await writable.write('{"cut":');
      await writable.close();
    }, damaged);
    await page.reload();
    await page.getByRole('heading', { name: 'Folders that cannot be read as runs' }).waitFor();
    await page.getByRole('region', { name: 'Runs' }).getByText(whole).waitFor();
    assert.equal(
      await page.getByRole('region', { name: 'Runs' }).getByText(damaged, { exact: true }).count(),
      0,
    );
    assert.deepEqual(await faultsOf(page), []);
    await page.getByRole('button', { name: `Remove ${damaged}`, exact: true }).click();
    await page.getByRole('button', { name: `Remove ${damaged} for good` }).click();
    await page
      .getByRole('heading', { name: 'Folders that cannot be read as runs' })
      .waitFor({ state: 'detached' });
  }));
