// Plan: requests as raw bytes, since every HTTP client tidies a path before it sends it. What a page needs arrives, with the right type,
// validators and the app's headers; every other name of this machine is refused (DNS rebinding), every method but GET and HEAD, and no
// spelling of a path reaches a byte outside the folder, through symbolic links neither. Then ports: taken, asked for or not.
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appFixture, FIXTURE_HEADERS, PAGE, SECRET } from '../testing/app-fixture.ts';
import { openApp } from './app-folder.ts';
import { DEFAULT_PORT, startAppServer } from './server.ts';
import type { AppServer } from './server.ts';

const fixture = appFixture();
let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(openApp(fixture.folder), 0);
});
afterAll(async () => {
  await server.close();
  fixture.remove();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a request line and headers as they are; a `Host` is added unless given, or given as null. */
function ask(
  line: string,
  { Host = `127.0.0.1:${String(server.port)}`, ...headers }: Record<string, string | null> = {},
): Promise<Answer> {
  const lines = Object.entries({ Host, Connection: 'close', ...headers }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`],
  );
  return new Promise((settle, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write([line, ...lines, '', ''].join('\r\n'), 'latin1');
    });
    const parts: Buffer[] = [];
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', reject);
    socket.on('close', () => {
      const text = Buffer.concat(parts).toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const [first, ...rest] = text.slice(0, end).split('\r\n');
      settle({
        status: Number(first.split(' ')[1]),
        headers: Object.fromEntries(
          rest.map((one) => [
            one.slice(0, one.indexOf(':')).toLowerCase(),
            one.slice(one.indexOf(':') + 1).trim(),
          ]),
        ),
        body: text.slice(end + 4),
      });
    });
  });
}

const get = (path: string, headers: Record<string, string | null> = {}) =>
  ask(`GET ${path} HTTP/1.1`, headers);

const expectAppHeaders = ({ headers }: Answer) => {
  for (const [name, value] of Object.entries(FIXTURE_HEADERS))
    expect(headers[name.toLowerCase()]).toBe(value);
};

describe('what the page needs', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', 'no-cache', PAGE],
    ['/index.html?view=raster', 'text/html; charset=utf-8', 'no-cache', PAGE],
    ['/service-worker.js', 'text/javascript; charset=utf-8', 'no-cache', '// worker'],
    [
      '/assets/index-AbCd_f-9.js',
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
      'export {};',
    ],
    ['/assets/kernels-0a1b2c3d.wasm', 'application/wasm', 'public, max-age=31536000, immutable', '\0asm'],
    ['/bench/', 'text/html; charset=utf-8', 'no-cache', '<!doctype html><title>bench</title>'],
    ['/inside.html', 'text/html; charset=utf-8', 'no-cache', PAGE],
  ])('%s', async (path, type, caching, body) => {
    const answer = await get(path);
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers).toMatchObject({ 'content-type': type, 'cache-control': caching });
    expectAppHeaders(answer);
  });

  it('HEAD says the same and sends nothing', async () => {
    const answer = await ask('HEAD / HTTP/1.1');
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers['content-length']).toBe(String(PAGE.length));
    expectAppHeaders(answer);
  });

  it('304 for what the browser has, with the headers still on it; a changed file is sent', async () => {
    const path = '/assets/kernels-0a1b2c3d.wasm';
    const etag = (await get(path)).headers['etag'];
    expect(etag).toMatch(/^W\/"/);
    const again = await get(path, { 'If-None-Match': etag });
    expect(again).toMatchObject({ status: 304, body: '' });
    expectAppHeaders(again);
    expect((await get(path, { 'If-None-Match': 'W/"other"' })).status).toBe(200);
  });

  it('ranges, and ranges that make no sense, leave the server alive', async () => {
    expect(await get('/', { Range: 'bytes=2-8' })).toMatchObject({ status: 206, body: PAGE.slice(2, 9) });
    for (const senseless of ['bytes=8-2', 'bytes=4000-']) {
      const answer = await get('/', { Range: senseless });
      expect(answer).toMatchObject({ status: 416, body: 'This file cannot be sent.\n' });
      expectAppHeaders(answer);
    }
    expect((await get('/')).status).toBe(200);
  });

  it('a file that goes away is not there; one that comes is', async () => {
    const file = join(fixture.folder, 'passing.txt');
    expect((await get('/passing.txt')).status).toBe(404);
    writeFileSync(file, 'here');
    expect(await get('/passing.txt')).toMatchObject({ status: 200, body: 'here' });
    rmSync(file);
    expect((await get('/passing.txt')).status).toBe(404);
  });
});

describe('other names of this machine (DNS rebinding)', () => {
  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('%s with the port is served', async (name) => {
    expect((await get('/', { Host: `${name}:${String(server.port)}` })).status).toBe(200);
  });

  it.each([
    ['another name', 'evil.example:PORT'],
    ['another name without a port', 'evil.example'],
    ['this address without a port', '127.0.0.1'],
    ['this address at another port', '127.0.0.1:1'],
    ['a name that begins like ours', 'localhost:PORT.evil.example'],
    ['a name that ends like ours', 'evil.localhost:PORT'],
    ['a trailing dot', 'localhost.:PORT'],
    ['another address of this machine', '127.0.0.2:PORT'],
    ['every address', '0.0.0.0:PORT'],
    ['a user before it', 'localhost@evil.example:PORT'],
    ['nothing', ''],
    ['none', null],
  ])('%s is refused', async (_, host) => {
    const answer = await get('/', { Host: host?.replace('PORT', String(server.port)) ?? null });
    expect(answer).toMatchObject({ status: 421, body: `Only ${server.url} is served here.\n` });
    expectAppHeaders(answer);
  });

  it('HTTP/1.0 without a Host too', async () => {
    expect((await ask('GET / HTTP/1.0', { Host: null })).status).toBe(421);
  });
});

it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])(
  '%s is refused',
  async (method) => {
    const answer = await ask(`${method} / HTTP/1.1`, { 'Content-Length': '0' });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
    expectAppHeaders(answer);
  },
);

describe('paths', () => {
  const up = ['../secret.txt', '../../../../../../../../etc/passwd', 'assets/../../secret.txt'];
  const spellings = up.flatMap((path) => [
    `/${path}`,
    `/${path.replaceAll('.', '%2e')}`,
    `/${path.replaceAll('../', '%2E%2E%2F')}`,
    `/${path.replaceAll('../', '%252e%252e%252f')}`,
    `/${path.replaceAll('../', '..%c0%af')}`,
    `/${path.replaceAll('/', '\\')}`,
    `/${path.replaceAll('../', '..%5c')}`,
    `/${path.replaceAll('../', '....//')}`,
    `/${path}%00.html`,
    `\\${path}`,
    path,
  ]);
  const others = [
    `${fixture.root}/secret.txt`,
    `/${fixture.root}/secret.txt`,
    `file://${fixture.root}/secret.txt`,
    `http://127.0.0.1${fixture.root}/secret.txt`,
    '//etc/passwd',
    '/etc/passwd',
    '/C:/Windows/win.ini',
    '/link.txt',
    '/beside/secret.txt',
    '/../app-beside/secret.txt',
    '/.hidden',
    '/%2ehidden',
    '/index.html%00',
    '/index.html/',
    '/index.html/..',
    '/./index.html',
    '//index.html',
    '/%69ndex.html',
    '/%',
    '/%zz',
    '*',
    '/no-such-file',
    '/raster',
  ];
  it.each([...spellings, ...others])('%s is not there', async (path) => {
    const answer = await get(path);
    // Node itself refuses what is no request target at all, before any code of ours.
    expect([400, 404]).toContain(answer.status);
    expect(answer.body).not.toContain(SECRET);
    expect(answer.body).not.toContain('root:');
    if (answer.status === 404) expectAppHeaders(answer);
  });

  it('a NUL as it is ends the request', async () => {
    const answer = await get('/index.html\0.txt');
    expect(answer.status).toBe(400);
    expect(answer.body).not.toContain(PAGE);
  });

  it.each(['/assets/', '/assets', '/bench', '/beside/'])('%s, a folder, is not listed', async (path) => {
    const answer = await get(path);
    expect(answer).toMatchObject({ status: 404, body: 'There is no such file.\n' });
  });
});

describe('ports', () => {
  it('one that was asked for and is taken: an error of the request', async () => {
    await expect(startAppServer(openApp(fixture.folder), server.port)).rejects.toMatchObject({
      code: 'E_PORT_TAKEN',
      exitCode: 2,
      where: `port ${String(server.port)}`,
    });
  });

  it('not asked for: the next that is free, on the loopback address alone', async () => {
    // Whoever has the default port, it is taken from here on.
    const blocker = createServer();
    await new Promise<void>((settle) => {
      blocker.on('error', () => settle());
      blocker.listen(DEFAULT_PORT, '127.0.0.1', () => settle());
    });
    const next = await startAppServer(openApp(fixture.folder), undefined);
    expect(next.port).toBeGreaterThan(DEFAULT_PORT);
    expect(next.url).toBe(`http://127.0.0.1:${String(next.port)}/`);
    await expect(
      new Promise((settle, reject) => {
        const socket = connect(next.port, '127.0.0.2', () => settle(socket.destroy()));
        socket.on('error', (error) => reject(error));
      }),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await next.close();
    await new Promise((settle) => blocker.close(settle));
  });

  it('closing does not wait for a browser in the middle of its next request', async () => {
    const short = await startAppServer(openApp(fixture.folder), 0);
    const socket = connect(short.port, '127.0.0.1');
    const closed = new Promise((settle) => socket.on('close', settle));
    socket.on('error', () => undefined);
    await new Promise((settle) => {
      socket.once('data', settle);
      socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${String(short.port)}\r\n\r\nGET / HT`);
    });
    await short.close();
    await closed;
    const again = createServer();
    await new Promise<void>((settle) => again.listen(short.port, '127.0.0.1', settle));
    expect((again.address() as AddressInfo).port).toBe(short.port);
    await new Promise((settle) => again.close(settle));
  });
});
