// `node scripts/web/measure.mjs`: what the app costs its user, measured in Chromium and printed as JSON: frames of the raster at 128 units x 1 h
// at 10 Hz, tasks of the page's thread and memory over 500 steps of training. No test: a busy machine only makes it slower.
import { mkdirSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { openHost } from './harness.mjs';

const host = await openHost();
const context = await host.browser.newContext({ viewport: { width: 1280, height: 900 } });
context.setDefaultTimeout(0);
const page = await context.newPage();
const told = { chromium: host.browser.version(), cores: 0 };

/** One hour of 128 units at 10 Hz each, as bins of a millisecond in a csv that the page reads. */
function hour(path) {
  let state = 7;
  const chance = () => (state = (state * 1664525 + 1013904223) % 4294967296) / 4294967296;
  const rows = ['unit,time'];
  for (let unit = 0; unit < 128; unit += 1) {
    let time = 0;
    for (;;) {
      time += 0.002 - 0.098 * Math.log(1 - chance());
      if (time >= 3600) break;
      rows.push(`u${unit},${time.toFixed(4)}`);
    }
  }
  writeFileSync(path, `${rows.join('\n')}\n`);
  return rows.length - 1;
}

/** Frames a second, and the longest one, while `move` is called once a frame. */
const frames = (name) =>
  page.evaluate(
    ([key, count]) =>
      new Promise((resolve) => {
        const frame = globalThis.document.querySelector('.raster-frame');
        const times = [];
        const step = (now) => {
          times.push(now);
          if (times.length > count) {
            const gaps = times.slice(1).map((time, index) => time - times[index]);
            gaps.sort((a, b) => a - b);
            resolve({
              framesPerSecond: (1000 * gaps.length) / (times.at(-1) - times[0]),
              medianMilliseconds: gaps[gaps.length >> 1],
              longestMilliseconds: gaps.at(-1),
            });
            return;
          }
          const back = times.length % 20 < 10;
          const pressed = key === 'pan' ? (back ? 'ArrowLeft' : 'ArrowRight') : back ? '+' : '-';
          frame.dispatchEvent(new globalThis.KeyboardEvent('keydown', { key: pressed, bubbles: true }));
          globalThis.requestAnimationFrame(step);
        };
        globalThis.requestAnimationFrame(step);
      }),
    [name, 120],
  );

try {
  mkdirSync(host.at(), { recursive: true });
  const spikes = hour(host.at('hour.csv'));
  await page.goto(host.url);
  told.cores = await page.evaluate(() => globalThis.navigator.hardwareConcurrency);
  // A first visit: nothing of the app is in the browser's cache.
  told.firstViewMilliseconds = [];
  for (let visit = 0; visit < 5; visit += 1) {
    const stranger = await host.browser.newContext();
    const first = await stranger.newPage();
    const begun = performance.now();
    await first.goto(host.url, { waitUntil: 'commit' });
    await first.getByText('Nothing yet').waitFor();
    told.firstViewMilliseconds.push(performance.now() - begun);
    await stranger.close();
  }
  const opened = performance.now();
  await page.locator('input[type=file]').first().setInputFiles(host.at('hour.csv'));
  await page.locator('canvas').waitFor();
  told.hour = { spikes, openSeconds: (performance.now() - opened) / 1000 };
  await page.locator('.charts svg').first().waitFor();
  await page.waitForTimeout(2000);
  told.raster = { width: 1280, pan: {}, zoom: {} };
  await page.getByRole('button', { name: 'Closer' }).click();
  told.raster.pan = await frames('pan');
  told.raster.zoom = await frames('zoom');

  console.error(JSON.stringify(told));

  // Training: tasks of the page's own thread, and memory at the start and the end.
  await page.goto(`${host.url}#/open`);
  await page.getByRole('button', { name: 'Simulated pair' }).first().click();
  await page
    .getByRole('link', { name: /simulated in vitro/ })
    .first()
    .waitFor();
  await page.evaluate(() => {
    globalThis.longTasks = [];
    new globalThis.PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longTasks.push(duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  await page.goto(`${host.url}#/train`);
  await page.getByLabel('Preset').waitFor();
  await page.locator('form').getByLabel('Recording').selectOption({ index: 0 });
  await page.getByLabel('Device').selectOption(process.argv[2] ?? 'wasm');
  await page.getByLabel('Steps', { exact: true }).fill('500');
  await page.getByRole('button', { name: 'Start training' }).click();
  const devtools = await context.newCDPSession(page);
  /** Bytes of the page's own heap that are in use, after everything else was let go of. */
  const memory = async () => {
    await devtools.send('HeapProfiler.collectGarbage');
    return (await devtools.send('Runtime.getHeapUsage')).usedSize;
  };
  const stepDone = (step) =>
    page.waitForFunction(
      (wanted) => Number(/step (\d+) of/.exec(globalThis.document.body.innerText)?.[1] ?? 0) >= wanted,
      step,
      { polling: 500, timeout: 0 },
    );
  told.training = { steps: 500, bytes: {} };
  for (const step of [100, 200, 300, 400, 480]) {
    await stepDone(step);
    told.training.bytes[step] = await memory();
  }
  const tasks = await page.evaluate(() => globalThis.longTasks);
  told.training.longTasks = tasks.length;
  told.training.longestTaskMilliseconds = Math.max(0, ...tasks);
  process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
} finally {
  await host.close();
}
