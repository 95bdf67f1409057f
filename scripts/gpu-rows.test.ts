// Plan: each row is one test; what a runtime prints besides is no row; a run that hangs, dies or says nothing is a failure
// whatever its rows say, and nothing that it started stays behind.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { countRows, describeRow, parseLines, runRows } from './lib/gpu-rows.mjs';
import { root } from './lib/project.mjs';

const row = (name: string, pass: boolean) => ({
  suite: 'matMul',
  name,
  pass,
  worst: 0.25,
  tolerance: 1e-6,
  message: pass ? '' : '[3] is 1, should be 0.75',
});
const lines = (...rows: ReturnType<typeof row>[]) =>
  [
    { kind: 'host', runtime: 'Test 1', info: { vendor: 'none' } },
    ...rows.map((one) => ({ kind: 'row', row: one })),
  ]
    .map((line) => JSON.stringify(line))
    .join('\n');
const end = '\n{"kind":"end"}\n';

describe('parseLines and countRows', () => {
  it('counts rows and nothing else', () => {
    const report = parseLines(
      `Warning: {old driver}\n${lines(row('a', true), row('b', false))}\n{"kind":"odd"}${end}`,
    );
    expect(report).toMatchObject({ runtime: 'Test 1', info: { vendor: 'none' }, ended: true });
    expect(report.rows.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(report.noise).toEqual(['Warning: {old driver}', '{"kind":"odd"}']);
    expect(countRows(report, 0)).toEqual({ passed: 1, failed: 1, skipped: 0, broken: false });
  });

  it('takes a run for failed that did not end, ended badly or had no row', () => {
    expect(countRows(parseLines(lines(row('a', true))), 0)).toMatchObject({ passed: 1, failed: 1 });
    expect(countRows(parseLines(lines(row('a', true)) + end), 134)).toMatchObject({ passed: 1, failed: 1 });
    expect(countRows(parseLines(lines() + end), 0)).toMatchObject({ passed: 0, failed: 1 });
  });
});

it('describeRow names the case, the worst deviation, the tolerance and the message', () => {
  expect(describeRow(row('m 3', false))).toBe(
    'matMul: m 3, worst 0.25, tolerance 0.000001: [3] is 1, should be 0.75',
  );
  expect(describeRow({ ...row('a', false), worst: null, tolerance: null })).toBe(
    'matMul: a: [3] is 1, should be 0.75',
  );
});

describe('runRows', () => {
  const host = 'unit-test';
  const file = join(root, 'build', 'webgpu', `${host}.json`);
  afterEach(() => rmSync(file, { force: true }));
  const node = (code: string, limitSeconds = 30) =>
    runRows(host, [process.execPath, '--input-type=module', '-e', code], { limitSeconds });
  const print = (text: string) => `console.log(${JSON.stringify(text)});`;

  it('keeps every row in a file', async () => {
    const { counts, output } = await node(print(lines(row('a', true), row('b', false)) + end.trimEnd()));
    expect(counts).toMatchObject({ passed: 1, failed: 1 });
    expect(output).toContain('matMul: b, worst 0.25');
    expect(output).not.toContain('matMul: a');
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { rows: unknown[]; host: string; ended: boolean };
    expect(kept).toMatchObject({ host, ended: true, runtime: 'Test 1' });
    expect(kept.rows).toEqual([row('a', true), row('b', false)]);
  });

  it('ends a run that hangs, with what it started, and says after which row', async () => {
    const hang = `${print(lines(row('a', true)))}
      const { spawn } = await import('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      console.log('child ' + child.pid);
      for (;;) {}`;
    // Long enough for two processes to start on a busy machine.
    const { counts, output, seconds } = await node(hang, 5);
    expect(counts).toMatchObject({ passed: 1, failed: 1 });
    expect(output).toContain('unit-test ended with 124, after "matMul: a"');
    expect(output).toContain('ended after its limit of 5 s');
    expect(seconds).toBeLessThan(30);
    const child = Number(/child (\d+)/.exec(output)?.[1]);
    // A killed process without a parent is gone, or a zombie (Z) until it is collected; the system may take a moment over it.
    const status = `/proc/${String(child)}/status`;
    await vi.waitFor(() => {
      if (existsSync('/proc/self/status') && existsSync(status))
        expect(readFileSync(status, 'utf8')).toMatch(/^State:\s+Z/m);
      else expect(() => process.kill(child, 0)).toThrow('ESRCH');
    }, 5000);
  });

  it('shows the error of a run that dies', async () => {
    const { counts, output } = await node(`throw new Error('no adapter today')`);
    expect(counts).toMatchObject({ passed: 0, failed: 1 });
    expect(output).toContain('unit-test ended with 1, before its first row');
    expect(output).toContain('no adapter today');
  });
});
