// The whole path with real recordings: a slice and a brain are dropped, trained on (`small`, 100 steps), judged 2 x 2, let go on for 2 s and
// taken away, and the command line evaluates what was taken away to the same numbers.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dataFolder } from '../lib/project.mjs';
import { downloaded, onPage, openHost, spikebridge } from './harness.mjs';
import { takeAway } from './runs.mjs';
import { differences } from './same-numbers.mjs';
import { judge, train, visit } from './visitor.mjs';

const top = join(dataFolder() ?? '', 'spikes', 'shimono_i2i');
const slice = join(top, 'invitro_210511001');
const brain = join(top, 'invivo_NYU-40_2021-04-14_001', 'asdf.mat');
/** What `evaluate` is told of each: its file, and its clock, which neither states. */
const RECORDINGS = {
  asdf_bh: [join(slice, 'asdf_bh.mat'), '--bin-unit', '1ms'],
  asdf: [brain, '--fs', '30000'],
};
const NAMES = Object.keys(RECORDINGS);
const skip =
  dataFolder() === undefined || !existsSync(brain)
    ? 'needs SPIKEBRIDGE_DATA'
    : process.env.SPIKEBRIDGE_THOROUGH !== '1' && 'minutes: SPIKEBRIDGE_THOROUGH=1 runs it';

let host;
before(async () => {
  if (skip === false) host = await openHost();
});
after(() => host?.close());

/** Opens a file that does not state its clock, and answers. */
async function open(page, paths, name, answer) {
  await visit(host, page, 'open');
  await page.locator('input[type="file"][multiple]').setInputFiles(paths);
  await page.getByRole('heading', { name: /^What is the clock of/ }).waitFor();
  await page.getByRole('button', { name: `Take ${answer}` }).click();
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}

test('a slice and a brain', { skip }, async (context) => {
  await onPage(host, {}, async (page) => {
    await open(page, [join(slice, 'asdf_bh.mat'), join(slice, 'asdf_lh.mat')], 'asdf_bh', '--bin-unit 1ms');
    await open(page, [brain], 'asdf', '--fs 30000');
    const runs = [];
    for (const name of NAMES)
      runs.push(await train(host, page, { recording: name, steps: 100, checkpoint: 50 }));
    await judge(host, page, { runs, recordings: NAMES, fields: 4 });
    context.diagnostic(
      `bits/spike: ${(await page.locator('button.field strong').allTextContents()).join('; ')}`,
    );
    await visit(host, page, `generate?run=${runs[0]}`);
    await page.getByLabel('Seconds').fill('2');
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    await page.getByText('bins/s on').waitFor();
    await downloaded(
      page,
      () => page.getByRole('button', { name: 'Download npz' }).click(),
      host.at('page.npz'),
    );
    assert.ok(statSync(host.at('page.npz')).size > 1000);
    await visit(host, page, 'train');
    for (const [index, source] of NAMES.entries()) {
      const folder = await takeAway(page, runs[index], host.at('page'));
      for (const target of NAMES) {
        const own = source === target;
        const file = readdirSync(folder).find(
          (name) => /^evaluation.*\.json$/.test(name) && (name === 'evaluation.json') === own,
        );
        const found = JSON.parse(readFileSync(join(folder, file), 'utf8'));
        const [path, ...clock] = RECORDINGS[target];
        const across = own ? [] : ['--data', path, ...clock, '--pairing', 'rank', '--level', 'rates'];
        const { command, ...again } = JSON.parse(
          await spikebridge(
            host,
            ...['evaluate', '--run', folder, '--source', RECORDINGS[source][0], ...across],
            ...['--floors', 'own-rate,recent-rate,plug-in', '--json'],
          ),
        );
        assert.deepEqual(differences({ ...found, command }, { ...again, command }), [], command);
      }
    }
  });
});
