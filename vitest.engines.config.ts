import { defineConfig } from 'vitest/config';

// The matrix through real workflow engines: the lanes engine-snakemake and engine-slurm name the file each.
export default defineConfig({
  test: {
    include: ['packages/cli/test/engines/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
