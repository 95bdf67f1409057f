// Plan: shapes past the conformance suite's that take other ways through the kernels of embeddings, norms and elementwise ops:
// rows wider than a workgroup stages, several chunks of partial sums, several blocks of units and columns, every vector tail;
// bits past the last unit; and sums that are the same bits every time.
import { describe, expect, it } from 'vitest';
import { bitEmbed } from '@spikebridge/kernels-wgsl';
import { problemOf } from '../../src/engine/conformance/problems.ts';
import { caseName, runCase } from '../../src/engine/conformance/index.ts';
import type { EmbeddingCase, LayerNormCase, PlanCase } from '../../src/engine/conformance/types.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { onDawn } from './dawn.ts';

const reference = new ReferenceBackend();

function norms(rows: number, width: number): LayerNormCase[] {
  const shape = { rows, width, flat: false, terms: Math.max(rows, width), seed: 1 } as const;
  return [
    { op: 'layerNorm', ...shape, accumulate: false },
    { op: 'layerNormBackward', ...shape, accumulate: true },
  ];
}

function embeddings(rows: number, units: number, width: number): EmbeddingCase[] {
  const shape = { rows, units, width, spikes: 'drawn', bias: true, seed: 2 } as const;
  return [
    { op: 'bitEmbed', ...shape, terms: units },
    { op: 'bitEmbedBackward', ...shape, terms: rows },
  ];
}

const CASES: readonly PlanCase[] = [
  ...norms(300, 128), // chunks, the last one short
  ...norms(70, 1024), // the widest that is staged
  ...norms(9, 1025), // not staged, one float at a time
  ...norms(9, 2052), // not staged, four at a time
  ...embeddings(700, 128, 128), // chunks, the last one short
  ...embeddings(90, 20, 260), // two workgroups across, chunks of 64 rows
  ...embeddings(40, 600, 36), // three blocks of units
  { op: 'unpackBits', rows: 70, units: 300, spikes: 'drawn', terms: 1, seed: 3 },
  { op: 'unpackBits', rows: 70, units: 301, spikes: 'drawn', terms: 1, seed: 3 },
  { op: 'addPositions', batch: 9, bins: 40, width: 36, terms: 1, seed: 4 },
  { op: 'addPositionsBackward', batch: 9, bins: 40, width: 36, terms: 9, seed: 4 },
];

describe('shapes past the conformance suite', () => {
  let backend: WebGpuBackend;
  onDawn((opened) => (backend = opened));

  it.each(CASES.map((one) => [`${one.op} ${caseName(one)}`, one] as const))('%s', async (_, one) => {
    const { pass, error, at, worst, tolerance } = await runCase(one, backend, reference);
    expect(pass, `${error ?? JSON.stringify(at)} worst ${worst} of ${tolerance}`).toBe(true);
  });

  it('adds no weight for bits past the last unit', async () => {
    const { runtime } = backend;
    const [rows, units, width] = [3, 40, 32];
    // As many rows of weight as there are bits, so that one row too many would show.
    const slices = [rows * 2, 64 * width, rows * width].map((floats) => runtime.allocate(4 * floats, 'test'));
    const [words, weight, out] = slices;
    runtime.write(words, new Uint32Array(rows * 2).fill(0xffffffff));
    runtime.write(weight, new Float32Array(64 * width).fill(1));
    const program = runtime.program([bitEmbed({ words, weight, bias: null, out, rows, units, width })]);
    runtime.encode(program);
    expect(await runtime.floats(out)).toEqual(new Float32Array(rows * width).fill(units));
    runtime.release(program);
    for (const slice of slices) runtime.free(slice);
  });

  it.each([...embeddings(700, 128, 128), ...norms(300, 128)].filter(({ op }) => op.endsWith('Backward')))(
    '$op gives the same bits again',
    async (one) => {
      const { plan, inputs, compared } = problemOf(one);
      const parameters = backend.parameters([]);
      const compiled = backend.compile(plan, parameters);
      const runs: Float32Array[][] = [];
      for (let run = 0; run < 3; run++) {
        for (const [tensor, values] of inputs) compiled.input(tensor).set(values);
        compiled.run('forward', { seed: 0, step: 0 });
        runs.push(await Promise.all(compared.map((tensor) => compiled.output(tensor))));
      }
      expect(runs[1]).toEqual(runs[0]);
      expect(runs[2]).toEqual(runs[0]);
      compiled.dispose();
      parameters.dispose();
    },
  );
});
