// The report as a reader meets it: opened from the disk in Chromium, with no request that leaves it, nothing that axe objects to in
// light and dark, nothing that sticks out of a narrow window, every table to be reached by keyboard, and a print of it.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { chromium as executablePath } from '../lib/gpu-hosts.mjs';
import { root, run } from '../lib/project.mjs';

mkdirSync(join(root, 'build'), { recursive: true });
const folder = mkdtempSync(join(root, 'build', 'report-'));
const at = (name) => join(folder, name);
let browser;

/** Types a command of ours that must work. */
async function spikebridge(...words) {
  const result = await run('node', [join(root, 'packages', 'cli', 'dist', 'main.js'), ...words, '--quiet'], {
    env: { XDG_CACHE_HOME: at('cache') },
  });
  assert.equal(result.code, 0, `${words.join(' ')}\n${result.stderr}`);
}

/** Units that repeat their own interval, as a CSV. */
function trains(units, seconds, slow) {
  const rows = ['unit,time'];
  for (let unit = 0; unit < units; unit += 1) {
    let spike = 0;
    for (
      let time = 0.004 * (unit + 1);
      time < seconds;
      time += slow * (0.02 + 0.011 * unit) + ((spike * 7 + unit * 3) % 5) * 0.001
    ) {
      rows.push(`u${unit},${time.toFixed(6)}`);
      spike += 1;
    }
  }
  return `${rows.join('\n')}\n`;
}

/** Long squares of a cell that spikes as soon as it gets 100 pA, as a CSV: 0.6 s of rest, 1 s of current, 0.6 s of rest at 10 kHz. */
function sweeps() {
  const rows = ['sweep,time_s,voltage_mV,current_pA'];
  const spike = [-45, -38, -20, 5, 30, 22, 4, -16, -34, -48, -58, -63, -66, -66];
  [-70, -30, 60, 120, 160].forEach((current, sweep) => {
    let since = 0;
    for (let sample = 0; sample < 22_000; sample += 1) {
      const on = sample >= 6000 && sample < 16_000;
      since = on ? since + 1 : 0;
      const period = current >= 100 ? 100_000 / current : Infinity;
      const within = since % period;
      let voltage = -70 + (on ? (current / 10) * (1 - Math.exp(-since / 200)) : 0);
      if (on && since >= period && within < spike.length) voltage = spike[Math.floor(within)];
      rows.push(`${sweep + 1},${(sample / 10_000).toFixed(4)},${voltage.toFixed(3)},${on ? current : 0}`);
    }
  });
  return `${rows.join('\n')}\n`;
}

const SETS = {
  'data.units': 4,
  'net.width': 8,
  'net.heads': 2,
  'net.feedForward': 8,
  'training.context': 64,
  'training.batch': 4,
  'training.steps': 40,
  'training.warmupSteps': 2,
};
const small = Object.entries(SETS).flatMap(([key, value]) => ['--set', `${key}=${value}`]);

before(async () => {
  writeFileSync(at('vitro.csv'), trains(4, 40, 1));
  writeFileSync(at('vivo.csv'), trains(3, 40, 1.5));
  for (const name of ['vitro', 'vivo'])
    await spikebridge('train', '--data', at(`${name}.csv`), '--out', at(name), ...small);
  const judge = (name, ...words) =>
    spikebridge('evaluate', '--run', at(name), '--replicates', '40', ...words);
  await judge('vitro', '--floors', 'own-history,plug-in', '--statistics');
  await judge('vivo', '--floors', 'plug-in');
  const across = ['--pairing', 'rank', '--level', 'statistics', '--floors', 'plug-in'];
  for (const seconds of ['3', '12'])
    await judge('vitro', '--data', at('vivo.csv'), ...across, '--calibration-seconds', seconds);
  await judge('vivo', '--data', at('vitro.csv'), ...across);
  await spikebridge('interpret', '--run', at('vitro'), '--windows', '16');
  await spikebridge('report', at('vitro'), at('vivo'), '--out', at('both.html'));
  // An evaluation, calls and features of cells.
  const documents = join(root, 'packages', 'model', 'src', 'report', 'cells', 'testing');
  for (const name of ['evaluation', 'prediction'])
    cpSync(join(documents, `${name}.json`), at(`${name}.json`));
  writeFileSync(at('cell.csv'), sweeps());
  await spikebridge('celltype', 'extract', at('cell.csv'), '--out', at('features'));
  const cells = ['evaluation.json', 'prediction.json', 'features'].map(at);
  await spikebridge('celltype', 'report', ...cells, '--out', at('cells.html'));
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: 0 });
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a report as a file and hands it over with every address that was asked for. */
async function opened(name, options, look) {
  const context = await browser.newContext(options);
  // A busy machine is slow, not wrong: the lane is ended from outside.
  context.setDefaultTimeout(0);
  context.setDefaultNavigationTimeout(0);
  const requests = [];
  context.on('request', (request) => requests.push(request.url()));
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => faults.push(message.text()));
  const address = pathToFileURL(at(name)).href;
  await page.goto(address);
  await look(page);
  assert.deepEqual(requests, [address]);
  assert.deepEqual(faults, []);
  await context.close();
}

