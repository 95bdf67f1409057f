// Measurements in processes of their own: a Node peer through one.js, PyTorch through its Python script.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measurement } from './measure.ts';
import { FEED_FORWARD, HEADS, OPTIMISER, WIDTH, makeProblem, unpack } from './problem.ts';
import type { Shape } from './problem.ts';

export interface Effort {
  readonly warmUp: number;
  readonly samples: number;
}

/** A measurement, or why there is none: a peer that fails at a shape is a result, and is recorded as one. */
export type Outcome = { readonly measurement: Measurement } | { readonly failure: string };

/** Longest a measurement may take before it is given up, milliseconds. */
const PATIENCE = 600_000;

interface Finished {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', (error) => {
      resolve({ code: 127, signal: null, stdout, stderr: error.message });
    });
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** The line of a child's stderr that names its error, without the stack and without paths. */
function failureOf({ code, signal, stderr }: Finished): string {
  const line = stderr
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => /(error|exception|abort|memory|killed)/i.test(l) && !l.includes('file://'))
    .at(-1);
  const ending = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
  return line === undefined ? ending : `${line.slice(0, 200)} (${ending})`;
}

function outcomeOf(finished: Finished): Outcome {
  if (finished.code !== 0) return { failure: failureOf(finished) };
  const last = finished.stdout.trim().split('\n').at(-1) ?? '';
  return { measurement: JSON.parse(last) as Measurement };
}

/** A peer of peers.ts in a fresh Node process. */
export async function inNode(peer: string, shape: Shape, effort: Effort): Promise<Outcome> {
  const script = fileURLToPath(new URL('./one.js', import.meta.url));
  const args = [script, '--peer', peer, '--batch', String(shape.batch), '--bins', String(shape.bins)];
  args.push('--warm-up', String(effort.warmUp), '--samples', String(effort.samples));
  return outcomeOf(await run(process.execPath, args, process.env));
}

export interface Shared {
  readonly medianMs: number;
  readonly samples: number;
}

/** Medians of several Node peers that share one process, by peer. */
export async function oneProcess(
  peers: readonly string[],
  shape: Shape,
  seconds: number,
): Promise<{ readonly medians: Readonly<Record<string, Shared>> } | { readonly failure: string }> {
  const script = fileURLToPath(new URL('./together.js', import.meta.url));
  const args = [script, '--peers', peers.join(','), '--seconds', String(seconds)];
  args.push('--batch', String(shape.batch), '--bins', String(shape.bins));
  const finished = await run(process.execPath, args, process.env);
  if (finished.code !== 0) return { failure: failureOf(finished) };
  const last = finished.stdout.trim().split('\n').at(-1) ?? '';
  return { medians: JSON.parse(last) as Record<string, Shared> };
}

/** Python to use: SPIKEBRIDGE_PYTHON, or Debian's. */
const python = process.env['SPIKEBRIDGE_PYTHON'] ?? '/usr/bin/python3';

/** PyTorch on all cores. OPENBLAS_CORETYPE is taken away, so that its BLAS picks the fastest kernels it has. */
function torchEnvironment(): NodeJS.ProcessEnv {
  const threads = String(availableParallelism());
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    OMP_NUM_THREADS: threads,
    OPENBLAS_NUM_THREADS: threads,
  };
  delete environment['OPENBLAS_CORETYPE'];
  return environment;
}

/** Null when PyTorch can be asked, else why not. */
export async function torchMissing(): Promise<string | null> {
  const { code } = await run(python, ['-c', 'import numpy, torch'], torchEnvironment());
  return code === 0 ? null : `${python === '/usr/bin/python3' ? 'python3-torch' : 'torch'} is not installed`;
}

export async function inTorch(shape: Shape, effort: Effort): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'training-step-'));
  try {
    const problem = makeProblem(shape);
    const file = (name: string, parts: readonly Float32Array[]) => {
      writeFileSync(join(folder, name), Buffer.concat(parts.map((p) => new Uint8Array(p.buffer))));
    };
    file(
      'weights.f32',
      problem.weights.map((w) => w.values),
    );
    file('inputs.f32', [unpack(problem.inputs)]);
    file('targets.f32', [unpack(problem.targets)]);
    const description = {
      ...shape,
      width: WIDTH,
      heads: HEADS,
      feedForward: FEED_FORWARD,
      optimiser: OPTIMISER,
      threads: availableParallelism(),
      weights: problem.weights.map((w) => [w.name, w.shape]),
    };
    writeFileSync(join(folder, 'problem.json'), JSON.stringify(description));
    const script = fileURLToPath(new URL('../../python/training_step.py', import.meta.url));
    const args = [script, folder, String(effort.warmUp), String(effort.samples)];
    return outcomeOf(await run(python, args, torchEnvironment()));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
