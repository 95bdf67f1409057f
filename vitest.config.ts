import { defineConfig } from 'vitest/config';

// Tests run on TypeScript sources; workspace packages resolve to `src` through a condition of their own.
// The command line is tested as built, by vitest.cli.config.ts; what needs a GPU, by vitest.webgpu.config.ts.
export default defineConfig({
  resolve: { conditions: ['@spikebridge/source', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['@spikebridge/source', 'import', 'module', 'default'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'bench/{src,page}/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', 'packages/cli/test/**', 'packages/*/test/webgpu/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