for (const name of ['vitro/report.html', 'both.html', 'cells.html'])
  for (const colorScheme of ['light', 'dark'])
    test(`${name}, ${colorScheme}: axe finds no violation, and nothing is asked for`, async () => {
      await opened(name, { colorScheme }, async (page) => {
        const paper = await page.evaluate(
          () => globalThis.getComputedStyle(globalThis.document.body).backgroundColor,
        );
        assert.equal(paper, colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(22, 27, 32)');
        // What is folded away is read as well.
        await page.$$eval('details', (found) => found.forEach((one) => one.setAttribute('open', '')));
        await page.evaluate(axe.source);
        const { violations, passes } = await page.evaluate(() =>
          globalThis.axe.run(globalThis.document, { preload: false }),
        );
        const told = violations.map(
          ({ id, help, nodes }) =>
            `${id}: ${help}\n  ${nodes
              .map(({ html }) => html.slice(0, 200))
              .slice(0, 5)
              .join('\n  ')}`,
        );
        assert.deepEqual(told, []);
        assert.ok(passes.some(({ id }) => id === 'color-contrast'));
        assert.ok(passes.some(({ id }) => id === 'svg-img-alt'));
      });
    });

test('axe would find a violation: a figure whose words are taken away', async () => {
  await opened('both.html', {}, async (page) => {
    await page.evaluate(axe.source);
    const found = await page.evaluate(() => {
      globalThis.document.querySelector('svg').removeAttribute('aria-label');
      return globalThis.axe.run(globalThis.document, { preload: false });
    });
    assert.deepEqual(
      found.violations.map(({ id }) => id),
      ['svg-img-alt'],
    );
  });
});

test('every part is there', async () => {
  await opened('both.html', {}, async (page) => {
    const titles = await page.$$eval('h2', (found) => found.map((title) => title.textContent));
    for (const wanted of [
      'In short',
      'Every source on every target',
      'Transfer against calibration length',
      'Inside the net: vitro on vitro',
      'Run vivo',
    ])
      assert.ok(titles.includes(wanted), `${wanted} in ${titles.join('; ')}`);
    const captions = await page.$$eval('figcaption', (found) => found.map((caption) => caption.textContent));
    for (const wanted of [
      /^ROC/,
      /^Precision/,
      /^Reliability/,
      /^bits\/spike of each unit/,
      /^The first 3\.0 s/,
      /^Attention by lag/,
    ])
      assert.ok(
        captions.some((caption) => wanted.test(caption)),
        `${wanted} in ${captions.join('; ')}`,
      );
    const commands = await page.$$eval('pre', (found) => found.map((one) => one.textContent).join('\n'));
    assert.match(
      commands,
      /^spikebridge train --data vitro\.csv --config vitro\/config\.resolved\.yaml --out vitro$/m,
    );
    assert.match(
      commands,
      /^spikebridge evaluate --run vitro --floors own-history,plug-in --replicates 40 --statistics$/m,
    );
    assert.match(
      commands,
      /^spikebridge evaluate --run vitro --data vivo\.csv --pairing rank --level statistics --calibration-seconds 12 --floors plug-in --replicates 40$/m,
    );
    assert.match(commands, /^# configuration [0-9a-f]{64}$/m);
  });
});

test('cells: every part is there, with the spikes that were found', async () => {
  await opened('cells.html', {}, async (page) => {
    const captions = await page.$$eval('figcaption', (found) => found.map((caption) => caption.textContent));
    for (const wanted of [
      /^Macro-F1 of held-out cells/,
      /^F1 of each class, net and forest/,
      /^Accuracy where only the surest/,
      /^net: what cells of each class are called/,
      /^net: how often calls are right/,
      /^net: share of attention/,
      /^Macro-F1 of acute and of cultured/,
      /^one: the features that weigh most/,
      /^cell: peaks of the spikes found/,
      /^step_subthresh/,
    ])
      assert.ok(
        captions.some((caption) => wanted.test(caption)),
        `${wanted} in ${captions.join('; ')}`,
      );
  });
});

for (const name of ['both.html', 'cells.html'])
  test(`${name}: a narrow window scrolls tables, not the page; the keyboard reaches them`, async () => {
    await opened(name, { viewport: { width: 400, height: 800 } }, async (page) => {
      const { wide, window } = await page.evaluate(() => ({
        wide: globalThis.document.documentElement.scrollWidth,
        window: globalThis.innerWidth,
      }));
      assert.ok(wide <= window, `${wide} of ${window} pixels`);
      const regions = await page.$$eval('[role=group]', (found) => found.length);
      const reached = new Set();
      for (let step = 0; step < 4 * regions && reached.size < 5; step += 1) {
        await page.keyboard.press('Tab');
        const label = await page.evaluate(
          () => globalThis.document.activeElement?.getAttribute('aria-label') ?? '',
        );
        if (label !== '') reached.add(label);
      }
      assert.equal(reached.size, 5);
    });
  });

test('it prints', async () => {
  await opened('both.html', { colorScheme: 'dark' }, async (page) => {
    const paper = await page.pdf({ format: 'A4' });
    assert.equal(paper.subarray(0, 5).toString('latin1'), '%PDF-');
    await page.emulateMedia({ media: 'print' });
    // Paper is white whatever the screen is.
    assert.equal(
      await page.evaluate(() => globalThis.getComputedStyle(globalThis.document.body).backgroundColor),
      'rgb(255, 255, 255)',
    );
  });
});

test('the file says of itself that nothing may be fetched or run', () => {
  assert.match(
    readFileSync(at('both.html'), 'utf8'),
    /content="default-src 'none'; style-src 'unsafe-inline'"/,
  );
});
