// Plan: a small page built with the plugin has beside it every file that says how it must be served, and they agree; the policy is as
// strict as it is meant to be, directive by directive; the worker is one classic script.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appFiles, emptyAppFolder } from '../scripts/app-files.ts';
import { APP_HEADERS, META_POLICY } from '../src/headers.ts';

const root = mkdtempSync(join(tmpdir(), 'spikebridge-app-files-'));
const read = (name: string) => readFileSync(join(root, 'dist', name), 'utf8');
beforeAll(async () => {
  writeFileSync(join(root, 'index.html'), '<!doctype html><html><head></head><body></body></html>');
  for (const left of ['bench/index.html', 'assets/index-of-before.js']) {
    mkdirSync(dirname(join(root, 'dist', left)), { recursive: true });
    writeFileSync(join(root, 'dist', left), 'of before');
  }
  await build({
    ...{ configFile: false, root, logLevel: 'error', build: { emptyOutDir: false } },
    plugins: [emptyAppFolder(join(root, 'dist')), appFiles()],
  });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const directives = (policy: string) =>
  new Map(policy.split('; ').map((one) => [one.split(' ')[0], one.split(' ').slice(1)]));

describe('files beside the page', () => {
  it('what an earlier build left is gone, but for the benchmark page, which another build puts there', () => {
    expect(existsSync(join(root, 'dist', 'assets', 'index-of-before.js'))).toBe(false);
    expect(read('bench/index.html')).toBe('of before');
  });

  it('headers.json holds the headers', () => {
    expect(JSON.parse(read('headers.json'))).toEqual(APP_HEADERS);
  });

  it('_headers holds them for every path', () => {
    const [, every] = /^\/\*\n((?: {2}.*\n)+)/.exec(read('_headers')) ?? [];
    expect(every.trimEnd().split('\n')).toEqual(
      Object.entries(APP_HEADERS).map(([name, value]) => `  ${name}: ${value}`),
    );
  });

  it('the page states the policy of itself, before anything that it loads', () => {
    const page = read('index.html');
    const [meta, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(page) ?? [''];
    expect(policy.replaceAll('&#39;', "'")).toBe(META_POLICY);
    expect(page.indexOf(meta)).toBeLessThan(page.search(/<(script|link)|<\/head/));
  });
});

describe('the service worker, one classic script', () => {
  /** Runs it in a scope of its own; answers what it does with a request, undefined where it leaves that to the browser. */
  async function handled(request: { url: string; cache?: string; mode?: string }) {
    const listeners = new Map<string, (event: unknown) => void>();
    const scope = {
      location: new URL('https://host.example/app/service-worker.js'),
      addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
      fetch: (asked: { url: string }) => Promise.resolve(new Response(`of ${asked.url}`)),
      ...{ URL, Headers, Response },
    };
    runInNewContext(read('service-worker.js'), scope);
    const answers: Promise<Response>[] = [];
    listeners.get('fetch')?.({ request, respondWith: (one: Promise<Response>) => answers.push(one) });
    expect([...listeners.keys()]).toEqual(['install', 'fetch']);
    return await answers[0];
  }

  it('adds the headers to what comes from its own origin', async () => {
    const answer = await handled({ url: 'https://host.example/app/assets/x.js' });
    expect(await answer.text()).toBe('of https://host.example/app/assets/x.js');
    for (const [name, value] of Object.entries(APP_HEADERS)) expect(answer.headers.get(name)).toBe(value);
  });

  it('leaves addresses elsewhere alone, and requests that may not be passed on', async () => {
    expect(await handled({ url: 'https://data.example/recording.nwb' })).toBeUndefined();
    expect(await handled({ url: 'https://host.example:8443/x' })).toBeUndefined();
    const url = 'https://host.example/app/';
    expect(await handled({ url, cache: 'only-if-cached', mode: 'no-cors' })).toBeUndefined();
    expect(await handled({ url, cache: 'only-if-cached', mode: 'same-origin' })).toBeInstanceOf(Response);
  });
});

describe('the policy', () => {
  it('allows exactly this', () => {
    expect(Object.fromEntries(directives(APP_HEADERS['Content-Security-Policy']))).toEqual({
      'default-src': ["'none'"],
      'script-src': ["'self'", "'wasm-unsafe-eval'"],
      'worker-src': ["'self'", 'blob:'],
      'style-src': ["'self'"],
      'img-src': ["'self'", 'data:', 'blob:'],
      'font-src': ["'self'"],
      'connect-src': ["'self'", 'https:', 'blob:'],
      'manifest-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    });
  });

  it('is the same in the page, but for who may frame it, which a page cannot say', () => {
    const header = directives(APP_HEADERS['Content-Security-Policy']);
    header.delete('frame-ancestors');
    expect(directives(META_POLICY)).toEqual(header);
  });

  it('fits a header: one line, no character that one cannot hold', () => {
    for (const value of Object.values(APP_HEADERS)) expect(value).toMatch(/^[\x20-\x7e]+$/);
  });
});
