// Compiles the AssemblyScript core and embeds each binary as a typed TypeScript module in src/generated/, so that the
// package loads in Node, Deno and a page without a file system. Run before tsc and before the tests.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const release = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort='];
/** Kernels share one imported memory among threads: 3 GiB at most, 1 MiB at the start. */
const threaded = ['--importMemory', '--sharedMemory', '--initialMemory', '16', '--maximumMemory', '49152'];

/** One row a binary: entry point, compiler flags, and whether it is embedded (the debug ones only serve tests). */
const targets = [
  {
    name: 'kernels-plain',
    entry: 'assembly/kernels/index.ts',
    flags: [...release, ...threaded, '--enable', 'simd,threads'],
    embed: true,
    text: true,
  },
  {
    name: 'kernels-relaxed',
    entry: 'assembly/kernels/index.ts',
    flags: [...release, ...threaded, '--enable', 'simd,threads,relaxed-simd'],
    embed: true,
    text: true,
  },
  {
    name: 'kernels-debug',
    entry: 'assembly/kernels/index.ts',
    flags: ['--debug', '--runtime', 'stub', ...threaded, '--enable', 'simd,threads'],
    embed: false,
  },
  {
    name: 'spikes',
    entry: 'assembly/spikes/index.ts',
    flags: [...release, '--enable', 'simd', '--initialMemory', '16'],
    embed: true,
  },
  {
    name: 'spikes-debug',
    entry: 'assembly/spikes/index.ts',
    flags: ['--debug', '--runtime', 'stub', '--enable', 'simd', '--initialMemory', '16'],
    embed: false,
  },
];

/** An identifier for a file name: kernels-plain -> kernelsPlain. */
const identifier = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

async function compile(target) {
  const binary = `build/${target.name}.wasm`;
  const args = [target.entry, '--outFile', binary, ...target.flags];
  if (target.text) args.push('--textFile', `build/${target.name}.wat`);
  const messages = [];
  const sink = { write: (chunk) => messages.push(String(chunk)) };
  const { error } = await asc.main([...args, '--baseDir', root], { stdout: sink, stderr: sink });
  if (error) {
    process.stderr.write(`${messages.join('')}\n${target.name}: ${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const bytes = readFileSync(resolve(root, binary));
  if (target.embed) {
    const text =
      `// Made by scripts/build.mjs from ${target.entry}; ${bytes.length} bytes of WebAssembly in base64.\n` +
      `export const ${identifier(target.name)}: string =\n  '${bytes.toString('base64')}';\n`;
    const file = resolve(root, `src/generated/${target.name}.ts`);
    // An unchanged file keeps its date, so that watchers and build caches stay quiet.
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  }
}

mkdirSync(resolve(root, 'build'), { recursive: true });
mkdirSync(resolve(root, 'src/generated'), { recursive: true });
// The writer of programs (TypeScript) and their interpreter read the same codes and offsets.
copyFileSync(resolve(root, 'assembly/kernels/opcodes.ts'), resolve(root, 'src/generated/opcodes.ts'));
// `node scripts/build.mjs spikes kernels-plain` builds only what is named.
const only = process.argv.slice(2);
for (const target of targets) {
  if (only.length > 0 && !only.some((name) => target.name.startsWith(name))) continue;
  await compile(target);
}
