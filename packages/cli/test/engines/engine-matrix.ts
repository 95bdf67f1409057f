// A tiny matrix for workflow engines: its folder, the command they call, and the cells that the local pool makes of the same manifest.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, json, scratch } from '../harness.ts';
import { manifestText, writeRecordings } from '../matrix-manifest.ts';

export interface EngineMatrix {
  readonly folder: ReturnType<typeof scratch>;
  readonly manifest: string;
  /** Where the engine writes. */
  readonly out: string;
  /** Environment in which an engine finds the command. */
  readonly env: NodeJS.ProcessEnv;
}

export function engineMatrix(): EngineMatrix {
  const folder = scratch();
  writeRecordings((name, content) => folder.file(name, content));
  return {
    folder,
    manifest: folder.file('manifest.yaml', manifestText()),
    out: join(folder.path, 'matrix'),
    env: {
      ...process.env,
      PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
      SPIKEBRIDGE: commandLine().join(' '),
      XDG_CACHE_HOME: join(folder.path, 'cache'),
      HOME: folder.path,
    },
  };
}

/** Floors and judgements by name: what does not tell of time is the same to the byte, whoever computed it. */
export function cellTexts(out: string): Record<string, string> {
  const kinds = ['floors', 'judged'];
  return Object.fromEntries(
    kinds.flatMap((kind) =>
      readdirSync(join(out, kind))
        .filter((name) => name.endsWith('.json'))
        .map((name) => [`${kind}/${name}`, readFileSync(join(out, kind, name), 'utf8')]),
    ),
  );
}

/** What the local pool writes, in a folder of its own. */
export async function pooled({ folder, manifest }: EngineMatrix): Promise<string> {
  const out = join(folder.path, 'pooled');
  await json(['matrix', manifest, '--out', out]);
  return out;
}

/** Runs a program to its end; its output comes with the error where it fails. */
export function runProgram(
  command: readonly [string, ...string[]],
  { env, cwd }: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
): Promise<string> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`${program} ended with ${String(code)}:\n${said}`));
    });
  });
}
