// `matrix`: every recording of a manifest against every other, with every loss and seed: computed by a local pool, by single cells, or
// written down for a workflow engine; then told as one table.
import { availableParallelism } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { existsSync } from 'node:fs';
import type { MatrixDocument, MatrixPlan } from '@spikebridge/model';
import {
  CELL_KINDS,
  FLOORS_VERSION,
  formatDuration,
  matrixTable,
  planMatrix,
  SpikebridgeError,
} from '@spikebridge/model';
import { writeWhole } from '../host/files.ts';
import { INTERRUPTED, stopWithParent } from '../interrupt.ts';
import { cellFile } from '../matrix/judge.ts';
import { slurmScripts, snakefile } from '../matrix/emit.ts';
import type { Engine } from '../matrix/emit.ts';
import { runPool } from '../matrix/pool.ts';
import type { Failure } from '../matrix/pool.ts';
import { keepPrints, openMatrix, printsOf, readManifest } from '../matrix/recordings.ts';
import type { MatrixSetup } from '../matrix/recordings.ts';
import { writeSummary } from '../matrix/summary-files.ts';
import { computeNamed } from '../matrix/work.ts';
import type { GlobalFlags } from '../options.ts';
import { Terminal } from '../terminal.ts';

export interface MatrixFlags extends GlobalFlags {
  readonly out: string;
  readonly jobs?: number;
  readonly threads?: number;
  readonly cell?: readonly string[];
  readonly summary?: boolean;
  readonly emit?: Engine;
  readonly dryRun?: boolean;
  /** Set by the pool: standard input is the leash to the parent. */
  readonly leashed?: boolean;
}

/** The command. Returns 0, 1 where some cell could not be computed, or 130 after Ctrl-C. */
export async function matrix(manifestPath: string, flags: MatrixFlags): Promise<number> {
  refuseContradictions(flags);
  const terminal = Terminal.of(flags);
  const untie = flags.leashed === true ? stopWithParent() : undefined;
  try {
    const file = readManifest(manifestPath);
    const single = flags.cell !== undefined || flags.summary === true;
    const setup = await openMatrix(file, { out: flags.out, kept: single, terminal });
    const plan = planMatrix(setup.manifest, printsOf(setup), FLOORS_VERSION);
    if (flags.dryRun === true) return describePlan(setup, plan, terminal);
    if (flags.cell !== undefined) return await computeSome(flags, flags.cell, { setup, plan, terminal });
    if (flags.summary === true) return tell(await writeSummary(setup, plan), [], { setup, terminal });
    keepPrints(setup, file.hash);
    if (flags.emit !== undefined) return emit(flags.emit, manifestPath, flags, { setup, plan, terminal });
    return await computeAll(manifestPath, flags, { setup, plan, terminal });
  } finally {
    untie?.();
  }
}

interface Call {
  readonly setup: MatrixSetup;
  readonly plan: MatrixPlan;
  readonly terminal: Terminal;
}

/** @throws E_USAGE */
function refuseContradictions(flags: MatrixFlags): void {
  const asked = [
    ['--cell', flags.cell !== undefined],
    ['--summary', flags.summary === true],
    ['--emit', flags.emit !== undefined],
    ['--dry-run', flags.dryRun === true],
  ].flatMap(([name, is]) => (is === true ? [String(name)] : []));
  if (asked.length > 1)
    throw new SpikebridgeError('E_USAGE', `${asked.join(' and ')} ask for different things`, {
      fix: 'give one of them, or none to compute everything',
      exitCode: 2,
    });
}

/** Processes at a time and threads of each: by default one thread on every core. */
function sharesOf({ jobs, threads }: MatrixFlags): { readonly jobs: number; readonly threads: number } {
  const cores = availableParallelism();
  const processes = jobs ?? Math.max(1, Math.floor(cores / (threads ?? 1)));
  return { jobs: processes, threads: threads ?? Math.max(1, Math.floor(cores / processes)) };
}

