// Every view of the app as everybody must be able to use it, its first load, and its addresses.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { accessible, onPage, openHost } from './harness.mjs';
import { TINY } from './runs.mjs';
import { trains } from './trains.mjs';
import { beginTraining, ended, judge, openFiles, visit } from './visitor.mjs';

let host;

before(async () => {
  host = await openHost();
  writeFileSync(host.at('vitro.csv'), trains({ units: 6, seconds: 40, rate: 6, seed: 1 }));
});

after(() => host?.close());

const SCHEMES = ['light', 'dark'];
const WIDTHS = [1280, 360];

/** Axe in both schemes at both widths, without leaving what is shown. */
async function everywhere(page, view) {
  for (const colorScheme of SCHEMES)
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await accessible(page, `${view}, ${colorScheme}, ${width} px`);
    }
}

test('every view, light and dark, wide and narrow: axe finds no violation', async () => {
  await onPage(host, {}, async (page) => {
    await page.goto(host.url);
    await page.getByText('Nothing yet').waitFor();
    await everywhere(page, 'the first view');
    for (const view of ['train', 'judge', 'generate']) {
      await visit(host, page, view);
      await accessible(page, `${view}, empty`);
    }
    await openFiles(host, page, host.at('vitro.csv'));
    await page.locator('.charts svg').first().waitFor();
    await everywhere(page, 'a recording');
    await visit(host, page, 'open');
    await everywhere(page, 'the list of recordings');
    await visit(host, page, 'train');
    await everywhere(page, 'the form of training');
    // Longer than axe looks at it.
    await beginTraining(host, page, { recording: 'vitro', steps: 100_000, checkpoint: 50_000, more: TINY });
    await page
      .locator('main')
      .getByText(/^\d+ of 100000$/)
      .waitFor();
    await everywhere(page, 'training');
    await page.locator('main').getByRole('button', { name: 'Pause' }).click();
    const run = await ended(page, 'interrupted', 'vitro');
    await everywhere(page, 'runs');
    await visit(host, page, 'judge');
    await page.getByRole('group', { name: 'Runs' }).waitFor();
    await everywhere(page, 'the form of judging');
    await judge(host, page, { runs: [run], recordings: ['vitro'], fields: 1 });
    await page.locator('button.field').click();
    await page.locator('main section .charts svg').first().waitFor();
    await everywhere(page, 'a pair judged');
    await page.getByRole('button', { name: 'Look inside' }).click();
    await page.getByText('Attention by lag').first().waitFor();
    await everywhere(page, 'a net looked into');
    await visit(host, page, 'generate');
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    await page.getByText('bins/s on').waitFor();
    await everywhere(page, 'spikes generated');
  });
});

test('axe would find a violation: a control whose name is taken away', async () => {
  await onPage(host, {}, async (page) => {
    await visit(host, page, 'open');
    await page.locator('input[type="url"]').evaluate((field) => {
      field.parentElement.replaceWith(field);
      field.removeAttribute('placeholder');
    });
    await assert.rejects(accessible(page, 'spoiled'), /label/);
  });
});

test('the first view is usable after less than 300 kB of script, compressed', async () => {
  await onPage(host, {}, async (page) => {
    const scripts = [];
    page.on('response', (answer) => {
      if (/javascript/.test(answer.headers()['content-type'] ?? '')) scripts.push(answer);
    });
    await page.goto(host.url);
    await page.getByRole('button', { name: 'simulated pair' }).first().waitFor();
    const sizes = await Promise.all(
      scripts
        .filter(
          (answer) => answer.frame().parentFrame() === null && answer.request().serviceWorker() === null,
        )
        .map(async (answer) => gzipSync(await answer.body()).length),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(sizes.length > 0 && total > 10_000, `${sizes.length} scripts, ${total} bytes`);
    assert.ok(total < 300_000, `${total} bytes`);
  });
});

test('the first view waits for no worker; what needs one waits for it', async () => {
  await onPage(host, {}, async (page) => {
    let letThrough;
    const held = new Promise((resolve) => (letThrough = resolve));
    let asked = 0;
    await page.context().route(/reader\.worker/, async (route) => {
      asked += 1;
      await held;
      await route.continue();
    });
    await page.goto(host.url);
    await page.getByText('Nothing yet').waitFor();
    await page.getByRole('button', { name: 'Simulated pair' }).first().click();
    await page.getByText('Opening the simulated pair').waitFor();
    assert.equal(asked, 1);
    letThrough();
    await page
      .getByRole('link', { name: /simulated in vitro/ })
      .first()
      .waitFor();
  });
});

test('an address restores the stretch of a recording; one that is gone says so', async () => {
  await onPage(host, {}, async (page) => {
    const id = await openFiles(host, page, host.at('vitro.csv'));
    const other = await page.context().newPage();
    await other.goto(`${host.url}#/recording/${id}?from=10&to=12`);
    await other.getByText('10 s to 12 s of').waitFor();
    await other.getByRole('button', { name: 'Later' }).click();
    await other.getByText('10.8 s to 12.8 s of').waitFor();
    await other.waitForURL(/from=10\.800&to=12\.800$/);
    await other.goto(`${host.url}#/recording/0000000000000000`);
    await other.getByRole('heading', { level: 1, name: 'No such recording' }).waitFor();
    await other.getByText('E_DATA_MISSING').waitFor();
    await other.close();
  });
});

test('what is chosen in a form is in its address, and there again after a reload', async () => {
  await onPage(host, {}, async (page) => {
    await openFiles(host, page, host.at('vitro.csv'));
    await visit(host, page, 'train');
    const form = page.locator('main form');
    await form.getByLabel('Preset').selectOption('paper');
    await form.getByLabel('Loss').selectOption('dice');
    await form.getByLabel('Seed').fill('7');
    await form.locator('details').evaluate((one) => one.setAttribute('open', ''));
    await form.getByLabel('key=value').fill('net.width=16\ntraining.batch=4');
    await page.waitForURL(/preset=paper&loss=dice&seed=7&more=net\.width%3D16%0Atraining\.batch%3D4$/);
    await page.reload();
    await form.getByLabel('Seed').waitFor();
    assert.equal(await form.getByLabel('Preset').inputValue(), 'paper');
    assert.equal(await form.getByLabel('Loss').inputValue(), 'dice');
    assert.equal(await form.getByLabel('Seed').inputValue(), '7');
    // What cannot be chosen is not taken.
    await page.goto(`${host.url}#/open`);
    await page.getByRole('heading', { level: 1, name: /Learn/ }).waitFor();
    await page.goto(`${host.url}#/train?preset=unheard-of&seed=3`);
    await form.getByLabel('Seed').waitFor();
    assert.equal(await form.getByLabel('Preset').inputValue(), 'small');
    assert.equal(await form.getByLabel('Seed').inputValue(), '3');
  });
});
