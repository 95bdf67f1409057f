// The same jobs for a workflow engine: a Snakefile, or Slurm arrays with their dependencies. Both call `matrix --cell`, so what they write
// is what the local pool writes, and each can go on where another stopped. No path of this machine stands in them.
import type { MatrixJob, MatrixPlan } from '@spikebridge/model';
import { cellNeeds } from '@spikebridge/model';

export const ENGINES = ['snakemake', 'slurm'] as const;
export type Engine = (typeof ENGINES)[number];

export interface Emission {
  readonly plan: MatrixPlan;
  /** From the folder of the matrix to the manifest. */
  readonly manifest: string;
  /** Threads of each job. */
  readonly threads: number;
}

/** Files by name, relative to the folder of the matrix. */
export type EmittedFiles = ReadonlyMap<string, string>;

export const SUMMARY_FILES = ['matrix.json', 'matrix.csv', 'matrix.html'] as const;

/** As a shell takes one word. */
const quoted = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

const filesOf = (job: MatrixJob): string[] => job.cells.map(({ id }) => `${id}.json`);
const cellsOf = (job: MatrixJob): string => job.cells.map(({ id }) => id).join(' ');
const ofKind = ({ jobs }: MatrixPlan, kind: MatrixJob['kind']) => jobs.filter((job) => job.kind === kind);

/** One rule a job; Snakemake finds the order by the files. */
export function snakefile({ plan, manifest, threads }: Emission): EmittedFiles {
  const list = (files: readonly string[]) =>
    files.map((file) => `        ${JSON.stringify(file)},`).join('\n');
  const rules = plan.jobs.map((job) => {
    const needs = job.cells.flatMap(cellNeeds).map(({ id }) => `${id}.json`);
    const input = needs.length === 0 ? [] : ['    input:', list([...new Set(needs)])];
    return [
      `rule:`,
      `    name: ${JSON.stringify(job.id.replace(/[^\w]/g, '_'))}`,
      ...input,
      '    output:',
      list(filesOf(job)),
      `    threads: ${String(threads)}`,
      `    params: cells=${JSON.stringify(cellsOf(job))}`,
      '    shell: "{SPIKEBRIDGE} matrix {MANIFEST} --out . --threads {threads} --quiet --cell {params.cells}"',
    ].join('\n');
  });
  const judged = ofKind(plan, 'judged').flatMap(filesOf);
  const text = [
    '# Written by `spikebridge matrix --emit snakemake`: one rule a job, each of which computes the cells it names.',
    '# Run it with: snakemake -s Snakefile --cores 8   (SPIKEBRIDGE: the command to call, where it is not on the path)',
    'import os',
    '',
    'workdir: workflow.basedir',
    'SPIKEBRIDGE = os.environ.get("SPIKEBRIDGE", "spikebridge")',
    `MANIFEST = ${JSON.stringify(quoted(manifest))}`,
    '',
    'rule matrix:',
    '    input:',
    list(SUMMARY_FILES),
    '    default_target: True',
    '',
    ...rules.flatMap((rule) => [rule, '']),
    'rule summary:',
    '    input:',
    list(judged),
    '    output:',
    list(SUMMARY_FILES),
    '    shell: "{SPIKEBRIDGE} matrix {MANIFEST} --out . --quiet --summary"',
    '',
  ].join('\n');
  return new Map([['Snakefile', text]]);
}

/** Three arrays and a last job, and the script that hands them in. Line n of an array's list names the cells of task n. */
export function slurmScripts({ plan, manifest, threads }: Emission): EmittedFiles {
  const files = new Map<string, string>();
  // A judged task waits for the run of the same place alone, and for all floors, which its source's are among.
  const order = ['trained', 'floors', 'judged'] as const;
  const command = `\${SPIKEBRIDGE:-spikebridge} matrix ${quoted(manifest)} --out . --quiet`;
  const script = (name: string, lines: readonly string[]) =>
    [
      '#!/bin/sh',
      `#SBATCH --job-name=matrix-${name}`,
      '#SBATCH --ntasks=1',
      `#SBATCH --cpus-per-task=${String(name === 'summary' ? 1 : threads)}`,
      `#SBATCH --output=logs/slurm-${name}-${name === 'summary' ? '%j' : '%A_%a'}.log`,
      'set -eu',
      ...lines,
      '',
    ].join('\n');
  for (const kind of order) {
    files.set(`slurm/${kind}.list`, `${ofKind(plan, kind).map(cellsOf).join('\n')}\n`);
    files.set(
      `slurm/${kind}.sh`,
      script(kind, [
        `cells=$(sed -n "\${SLURM_ARRAY_TASK_ID}p" slurm/${kind}.list)`,
        '# Unquoted: one word a cell.',
        `exec ${command} --threads "$SLURM_CPUS_PER_TASK" --cell $cells`,
      ]),
    );
  }
  files.set('slurm/summary.sh', script('summary', [`exec ${command} --summary`]));
  const array = (kind: MatrixJob['kind']) => `--array=1-${String(ofKind(plan, kind).length)}`;
  files.set(
    'slurm/submit.sh',
    [
      '#!/bin/sh',
      '# Written by `spikebridge matrix --emit slurm`: hands in the arrays of a matrix, each waiting for what it rests on.',
      '# Options given to it go to every sbatch (--partition, --account, --time, --mem).',
      '# SPIKEBRIDGE: the command to call, where it is not on the path of the nodes.',
      'set -eu',
      'cd "$(dirname "$0")/.."',
      'mkdir -p logs',
      `trained=$(sbatch --parsable ${array('trained')} "$@" slurm/trained.sh)`,
      `floors=$(sbatch --parsable ${array('floors')} "$@" slurm/floors.sh)`,
      `judged=$(sbatch --parsable --kill-on-invalid-dep=yes --dependency="aftercorr:$trained,afterany:$floors" ${array('judged')} "$@" slurm/judged.sh)`,
      'summary=$(sbatch --parsable --dependency="afterany:$judged" "$@" slurm/summary.sh)',
      'echo "trained $trained, floors $floors, judged $judged, summary $summary"',
      '',
    ].join('\n'),
  );
  return files;
}
