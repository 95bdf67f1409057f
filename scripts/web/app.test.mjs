// The browser app, whole: a recording is opened, seen, trained on, judged and taken away, and the command line finds the same.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { unzipSync } from 'fflate';
import { accessible, downloaded, onPage, openHost, spikebridge } from './harness.mjs';
import { trains } from './trains.mjs';

let host;

before(async () => {
  host = await openHost();
  writeFileSync(host.at('vitro.csv'), trains({ units: 6, seconds: 40, rate: 6, seed: 1 }));
  writeFileSync(host.at('vivo.csv'), trains({ units: 6, seconds: 40, rate: 12, seed: 2 }));
});

after(() => host?.close());

const main = (page) => page.locator('main');

/** Opens a file of the scratch folder, as a user picks it. */
async function open(page, name) {
  await page.goto(`${host.url}#/open`);
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByText('Files ...').click(),
  ]);
  await chooser.setFiles(host.at(name));
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** Fills the form of a view by its labels, and sends it. */
async function train(page, name, { steps, checkpoint = '' }) {
  await page.goto(`${host.url}#/train`);
  await page.getByLabel('Recording').selectOption({ label: new RegExp(name).source });
}

for (const colorScheme of ['light', 'dark'])
  test(`every view, ${colorScheme}, wide and narrow: axe finds no violation`, async () => {
    await onPage(host, { colorScheme }, async (page) => {
      await page.goto(host.url);
      await page.getByText('Nothing yet').waitFor();
      await accessible(page, 'the first view');
      await open(page, 'vitro.csv');
      await page.locator('.charts svg').first().waitFor();
      await accessible(page, 'a recording');
      await page.setViewportSize({ width: 360, height: 700 });
      await accessible(page, 'a recording, narrow');
      for (const view of ['open', 'train']) {
        await page.goto(`${host.url}#/${view}`);
        await main(page).getByRole('heading', { level: 1 }).waitFor();
        await accessible(page, `${view}, narrow`);
      }
    });
  });
