// The emitted Snakefile on a real Snakemake: the very cells of the local pool, and nothing left to do afterwards.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { json } from '../harness.ts';
import { cellTexts, engineMatrix, pooled, runProgram } from './engine-matrix.ts';

const matrix = engineMatrix();
const { folder, manifest, out, env } = matrix;
afterAll(() => folder.remove());

test('Snakemake computes the cells that the local pool computes', async () => {
  await json(['matrix', manifest, '--out', out, '--emit', 'snakemake']);
  expect(readFileSync(join(out, 'Snakefile'), 'utf8')).not.toContain(folder.path);
  const words = ['snakemake', '-s', join(out, 'Snakefile'), '--cores', '2'] as const;
  await runProgram(words, { env, cwd: folder.path });
  expect(cellTexts(out)).toEqual(cellTexts(await pooled(matrix)));
  expect(Object.keys(cellTexts(out))).toHaveLength(8);
  // Snakemake and the pool see one another's work as done.
  expect(await runProgram(words, { env, cwd: folder.path })).toContain('Nothing to be done');
  expect(await json(['matrix', manifest, '--out', out, '--dry-run'])).not.toMatchObject({
    cells: expect.arrayContaining([expect.objectContaining({ done: false })]) as unknown,
  });
  expect(JSON.parse(readFileSync(join(out, 'matrix.json'), 'utf8'))).toMatchObject({ missing: [] });
});
