// `npm test`: installs and builds what it needs, runs every lane, and ends with one line that counts the tests.
// `npm test -- lint unit` runs the named lanes only; `--install-hosts` lets lanes install Debian packages, as in CI.
// A lane is one thing that can be wrong; static lanes count as one.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bin, dataFolder, root, run } from './lib/project.mjs';
import { build, install } from './prepare.mjs';
import { prepareEngine } from './lib/engine-hosts.mjs';
import { gpuEnvironment, prepareHost, runtimeOf } from './lib/gpu-hosts.mjs';
import { writeConformance } from './lib/conformance-table.mjs';
import { keepRows, parseLines, runRows } from './lib/gpu-rows.mjs';
import { readmeCommands } from './lib/readme.mjs';

const total = { passed: 0, failed: 0, skipped: 0 };
const skippedNames = [];
const failures = [];
/** Tests that failed, by name: a lane's output may be far above the last lines, which is all that some logs keep. */
const failedNames = [];

/** Adds a finished lane to the count and prints its line. */
function report(name, seconds, { passed, failed, skipped }, output = '') {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  const verdict = failed > 0 ? 'FAILED' : 'ok';
  const counts = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  console.log(`${verdict.padEnd(7)}${name.padEnd(16)}${`${seconds.toFixed(1)} s`.padStart(9)}   ${counts}`);
  if (failed > 0) {
    failures.push(name);
    console.log(output.trim().split('\n').slice(-120).join('\n'));
  }
}

/** Software drivers are slow; a driver or browser that hangs is a failure, not a wait. */
const GPU_LANE_SECONDS = 2700;
const NODE_LANE_SECONDS = 1500;
/** A file of such a lane that hangs is ended before its lane is, so that it is named. */
const NODE_FILE_SECONDS = 900;

/** A lane that is one command and one verdict. */
const verdict = (name, command, args, env) => ({
  name,
  quick: true,
  run: async () => {
    const result = await run(command, args, { env });
    const ok = result.code === 0;
    report(
      name,
      result.seconds,
      { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 },
      result.stdout + result.stderr,
    );
  },
});

