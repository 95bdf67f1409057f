import { defineConfig } from 'vitest/config';

// The command line as a user runs it: built, in a process of its own, on the runtime named by SPIKEBRIDGE_RUNTIME.
export default defineConfig({
  test: {
    include: ['packages/cli/test/**/*.test.ts'],
    exclude: ['packages/cli/test/webgpu/**', 'packages/cli/test/engines/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
