// The app's headers as Chromium takes them: a small page, built with the app's own plugin, served by `serve` and by a host that sets no
// headers. It must be isolated (threads share memory) on both, run a thread from a script of its own, and be held to the policy; and `serve`
// must answer to no other name of this machine.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { build, preview } from 'vite';
import { openApp } from '../../packages/cli/dist/serve/app-folder.js';
import { startAppServer } from '../../packages/cli/dist/serve/server.js';
import { chromium as executablePath } from '../lib/gpu-hosts.mjs';
import { root } from '../lib/project.mjs';

mkdirSync(join(root, 'build'), { recursive: true });
const folder = mkdtempSync(join(root, 'build', 'isolation-'));
const app = join(folder, 'app');
const web = join(root, 'packages', 'web');

/** Puts into `window.found` what a page of the app can do here. */
const script = `
import { registerIsolation } from ${JSON.stringify(join(web, 'src', 'isolation.ts'))};
window.violated = new Set();
document.addEventListener('securitypolicyviolation', (event) => violated.add(event.effectiveDirective));
const tried = (action) => Promise.resolve().then(action).then(() => 'allowed', () => 'refused');
const thread = () => new Promise((settle, reject) => {
  const source = 'self.onmessage = ({ data }) => { Atomics.store(new Int32Array(data), 0, 7); self.postMessage("done"); };';
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), { type: 'module' });
  const memory = new SharedArrayBuffer(4);
  worker.onmessage = () => settle(new Int32Array(memory)[0]);
  worker.onerror = reject;
  worker.postMessage(memory);
});
const isolation = await registerIsolation();
window.found = isolation === 'reloading' ? undefined : {
  isolation,
  isolated: crossOriginIsolated,
  thread: crossOriginIsolated ? await thread() : undefined,
  wasm: await tried(() => WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))),
  text: await tried(() => Function('return 1')()),
  elsewhere: await tried(() => fetch('http://127.0.0.1:9/')),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  caches: (await caches.keys()).length,
};
`;

const page = (configFile = false) => ({
  configFile,
  root: folder,
  base: './',
  logLevel: 'error',
  build: { outDir: app, target: 'esnext', modulePreload: { polyfill: false } },
});
let browser;
let serve;
let plain;
before(async () => {
  writeFileSync(join(folder, 'main.js'), script);
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><html><head><script type="module" src="./main.js"></script></head><body></body></html>',
  );
  // The plugin is TypeScript, which Vite reads where it is named in a configuration.
  const plugin = JSON.stringify(join(web, 'scripts', 'app-files.ts'));
  const config = join(folder, 'vite.config.ts');
  writeFileSync(config, `import { appFiles } from ${plugin};\nexport default { plugins: [appFiles()] };\n`);
  await build(page(config));
  serve = await startAppServer(openApp(app), 0);
  plain = await preview({ ...page(), preview: { host: '127.0.0.1', port: 0 } });
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--host-resolver-rules=MAP evil.example 127.0.0.1'],
    timeout: 0,
  });
});
after(async () => {
  await browser?.close();
  await serve?.close();
  await plain?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens an address and says what the page found, and how often it was loaded. */
async function opened(address) {
  const context = await browser.newContext();
  context.setDefaultTimeout(0);
  context.setDefaultNavigationTimeout(0);
  const tab = await context.newPage();
  let loads = 0;
  tab.on('request', (request) => {
    if (request.isNavigationRequest()) loads += 1;
  });
  await tab.goto(address);
  await tab.waitForFunction(() => globalThis.found !== undefined);
  const found = await tab.evaluate(() => globalThis.found);
  // What was refused, the policy refused, and nothing else; a browser tells of it a moment later.
  await tab.waitForFunction(() => globalThis.violated.size > 1, undefined, { timeout: 60_000 });
  const violated = await tab.evaluate(() => [...globalThis.violated].sort());
  assert.deepEqual(violated, ['connect-src', 'script-src']);
  await context.close();
  return { found, loads };
}

const able = {
  isolation: 'isolated',
  isolated: true,
  thread: 7,
  wasm: 'allowed',
  text: 'refused',
  elsewhere: 'refused',
  caches: 0,
};

test('from `serve`: isolated at once, no service worker', async () => {
  const { found, loads } = await opened(serve.url);
  assert.deepEqual(found, { ...able, workers: 0 });
  assert.equal(loads, 1);
});

test('from a host without headers: isolated by the service worker, after one reload', async () => {
  const { found, loads } = await opened(plain.resolvedUrls.local[0]);
  assert.deepEqual(found, { ...able, workers: 1 });
  assert.equal(loads, 2);
});

test('`serve` answers to no other name, whatever that resolves to', async () => {
  const context = await browser.newContext();
  const tab = await context.newPage();
  const answer = await tab.goto(`http://evil.example:${serve.port}/`);
  assert.equal(answer.status(), 421);
  assert.doesNotMatch(await tab.content(), /main/);
  await context.close();
});
