// The benchmark page as static files, in the built app's folder: `serve` gives it out with the app, under the same headers.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { defineConfig } from 'vite';
import { pagePolicy } from '../../packages/web/scripts/app-files.ts';
import { tfjsFiles, tfjsThreadsFromFiles } from './tfjs-files.ts';

function commit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  publicDir: join(import.meta.dirname, '../../packages/web/public'),
  plugins: [pagePolicy(), tfjsFiles()],
  define: { __COMMIT__: JSON.stringify(commit()) },
  resolve: { conditions: ['@spikebridge/source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: '../../packages/web/dist/app/bench',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  worker: { format: 'es', plugins: () => [tfjsThreadsFromFiles()] },
});
