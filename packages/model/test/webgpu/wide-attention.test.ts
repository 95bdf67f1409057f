// Plan: attention where sequences are so many that a workgroup owns four times the rows: forward and backward, with a window that cuts
// tiles, rows past the end and blocks of dropout across them, against the float64 reference. The reference computes the first
// sequences alone: what they give does not depend on the others, and a tolerance is derived for 10^5 elements, not for 10^7.
import { expect, it } from 'vitest';
import { problemOf } from '../../src/engine/conformance/problems.ts';
import { toleranceOf, worstElement } from '../../src/engine/conformance/tolerance.ts';
import type { AttentionCase } from '../../src/engine/conformance/types.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { dawnDevice } from './dawn.ts';

const KEY = { seed: 5, step: 2 };
const SHAPE: Omit<AttentionCase, 'batch'> = {
  op: 'attentionBackward',
  bins: 301,
  heads: 16,
  headWidth: 8,
  window: 200,
  causal: true,
  dropout: 0.1,
  terms: 309,
  seed: 5,
};

it('attention of many sequences gives what the reference gives', async () => {
  const device = await dawnDevice();
  const backend = new WebGpuBackend(device, 'Dawn');
  const [many, first] = [33, 1].map((batch) => problemOf({ ...SHAPE, batch }));
  const tested = backend.compile(many.plan, backend.parameters([]));
  const reference = new ReferenceBackend();
  const wanted = reference.compile(first.plan, reference.parameters([]));
  // The geometry that is meant, in each of the three.
  expect(tested.dispatches.map(({ flags }) => Number(flags['LANES']) * Number(flags['ROWS']))).toEqual([
    256, 256, 128,
  ]);

  const inputs = [...first.inputs.keys()];
  [...many.inputs].forEach(([tensor, values], i) => {
    tested.input(tensor).set(values);
    const own = wanted.input(inputs[i]);
    own.set(values.subarray(0, own.length));
  });
  tested.run('forward', KEY);
  wanted.run('forward', KEY);
  for (const [i, tensor] of first.compared.entries()) {
    const values = wanted.values(tensor);
    const got = (await tested.output(many.compared[i])).subarray(0, values.length);
    const { error, index } = worstElement(got, values);
    const said = `${tensor.name}[${index}] is ${got[index]}, should be ${values[index]}`;
    expect(error, said).toBeLessThanOrEqual(toleranceOf(SHAPE));
  }
  backend.dispose();
  device.destroy();
});