function describePlan(
  { out, manifest, recordings }: MatrixSetup,
  plan: MatrixPlan,
  terminal: Terminal,
): number {
  const cells = plan.cells.map((cell) => ({
    id: cell.id,
    kind: cell.kind,
    done: existsSync(cellFile(out, cell)),
  }));
  const counts = CELL_KINDS.map((kind) => {
    const of = cells.filter((cell) => cell.kind === kind);
    return `${kind} ${String(of.filter(({ done }) => done).length)}/${String(of.length)}`;
  });
  terminal.result(
    [
      ...cells.map(({ id, done }) => `${done ? 'done' : 'to do'}  ${id}`),
      `dry run: nothing was written; ${counts.join(', ')} cells are done`,
    ].join('\n'),
    {
      schema: 'spikebridge.matrix-plan/1',
      name: manifest.name ?? null,
      recordings: recordings.map(({ name, prints }) => ({
        name,
        fingerprint: prints.path,
        testFingerprint: prints.test,
      })),
      cells,
    },
  );
  return 0;
}

async function computeSome(flags: MatrixFlags, ids: readonly string[], call: Call): Promise<number> {
  const { terminal } = call;
  const done = await computeNamed({ ...call, ids, threads: flags.threads });
  terminal.result(
    done ? ids.map((id) => `${id}: done`).join('\n') : 'interrupted; the same command goes on',
    { schema: 'spikebridge.matrix-cells/1', cells: [...ids], interrupted: !done },
  );
  return done ? 0 : INTERRUPTED;
}

function emit(
  engine: Engine,
  manifestPath: string,
  flags: MatrixFlags,
  { setup, plan, terminal }: Call,
): number {
  const manifest = relative(resolve(setup.out), resolve(manifestPath)).split(sep).join('/');
  const emission = { plan, manifest, threads: flags.threads ?? 1 };
  const files = engine === 'snakemake' ? snakefile(emission) : slurmScripts(emission);
  for (const [name, text] of files) writeWhole(join(setup.out, name), text);
  const names = [...files.keys()];
  const start =
    engine === 'snakemake'
      ? `snakemake -s ${join(setup.out, 'Snakefile')} --cores ${String(availableParallelism())}`
      : `sh ${join(setup.out, 'slurm/submit.sh')}`;
  terminal.result(
    `${setup.out}: wrote ${names.join(', ')}\n  start it with: ${start}\n  SPIKEBRIDGE names the command to call where it is not on the path`,
    {
      schema: 'spikebridge.matrix-emission/1',
      engine,
      files: names,
      jobs: plan.jobs.length,
      cells: plan.cells.length,
    },
  );
  return 0;
}

async function computeAll(
  manifest: string,
  flags: MatrixFlags,
  { setup, plan, terminal }: Call,
): Promise<number> {
  const started = performance.now();
  const { out } = setup;
  const shares = sharesOf(flags);
  const { interrupted, failures } = await runPool({ plan, manifest, out, ...shares, terminal });
  if (interrupted) {
    const done = plan.cells.filter((cell) => existsSync(cellFile(out, cell))).length;
    const of = `${String(done)} of ${String(plan.cells.length)} cells`;
    terminal.result(`${out}: interrupted; ${of} are done and kept\n  go on with: the same command again`, {
      schema: 'spikebridge.interruption/1',
      interrupted: true,
      done,
      cells: plan.cells.length,
    });
    return INTERRUPTED;
  }
  terminal.note(`matrix: ${formatDuration((performance.now() - started) / 1000)}`);
  return tell(await writeSummary(setup, plan), failures, { setup, terminal });
}

function tell(
  document: MatrixDocument,
  failures: readonly Failure[],
  { setup, terminal }: Pick<Call, 'setup' | 'terminal'>,
): number {
  terminal.result(`${matrixTable(document)}\n\n${setup.out}: matrix.json, matrix.csv, matrix.html`, document);
  for (const { job, log, reason } of failures)
    terminal.warn(`${job} was not computed (${join(setup.out, log)}):\n${reason}`);
  return failures.length > 0 ? 1 : 0;
}
