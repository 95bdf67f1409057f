// Plan: the block holds every row in its cells, the setting a figure is worth nothing without, and stays one fence and one table whatever the
// words of a driver are; the JSON says the same; system names come out of user agents.
import { describe, expect, it } from 'vitest';
import type { PageRow } from './job.ts';
import { cellsOf, COLUMNS, jsonReport, pasteBlock } from './paste-block.ts';
import type { Setting } from './paste-block.ts';
import { jobsOf } from './run.ts';
import { systemOf } from './system.ts';

const row = (own: Partial<PageRow>): PageRow => ({
  ...{ suite: 'page', what: 'matMul nn', shape: '1 x 2 x 3', peer: 'tfjs-wasm', device: 'wasm-1', runs: 5 },
  ...{ medianMs: 12.345, quartilesMs: [11, 130.6], ratio: 3.456, difference: 0.000123, bytes: 3 * 2 ** 20 },
  ...{ peakRssMiB: null, note: 'SIMD' },
  ...own,
});
const info = {
  ...{ vendor: 'acme', architecture: 'gen-1', device: '', description: 'Acme | 9000', software: false },
  ...{ adapterFeatures: [], deviceFeatures: [], limits: { maxBufferSize: 4096, maxBindGroups: 4 } },
};
const setting: Setting = {
  ...{ spikebridge: '1.2.3', tfjs: '4.5.6', commit: 'abc', date: '2030-01-02T03:04:05.000Z' },
  ...{ browser: 'Firefox 140', os: 'X11; Linux', cores: 8, memoryGiB: 16, quick: true, partial: false },
  gpu: { name: 'Acme', info },
};

describe('the block', () => {
  it('writes a row cell by cell', () => {
    expect(cellsOf(row({}))).toEqual([
      ...[
        'wasm-1',
        'matMul nn',
        '1 x 2 x 3',
        'tfjs-wasm',
        '12.3',
        '11.0 to 131',
        '3.46x',
        '1.2e-4',
        '3.0',
        'SIMD',
      ],
    ]);
    const failed = { medianMs: null, quartilesMs: null, ratio: null, difference: null, bytes: null };
    expect(cellsOf(row({ ...failed, skipped: 'no memory' }))).toEqual([
      ...['wasm-1', 'matMul nn', '1 x 2 x 3', 'tfjs-wasm', '-', '-', '-', '-', '-', 'skipped: no memory'],
    ]);
  });

  it('is one fence around one whole table', () => {
    const lines = pasteBlock(setting, [row({}), row({ note: 'a | b\nc' })])
      .trimEnd()
      .split('\n');
    expect(lines.filter((line) => line.startsWith('```'))).toEqual(['```markdown', '```']);
    const table = lines.filter((line) => line.startsWith('|'));
    expect(table).toHaveLength(4);
    for (const line of table) expect(line.split(/(?<!\\)\|/)).toHaveLength(COLUMNS.length + 2);
  });

  it('says on what, by which versions and when', () => {
    const text = pasteBlock({ ...setting, partial: true }, []);
    expect(text).toContain('Spikebridge 1.2.3, commit abc; tfjs 4.5.6');
    expect(text).toContain('Firefox 140 on X11; Linux, 8 cores, 16 GiB or more');
    expect(text).toContain(
      'GPU: vendor acme, architecture gen-1, description Acme | 9000, maxBufferSize 4096',
    );
    expect(text).toContain(
      'quick: small shapes, few samples, stopped before the end, 2030-01-02T03:04:05.000Z',
    );
    expect(text).not.toContain('maxBindGroups');
    expect(text).not.toContain('SOFTWARE');
  });

  it('names a software adapter, a missing one, and a build without history', () => {
    const software = { ...setting, gpu: { name: '', info: { ...info, software: true } } };
    expect(pasteBlock(software, [])).toContain('SOFTWARE adapter');
    const bare = { ...setting, gpu: { missing: 'no driver' }, commit: null, memoryGiB: null };
    expect(pasteBlock(bare, [])).toContain('GPU: none (no driver)');
    expect(pasteBlock(bare, [])).toContain('commit not known');
    expect(pasteBlock(bare, [])).toContain('8 cores\n');
  });

  it('is JSON as well', () => {
    expect(JSON.parse(jsonReport(setting, [row({})]))).toEqual({
      schema: 'spikebridge.bench-page/1',
      setting,
      rows: [row({})],
    });
  });
});

describe('jobs', () => {
  it('measure the binner once, and roll-outs on the CPU alone', () => {
    const groups = ['matMul', 'roll-out', 'binner'] as const;
    expect(jobsOf({ quick: true, devices: ['wasm-1', 'wasm-n', 'webgpu'], groups })).toEqual([
      { device: 'wasm-1', quick: true, groups: ['matMul', 'roll-out', 'binner'] },
      { device: 'wasm-n', quick: true, groups: ['matMul', 'roll-out'] },
      { device: 'webgpu', quick: true, groups: ['matMul'] },
    ]);
    expect(jobsOf({ quick: true, devices: ['webgpu'], groups: ['roll-out'] })).toEqual([]);
  });
});

describe('systemOf', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)', 'X11; Linux x86_64'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101',
      'Macintosh; Intel Mac OS X 10.15; rv:140.0',
    ],
    ['curl', 'unknown system'],
  ])('of %s', (agent, system) => expect(systemOf(agent)).toBe(system));
});
