// The built packages as an application meets them: resolved by the runtime itself, not by a bundler or a test runner.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root, run } from '../lib/project.mjs';

const packages = ['core-wasm', 'kernels-wgsl', 'model', 'cli'];
const folderOf = (name) => join(root, 'packages', name);
const manifestOf = (name) => JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8'));

/** Every built module below a folder. */
const modulesOf = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.js'))
    .map((path) => join(folder, path));

for (const name of packages)
  describe(name, () => {
    test('every entry of `exports` was built', () => {
      for (const [entry, targets] of Object.entries(manifestOf(name).exports))
        for (const target of Object.values(targets))
          assert.ok(existsSync(join(folderOf(name), target)), `${entry} -> ${target}`);
    });

    test('the main entry loads', async () => {
      const loaded = await import(
        pathToFileURL(join(folderOf(name), manifestOf(name).exports['.'].default)).href
      );
      assert.equal(typeof loaded, 'object');
    });

    test('no test or test helper was shipped', () => {
      for (const path of modulesOf(join(folderOf(name), 'dist')))
        assert.doesNotMatch(path, /\.test\.js$|[/\\]testing[/\\]/);
    });
  });

test('web is files and no module: the page, what it must be served with, and the benchmark page', () => {
  assert.deepEqual(manifestOf('web').exports, { './app/*': './dist/app/*' });
  const app = join(folderOf('web'), 'dist', 'app');
  for (const file of ['index.html', 'headers.json', '_headers', 'service-worker.js', 'bench/index.html'])
    assert.ok(existsSync(join(app, file)), file);
  // What a page names lies beside it.
  for (const page of ['.', 'bench']) {
    const html = readFileSync(join(app, page, 'index.html'), 'utf8');
    const named = [...html.matchAll(/(?:src|href)="(\.{1,2}\/[^"#?]+)"/g)].map(([, path]) => path);
    assert.ok(named.length > 1, page);
    for (const path of named) assert.ok(existsSync(join(app, page, path)), `${page}: ${path}`);
  }
});

for (const name of ['core-wasm', 'kernels-wgsl', 'model'])
  test(`${name} asks nothing of its host: no host module is imported`, () => {
    for (const path of modulesOf(join(folderOf(name), 'dist')))
      assert.doesNotMatch(
        readFileSync(path, 'utf8'),
        /(?:from|import\()\s*['"](?:node:|fs['"]|path['"]|os['"])/,
        path,
      );
  });

test('model offers what a host needs', async () => {
  const model = await import(pathToFileURL(join(folderOf('model'), 'dist', 'index.js')).href);
  for (const name of ['openRecording', 'resolveConfig', 'SpikebridgeError', 'READERS'])
    assert.ok(name in model, `${name} is missing`);
});

test('without the optional package `webgpu` there is a reason and no crash', async () => {
  const { mkdirSync, mkdtempSync, rmSync, symlinkSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const folder = mkdtempSync(join(tmpdir(), 'spikebridge-no-webgpu-'));
  // Every installed package but that one; scopes are folders of their own.
  const linkAll = (from, to) => {
    mkdirSync(to);
    for (const name of readdirSync(from).filter((one) => !['.bin', 'webgpu'].includes(one)))
      if (name.startsWith('@')) linkAll(join(from, name), join(to, name));
      else symlinkSync(join(from, name), join(to, name));
  };
  linkAll(join(root, 'node_modules'), join(folder, 'node_modules'));
  const entry = join(folder, 'node_modules', '@spikebridge', 'cli', 'dist', 'host', 'webgpu.js');
  const code = `import { openGpu } from ${JSON.stringify(entry)}; console.log(JSON.stringify(await openGpu()));`;
  const result = await run('node', ['--preserve-symlinks', '--input-type=module', '-e', code], {
    cwd: folder,
  });
  rmSync(folder, { recursive: true, force: true });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(JSON.parse(result.stdout), {
    missing: "npm's optional package `webgpu` is not installed",
  });
});

test('the launcher works from any folder and through a symbolic link', async () => {
  const { mkdtempSync, symlinkSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const folder = mkdtempSync(join(tmpdir(), 'spikebridge-launcher-'));
  symlinkSync(join(root, 'spikebridge'), join(folder, 'sb'));
  const result = await run(join(folder, 'sb'), ['--version'], { cwd: folder });
  rmSync(folder, { recursive: true, force: true });
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stdout.trim(), JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
});

test('the launcher names the Node it needs when it finds an older one', async () => {
  const { chmodSync, mkdtempSync, rmSync, writeFileSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const folder = mkdtempSync(join(tmpdir(), 'spikebridge-old-node-'));
  writeFileSync(join(folder, 'node'), '#!/bin/sh\necho 18.20.4\n');
  chmodSync(join(folder, 'node'), 0o755);
  const result = await run(join(root, 'spikebridge'), ['--version'], {
    env: { PATH: `${folder}:/usr/bin:/bin` },
  });
  rmSync(folder, { recursive: true, force: true });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /Node 18\.20\.4 was found, 20\.19 or newer is needed/);
});
