// `serve` as a user has it: the built command line installed beside the package of the app, started, asked and stopped in a process of
// its own. The app is a small one of the test's own.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIXTURE_HEADERS, PAGE, writeApp } from '../src/testing/app-fixture.ts';
import { repository, run, runtime, start } from './harness.ts';

// Inside the repository, where what the command line imports is found further up.
mkdirSync(join(repository, 'build'), { recursive: true });
const folder = mkdtempSync(join(repository, 'build', 'serve-'));
const entry = join(folder, 'cli', 'dist', 'main.js');
const web = join(folder, 'node_modules', '@spikebridge', 'web');
const app = join(web, 'dist', 'app');

beforeAll(() => {
  for (const part of ['dist', 'package.json'])
    cpSync(join(repository, 'packages', 'cli', part), join(folder, 'cli', part), { recursive: true });
  cpSync(join(repository, 'packages', 'web', 'package.json'), join(web, 'package.json'));
  writeApp(app);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts it and waits until it says that it serves. */
async function serving(args: readonly string[], options: Parameters<typeof start>[1] = {}) {
  const started = start(['serve', ...args], { entry, ...options });
  await started.seen(/Ctrl-C ends it/);
  return started;
}

/** What comes back for these bytes: a client would tidy the path first. */
const rawAnswer = (port: number, request: string): Promise<string> =>
  new Promise((settle, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (part: Buffer) => (answer += part.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => settle(answer));
  });

const status = async (url: string) => (await fetch(url)).status;

describe(`on ${runtime}`, () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'serves the page until %s, which is a good end',
    async (signal) => {
      const server = await serving(['--port', '0', '--no-open']);
      const url = server.stdout().trim();
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
      const page = await fetch(url);
      expect([page.status, await page.text()]).toEqual([200, PAGE]);
      for (const [name, value] of Object.entries(FIXTURE_HEADERS)) expect(page.headers.get(name)).toBe(value);
      expect((await fetch(`${url}assets/kernels-0a1b2c3d.wasm`)).headers.get('content-type')).toBe(
        'application/wasm',
      );
      expect(await status(`${url}.hidden`)).toBe(404);
      expect(await status(`${url}assets/`)).toBe(404);
      expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
      // The connections of these requests are still open.
      server.child.kill(signal);
      const end = await server.finished;
      expect(end).toMatchObject({ code: 0, signal: null, stdout: `${url}\n` });
      expect(end.stderr).toBe('for this machine alone; Ctrl-C ends it\n');
      await expect(fetch(url)).rejects.toThrow();
    },
  );

  test('--json: one document, at once', async () => {
    const server = await serving(['--port', '0', '--no-open', '--json']);
    const document = JSON.parse(server.stdout()) as { url: string; port: number };
    expect(document).toEqual({
      schema: 'spikebridge.serve/1',
      url: `http://127.0.0.1:${String(document.port)}/`,
      port: document.port,
    });
    expect(await status(document.url)).toBe(200);
    server.child.kill('SIGINT');
    expect((await server.finished).stdout).toBe(server.stdout());
  });

  test('refuses another name for this machine (DNS rebinding), on every runtime', async () => {
    const server = await serving(['--port', '0', '--no-open']);
    const { port } = new URL(server.stdout());
    const raw = (request: string) => rawAnswer(Number(port), request);
    expect(await raw(`GET / HTTP/1.1\r\nHost: evil.example:${port}\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 421 /,
    );
    for (const path of [
      '/../package.json',
      '/..%2fpackage.json',
      '/%2e%2e/package.json',
      '/..\\package.json',
    ])
      expect(
        await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`),
      ).toMatch(/^HTTP\/1\.1 40[04] /);
    server.child.kill('SIGINT');
    expect((await server.finished).code).toBe(0);
  });

  test('a port that is taken: what, where and what to do, exit code 2', async () => {
    const other = createServer();
    await new Promise<void>((settle) => other.listen(0, '127.0.0.1', settle));
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await run(['serve', '--no-open', '--port', String(port)], { entry });
    other.close();
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      `error E_PORT_TAKEN: port ${String(port)}: another program listens there\n` +
        '  what to do: name another port: --port 8800, or --port 0 for any that is free\n',
    );
    expect((await run(['serve', '--port', '65536'], { entry })).code).toBe(2);
  });

  test('no browser to open: the address is said, and it serves all the same', async () => {
    const env = { BROWSER: '/no/such/browser', DISPLAY: '', XDG_CURRENT_DESKTOP: 'X-Generic' };
    const server = await serving(['--port', '0'], { env });
    const url = server.stdout().trim();
    await server.seen(/no browser could be opened; open http:\/\/127\.0\.0\.1:\d+\/ yourself/);
    expect(await status(url)).toBe(200);
    server.child.kill('SIGINT');
    expect((await server.finished).code).toBe(0);
  });

  test('an app that is not whole: E_APP_MISSING, where, and what to do', async () => {
    rmSync(join(app, 'headers.json'));
    const { code, stdout, stderr } = await run(['serve', '--no-open'], { entry });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error E_APP_MISSING: .*app: the browser app is not built\n {2}what to do: /);
    expect(stderr).toContain(app);
  });
});
