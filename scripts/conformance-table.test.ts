// Plan: cases, agreement and worst fraction of made-up rows; hosts, ops and cases that were not run are told from those that agree;
// an error that JSON cannot hold; both files of a folder.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  conformanceMarkdown,
  conformanceTable,
  HOSTS,
  opSizes,
  writeConformance,
} from './lib/conformance-table.mjs';

const row = (suite: string, worst: number | null, tolerance: number | null = 4) => ({
  ...{ suite, name: 'rows 3', worst, tolerance, message: '' },
  pass: worst !== null && tolerance !== null && worst <= tolerance,
});
const kept = (rows: ReturnType<typeof row>[], more: object = {}) => ({
  ...{ runtime: 'Node 20', info: { description: 'Acme | 9' }, made: '2026-01-02T03:04:05Z', ended: true },
  rows,
  ...more,
});
const cases = [{ op: 'add' }, { op: 'loss' }, { op: 'add' }];
const sizes = opSizes(cases);

/** Cells of one line of the Markdown, by the first of them. */
function line(markdown: string, first: string): string[] {
  const found = markdown.split('\n').find((one) => one.startsWith(`| ${first} |`)) ?? '';
  return found.split(/(?<!\\)\|/).map((cell) => cell.trim());
}

it('opSizes counts cases in the order of the suite', () => {
  expect(sizes).toEqual([
    { op: 'add', cases: 2 },
    { op: 'loss', cases: 1 },
  ]);
});

describe('conformanceTable', () => {
  it('has cases, how many agree, and the worst error as a fraction of its own tolerance', () => {
    const rows = [
      row('add', 1, 8),
      row('add', 1, 2),
      row('loss', 6),
      row('net', 100),
      row('device', null, null),
    ];
    const { ops, hosts } = conformanceTable({ wasm: kept(rows) }, sizes);
    expect(ops.map(({ op, cases: count, hosts: { wasm } }) => [op, count, wasm])).toEqual([
      ['add', 2, { cases: 2, agree: 2, worst: 0.5 }],
      ['loss', 1, { cases: 1, agree: 0, worst: 1.5 }],
    ]);
    expect(hosts[0]).toEqual({
      ...{ host: 'wasm', runtime: 'Node 20', device: 'Acme | 9', made: '2026-01-02T03:04:05Z', ended: true },
    });
  });

  it('has nothing for a host that never ran, and for an op that a host did not come to', () => {
    const { ops } = conformanceTable({ dawn: kept([row('add', 1)], { ended: false }) }, sizes);
    expect(ops[0].hosts).toEqual({
      ...{ wasm: null, dawn: { cases: 1, agree: 1, worst: 0.25 }, deno: null, chromium: null },
    });
    expect(ops[1].hosts).toEqual(Object.fromEntries(HOSTS.map((host) => [host, null])));
  });

  it('an error that is not finite is no small one', () => {
    const { ops } = conformanceTable({ deno: kept([row('add', 1), row('add', null)]) }, sizes);
    expect(ops[0].hosts['deno']).toEqual({ cases: 2, agree: 1, worst: null });
  });

  it('names the adapter by its parts where it has no description', () => {
    const info = { vendor: 'google', architecture: 'swiftshader', device: '', description: '' };
    const { hosts } = conformanceTable({ chromium: kept([row('add', 1)], { info }) }, sizes);
    expect(hosts.map(({ device }) => device)).toEqual(['', '', '', 'google swiftshader']);
  });
});

describe('conformanceMarkdown', () => {
  const markdown = conformanceMarkdown(
    conformanceTable(
      {
        wasm: kept([row('add', 1), row('add', 2), row('loss', 1)]),
        dawn: kept([row('add', 1)], { ended: false }),
        deno: kept([row('add', null), row('add', 1), row('loss', 6)]),
      },
      sizes,
    ),
  );

  it('has a line an op and one for all, with what was not run', () => {
    expect(line(markdown, 'op')).toEqual(['', 'op', 'cases', 'wasm', 'dawn', 'deno', 'chromium', '']);
    expect(line(markdown, 'add')).toEqual([
      ...['', 'add', '2', '2/2, 0.50', '1/1 (of 2), 0.25', '1/2, not finite', 'not run', ''],
    ]);
    expect(line(markdown, 'loss')).toEqual([
      ...['', 'loss', '1', '1/1, 0.25', 'not run', '0/1, 1.5', 'not run', ''],
    ]);
    expect(line(markdown, 'all')).toEqual([
      ...['', 'all', '3', '3/3, 0.50', '1/1 (of 3), 0.25', '1/3, not finite', 'not run', ''],
    ]);
  });

  it('says what ran, when, and whether it came to its end', () => {
    expect(line(markdown, 'wasm').slice(2)).toEqual([
      'Node 20',
      'Acme \\| 9',
      '2026-01-02T03:04:05Z',
      'yes',
      '',
    ]);
    expect(line(markdown, 'dawn').at(-2)).toBe('no');
    expect(line(markdown, 'chromium').slice(2)).toEqual(['not run', '', '', '', '']);
  });
});

it('writeConformance reads the rows of a folder and writes both files there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spikebridge-conformance-'));
  try {
    writeFileSync(join(folder, 'deno.json'), JSON.stringify(kept([row('add', 1), row('add', Infinity)])));
    const path = writeConformance(cases, folder);
    expect(path).toBe(join(folder, 'conformance.md'));
    expect(line(readFileSync(path, 'utf8'), 'add').slice(3, -1)).toEqual([
      ...['not run', 'not run', '1/2, not finite', 'not run'],
    ]);
    const table = JSON.parse(readFileSync(join(folder, 'conformance.json'), 'utf8')) as object;
    expect(table).toMatchObject({
      schema: 'spikebridge.conformance-table/1',
      ops: [
        { op: 'add', cases: 2, hosts: { wasm: null, deno: { cases: 2, agree: 1, worst: null } } },
        { op: 'loss' },
      ],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
