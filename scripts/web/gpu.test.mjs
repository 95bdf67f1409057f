// Training on the GPU in the page, here a software adapter: what it holds on the device does not grow, and a device that goes away
// costs what lies since the last checkpoint and no more.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { onPage, openHost } from './harness.mjs';
import { learned, takeAway, TINY } from './runs.mjs';
import { trains } from './trains.mjs';
import { beginTraining, ended, openFiles, reaches, watchSteps } from './visitor.mjs';

let host;

before(async () => {
  host = await openHost();
  writeFileSync(host.at('vitro.csv'), trains({ units: 6, seconds: 40, rate: 6, seed: 1 }));
});
after(() => host?.close());

/** Runs in the worker before its own code: counts what is made on the device and not destroyed, and can take the device away. */
function watchDevice() {
  const heard = new globalThis.BroadcastChannel('gpu');
  const { GPUDevice, GPUBuffer } = globalThis;
  const live = new Map();
  const devices = [];
  const make = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (wanted) {
    if (devices.at(-1) !== this) devices.push(this);
    const buffer = make.call(this, wanted);
    live.set(buffer, wanted.size);
    return buffer;
  };
  const destroy = GPUBuffer.prototype.destroy;
  GPUBuffer.prototype.destroy = function () {
    live.delete(this);
    destroy.call(this);
  };
  heard.addEventListener('message', ({ data }) => {
    if (data === 'lose') devices.at(-1).destroy();
    else if (data === 'tell')
      heard.postMessage({
        bytes: [...live.values()].reduce((sum, size) => sum + size, 0),
        buffers: live.size,
        devices: devices.length,
      });
  });
}

/** The page's worker that trains, with `watchDevice` before it; the steps and the notes that the page shows. */
async function watched(page) {
  await page.context().route('**/assets/lab.worker*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${String(watchDevice)})();\n${await response.text()}` });
  });
  await watchSteps(page);
  await page.addInitScript(() => {
    globalThis.gpu = new globalThis.BroadcastChannel('gpu');
    globalThis.notes = new Set();
    new globalThis.MutationObserver(() => {
      for (const { textContent } of globalThis.document.querySelectorAll('main p[role=status]'))
        globalThis.notes.add(textContent);
    }).observe(globalThis.document, { subtree: true, childList: true });
  });
}

/** The least that the device holds over some steps: between two of them nothing is under way. */
async function held(page, until) {
  const seen = [];
  do {
    seen.push(
      await page.evaluate(
        () =>
          new Promise((resolve) => {
            globalThis.gpu.onmessage = ({ data }) => resolve(data);
            globalThis.gpu.postMessage('tell');
          }),
      ),
    );
  } while ((await page.evaluate(() => globalThis.steps.at(-1))) < until);
  return seen.reduce((least, now) => (now.bytes < least.bytes ? now : least));
}

/** A software adapter takes a fifth of a second a step. */
const STEPS = process.env.SPIKEBRIDGE_THOROUGH === '1' ? 540 : 140;

test(`of ${STEPS} steps the last hold as many bytes on the device as the first`, async () => {
  await onPage(host, {}, async (page) => {
    await watched(page);
    await openFiles(host, page, host.at('vitro.csv'));
    await beginTraining(host, page, {
      ...{ recording: 'vitro', device: 'webgpu', deterministic: false },
      ...{ steps: STEPS, checkpoint: 50, more: TINY },
    });
    // The first checkpoint makes the buffer that all are read back through.
    await reaches(page, 55);
    const early = await held(page, 80);
    await reaches(page, STEPS - 40);
    const late = await held(page, STEPS - 15);
    await ended(page, 'finished', 'vitro');
    assert.ok(early.bytes > 100_000, `${early.bytes} bytes are counted`);
    assert.deepEqual(late, early);
  });
});

test('a device that goes away: a new one goes on from the last checkpoint', async () => {
  await onPage(host, {}, async (page) => {
    await watched(page);
    await openFiles(host, page, host.at('vitro.csv'));
    await beginTraining(host, page, {
      ...{ recording: 'vitro', device: 'webgpu', deterministic: false },
      ...{ steps: 120, checkpoint: 40, more: TINY },
    });
    await reaches(page, 60);
    await page.evaluate(() => globalThis.gpu.postMessage('lose'));
    const name = await ended(page, 'finished', 'vitro');
    const shown = await page.evaluate(() => globalThis.steps);
    const back = shown.findIndex((step, at) => step < shown[at - 1]);
    const newest = 40 * Math.floor(shown[back - 1] / 40);
    assert.ok(shown[back] > newest && shown[back] < newest + 10, `after ${shown[back - 1]}: ${shown[back]}`);
    const notes = await page.evaluate(() => [...globalThis.notes]);
    assert.ok(
      notes.some((note) => /going on from the last checkpoint/.test(note)),
      notes.join('\n'),
    );
    assert.ok(!notes.some((note) => note.startsWith('floor ')), 'what is fitted is no news of the training');
    const rows = learned(await takeAway(page, name, host.at('page')))
      .metrics.trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const steps = rows.filter(({ kind }) => kind !== 'validation').map((row) => row.step);
    assert.deepEqual(
      steps,
      [...steps].sort((a, b) => a - b),
    );
    assert.equal(new Set(steps).size, steps.length);
    assert.equal(steps.at(-1), 120);
  });
});
