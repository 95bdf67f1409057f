// Plan: the suite itself. Coverage (every op, every tail size, every spike pattern), the reference passes against its own
// float32 rounding, and the control: for every op, one wrong element in the last place is caught in every case.
import { describe, expect, it } from 'vitest';
import type { Backend, CompiledPlan, ParameterSet, ParameterSpec, Plan } from '../backend.ts';
import { operandsOf } from '../operands.ts';
import type { OpName, Tensor } from '../ops.ts';
import { ReferenceBackend } from '../reference/backend.ts';
import { CONFORMANCE_CASES } from './cases.ts';
import { runConformance } from './run.ts';
import { worstElement } from './tolerance.ts';
import type { AttentionCase } from './types.ts';

const OPS: readonly OpName[] = [
  'bitEmbed',
  'bitEmbedBackward',
  'unpackBits',
  'addPositions',
  'addPositionsBackward',
  'rotary',
  'layerNorm',
  'layerNormBackward',
  'matMul',
  'columnSum',
  'activationBackward',
  'attention',
  'attentionBackward',
  'dropout',
  'dropoutBackward',
  'add',
  'ownHistory',
  'ownHistoryBackward',
  'loss',
  'sigmoid',
  'fill',
  'lstm',
  'lstmBackward',
  'attentionPool',
  'attentionPoolBackward',
  'unitRows',
  'unitRowsBackward',
  'copyRows',
  'classLoss',
];

/** The reference with the last element of what one op writes off by a thousandth of the tensor's size. */
class BrokenBackend implements Backend {
  readonly name = 'reference';
  readonly description: string;
  private readonly inner = new ReferenceBackend();
  private readonly broken: OpName;

  constructor(broken: OpName) {
    this.broken = broken;
    this.description = `reference with a broken ${broken}`;
  }

  parameters(specs: readonly ParameterSpec[]): ParameterSet {
    return this.inner.parameters(specs);
  }

  compile(plan: Plan, parameters: ParameterSet): CompiledPlan {
    const compiled = this.inner.compile(plan, parameters);
    const hit = new Set<number>();
    for (const call of plan.forward) {
      if (call.op === this.broken) for (const tensor of operandsOf(call).writes) hit.add(tensor.id);
    }
    return {
      bytes: compiled.bytes,
      input: (tensor) => compiled.input(tensor),
      run: (mode, key) => compiled.run(mode, key),
      dispose: () => compiled.dispose(),
      output: (tensor: Tensor) => {
        const values = compiled.output(tensor);
        if (hit.has(tensor.id)) {
          const size = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length) || 1;
          values[values.length - 1] += Math.max(size, Math.abs(values[values.length - 1])) * 1e-3;
        }
        return values;
      },
    };
  }

  dispose(): void {
    this.inner.dispose();
  }
}

describe('conformance cases', () => {
  it('cover every op and the optimiser', () => {
    expect(new Set(CONFORMANCE_CASES.map((one) => one.op))).toEqual(new Set([...OPS, 'adamw']));
  });

  it('cover every tail size in every place of a matrix product', () => {
    for (const form of ['nn', 'nt', 'tn']) {
      const shapes = CONFORMANCE_CASES.filter((one) => one.op === 'matMul').filter(
        (one) => one.form === form,
      );
      for (const size of [1, 3, 17, 63, 64, 65, 127, 129]) {
        for (const place of ['m', 'n', 'k'] as const) {
          expect(
            shapes.some((one) => one[place] === size),
            `${form} ${place} ${size}`,
          ).toBe(true);
        }
      }
    }
  });

  it('cover silent and all-spike rasters, one-bin windows and dropout', () => {
    for (const op of [
      'bitEmbed',
      'bitEmbedBackward',
      'ownHistory',
      'ownHistoryBackward',
      'loss',
      'unpackBits',
    ]) {
      for (const spikes of ['drawn', 'silent', 'all']) {
        expect(
          CONFORMANCE_CASES.some((one) => one.op === op && 'spikes' in one && one.spikes === spikes),
        ).toBe(true);
      }
    }
    const attention = CONFORMANCE_CASES.filter((one): one is AttentionCase => one.op === 'attentionBackward');
    expect(attention.some((one) => one.bins === 1)).toBe(true);
    expect(attention.some((one) => one.window === 1)).toBe(true);
    expect(attention.some((one) => one.dropout > 0 && one.window > 0)).toBe(true);
    expect(attention.some((one) => one.heads === 32)).toBe(true);
  });
});

describe('the runner', () => {
  it('passes the reference, whose outputs are rounded once to float32', async () => {
    const failed = (await runConformance(new ReferenceBackend())).filter((row) => !row.pass);
    expect(failed).toEqual([]);
  });

  it.each(OPS)('control: a broken %s fails in every case', async (op) => {
    const cases = CONFORMANCE_CASES.filter((one) => one.op === op).slice(0, 12);
    const rows = await runConformance(new BrokenBackend(op), cases);
    expect(rows.filter((row) => row.pass).map((row) => row.name)).toEqual([]);
    expect(rows.every((row) => row.at !== null && row.error === null)).toBe(true);
  });

  it('turns an error of the backend into a failed row and goes on', async () => {
    const backend = new ReferenceBackend();
    const throwing: Backend = {
      name: 'reference',
      description: 'throws',
      parameters: (specs) => backend.parameters(specs),
      compile: () => {
        throw new Error('no device');
      },
      dispose: () => backend.dispose(),
    };
    const rows = await runConformance(throwing, CONFORMANCE_CASES.slice(0, 2));
    expect(rows.map((row) => [row.pass, row.error])).toEqual([
      [false, 'Error: no device'],
      [false, 'Error: no device'],
    ]);
  });
});

describe('worstElement', () => {
  it('is relative, judges cancelled elements by their neighbours, and finds NaN', () => {
    expect(worstElement([1, 2.002], Float64Array.of(1, 2)).error).toBeCloseTo(0.001, 9);
    expect(worstElement([1, 1e-9], Float64Array.of(1, 0)).error).toBeLessThan(2e-9);
    expect(worstElement([0, 0.5], Float64Array.of(0, 0))).toEqual({ error: 0.5, index: 1 });
    expect(worstElement([NaN, 1], Float64Array.of(1, 1)).error).toBe(Infinity);
    expect(worstElement([1], Float64Array.of(1, 1)).error).toBe(Infinity);
  });
});
