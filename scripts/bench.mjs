// Builds, runs every suite of bench/ in a process of its own, and writes bench/results/README.md from what they wrote.
// npm run bench -- [--quick] [SUITE ...] [--device webgpu]; a peer that is not installed is named as skipped, not an error.
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, install } from './prepare.mjs';
import { root, run } from './lib/project.mjs';

const SUITES = ['binner', 'ranking', 'forest', 'sweep-features', 'generation', 'training-step'];
/** Needs an adapter, so it runs when asked for: `--device webgpu`. */
const GPU_SUITE = 'webgpu';

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, device: { type: 'string', default: '' } },
  allowPositionals: true,
});
if (values.device !== '' && values.device !== 'webgpu') {
  process.stderr.write(`--device takes webgpu, not ${values.device}.\n`);
  process.exit(2);
}
const unknown = positionals.filter((name) => !SUITES.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No suite named ${unknown.join(', ')}; there are ${SUITES.join(', ')}.\n`);
  process.exit(2);
}

await install();
await build({ everything: true });
const suites = values.device === 'webgpu' ? [GPU_SUITE] : positionals.length > 0 ? positionals : SUITES;
const failed = [];
for (const suite of suites) {
  process.stderr.write(`\n# ${suite}\n`);
  const script = join(root, 'bench', 'dist', `${suite}.bench.js`);
  const { code } = await run(process.execPath, [script, ...(values.quick ? ['--quick'] : [])], {
    show: true,
  });
  if (code !== 0) failed.push(suite);
}
const { stdout } = await run(process.execPath, [
  join(root, 'bench', 'dist', 'table.js'),
  ...SUITES,
  GPU_SUITE,
]);
const table = stdout.trim();
if (existsSync(table)) process.stdout.write(`\n${readFileSync(table, 'utf8')}`);
if (failed.length > 0) {
  process.stderr.write(`\nFailed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}
