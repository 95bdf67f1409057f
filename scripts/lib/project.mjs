// What every script needs: the project's root, child processes with captured output, and the machine in one line.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { watchOver } from './time-limit.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Path of a tool that the project installed. */
export const bin = (name) =>
  join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);

/**
 * Runs a command to its end. Output is captured, and shown too when `show` is set. After `limitSeconds` it is asked to end
 * (SIGTERM), and 10 s later made to (SIGKILL), together with what it started; the code is then 124, as `timeout` has it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, show?: boolean, limitSeconds?: number }} [options]
 * @returns {Promise<{ code: number, stdout: string, stderr: string, seconds: number }>}
 */
export function run(command, args, { env = {}, cwd = root, show = false, limitSeconds } = {}) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that the limit reaches grandchildren.
      detached: limitSeconds !== undefined,
    });
    const watch = limitSeconds === undefined ? undefined : watchOver(child, limitSeconds);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
      if (show) process.stdout.write(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
      if (show) process.stderr.write(chunk);
    });
    child.on('error', (error) => {
      watch?.stop();
      reject(error);
    });
    child.on('close', (code) => {
      const ranOut = watch?.stop() ?? false;
      const seconds = (performance.now() - started) / 1000;
      if (ranOut) stderr += `\n${command}: ended after its limit of ${limitSeconds} s\n`;
      resolve({ code: ranOut ? 124 : (code ?? 1), stdout, stderr, seconds });
    });
  });
}

/** Writes a file so that nobody ever sees half of it. */
export function writeWhole(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${String(process.pid)}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

export const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Processor, cores, memory, operating system and runtime: what a figure is worth nothing without. No host name. */
export function machine() {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  return `${model}, ${String(cpus().length)} cores, ${memory}, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}

/** Folder of the real recordings, or undefined where there is none. */
export function dataFolder() {
  const folder = process.env.SPIKEBRIDGE_DATA ?? join(root, 'data');
  return existsSync(folder) ? folder : undefined;
}

/** Short hash of the commit a figure is made at, with `+` where files differ from it. */
export async function commitOf() {
  const hash = await run('git', ['rev-parse', '--short', 'HEAD']);
  if (hash.code !== 0) return 'no commit';
  const changed = await run('git', ['status', '--porcelain', '--', 'packages', 'bench', 'scripts']);
  return `${hash.stdout.trim()}${changed.stdout.trim() === '' ? '' : '+'}`;
}
