// The page as static files: `dist/app`. Sources of the other packages are taken as they are, so that one build checks the whole.
import { join } from 'node:path';
import { defineConfig } from 'vite';
import { appFiles, emptyAppFolder } from './scripts/app-files.ts';

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the app may lie in any folder of a static host.
  base: './',
  logLevel: 'warn',
  plugins: [emptyAppFolder(join(import.meta.dirname, 'dist/app')), appFiles()],
  resolve: { conditions: ['@spikebridge/source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist/app',
    emptyOutDir: false,
    target: 'es2023',
    // The content security policy allows files of this origin alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  worker: { format: 'es' },
});
