// Plan: three steps of AdamW on tensors of many blocks against the reference, frozen ones among them; a set with nothing to train and
// one with nothing at all; the norm of gradients of many sizes; a gradient that is no number is not hidden; the same bits again.
import { describe, expect, it } from 'vitest';
import type { ParameterSpec } from '../../src/engine/backend.ts';
import { drawNormal } from '../../src/engine/conformance/draw.ts';
import { UNIT, worstElement } from '../../src/engine/conformance/tolerance.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import type { WebGpuBackend, GpuParameters } from '../../src/engine/webgpu/index.ts';
import { onDawn } from './dawn.ts';

const SETTINGS = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01, clip: 1 };
const SIZES = [1, 1023, 1024, 1025, 5000, 64, 70_000];
const SCALES = [1, 0, 0.5, 1, 0, 1, 1];
const SPECS = SIZES.map((size, i): ParameterSpec => ({
  name: `tensor ${i}`,
  shape: [size],
  decay: i % 2 === 0,
  learningRateScale: SCALES[i],
}));

describe('AdamW over many blocks', () => {
  let backend: WebGpuBackend;
  onDawn((opened) => (backend = opened));

  /** Gradients as a plan would leave them. */
  function writeGradient(set: GpuParameters, name: string, values: Float32Array): void {
    backend.runtime.write(set.slice(name, 'gradient'), values);
  }

  async function train(set: GpuParameters, steps: number): Promise<number[]> {
    SPECS.forEach(({ name, shape }, i) => set.write(name, drawNormal(1, i, shape[0])));
    set.keepMean();
    const norms: number[] = [];
    for (let step = 1; step <= steps; step++) {
      SPECS.forEach(({ name, shape }, i) =>
        writeGradient(set, name, drawNormal(2, 100 * step + i, shape[0])),
      );
      norms.push(await set.optimiserStep({ ...SETTINGS, step, meanDecay: 0.9 }));
    }
    return norms;
  }

  it('does what the reference does', async () => {
    const tested = backend.parameters(SPECS);
    const wanted = new ReferenceBackend().parameters(SPECS);
    SPECS.forEach(({ name, shape }, i) => wanted.write(name, drawNormal(1, i, shape[0])));
    wanted.keepMean();
    const wantedNorms = [1, 2, 3].map((step) => {
      SPECS.forEach(({ name, shape }, i) =>
        wanted.gradient(name).set(drawNormal(2, 100 * step + i, shape[0])),
      );
      return wanted.optimiserStep({ ...SETTINGS, step, meanDecay: 0.9 });
    });
    const norms = await train(tested, 3);
    // Nothing but the norm is a long sum; its squares are positive, so that no error grows with their number.
    const tolerance = 64 * UNIT;
    expect(worstElement(norms, Float64Array.from(wantedNorms)).error).toBeLessThanOrEqual(tolerance);
    for (const { name, learningRateScale } of SPECS) {
      const { m, v } = await tested.readMoments(name);
      const moments = wanted.moments(name);
      const pairs = [
        ['weights', await tested.read(name), wanted.values(name)],
        ['m', m, moments.m],
        ['v', v, moments.v],
        ['mean', await tested.readMean(name), wanted.mean(name)],
      ] as const;
      for (const [what, got, values] of pairs)
        expect(worstElement(got, values).error, `${what} of ${name}`).toBeLessThanOrEqual(tolerance);
      if (learningRateScale === 0) expect(m.every((x) => x === 0)).toBe(true);
    }
    tested.dispose();
  });

  it('gives the same bits again', async () => {
    const results = [];
    for (let again = 0; again < 2; again++) {
      const set = backend.parameters(SPECS);
      const norms = await train(set, 2);
      results.push([norms, await Promise.all(SPECS.map(({ name }) => set.readMean(name)))]);
      set.dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('has the norm of more blocks than it has groups for', async () => {
    // 1,024 groups take a block of 1,024 each; a few more blocks come round to the first groups, and weigh as much as all before.
    const [all, before] = [1024 * 1026 + 5, 1024 * 1024];
    const set = backend.parameters([{ name: 'a', shape: [all], decay: false, learningRateScale: 1 }]);
    const gradient = new Float32Array(all).fill(0.5).fill(16, before);
    writeGradient(set, 'a', gradient);
    const squares = before * 0.25 + (all - before) * 256;
    const norm = await set.optimiserStep({ ...SETTINGS, step: 1 });
    expect(Math.abs(norm / Math.sqrt(squares) - 1)).toBeLessThanOrEqual(64 * UNIT);
    set.dispose();
  });

  it('has a norm of 0 where nothing is trained', async () => {
    const nothing = backend.parameters([]);
    expect(await nothing.optimiserStep({ ...SETTINGS, step: 1 })).toBe(0);
    nothing.dispose();
    const frozen = backend.parameters([{ name: 'a', shape: [3], decay: true, learningRateScale: 0 }]);
    frozen.write('a', Float32Array.of(1, 2, 3));
    writeGradient(frozen, 'a', Float32Array.of(4, 5, 6));
    expect(await frozen.optimiserStep({ ...SETTINGS, step: 1 })).toBe(0);
    expect(await frozen.read('a')).toEqual(Float32Array.of(1, 2, 3));
    frozen.dispose();
  });

  it('takes the mean from the weights themselves where no decay is given', async () => {
    const set = backend.parameters([{ name: 'a', shape: [3], decay: false, learningRateScale: 1 }]);
    set.keepMean();
    set.writeMean('a', Float32Array.of(9, 9, 9));
    writeGradient(set, 'a', Float32Array.of(1, -1, 0));
    await set.optimiserStep({ ...SETTINGS, step: 1 });
    const weights = await set.read('a');
    expect(weights[0]).toBeLessThan(0);
    expect(await set.readMean('a')).toEqual(weights);
    set.dispose();
  });

  it('shows a gradient that is no number', async () => {
    const set = backend.parameters([{ name: 'a', shape: [3], decay: false, learningRateScale: 1 }]);
    writeGradient(set, 'a', Float32Array.of(1, NaN, 0));
    expect(await set.optimiserStep({ ...SETTINGS, step: 1 })).toBeNaN();
    expect((await set.read('a'))[0]).toBeNaN();
    set.dispose();
  });
});
