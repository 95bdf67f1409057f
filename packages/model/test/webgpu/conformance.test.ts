// Plan: the geometry for GPUs of the ops that have another one for software adapters, against the float64 reference. The suite that
// every host runs has all ops in the geometry that suits its adapter, which here is the other one. Every case of matMul; of attention
// the two head widths of the presets' 16 and 4 heads, since a software adapter compiles each width for half a minute.
import { describe, expect, it } from 'vitest';
import { CONFORMANCE_CASES, caseName, runCase } from '../../src/engine/conformance/index.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { onDawn } from './dawn.ts';

const reference = new ReferenceBackend();

/** Head widths of attention that are compiled here; the others differ in the length of their loops alone. */
const HEAD_WIDTHS = [8, 32];

const cases = CONFORMANCE_CASES.filter(
  (one) =>
    one.op === 'matMul' ||
    ((one.op === 'attention' || one.op === 'attentionBackward') && HEAD_WIDTHS.includes(one.headWidth)),
);

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
