// The page as static files: `dist/app`. Sources of the other packages are taken as they are, so that one build checks the whole.
import { defineConfig } from 'vite';
import { appFiles } from './scripts/app-files.ts';

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the app may lie in any folder of a static host.
  base: './',
  logLevel: 'warn',
  plugins: [appFiles()],
  resolve: { conditions: ['@spikebridge/source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2023',
    // The content security policy allows files of this origin alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
  worker: { format: 'es' },
});
