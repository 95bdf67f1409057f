// The WebGPU suites in a worker of a page in Chromium: one JSON line a row on stdout. Run by the lane webgpu-chromium, which
// ends it at its limit: SIGTERM closes the browser. Names of suites (`training`) run those alone.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { URLSearchParams } from 'node:url';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { chromium as executablePath } from './lib/gpu-hosts.mjs';
import { invitroRecording } from './lib/gpu-recording.mjs';
import { root } from './lib/project.mjs';

// The browser is killed when this process exits, which playwright sees to. Its own handler would wait for a hung page.
process.once('SIGTERM', () => process.exit(143));

const query = new URLSearchParams(process.argv.slice(2).map((name) => ['suite', name]));
if (process.env.SPIKEBRIDGE_THOROUGH === '1') query.set('thorough', '');

const page = {
  configFile: false,
  root: join(root, 'packages', 'web', 'test-host'),
  logLevel: 'error',
  build: {
    outDir: join(root, 'build', 'webgpu', 'page'),
    emptyOutDir: true,
    target: 'esnext',
    minify: false,
  },
  worker: { format: 'es' },
};
await build(page);
const recording = invitroRecording();
if (recording !== null) writeFileSync(join(page.build.outDir, 'asdf_bh.mat'), recording);
const server = await preview({
  ...page,
  preview: {
    host: '127.0.0.1',
    port: 0,
    // What a page must send to share memory between threads.
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
});

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--enable-unsafe-webgpu'],
  handleSIGTERM: false,
});
try {
  const tab = await browser.newPage();
  await new Promise((resolve, reject) => {
    tab.on('crash', () => reject(new Error('the page crashed')));
    browser.on('disconnected', () => reject(new Error('the browser went away')));
    tab.on('pageerror', reject);
    tab.on('console', (message) => console.error(`${message.type()}: ${message.text()}`));
    const ready = [
      tab.exposeFunction('reportFault', (message) => reject(new Error(message))),
      tab.exposeFunction('reportLine', (line) => {
        if (line.kind === 'host') line.runtime = `Chromium ${browser.version()}`;
        console.log(JSON.stringify(line));
        if (line.kind === 'end') resolve();
      }),
    ];
    Promise.all(ready)
      .then(() => tab.goto(`${server.resolvedUrls.local[0]}?${query}`))
      .catch(reject);
  });
} finally {
  await browser.close();
  await server.close();
}