/** A lane of vitest tests, counted from its JSON report. */
const vitest = (name, args, env = {}, limitSeconds = undefined) => ({
  name,
  run: async () => {
    mkdirSync(join(root, 'build'), { recursive: true });
    const folder = mkdtempSync(join(root, 'build', 'test-'));
    const file = join(folder, 'report.json');
    const result = await run(
      bin('vitest'),
      ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${file}`, ...args],
      { env, limitSeconds },
    );
    const output = result.stdout + result.stderr;
    if (existsSync(file)) {
      const json = JSON.parse(readFileSync(file, 'utf8'));
      const skipped = json.numPendingTests + json.numTodoTests;
      for (const suite of json.testResults)
        for (const test of suite.assertionResults)
          if (test.status === 'pending' || test.status === 'skipped' || test.status === 'todo')
            skippedNames.push(`${name}: ${test.fullName}`);
          else if (test.status === 'failed')
            failedNames.push(`${name}: ${relative(root, suite.name)} ${test.fullName}`);
      // A file that does not load has no test to count, yet it failed.
      const brokenFiles = json.testResults.filter(
        (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
      ).length;
      const failed = Math.max(json.numFailedTests + brokenFiles, result.code === 0 ? 0 : 1);
      report(name, result.seconds, { passed: json.numPassedTests, failed, skipped }, output);
    } else {
      report(name, result.seconds, { passed: 0, failed: 1, skipped: 0 }, output);
    }
    rmSync(folder, { recursive: true, force: true });
  },
});

/** A lane of node's own test runner: what must be seen as Node resolves it, without a bundler and its conditions. */
const nodeTests = (name, folder) => ({
  name,
  run: async () => {
    const limit = `--test-timeout=${1000 * NODE_FILE_SECONDS}`;
    const result = await run('node', ['--test', '--test-reporter=tap', limit, folder], {
      limitSeconds: NODE_LANE_SECONDS,
    });
    const count = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(result.stdout)?.[1] ?? 0);
    const failed = Math.max(count('fail'), result.code === 0 ? 0 : 1);
    for (const [, test] of result.stdout.matchAll(/^ *not ok \d+ - (.*)$/gm))
      failedNames.push(`${name}: ${test}`);
    report(
      name,
      result.seconds,
      { passed: count('pass'), failed, skipped: count('skipped') },
      result.stdout + result.stderr,
    );
  },
});

/** Why Deno cannot run here, or undefined. */
async function denoMissing() {
  if (!existsSync(bin('deno'))) return 'npm package `deno` is not installed';
  const result = await run(bin('deno'), ['--version'], { env: { DENO_NO_UPDATE_CHECK: '1' } });
  return result.code === 0
    ? undefined
    : `deno does not start: ${result.stderr.trim().split('\n')[0] ?? 'no reason given'}`;
}

/** The other supported Node, through npm's `node` package: 22 where this is 20, else 20. */
const otherNode = process.versions.node.startsWith('20.') ? '22.23.3' : '20.20.2';
const otherNodeFolder = join(root, 'build', `node-${otherNode}`);
const otherNodeBinary = join(otherNodeFolder, 'node_modules', 'node', 'bin', 'node');

/** Why the other Node cannot run here, or undefined. */
async function otherNodeMissing() {
  if (!existsSync(otherNodeBinary)) {
    mkdirSync(otherNodeFolder, { recursive: true });
    const result = await run('npm', [
      ...['install', '--silent', '--no-save', '--no-package-lock', '--no-audit', '--no-fund'],
      ...['--prefix', otherNodeFolder, `node@${otherNode}`],
    ]);
    if (result.code !== 0) return `npm could not install node@${otherNode}`;
  }
  const { code, stdout } = await run(otherNodeBinary, ['--version']);
  return code === 0 && stdout.trim() === `v${otherNode}` ? undefined : `node ${otherNode} does not start`;
}

/** A lane whose host may be missing: then it is skipped by name, and in CI it fails. */
const onHost = (lane, missing) => ({
  ...lane,
  run: async () => {
    const reason = await missing();
    if (reason === undefined) return await lane.run();
    const inCi = Boolean(process.env.CI);
    if (!inCi) skippedNames.push(`${lane.name}: the whole lane (${reason})`);
    report(lane.name, 0, { passed: 0, failed: inCi ? 1 : 0, skipped: inCi ? 0 : 1 }, reason);
  },
});

/** The command line on one runtime; `files` of its tests alone, or all. */
const cliOn = (name, env, missing, files = []) =>
  onHost(vitest(name, ['--config', 'vitest.cli.config.ts', ...files], env), missing);

/**
 * What another Node could break: its own flags, signals, threads, files and modules. Both run the same JavaScript for the rest, which
 * one of them shows.
 */
const OTHER_NODE_TESTS = ['train', 'generate', 'inspect'].map((name) => `packages/cli/test/${name}.test.ts`);

/** A lane of vitest whose tests append rows to the file that `variable` names; they are kept as those of `host`. */
const keepingRows = ({ host, variable, name, args = [], env = {}, limitSeconds }) => ({
  name,
  run: async () => {
    mkdirSync(join(root, 'build'), { recursive: true });
    const folder = mkdtempSync(join(root, 'build', 'rows-'));
    const file = join(folder, 'rows.jsonl');
    await vitest(name, args, { ...env, [variable]: file }, limitSeconds).run();
    keepRows(host, parseLines(existsSync(file) ? readFileSync(file, 'utf8') : ''));
    rmSync(folder, { recursive: true, force: true });
  },
});

/** The sources' tests; the engine's suite on the CPU builds is among them. */
const unit = keepingRows({ host: 'wasm', variable: 'SPIKEBRIDGE_WASM_ROWS', name: 'unit' });

/** Tests that need a GPU device: vitest on Dawn, which keeps the rows of the suites that the other hosts run as well. */
const dawn = keepingRows({
  ...{ host: 'dawn', variable: 'SPIKEBRIDGE_GPU_ROWS', name: 'webgpu-dawn' },
  args: ['--config', 'vitest.webgpu.config.ts'],
  env: gpuEnvironment,
  limitSeconds: GPU_LANE_SECONDS,
});

/** The suites of packages/web/test-host on a host without a test framework: each row is a test. */
const rowsOn = (host, command) => ({
  name: `webgpu-${host}`,
  run: async () => {
    const options = { env: gpuEnvironment, limitSeconds: GPU_LANE_SECONDS };
    const { counts, seconds, skipped, output } = await runRows(host, command, options);
    skippedNames.push(...skipped.map((row) => `webgpu-${host}: ${row}`));
    report(`webgpu-${host}`, seconds, counts, output);
  },
});

/** Every command that README.md tells a reader to type, in order, in one scratch folder. */
const readme = {
  name: 'readme',
  run: async () => {
    const started = performance.now();
    const counts = { passed: 0, failed: 0, skipped: 0 };
    let output = '';
    mkdirSync(join(root, 'build'), { recursive: true });
    const scratch = mkdtempSync(join(root, 'build', 'readme-'));
    for (const { command, needsData, runAs } of readmeCommands(join(root, 'README.md'))) {
      if (needsData && dataFolder() === undefined) {
        counts.skipped += 1;
        skippedNames.push(`readme: ${command} (needs SPIKEBRIDGE_DATA)`);
        continue;
      }
      const result = await run('sh', ['-c', runAs], {
        env: { README_SCRATCH: scratch, SPIKEBRIDGE_DATA: dataFolder() ?? '' },
      });
      counts[result.code === 0 ? 'passed' : 'failed'] += 1;
      if (result.code !== 0) failedNames.push(`readme: ${command}`);
      if (result.code !== 0) output += `$ ${runAs}\n${result.stdout}${result.stderr}\n`;
    }
    rmSync(scratch, { recursive: true, force: true });
    report('readme', (performance.now() - started) / 1000, counts, output);
  },
};

const mayInstall = Boolean(process.env.CI) || process.argv.includes('--install-hosts');

/** The matrix through a workflow engine: real ones, so that what is written for them is what they take. */
const engine = (name) =>
  onHost(
    vitest(`engine-${name}`, ['--config', 'vitest.engines.config.ts', name], { SPIKEBRIDGE_RUNTIME: 'node' }),
    () => prepareEngine(name, { install: mayInstall }),
  );

/** Those that run no program of ours start first, as they fail soonest; then those that must be alone; the others in this order. */
const lanes = [
  verdict('format', bin('prettier'), ['--check', '--log-level=warn', '.']),
  verdict('lint', bin('eslint'), ['.', '--max-warnings', '0']),
  verdict('layers', bin('depcruise'), ['--config', '.dependency-cruiser.cjs', 'packages', 'bench']),
  verdict('typecheck', 'npm', ['run', '--silent', 'typecheck'], {
    TURBO_TELEMETRY_DISABLED: '1',
  }),
  // The longest first, so that none is left to run alone at the end.
  onHost(dawn, () => prepareHost('dawn', { install: mayInstall })),
  onHost(rowsOn('deno', [...runtimeOf.deno, 'scripts/webgpu-deno.mjs']), () =>
    prepareHost('deno', { install: mayInstall }),
  ),
  onHost(rowsOn('chromium', ['node', 'scripts/webgpu-chromium.mjs']), () =>
    prepareHost('chromium', { install: mayInstall }),
  ),
  engine('snakemake'),
  engine('slurm'),
  unit,
  // They build and pack what other lanes run.
  { ...nodeTests('built', 'scripts/built/'), alone: true },
  { ...nodeTests('packages', 'scripts/packages/'), alone: true },
  onHost(nodeTests('report', 'scripts/report/'), () => prepareHost('chromium', { install: mayInstall })),
  onHost(nodeTests('web', 'scripts/web/'), () => prepareHost('chromium', { install: mayInstall })),
  cliOn('cli-node', { SPIKEBRIDGE_RUNTIME: 'node' }, () => undefined),
  cliOn(
    `cli-node${otherNode.split('.')[0]}`,
    { SPIKEBRIDGE_RUNTIME: 'node', SPIKEBRIDGE_NODE: otherNodeBinary },
    otherNodeMissing,
    OTHER_NODE_TESTS,
  ),
  cliOn('cli-deno', { SPIKEBRIDGE_RUNTIME: 'deno' }, denoMissing),
  readme,
];

const wanted = process.argv
  .slice(2)
  .filter((argument) => argument !== '--' && argument !== '--install-hosts');
const unknown = wanted.filter((name) => !lanes.some((lane) => lane.name === name));
if (unknown.length > 0) {
  console.error(`No lane named ${unknown.join(', ')}. Lanes: ${lanes.map((lane) => lane.name).join(', ')}.`);
  process.exit(2);
}
const chosen = lanes.filter((lane) => wanted.length === 0 || wanted.includes(lane.name));

try {
  await install();
  await build({ everything: true });
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
if (dataFolder() === undefined)
  console.log(
    'Real recordings: none (SPIKEBRIDGE_DATA is not set and data/ is absent); their tests are skipped.',
  );

/** Two lanes at a time: most leave one of two cores idle for much of their time. */
async function runAll(queue) {
  const worker = async () => {
    for (let lane = queue.shift(); lane !== undefined; lane = queue.shift()) await lane.run();
  };
  await Promise.all([worker(), worker()]);
}

await runAll(chosen.filter((lane) => lane.quick));
for (const lane of chosen.filter((lane) => lane.alone)) await lane.run();
await runAll(chosen.filter((lane) => !lane.quick && !lane.alone));

// Lanes that keep rows make a new table of op by host, with the rows that other lanes kept earlier.
if (chosen.some(({ name }) => name === 'unit' || name.startsWith('webgpu-'))) {
  const engine = new URL('../packages/model/dist/index.js', import.meta.url);
  const { CONFORMANCE_CASES } = await import(engine.href);
  console.log(`\nConformance, op by host: ${relative(root, writeConformance(CONFORMANCE_CASES))}`);
}

if (skippedNames.length > 0) console.log(`\nSkipped:\n${skippedNames.map((name) => `  ${name}`).join('\n')}`);
if (failedNames.length > 0) console.log(`\nFailed:\n${failedNames.map((name) => `  ${name}`).join('\n')}`);
if (failures.length > 0) console.log(`\nFailed lanes: ${failures.join(', ')}`);
console.log(
  `\n${String(total.passed)} passed, ${String(total.failed)} failed, ${String(total.skipped)} skipped`,
);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
