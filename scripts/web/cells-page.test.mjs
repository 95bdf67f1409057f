// The view "Cell types" from end to end: a recording and a table come in, are called, shown, sorted, placed and taken away. All files are
// made here: a leaky cell that fires, and a table drawn around the spread that the page itself tells of its model.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { accessible, onPage, openHost } from './harness.mjs';

const RATE = 10_000;
const REST = -70;
/** mV from the onset of a spike on, a tenth of a millisecond each. */
const SPIKE = [0, 12, 40, 68, 75, 62, 40, 20, 4, -8, -14, -16, -17, -17, -16, -15];

/** Voltage of a leaky integrator (200 MOhm, 20 ms) that fires at -45 mV. */
function respond(current) {
  let v = REST;
  const out = new Array(current.length);
  for (let i = 0; i < current.length;) {
    v += (REST + 0.2 * current[i] - v) * (1 - Math.exp(-1 / (RATE * 0.02)));
    if (v < -45) {
      out[i++] = v;
      continue;
    }
    for (const rise of SPIKE) if (i < current.length) out[i++] = v + rise;
    v += SPIKE.at(-1);
  }
  return out;
}

/** Sweeps as text: steps of a second, pulses of 3 ms, a ramp, half a second of rest after each. */
function traces() {
  const injections = [-90, -50, -30, 30, 130, 150, 190, 230].map((pA) => [1, () => pA]);
  injections.push([0.003, () => 2500], [0.003, () => 2500], [2, (t) => 100 * t]);
  const lines = ['sweep,time_s,voltage_mV,current_pA'];
  for (const [sweep, [seconds, pA]] of injections.entries()) {
    const start = 0.6 * RATE;
    const stop = start + seconds * RATE;
    const current = Array.from({ length: stop + 1.1 * RATE }, (_, i) =>
      i >= start && i < stop ? pA((i - start) / RATE) : 0,
    );
    respond(current).forEach((v, i) =>
      lines.push(`${sweep},${(i / RATE).toFixed(4)},${v.toFixed(3)},${current[i].toFixed(2)}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Cells around what the sheet of the recording tells of each class: [feature, class, 10 %, 50 %, 90 %]. */
function table(evidence, classes, each) {
  const features = evidence.filter(({ feature }) => !feature.includes('-'));
  let state = 7;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const rows = classes.flatMap((name) =>
    Array.from({ length: each }, (_, i) => {
      // All features of a cell move together: times of a spike apart from one another would be of no spike.
      const off = 0.1 * (uniform() - 0.5);
      return [
        `${name} ${i}`,
        `donor ${i}`,
        name,
        ...features.map(({ ofClasses }) => {
          const [low, middle, high] = ofClasses[name];
          return middle + off * (high - low);
        }),
      ];
    }),
  );
  const head = ['cell', 'donor', 'subclass', ...features.map(({ feature }) => feature)];
  return `${[head, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}

const file = (name, text) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

async function saved(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name }).click(),
  ]);
  return readFileSync(await download.path(), 'utf8');
}

let host;

before(async () => {
  host = await openHost();
});

after(() => host?.close());

test('cell types: a recording and a table come in, are called, shown, sorted, placed and taken away', () =>
  onPage(host, {}, cells));

async function cells(page) {
  await page.goto(`${host.url}#/cells`);
  await page.getByText('comes with the program').waitFor();
  await page.getByText('none come with the program').waitFor();
  const input = page.locator('main input[type=file]').first();

  // What is nothing of a cell is said so, and what lacks a unit is asked for.
  await input.setInputFiles(file('notes.md', 'x'));
  await page.getByRole('alert').getByText('E_CELLS_NOTHING').waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await input.setInputFiles(file('leaky.csv', traces().replace('current_pA', 'current')));
  await page.getByRole('heading', { name: 'What leaky.csv does not say' }).waitFor();
  await page.getByLabel('Current is in').selectOption('pA');
  await page.getByRole('button', { name: 'Read it' }).click();

  // One cell, its sheet, its sweeps.
  await page.getByRole('button', { name: 'Show the sheet of leaky' }).click();
  assert.match(page.url(), /cell=r\d+/);
  await page
    .getByRole('img', { name: /^Voltage of sweep 7, long square of 230 pA.*Spikes peak at/ })
    .waitFor();
  await page.getByRole('img', { name: /^Bar chart of weights by family/ }).waitFor();
  await page.getByText('11 sweeps used, 0 left out').waitFor();
  await page.getByRole('button', { name: 'Next sweep' }).click();
  await page.getByRole('img', { name: /^Voltage of sweep 8, short square/ }).waitFor();

  const own = JSON.parse(await saved(page, 'Calls as JSON'));
  assert.equal(own.schema, 'spikebridge.celltype-prediction/1');
  assert.equal(own.cells.length, 1);
  const [{ evidence, probabilities }] = own.cells;
  const classes = Object.keys(probabilities);

  // A table of cells that lie amid their classes: the calls are what it says, whatever the order.
  await input.setInputFiles(file('drawn.csv', table(evidence, classes, 12)));
  await page.getByText(`${1 + 12 * classes.length} cells;`).waitFor();
  const [head, ...rows] = (await saved(page, 'Calls as CSV')).trim().split('\n');
  assert.deepEqual(head.split(',').slice(0, 4), ['file', 'cell', 'donor', 'call']);
  const drawn = rows.map((row) => row.split(',')).filter(([from]) => from === 'drawn.csv');
  const right = drawn.filter(([, cell, , , likeliest]) => cell.startsWith(`${likeliest} `)).length;
  assert.ok(right > 0.9 * drawn.length, `${right} of ${drawn.length} are nearest to their class`);
  await page.getByRole('columnheader', { name: 'Probability' }).getByRole('button').click();
  const shown = await page
    .locator('section ~ .scroll tbody td.number:nth-child(3), [aria-label=Calls] tbody td.number')
    .allInnerTexts();
  const order = shown.filter((text) => /^[01]\.\d{3}$/.test(text)).map(Number);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => b - a),
  );

  // The plane, with the recording placed on it.
  await page.getByRole('button', { name: /^Place \d+ cells/ }).click();
  await page.getByRole('img', { name: /leaky is placed where of the 15 nearest cells/ }).waitFor();
  await accessible(page, 'cells with a sheet and a plane');
  const report = await saved(page, 'Report as HTML');
  assert.match(report, /<h3 id="cell-1">Cell leaky<\/h3>/);
  assert.match(report, /Cells on a plane/);

  // A species without a model says so, and is left again.
  await page.getByLabel('Species of the cells').selectOption('human');
  await page.getByText('No model for human comes with the program').waitFor();
  await page.getByLabel('Species of the cells').selectOption('mouse');
  await page.getByText('comes with the program').waitFor();

  await page.getByRole('button', { name: 'Remove all' }).click();
  await page.getByRole('button', { name: 'Remove all for good' }).click();
  await page.getByText('No cell yet.').waitFor();
}
