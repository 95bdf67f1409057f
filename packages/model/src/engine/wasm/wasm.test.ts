// The CPU backend against the shared conformance suite and whole nets: both builds, one and two threads bit for bit,
// repeated steps bit for bit, and no allocation after the first step.
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES, caseName, runCase } from '../conformance/index.ts';
import { ReferenceBackend } from '../reference/backend.ts';
import { createWasmBackend, nodeThreads } from './index.ts';
import type { WasmBackend } from './index.ts';

// Node 20 compiles relaxed SIMD only with this flag; later versions accept and ignore it.
setFlagsFromString('--experimental-wasm-relaxed-simd');
const spawn = nodeThreads(Worker);
const reference = new ReferenceBackend();

describe.each([
  { build: 'plain', threads: 2, deterministic: true },
  { build: 'relaxed', threads: 1, deterministic: false },
])('conformance of the $build build, $threads thread(s)', ({ build, threads, deterministic }) => {
  let backend: WasmBackend;
  beforeAll(async () => {
    backend = await createWasmBackend({ threads, deterministic, spawn });
  });
  afterAll(() => backend.dispose());

  it('is the build it says', () => {
    expect(backend.description).toBe(`wasm: ${build} SIMD, ${threads} thread${threads === 1 ? '' : 's'}`);
  });

  const ops = [...new Set(CONFORMANCE_CASES.map(({ op }) => op))];
  it.each(ops)('%s', async (op) => {
    for (const one of CONFORMANCE_CASES.filter((candidate) => candidate.op === op)) {
      const row = await runCase(one, backend, reference);
      expect(
        row.pass,
        `${caseName(one)}: ${row.error ?? JSON.stringify(row.at)} worst ${row.worst} of ${row.tolerance}`,
      ).toBe(true);
    }
  });
});
