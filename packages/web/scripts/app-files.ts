// Part of the app's build (a Vite plugin): the files beside the page that say how it must be served, all from src/headers.ts.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { APP_HEADERS, META_POLICY } from '../src/headers.ts';

const SERVICE_WORKER = 'service-worker.js';

/** For hosts that read `_headers` (Netlify, Cloudflare Pages and others): the same for every path, and hashed files for good. */
const hostHeaders = (): string =>
  [
    '/*',
    ...Object.entries(APP_HEADERS).map(([name, value]) => `  ${name}: ${value}`),
    '/assets/*',
    '  Cache-Control: public, max-age=31536000, immutable',
    '',
  ].join('\n');

/** Writes the policy into every page, as a `<meta>`. */
export function pagePolicy(): Plugin {
  return {
    name: 'spikebridge-page-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: META_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** Empties the app's folder before a build, but for the benchmark page: bench/ builds that one into it. */
export function emptyAppFolder(folder: string): Plugin {
  return {
    name: 'spikebridge-empty-app-folder',
    apply: 'build',
    buildStart() {
      if (!existsSync(folder)) return;
      for (const name of readdirSync(folder))
        if (name !== 'bench') rmSync(join(folder, name), { recursive: true, force: true });
    },
  };
}

/** Adds `headers.json`, `_headers`, `service-worker.js` and, to every page, its policy. */
export function appFiles(): Plugin[] {
  const files: Plugin = {
    name: 'spikebridge-app-files',
    apply: 'build',
    buildStart() {
      const id = fileURLToPath(new URL('../src/service-worker.ts', import.meta.url));
      this.emitFile({ type: 'chunk', id, fileName: SERVICE_WORKER });
    },
    generateBundle(_options, bundle) {
      const worker = bundle[SERVICE_WORKER];
      // It is registered as a classic script, which can neither import nor export.
      if (worker.type !== 'chunk' || worker.imports.length + worker.exports.length > 0)
        this.error(`${SERVICE_WORKER} shares code with the page; it must stand alone.`);
      const source = `${JSON.stringify(APP_HEADERS, null, 2)}\n`;
      this.emitFile({ type: 'asset', fileName: 'headers.json', source });
      this.emitFile({ type: 'asset', fileName: '_headers', source: hostHeaders() });
    },
  };
  return [pagePolicy(), files];
}
