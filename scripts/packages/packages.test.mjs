// The packages as they would be published: packed, checked by publint and attw, installed together into an empty project far
// from this one, and used from there by the programs of their READMEs, in strict TypeScript.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { bin, root, run } from '../lib/project.mjs';

const names = ['core-wasm', 'kernels-wgsl', 'model', 'cli'];
/** The browser app is no library: it goes along for its files, which `cli` serves. */
const packed = [...names, 'web'];
const folder = mkdtempSync(join(tmpdir(), 'spikebridge-packages-'));
const project = join(folder, 'project');
const tarball = (name) =>
  join(
    folder,
    readdirSync(folder).find((file) => file.startsWith(`spikebridge-${name}-`)),
  );
/** Where the project has a package: exactly what the tarball holds. */
const installed = (name) => join(project, 'node_modules', '@spikebridge', name);
const manifestOf = (name) => JSON.parse(readFileSync(join(installed(name), 'package.json'), 'utf8'));
const filesOf = (name) =>
  readdirSync(installed(name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** Runs a command that must work. */
async function mustRun(command, args, cwd) {
  const result = await run(command, args, { cwd });
  assert.equal(result.code, 0, `${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

before(async () => {
  const which = packed.flatMap((name) => ['-w', `packages/${name}`]);
  await mustRun(
    'npm',
    ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, ...which],
    root,
  );
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  // What npm fetched for this checkout it need not fetch again.
  const quiet = ['--silent', '--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  await mustRun('npm', ['install', ...quiet, ...packed.map(tarball)], project);
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const name of names)
  describe(name, () => {
    test('publint finds nothing', async () => {
      const content = readFileSync(tarball(name));
      const pack = { tarball: content.buffer.slice(content.byteOffset, content.byteOffset + content.length) };
      const { messages, pkg } = await publint({ pack, strict: true });
      assert.deepEqual(
        messages.map((message) => formatMessage(message, pkg)),
        [],
      );
    });

    test('attw finds nothing: types and modules agree wherever ESM is understood', async () => {
      await mustRun(
        bin('attw'),
        [tarball(name), '--profile', 'esm-only', '--no-emoji', '--no-color'],
        folder,
      );
    });

    test('holds its licence, its README and every file that it names, and no test', () => {
      const manifest = manifestOf(name);
      const entries = Object.values(manifest.exports).flatMap((entry) => Object.values(entry));
      for (const file of ['LICENSE', 'README.md', ...entries, ...Object.values(manifest.bin ?? {})])
        assert.ok(existsSync(join(installed(name), file)), `${file} is not in the tarball`);
      for (const file of filesOf(name)) assert.doesNotMatch(file, /\.test\.|[/\\]testing[/\\]|\.built$/);
    });

    test('leads no import of its own files astray', () => {
      const modules = filesOf(name).filter((file) => /\.(js|ts)$/.test(file));
      assert.ok(modules.length > 0);
      for (const file of modules)
        for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
          // A declaration says `./x.ts`, which TypeScript looks for in x.d.ts too.
          const target = file.endsWith('.d.ts') ? path.replace(/(\.d)?\.ts$/, '.d.ts') : path;
          assert.ok(existsSync(join(dirname(file), target)), `${file}: ${path}`);
        }
    });
  });

test('typed entry points: every README program compiles under --strict and prints what it says', async () => {
  const expected = new Map();
  for (const name of names) {
    const blocks = [
      ...readFileSync(join(installed(name), 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm),
    ];
    const program = blocks.map(([, code]) => code).join('\n');
    // A package without a program in its README still has to load, types and all.
    const all = `import * as all from '@spikebridge/${name}';\nexport const names: string[] = Object.keys(all);\n`;
    writeFileSync(join(project, `${name}.ts`), `${all}${program}`);
    expected.set(
      name,
      [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output]) => output),
    );
  }
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--outDir', 'out'];
  await mustRun(bin('tsc'), [...options, ...names.map((name) => `${name}.ts`)], project);
  for (const name of names) {
    const lines = (await mustRun('node', [join('out', `${name}.js`)], project)).split('\n');
    for (const output of expected.get(name))
      assert.ok(lines.includes(output), `${name}: ${output}\n${lines.join('\n')}`);
  }
  assert.ok([...expected.values()].flat().length >= 4, 'README programs were not found');
});

test('the command line works where it is installed', async () => {
  const spikebridge = join(project, 'node_modules', '.bin', 'spikebridge');
  assert.equal((await mustRun(spikebridge, ['--version'], project)).trim(), manifestOf('cli').version);
  writeFileSync(join(project, 'trains.csv'), 'unit,time\na,0.001\nb,0.0025\na,0.004\n');
  const said = JSON.parse(await mustRun(spikebridge, ['inspect', 'trains.csv', '--json'], project));
  assert.equal(said.format, 'csv');
});

test('the browser app is served from where it is installed', async () => {
  const spikebridge = join(project, 'node_modules', '.bin', 'spikebridge');
  const server = spawn(spikebridge, ['serve', '--port', '0', '--no-open'], { cwd: project });
  const ended = once(server, 'exit');
  try {
    const said = await Promise.race([once(server.stdout, 'data'), ended]);
    const url = String(said[0]).trim();
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const page = await globalThis.fetch(url);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('cross-origin-embedder-policy'), 'require-corp');
    const html = await page.text();
    const scripts = [...html.matchAll(/<script [^>]*src="\.\/([^"]+)"/g)].map(([, path]) => path);
    assert.ok(scripts.length > 0, html);
    for (const path of scripts) assert.equal((await globalThis.fetch(`${url}${path}`)).status, 200, path);
  } finally {
    server.kill('SIGINT');
  }
  assert.deepEqual(await ended, [0, null]);
});
