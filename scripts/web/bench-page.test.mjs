// The benchmark page in a real browser: it loads, quick runs end with results equal to those of tfjs, and the block holds the rows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, onPage, openHost } from './harness.mjs';

/** Groups of the run: all that need no minutes, each against tfjs. */
const GROUPS = ['attention', 'losses', 'bit embedding', 'optimiser', 'training step', 'roll-out', 'binner'];
const KERNELS = [
  ...['causal attention', 'Dice', 'BCE', 'focal', 'bit embedding', 'AdamW'],
  ...['training step, paper', 'roll-out, paper'],
];

let host;

before(async () => {
  host = await openHost();
});

after(() => host?.close());

test('the benchmark page: a quick run on one thread and on several, equal results, a block to paste', () =>
  onPage(host, {}, async (page) => {
    await page.goto(new URL('bench/index.html', host.url).href);
    await page.locator('#start:enabled').waitFor();
    await accessible(page, 'the benchmark page');
    const alone = await run(page, 'wasm-1', GROUPS);
    checkRows('wasm-1', alone, KERNELS);
    const of = (who) => alone.filter((row) => row[3].startsWith(who));
    assert.ok(of('tfjs-cpu').length > 0);
    assert.equal(of('plain JavaScript').length, 2);
    checkBlock(await page.locator('#block').inputValue(), alone);
    await checkJson(page, alone.length);
    const together = await run(page, 'wasm-n', ['attention']);
    checkRows('wasm-n', together, ['causal attention']);
    assert.match(together[0][3], /, ([2-9]|\d\d+) threads$/);
    await accessible(page, 'the benchmark page with results');
    await checkStop(page);
  }));

/** A quick run of one device; the cells of its rows. */
async function run(page, device, groups) {
  for (const box of await page.locator('#choices input[type=checkbox]').all()) {
    const value = await box.getAttribute('value');
    await box.setChecked(value === device || groups.includes(value));
  }
  await page.getByLabel('quick').check();
  await page.locator('#start').press('Enter');
  await page.locator('#stop:enabled').waitFor();
  await page.locator('#start:enabled').waitFor();
  assert.equal(await page.locator('#state').textContent(), 'Done.');
  return page
    .locator('#rows tr')
    .evaluateAll((lines) => lines.map((line) => [...line.cells].map((cell) => cell.textContent)));
}

/** tfjs's wasm computed what ours did, and both were timed. */
function checkRows(device, rows, kernels) {
  for (const what of kernels)
    for (const who of ['spikebridge', 'tfjs-wasm']) {
      const found = rows.filter((row) => row[1].startsWith(what) && row[3].startsWith(who));
      assert.ok(found.length > 0, `${device}, ${what}: no row of ${who}`);
      for (const row of found) {
        assert.equal(row[0], device);
        assert.ok(Number(row[4]) > 0, `no time: ${row.join(' | ')}`);
        assert.doesNotMatch(row[9], /skipped/);
        if (who === 'spikebridge') continue;
        assert.ok(Number(row[7]) < 1e-3, `not equal: ${row.join(' | ')}`);
        assert.match(row[6], /^[\d.]+x$/);
        assert.match(row[9], /^\d+\.\d+\.\d+, SIMD, \d+ threads?/);
      }
    }
}

function checkBlock(block, rows) {
  const lines = block.trimEnd().split('\n');
  assert.equal(lines[0], '```markdown');
  assert.equal(lines.at(-1), '```');
  assert.match(block, /Spikebridge \d+\.\d+\.\d+, commit .*; tfjs \d+\.\d+\.\d+/);
  assert.match(block, /quick: small shapes/);
  assert.match(block, /\d+ cores/);
  assert.match(block, /^- GPU: /m);
  assert.equal(lines.filter((line) => line.startsWith('| wasm-')).length, rows.length);
}

async function checkJson(page, count) {
  const href = await page.locator('#json').getAttribute('href');
  const document = await page.evaluate(async (url) => (await globalThis.fetch(url)).json(), href);
  assert.equal(document.schema, 'spikebridge.bench-page/1');
  assert.equal(document.rows.length, count);
  assert.equal(document.setting.partial, false);
}

/** Stopping is heard at once, keeps what there is, and says so in the block. */
async function checkStop(page) {
  await page.locator('#start').click();
  await page.locator('#rows tr').first().waitFor();
  await page.locator('#stop').click();
  await page.getByText(/^Stopped;/).waitFor();
  assert.match(await page.locator('#block').inputValue(), /stopped before the end/);
  assert.ok(await page.locator('#start').isEnabled());
}
