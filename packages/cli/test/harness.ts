// Drives the built command line as a user does: a process of its own, on the runtime that SPIKEBRIDGE_RUNTIME names.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const runtime = process.env['SPIKEBRIDGE_RUNTIME'] ?? 'node';
/**
 * Where the command line remembers recordings: not the user's own cache, nor that of another lane beside this one, whose recordings
 * hold the same bytes elsewhere.
 */
const cache = mkdtempSync(join(tmpdir(), 'spikebridge-cache-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));
const built = join(repository, 'packages', 'cli', 'dist', 'main.js');

/** Command and leading arguments that start the command line: the built one, or a copy of it elsewhere. */
export function commandLine(entry = built): readonly [string, ...string[]] {
  // SPIKEBRIDGE_NODE: another Node than the one that runs the tests.
  if (runtime === 'node') return [process.env['SPIKEBRIDGE_NODE'] ?? process.execPath, entry];
  if (runtime === 'deno')
    return [join(repository, 'node_modules', '.bin', 'deno'), 'run', '--allow-all', '--no-lock', entry];
  throw new Error(`SPIKEBRIDGE_RUNTIME is ${runtime}; expected node or deno`);
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves when stderr matches; rejects when the process ends first. */
  seen(pattern: RegExp): Promise<void>;
  /** What it has printed so far. */
  stdout(): string;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A copy of the command line to start. */
  readonly entry?: string;
}

export function start(args: readonly string[], options: StartOptions = {}): Started {
  const [command, ...leading] = commandLine(options.entry);
  const child = spawn(command, [...leading, ...args], {
    cwd: options.cwd ?? repository,
    env: {
      ...process.env,
      DENO_DIR: join(repository, '.deno'),
      DENO_NO_UPDATE_CHECK: '1',
      NO_COLOR: '1',
      XDG_CACHE_HOME: cache,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers: (() => void)[] = [];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const watch of watchers) watch();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    finished,
    stdout: () => stdout,
    seen: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (pattern.test(stderr)) resolve();
        };
        watchers.push(check);
        check();
        void finished.then(() => reject(new Error(`ended before ${String(pattern)}:\n${stderr}`)));
      }),
  };
}

export const run = (args: readonly string[], options: StartOptions = {}): Promise<Finished> =>
  start(args, options).finished;

/** Runs a command that must work and returns its one JSON document. */
export async function json(args: readonly string[], options: StartOptions = {}): Promise<unknown> {
  const result = await run([...args, '--json'], options);
  if (result.code !== 0) throw new Error(`exit code ${String(result.code)}:\n${result.stderr}`);
  return JSON.parse(result.stdout);
}

/** A folder that goes away with `remove`. */
export function scratch(): {
  path: string;
  file(name: string, content: string | Uint8Array): string;
  remove(): void;
} {
  const path = mkdtempSync(join(tmpdir(), 'spikebridge-cli-'));
  return {
    path,
    file(name, content) {
      const full = join(path, name);
      writeFileSync(full, content);
      return full;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Options that make a net of the default preset train in a moment. */
export const smallRun = (steps: number): string[] =>
  Object.entries({
    'data.units': 4,
    'net.width': 8,
    'net.heads': 2,
    'net.feedForward': 8,
    'training.context': 64,
    'training.batch': 4,
    'training.steps': steps,
    'training.warmupSteps': 2,
  }).flatMap(([key, value]) => ['--set', `${key}=${String(value)}`]);

/**
 * Spike trains as a CSV of (unit, time in seconds): each unit repeats its own interval with a little counted jitter, so
 * that there is something to learn and nothing random in the test.
 */
export function periodicCsv({ units, seconds }: { units: number; seconds: number }): string {
  const rows = ['unit,time'];
  for (let unit = 0; unit < units; unit += 1) {
    const interval = 0.02 + 0.011 * unit;
    let spike = 0;
    for (
      let time = 0.004 * (unit + 1);
      time < seconds;
      time += interval + ((spike * 7 + unit * 3) % 5) * 0.001
    ) {
      rows.push(`u${String(unit)},${time.toFixed(6)}`);
      spike += 1;
    }
  }
  return `${rows.join('\n')}\n`;
}
