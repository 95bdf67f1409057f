import { defineConfig } from 'vitest/config';

// Tests that need a GPU device, on Dawn. One process for all files: starting a driver and compiling kernels costs seconds.
export default defineConfig({
  resolve: { conditions: ['@spikebridge/source', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['@spikebridge/source', 'import', 'module', 'default'] } },
  test: {
    include: ['packages/*/test/webgpu/**/*.test.ts'],
    pool: 'forks',
    isolate: false,
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
