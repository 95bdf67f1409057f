// The table is what people read: figures, skips and the machine must reach it, in order and unbroken.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BenchRow } from './figures.ts';
import { markdown, writeTable } from './table.ts';
import type { SuiteDocument } from './table.ts';

const row = (own: Partial<BenchRow>): BenchRow => ({
  suite: 'binner',
  what: 'sorted, packed',
  peer: 'ours',
  shape: '128 units',
  medianMs: 12.345,
  runs: 5,
  peakRssMiB: null,
  ratio: null,
  note: '',
  ...own,
});
const document = (suite: string, rows: readonly BenchRow[], quick = false): SuiteDocument => ({
  suite,
  quick,
  machine: {
    cpu: 'A CPU',
    cores: 2,
    memoryGiB: 23,
    os: 'Linux 6',
    node: '20.1.0',
    date: '2026-11-21T10:00:00Z',
  },
  rows,
});
const lines = (text: string, start: string): string[] => text.split('\n').filter((l) => l.startsWith(start));

describe('markdown', () => {
  it('prints machine, date and three figures of a time', () => {
    const text = markdown([
      document('binner', [row({}), row({ medianMs: 1720.6, ratio: 4.056, peakRssMiB: 2048.4 })]),
    ]);
    expect(text).toContain('A CPU, 2 cores, 23 GiB, Linux 6, Node 20.1.0, 2026-11-21');
    expect(text).toContain('| sorted, packed | 128 units | ours | 12.3 | - | - |  |');
    expect(text).toContain('| 1721 | 2048 | 4.06x |');
  });

  it('says skipped and why, without a number', () => {
    const text = markdown([
      document('binner', [row({ peer: 'numpy', medianMs: null, skipped: 'not installed' })]),
    ]);
    expect(text).toContain('| numpy | - | - | - | **skipped: not installed** |');
  });

  it('puts the training step first, unknown suites last, and marks quick ones', () => {
    const text = markdown([
      document('zebra', []),
      document('ranking', [], true),
      document('training-step', []),
    ]);
    expect(lines(text, '## ')).toEqual([
      '## training-step',
      '## ranking (quick: small shapes, few samples)',
      '## zebra',
    ]);
  });

  it('keeps a cell in its cell', () => {
    const text = markdown([document('binner', [row({ note: 'a | b\nc' })])]);
    expect(lines(text, '| sorted')).toEqual([
      '| sorted, packed | 128 units | ours | 12.3 | - | - | a \\| b c |',
    ]);
  });
});

describe('writeTable', () => {
  it('reads the suites that ran and leaves out those that did not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'table-'));
    try {
      writeFileSync(join(folder, 'binner.json'), JSON.stringify(document('binner', [row({})])));
      const text = readFileSync(writeTable(folder, ['ranking', 'binner']), 'utf8');
      expect(lines(text, '## ')).toEqual(['## binner']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
