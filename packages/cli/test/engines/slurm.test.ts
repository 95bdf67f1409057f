// The emitted arrays on a real one-node Slurm: dependencies in order, the very cells of the local pool, and the table at the end.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { json } from '../harness.ts';
import { cellTexts, engineMatrix, pooled, runProgram } from './engine-matrix.ts';
import { startSlurm } from './slurm-node.ts';
import type { SlurmNode } from './slurm-node.ts';

const matrix = engineMatrix();
const { folder, manifest, out } = matrix;
let slurm: SlurmNode | undefined;
beforeAll(async () => {
  const home = join(folder.path, 'slurm');
  mkdirSync(home);
  slurm = await startSlurm(home, matrix.env);
});
afterAll(() => {
  slurm?.stop();
  folder.remove();
});

/** Everything that jobs and daemons have said, for a failure to be understood. */
const logs = () =>
  [join(out, 'logs'), join(folder.path, 'slurm')]
    .filter((path) => existsSync(path))
    .flatMap((path) =>
      readdirSync(path)
        .filter((name) => name.endsWith('.log'))
        .map((name) => join(path, name)),
    )
    .map((path) => `== ${path}\n${readFileSync(path, 'utf8').split('\n').slice(-20).join('\n')}`)
    .join('\n');

test('Slurm computes the cells that the local pool computes', async () => {
  await json(['matrix', manifest, '--out', out, '--emit', 'slurm']);
  for (const name of readdirSync(join(out, 'slurm')))
    expect(readFileSync(join(out, 'slurm', name), 'utf8'), name).not.toContain(folder.path);
  const at = { env: slurm?.env ?? {}, cwd: folder.path };
  await runProgram(['sh', join(out, 'slurm', 'submit.sh')], at);
  const ids = async (state: string) =>
    (
      await runProgram(['squeue', '--noheader', '--array', '--states', state, '--format', '%F_%K %j'], at)
    ).trim();
  for (let tries = 0; (await ids('PENDING,RUNNING,COMPLETING')) !== ''; tries += 1) {
    if (tries > 500) throw new Error(`Slurm does not end:\n${logs()}`);
    await new Promise((done) => setTimeout(done, 500));
  }
  // Two runs, two rows of floors, two rows of judgements, one table: all well.
  const completed = (await ids('COMPLETED')).split('\n').map((line) => line.split(' ').at(-1));
  expect(completed.sort(), logs()).toEqual(
    ['trained', 'trained', 'floors', 'floors', 'judged', 'judged', 'summary']
      .map((name) => `matrix-${name}`)
      .sort(),
  );
  expect(cellTexts(out)).toEqual(cellTexts(await pooled(matrix)));
  expect(Object.keys(cellTexts(out))).toHaveLength(8);
  expect(JSON.parse(readFileSync(join(out, 'matrix.json'), 'utf8'))).toMatchObject({ missing: [] });
});
