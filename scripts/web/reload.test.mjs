// A page that is loaded again, or frozen, in the middle of a training goes on by itself to the same end.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { onPage, openHost, spikebridge } from './harness.mjs';
import { learned, takeAway, TINY, trainWords } from './runs.mjs';
import { trains } from './trains.mjs';
import { beginTraining, ended, openFiles, reaches, watchSteps } from './visitor.mjs';

const CALL = { steps: 1200, checkpoint: 50 };
let host;

before(async () => {
  host = await openHost();
  writeFileSync(host.at('vitro.csv'), trains({ units: 6, seconds: 40, rate: 6, seed: 1 }));
  await spikebridge(
    host,
    ...['train', '--data', host.at('vitro.csv'), '--out', host.at('whole'), ...trainWords(CALL)],
  );
});
after(() => host?.close());

test('reloaded between two checkpoints, it loses less than what lies between them, and ends the same', async () => {
  await onPage(host, {}, async (page) => {
    await watchSteps(page);
    await openFiles(host, page, host.at('vitro.csv'));
    await beginTraining(host, page, { recording: 'vitro', ...CALL, more: TINY });
    await reaches(page, 2 * CALL.checkpoint + 1);
    const before = await page.evaluate(() => globalThis.steps.at(-1));
    await page.reload();
    const name = await ended(page, 'finished', 'vitro');
    const after = await page.evaluate(() => globalThis.steps);
    assert.ok(before < CALL.steps, 'it was reloaded before its end');
    assert.ok(after[0] > before - CALL.checkpoint, `${before}, then ${after[0]}`);
    assert.deepEqual(
      after,
      after.toSorted((a, b) => a - b),
    );
    // The bar may be gone before it shows the last step; the list of runs has it.
    const row = page.getByRole('region', { name: 'Runs' }).getByRole('row').filter({ hasText: name });
    assert.match(await row.textContent(), new RegExp(`${CALL.steps} of ${CALL.steps}`));
    assert.deepEqual(learned(await takeAway(page, name, host.at('page'))), learned(host.at('whole')));
  });
});

test('frozen while it trains, as browsers do to tabs in the background, it goes on and ends the same', async () => {
  await onPage(host, {}, async (page) => {
    await watchSteps(page);
    await openFiles(host, page, host.at('vitro.csv'));
    await beginTraining(host, page, { recording: 'vitro', ...CALL, more: TINY });
    await reaches(page, 2 * CALL.checkpoint + 1);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    const before = await page.evaluate(() => globalThis.steps.at(-1));
    assert.ok(before < CALL.steps, 'it was frozen before its end');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    const name = await ended(page, 'finished', 'vitro');
    assert.deepEqual(learned(await takeAway(page, name, host.at('frozen'))), learned(host.at('whole')));
  });
});
