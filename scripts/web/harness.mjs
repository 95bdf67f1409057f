// The built app as a user meets it: served by the command line, opened in Chromium, with everything that it asks for and says on record.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { chromium as executablePath } from '../lib/gpu-hosts.mjs';
import { root, run } from '../lib/project.mjs';

const main = join(root, 'packages', 'cli', 'dist', 'main.js');

/** A scratch folder, the server and the browser; `close` removes and ends them all. */
export async function openHost() {
  mkdirSync(join(root, 'build'), { recursive: true });
  const folder = mkdtempSync(join(root, 'build', 'app-'));
  const server = spawn('node', [main, 'serve', '--no-open', '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = createInterface({ input: server.stdout });
  let text = '';
  const url = await new Promise((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`serve ended with ${String(code)}: ${text}`)));
    told.on('line', (line) => {
      text += `${line}\n`;
      try {
        resolve(JSON.parse(text).url);
      } catch {
        // The document goes on.
      }
    });
  });
  const endServer = () => {
    server.removeAllListeners('exit');
    server.kill('SIGINT');
  };
  const browser = await chromium
    .launch({ executablePath, args: ['--no-sandbox', '--enable-unsafe-webgpu'], timeout: 0 })
    .catch((error) => {
      // A server that is left keeps the test runner from ending.
      endServer();
      throw error;
    });
  return {
    folder,
    url,
    browser,
    at: (...names) => join(folder, ...names),
    async close() {
      await browser.close();
      endServer();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Types a command of ours that must work, and returns what it prints. */
export async function spikebridge(host, ...words) {
  const result = await run('node', [main, ...words, '--quiet'], {
    env: { XDG_CACHE_HOME: host.at('cache') },
  });
  assert.equal(result.code, 0, `${words.join(' ')}\n${result.stderr}`);
  return result.stdout;
}

/** Types a command that is interrupted (Ctrl-C) as soon as `when` is true, and ends well for that. */
export async function interrupted(host, when, ...words) {
  const child = spawn('node', [main, ...words, '--quiet'], {
    stdio: 'ignore',
    env: { ...process.env, XDG_CACHE_HOME: host.at('cache') },
  });
  const looking = setInterval(() => {
    if (!when()) return;
    clearInterval(looking);
    child.kill('SIGINT');
  }, 10);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(looking);
  assert.equal(code, 130, words.join(' '));
}

/**
 * A page of its own browser profile, and what must be true of any: nothing asked for elsewhere, no error, nothing that the
 * policy had to refuse. `typed`: an origin that the test types as an address; what the browser itself says of it is no fault. `expected`: what
 * the console may say, since the test brings it about.
 */
export async function onPage(host, { typed, expected, ...options }, look) {
  const context = await host.browser.newContext({ acceptDownloads: true, ...options });
  // A busy machine is slow, not wrong: the lane is ended from outside.
  context.setDefaultTimeout(0);
  context.setDefaultNavigationTimeout(0);
  const elsewhere = [];
  const own = new URL(host.url).origin;
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== own && url.origin !== typed && url.protocol !== 'blob:') elsewhere.push(request.url());
  });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (typed !== undefined && `${message.location().url} ${message.text()}`.includes(typed)) return;
    if (expected?.test(message.text())) return;
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  try {
    await look(page);
    assert.deepEqual(elsewhere, [], 'requests outside the origin');
    assert.deepEqual(faults, [], 'the console');
  } finally {
    await context.close();
  }
}

/** Axe finds nothing, and nothing sticks out of the window. */
export async function accessible(page, what) {
  // What is folded away is read as well.
  await page.$$eval('details', (found) => found.forEach((one) => one.setAttribute('open', '')));
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(() =>
    globalThis.axe.run(globalThis.document, { preload: false }),
  );
  const told = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes
        .slice(0, 3)
        .map(({ html, failureSummary }) => `${html.slice(0, 200)}\n${failureSummary}`)
        .join('\n')}`,
  );
  assert.deepEqual(told, [], what);
  assert.ok(passes.length > 10, `${what}: axe looked at ${passes.length} rules`);
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = globalThis.document.documentElement;
    return scrollWidth - clientWidth;
  });
  assert.ok(wide <= 0, `${what} is ${wide} pixels wider than its window`);
}

/** Keeps what a click downloads. */
export async function downloaded(page, click, path) {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  await download.saveAs(path);
  return download.suggestedFilename();
}
