// The benchmark page in a real browser: it loads, a quick run on one thread and on several ends with equal results, and the block holds the
// rows. Nothing is asked of another origin, and nothing is refused by the page's own policy.
import assert from 'node:assert/strict';

/** Groups of the run: all that need no minutes, each against tfjs. */
const GROUPS = ['attention', 'losses', 'optimiser', 'training step', 'roll-out', 'binner'];
const LIMIT = 120_000;

/** @param page a Playwright page; @param base address of the app, ending in a slash. */
export async function bench(page, base) {
  const origin = new URL(base).origin;
  const elsewhere = [];
  const complaints = [];
  const onRequest = (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== origin) elsewhere.push(request.url());
  };
  const onConsole = (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  };
  const onError = (error) => complaints.push(String(error));
  page.on('request', onRequest);
  page.on('console', onConsole);
  page.on('pageerror', onError);
  try {
    await page.goto(new URL('bench/index.html', base).href);
    await page.locator('#start:enabled').waitFor({ timeout: LIMIT });
    for (const box of await page.locator('#groups input').all())
      await box.setChecked(GROUPS.includes(await box.getAttribute('value')));
    await page.getByLabel('WebGPU').setChecked(false);
    await page.getByLabel('quick').check();
    await page.locator('#start').press('Enter');
    await page.getByText(/^Done\./).waitFor({ timeout: LIMIT });
    assert.equal(await page.locator('#state').textContent(), 'Done.');
    const rows = await page
      .locator('#rows tr')
      .evaluateAll((lines) => lines.map((line) => [...line.cells].map((cell) => cell.textContent)));
    checkRows(rows);
    checkBlock(await page.locator('#block').inputValue(), rows);
    await checkJson(page, rows.length);
    await checkStop(page);
    assert.deepEqual(complaints, []);
    assert.deepEqual(elsewhere, []);
  } finally {
    page.off('request', onRequest);
    page.off('console', onConsole);
    page.off('pageerror', onError);
  }
}

/** Every peer computed what ours did, and was timed. */
function checkRows(rows) {
  const of = (device, what, who) =>
    rows.filter((row) => row[0] === device && row[1].startsWith(what) && row[3].startsWith(who));
  for (const device of ['wasm-1', 'wasm-n'])
    for (const what of [
      'causal attention',
      'Dice',
      'BCE',
      'focal',
      'AdamW',
      'training step, paper',
      'roll-out, paper',
    ])
      for (const who of ['spikebridge', 'tfjs-wasm']) {
        const found = of(device, what, who);
        assert.ok(found.length > 0, `${device}, ${what}: no row of ${who}`);
        for (const row of found) {
          assert.ok(Number(row[4]) > 0, `no time: ${row.join(' | ')}`);
          assert.doesNotMatch(row[9], /skipped/);
          if (who === 'tfjs-wasm') {
            assert.ok(Number(row[7]) < 1e-3, `not equal: ${row.join(' | ')}`);
            assert.match(row[6], /^[\d.]+x$/);
          }
        }
      }
  assert.ok(of('wasm-1', 'causal attention', 'tfjs-cpu').length > 0);
  assert.equal(of('wasm-1', 'binner', 'plain JavaScript').length, 2);
  assert.equal(of('wasm-n', 'binner', '').length, 0);
  // Both sides of a threaded row have the same threads.
  const [ours, theirs] = ['spikebridge', 'tfjs-wasm'].map((who) => of('wasm-n', 'causal attention', who)[0]);
  const threads = /(\d+) threads/.exec(ours[3])?.[1];
  assert.ok(Number(threads) > 1, `no threads: ${ours.join(' | ')}`);
  assert.match(theirs[9], new RegExp(`, ${threads} threads`));
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
  const document = await page.evaluate(async (url) => (await fetch(url)).json(), href);
  assert.equal(document.schema, 'spikebridge.bench-page/1');
  assert.equal(document.rows.length, count);
  assert.equal(document.setting.partial, false);
}

/** Stopping is heard at once, keeps what there is, and says so in the block. */
async function checkStop(page) {
  await page.locator('#start').click();
  await page.locator('#rows tr').first().waitFor({ timeout: LIMIT });
  await page.locator('#stop').click();
  await page.getByText(/^Stopped;/).waitFor({ timeout: 5000 });
  assert.match(await page.locator('#block').inputValue(), /stopped before the end/);
  assert.ok(await page.locator('#start').isEnabled());
}
