// The workflow engines that the matrix is written for: whether each can run here, and how it comes to where it may.
import { lastLine, makeReady } from './host-packages.mjs';
import { run } from './project.mjs';

/** Programs of each engine that have to answer. */
const PROGRAMS = {
  snakemake: [['snakemake', '--version']],
  slurm: [
    ['munged', '--version'],
    ['slurmctld', '-V'],
    ['slurmd', '-V'],
    // Asked for its version without a cluster, sbatch fails.
    ['which', 'sbatch'],
  ],
};

/** @param {keyof typeof PROGRAMS} engine @returns {Promise<string | undefined>} why it cannot run here */
async function missing(engine) {
  for (const [program, ...args] of PROGRAMS[engine]) {
    const result = await run('sh', ['-c', 'exec "$@"', 'sh', program, ...args], {
      // Daemons lie where only root looks.
      env: { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
    });
    if (result.code !== 0) return `${program} does not start: ${lastLine(result.stderr)}`;
  }
  if (engine === 'slurm' && process.getuid?.() !== 0)
    return 'a node of Slurm runs jobs as their users, which takes root';
  return undefined;
}

/**
 * @param {keyof typeof PROGRAMS} engine
 * @param {{ install: boolean }} options
 * @returns {Promise<string | undefined>} why it is not ready
 */
export const prepareEngine = (engine, { install }) =>
  makeReady(engine, {
    lane: `engine-${engine}`,
    needs: `${engine} on the path`,
    missing: () => missing(engine),
    install,
  });
