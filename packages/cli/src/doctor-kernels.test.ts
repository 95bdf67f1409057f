// Plan: which adapter gets which cases; counts and the worst error of each op on made-up rows; Ctrl-C between two cases, a lost
// device and a thrown error.
import type { Backend, ConformanceRow } from '@spikebridge/model';
import { CONFORMANCE_CASES, ReferenceBackend, SpikebridgeError } from '@spikebridge/model';
import { describe, expect, test } from 'vitest';
import { casesFor, checkKernels, countOps } from './doctor-kernels.ts';
import type { CheckOptions } from './doctor-kernels.ts';

describe('casesFor', () => {
  test('all on a card, few with every op on a software adapter, all there too when asked for', () => {
    expect(casesFor({ software: false }, false)).toBe(CONFORMANCE_CASES);
    expect(casesFor({ software: true }, true)).toBe(CONFORMANCE_CASES);
    const few = casesFor({ software: true }, false);
    expect(few.length).toBeLessThan(40);
    expect(new Set(few.map(({ op }) => op))).toEqual(new Set(CONFORMANCE_CASES.map(({ op }) => op)));
  });
});

const row = (op: ConformanceRow['op'], worst: number): ConformanceRow => ({
  ...{ op, name: 'rows 3', worst, tolerance: 4, pass: worst <= 4, at: null, error: null },
});

test('countOps counts op by op, with the worst error as a fraction of its tolerance', () => {
  const rows = [row('add', 1), row('fill', 0), row('add', 2), row('add', 6), row('loss', Infinity)];
  expect(countOps(rows)).toEqual([
    { op: 'add', cases: 3, agree: 2, worst: 1.5 },
    { op: 'fill', cases: 1, agree: 1, worst: 0 },
    { op: 'loss', cases: 1, agree: 0, worst: null },
  ]);
});

describe('checkKernels', () => {
  const cases = CONFORMANCE_CASES.filter(({ op }) => op === 'add' || op === 'fill').slice(0, 6);
  const said: number[] = [];
  const options = (more: Partial<CheckOptions> = {}): CheckOptions => ({
    cases,
    progress: { update: (done) => said.push(done), stop: () => said.push(-1) },
    signal: new AbortController().signal,
    ...more,
  });
  const throwing = (error: Error): Backend => {
    const backend = new ReferenceBackend();
    return {
      ...{ name: 'webgpu', description: 'throws' },
      parameters: (specs) => backend.parameters(specs),
      compile: () => {
        throw error;
      },
      dispose: () => undefined,
    };
  };

  test('counts what it ran of what there is, with progress', async () => {
    said.length = 0;
    const found = await checkKernels(new ReferenceBackend(), options());
    expect(found).toMatchObject({ cases: 6, of: CONFORMANCE_CASES.length, failures: [] });
    expect(found?.ops.map(({ op, cases: count, agree }) => [op, count, agree])).toEqual([
      ['add', 3, 3],
      ['fill', 3, 3],
    ]);
    expect(said).toEqual([1, 2, 3, 4, 5, 6, -1]);
  });

  test('stops between two cases, also when the signal comes by way of the event loop', async () => {
    said.length = 0;
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    const many = [...CONFORMANCE_CASES, ...CONFORMANCE_CASES];
    const { signal } = controller;
    expect(await checkKernels(new ReferenceBackend(), options({ cases: many, signal }))).toBeUndefined();
    expect(said.length).toBeLessThan(100);
    expect(said.at(-1)).toBe(-1);
  });

  test('an error is a failure of its case and no end; after a lost device nothing more is asked', async () => {
    const failing = await checkKernels(throwing(new Error('no')), options());
    expect(failing).toMatchObject({ cases: 6 });
    expect(failing?.failures.map(({ error }) => error)).toEqual(cases.map(() => 'Error: no'));
    const lost = await checkKernels(throwing(new SpikebridgeError('E_GPU_LOST', 'gone')), options());
    expect(lost?.cases).toBe(1);
    expect(lost?.failures).toHaveLength(1);
  });
});
