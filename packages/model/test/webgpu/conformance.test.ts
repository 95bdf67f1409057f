// Plan: the geometry for GPUs of the ops that have another one for software adapters, against the float64 reference. The suite that
// every host runs has all ops in the geometry that suits its adapter, which here is the other one. Every case of matMul; of attention
// every case of the head width of the presets' 16 heads, and of that of their 4 heads the one with dropout: a software adapter compiles
// each variant of a wide head for half a minute.
import { describe, expect, it } from 'vitest';
import {
  CONFORMANCE_CASES,
  caseName,
  runCase,
  type ConformanceCase,
} from '../../src/engine/conformance/index.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { onDawn } from './dawn.ts';

const reference = new ReferenceBackend();

const taken = (one: ConformanceCase): boolean =>
  one.op === 'matMul' ||
  ((one.op === 'attention' || one.op === 'attentionBackward') &&
    (one.headWidth === 8 || (one.headWidth === 32 && one.dropout > 0)));

const cases = CONFORMANCE_CASES.filter(taken);

describe('conformance on Dawn, geometry for GPUs', () => {
  let backend: WebGpuBackend;
  onDawn((opened) => (backend = opened));

  it.each([...new Set(cases.map(({ op }) => op))])('%s', async (op) => {
    for (const one of cases.filter((candidate) => candidate.op === op)) {
      const row = await runCase(one, backend, reference);
      expect(
        row.pass,
        `${caseName(one)}: ${row.error ?? JSON.stringify(row.at)} worst ${row.worst} of ${row.tolerance}`,
      ).toBe(true);
    }
  });
});
