// What the app cannot take: each is told with a code, in words, with what to do, and the page goes on working.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { zipSync } from 'fflate';
import { dataFolder } from '../lib/project.mjs';
import { onPage, openHost } from './harness.mjs';
import { smallNwb } from './nwb-file.mjs';
import { TINY } from './runs.mjs';
import { trains } from './trains.mjs';
import { beginTraining, ended, faultsOf, openFiles, visit } from './visitor.mjs';

let host;
const put = (name, content) => writeFileSync(host.at(name), content);

before(async () => {
  host = await openHost();
  put('vitro.csv', trains({ units: 6, seconds: 40, rate: 6, seed: 1 }));
  put(
    'noise.bin',
    Uint8Array.from({ length: 3000 }, (_, index) => (index * 167 + (index >> 3)) & 255),
  );
  const nwb = await smallNwb();
  put('half.nwb', nwb.subarray(0, nwb.length / 2));
  put('torn.zip', Uint8Array.from([80, 75, 3, 4, 0, 0]));
  put('other.zip', zipSync({ 'letter.txt': Buffer.from('Dear reader') }));
});
after(() => host?.close());

/** The one fault that an action leaves, which is then dismissed. */
async function faultOf(page, act) {
  await act();
  await page.locator('.fault').first().waitFor();
  const found = await faultsOf(page);
  assert.equal(found.length, 1, JSON.stringify(found));
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await page.locator('.fault').first().waitFor({ state: 'detached' });
  return found[0];
}

test('files, addresses, zips and settings that are none', async () => {
  await onPage(host, {}, async (page) => {
    await visit(host, page, 'open');
    const pick = (name) => () => page.locator('input[type="file"][multiple]').setInputFiles(host.at(name));
    const address = (text) => async () => {
      await page.getByLabel('the address of an NWB file').fill(text);
      await page.getByRole('button', { name: 'Open', exact: true }).click();
    };
    const unknown = await faultOf(page, pick('noise.bin'));
    assert.equal(unknown.code, 'E_FORMAT_UNKNOWN');
    assert.match(unknown.fix, /NWB/);
    const half = await faultOf(page, pick('half.nwb'));
    assert.equal(half.code, 'E_HDF5_DAMAGED');
    assert.match(half.fix, /again/);
    const plain = await faultOf(page, address('http://example.org/session.nwb'));
    assert.equal(plain.code, 'E_URL');
    assert.match(plain.fix, /https:/);
    // Nothing of these is kept, and the next file opens.
    await page.getByText('Nothing yet').waitFor();
    await openFiles(host, page, host.at('vitro.csv'));

    await visit(host, page, 'train');
    for (const name of ['torn.zip', 'other.zip']) {
      const taken = await faultOf(page, () =>
        page.getByLabel('Take in a run (zip)').setInputFiles(host.at(name)),
      );
      assert.equal(taken.code, 'E_ZIP');
      assert.match(taken.fix, /run folder/);
    }
    await page.getByText('None yet.').waitFor();

    const training = { recording: 'vitro', steps: 4 };
    const wrong = await faultOf(page, () =>
      beginTraining(host, page, { ...training, more: { ...TINY, 'net.witdh': 16 } }),
    );
    assert.equal(wrong.code, 'E_CONFIG_UNKNOWN_KEY');
    assert.match(`${wrong.message} ${wrong.fix}`, /net\.width/);
    const form = page.locator('main form');
    assert.match(await form.getByLabel('key=value').inputValue(), /net\.witdh=16/, 'what was typed is kept');
    const value = await faultOf(page, () =>
      beginTraining(host, page, { ...training, more: { ...TINY, 'net.width': 'wide' } }),
    );
    assert.equal(value.code, 'E_CONFIG_VALUE');
    assert.match(value.message, /net\.width.*expected number/);
    await page.getByText('None yet.').waitFor();
    await beginTraining(host, page, { ...training, more: TINY });
    await ended(page, 'finished', 'vitro');
  });
});

/** A file that is silent about its clock is asked about; the answer `name` opens it as so long. */
async function answered(paths, name, heading, seconds) {
  await onPage(host, {}, async (page) => {
    await visit(host, page, 'open');
    await page.locator('input[type="file"][multiple]').setInputFiles(paths);
    await page.getByRole('heading', { name: /^What is the clock of/ }).waitFor();
    await page.getByRole('button', { name }).click();
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    assert.equal(
      await page.locator('dt', { hasText: 'Observed' }).locator('xpath=following-sibling::dd').textContent(),
      seconds,
    );
  });
}

test('integers without a clock: a question, and its answer opens the file', async () => {
  put('ticks.csv', 'unit,sample\na,10\na,2000\nb,30\nb,900\nb,31000\n');
  await answered([host.at('ticks.csv')], 'Take --fs 10000', 'ticks', '3.1 s');
});

const real = join(dataFolder() ?? '', 'spikes', 'shimono_i2i', 'invitro_210511001', 'asdf_bh.mat');
const missing = dataFolder() !== undefined && existsSync(real) ? false : 'needs SPIKEBRIDGE_DATA';

test('a real recording without a clock: the same', { skip: missing }, async () => {
  await answered([real], 'Take --bin-unit 1ms', 'asdf_bh', '6 min 40.1 s');
});
