// Rows of `npm run reproduce` that are a benchmark or a set of tests: run, counted, and told as tables.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin, root, run } from './project.mjs';

/** One suite of bench/, as `npm run bench` runs it. */
export async function benchRow(suite) {
  const { code } = await run('npm', ['run', '--silent', 'bench', '--', suite], { show: true });
  if (code !== 0) throw new Error(`the benchmark ${suite} failed`);
  const data = JSON.parse(readFileSync(join(root, 'bench', 'results', `${suite}.json`), 'utf8'));
  const rows = data.rows.map((row) => {
    if (row.skipped !== undefined)
      return `| ${row.what} | ${row.peer} | ${row.shape} | skipped: ${row.skipped} | - | - |`;
    const time = row.medianMs === null ? '-' : `${row.medianMs.toPrecision(4)} ms`;
    const memory = row.peakRssMiB === null ? '-' : `${row.peakRssMiB.toFixed(0)} MiB`;
    const ratio = row.ratio === null ? '-' : row.ratio.toFixed(2);
    return `| ${row.what} | ${row.peer} | ${row.shape} | ${time} | ${memory} | ${ratio} |`;
  });
  const header = '| what | who | shape | median time | peak memory | ratio |\n|---|---|---|---|---|---|';
  return {
    title: `benchmark: ${suite}`,
    commands: [`npm run bench -- ${suite}`],
    data,
    markdown: `${header}\n${rows.join('\n')}`,
  };
}

/** Tests of one kind, each with its verdict; fails when one fails. */
export async function testRow({ title, config, files, pattern, env }) {
  const folder = mkdtempSync(join(tmpdir(), 'spikebridge-row-'));
  const report = join(folder, 'report.json');
  const args = ['run', '--config', config, ...files, ...(pattern === '' ? [] : ['-t', pattern])];
  const { code } = await run(
    bin('vitest'),
    [
      ...args,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      '--testTimeout=3600000',
    ],
    { env, show: true },
  );
  const found = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  const tests = found.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === 'passed' || test.status === 'failed')
    .map(({ fullName, status, duration }) => ({ name: fullName, status, seconds: (duration ?? 0) / 1000 }));
  if (code !== 0 || tests.length === 0) process.exitCode = 1;
  const settings = Object.entries(env).map(([key, value]) => `${key}=${value} `);
  return {
    title,
    commands: [`${settings.join('')}npx vitest ${args.join(' ')}`],
    data: { passed: tests.filter(({ status }) => status === 'passed').length, tests },
    markdown: [
      '| test | verdict | seconds |',
      '|---|---|---|',
      ...tests.map(
        ({ name, status, seconds }) =>
          `| ${name.replaceAll('|', '\\|')} | ${status} | ${seconds.toFixed(1)} |`,
      ),
    ].join('\n'),
  };
}
