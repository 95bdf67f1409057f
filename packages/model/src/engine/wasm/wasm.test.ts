// The CPU backend against the shared conformance suite and whole nets: both builds, one and two threads bit for bit,
// repeated steps bit for bit, and no allocation after the first step. With SPIKEBRIDGE_WASM_ROWS the worse row of both builds,
// case by case, goes to that file, in the lines of the WebGPU hosts (packages/web/test-host/rows.ts).
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES, caseName, runCase } from '../conformance/index.ts';
import type { ConformanceCase, ConformanceRow } from '../conformance/index.ts';
import { ReferenceBackend } from '../reference/backend.ts';
import { createWasmBackend, nodeThreads } from './index.ts';
import type { WasmBackend } from './index.ts';

// Node 20 compiles relaxed SIMD only with this flag; later versions accept and ignore it.
setFlagsFromString('--experimental-wasm-relaxed-simd');
const spawn = nodeThreads(Worker);
const reference = new ReferenceBackend();

const file = process.env['SPIKEBRIDGE_WASM_ROWS'];
const builds: string[] = [];
const worse = new Map<ConformanceCase, ConformanceRow>();
const keep = (one: ConformanceCase, row: ConformanceRow): void => {
  const other = worse.get(one);
  if (other === undefined || row.worst > other.worst) worse.set(one, row);
};

afterAll(() => {
  if (file === undefined) return;
  const info = { description: builds.join('; ') };
  const rows = [...worse.values()].map(({ op, name, pass, worst, tolerance, at, error }) => {
    const message = error ?? (pass ? '' : JSON.stringify(at));
    return { kind: 'row', row: { suite: op, name, pass, worst, tolerance, message } };
  });
  const lines = [{ kind: 'host', runtime: `Node ${process.versions.node}`, info }, ...rows, { kind: 'end' }];
  appendFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
});

describe.each([
  { build: 'plain', threads: 2, deterministic: true },
  { build: 'relaxed', threads: 1, deterministic: false },
])('conformance of the $build build, $threads thread(s)', ({ build, threads, deterministic }) => {
  let backend: WasmBackend;
  beforeAll(async () => {
    backend = await createWasmBackend({ threads, deterministic, spawn });
    builds.push(backend.description);
  });
  afterAll(() => backend.dispose());

  it('is the build it says', () => {
    expect(backend.description).toBe(`wasm: ${build} SIMD, ${threads} thread${threads === 1 ? '' : 's'}`);
  });

  const ops = [...new Set(CONFORMANCE_CASES.map(({ op }) => op))];
  it.each(ops)('%s', async (op) => {
    for (const one of CONFORMANCE_CASES.filter((candidate) => candidate.op === op)) {
      const row = await runCase(one, backend, reference);
      keep(one, row);
      expect(
        row.pass,
        `${caseName(one)}: ${row.error ?? JSON.stringify(row.at)} worst ${row.worst} of ${row.tolerance}`,
      ).toBe(true);
    }
  });
});
