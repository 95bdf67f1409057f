// Plan: which neighbouring calls become one step, and above all which must not: each refusal differs from a pair that does fuse in one
// respect, named by its test. Then what a fused step reads and writes, on which the placement of memory rests.
import { describe, expect, it } from 'vitest';
import type {
  ActivationBackward,
  ColumnSum,
  Dropout,
  DropoutBackward,
  MatMul,
  OpCall,
  Role,
  Tensor,
} from '../ops.ts';
import { boundTo, fuse, stepOperands, type FusedPlan, type Step } from './fuse.ts';

let ids = 0;
const tensor = (name: string, role: Role = 'activation'): Tensor => ({
  id: ids++,
  name,
  shape: [4, 4],
  dtype: 'f32',
  role,
});
const [a, b, bias, x] = ['a', 'b', 'bias', 'x'].map((name) => tensor(name, 'input'));
const [c, out, dX, kept, residual] = ['c', 'out', 'dX', 'kept', 'residual'].map((name) => tensor(name));
const [dWeight, dBias] = ['dWeight', 'dBias'].map((name) => tensor(name, 'gradient'));

const product = (change: Partial<MatMul> = {}): MatMul => ({
  op: 'matMul',
  form: 'nn',
  m: 4,
  n: 4,
  k: 4,
  a,
  b,
  bias: null,
  residual: null,
  activation: 'none',
  preActivation: null,
  c,
  accumulate: false,
  ...change,
});
const dropout = (change: Partial<Dropout> = {}): Dropout => ({
  op: 'dropout',
  x: c,
  residual: null,
  out,
  probability: 0.5,
  stream: 1,
  ...change,
});
const mask = (change: Partial<DropoutBackward> = {}): DropoutBackward => ({
  op: 'dropoutBackward',
  dOut: c,
  dX,
  probability: 0.5,
  stream: 1,
  accumulate: false,
  ...change,
});
const slope = (change: Partial<ActivationBackward> = {}): ActivationBackward => ({
  op: 'activationBackward',
  activation: 'relu',
  kept,
  dOut: c,
  dX,
  ...change,
});
const columns = (change: Partial<ColumnSum> = {}): ColumnSum => ({
  op: 'columnSum',
  x: b,
  out: dBias,
  ...change,
});
const gradient = (change: Partial<MatMul> = {}): MatMul =>
  product({ form: 'tn', c: dWeight, accumulate: true, ...change });
const read = (what: Tensor): OpCall => ({ op: 'add', a: what, b: x, out: tensor('sum') });

/** Steps as lists of their ops. */
const opsOf = (steps: readonly Step[]): string[] =>
  steps.map((step) =>
    step.kind === 'single'
      ? step.call.op
      : [step.columnSum, step.matMul, step.dropout, step.dropoutBackward, step.activationBackward]
          .filter((call) => call !== null)
          .map(({ op }) => op)
          .join(' + '),
  );
const fused = (forward: OpCall[], backward: OpCall[] = [], outputs: Tensor[] = []): FusedPlan =>
  fuse({ forward, backward, outputs });

const TWO = ['matMul + dropout'];
const THREE = ['matMul + dropoutBackward + activationBackward'];

describe('what fuses', () => {
  it.each<[string, OpCall[], string[]]>([
    ['dropout apart', [product(), dropout()], TWO],
    ['dropout in place', [product(), dropout({ out: c })], TWO],
    [
      'bias, activation, dropout, residual',
      [product({ bias, activation: 'gelu' }), dropout({ residual })],
      TWO,
    ],
    ['dropout onto its own result', [product(), dropout({ residual: out })], TWO],
    ['mask', [product({ form: 'nt' }), mask()], ['matMul + dropoutBackward']],
    ['slope', [product({ form: 'nt' }), slope()], ['matMul + activationBackward']],
    ['mask and slope, apart', [product(), mask({ dX: out }), slope({ dOut: out })], THREE],
    ['mask and slope, in place', [product(), mask({ dX: c }), slope({ dX: c })], THREE],
    ['mask in place, slope apart', [product(), mask({ dX: c }), slope()], THREE],
    ['column sums and the gradient', [columns(), gradient()], ['columnSum + matMul']],
    [
      'pairs beside one another',
      [columns(), gradient(), product(), dropout()],
      ['columnSum + matMul', ...TWO],
    ],
  ])('%s', (_, calls, steps) => {
    expect(opsOf(fused(calls).forward)).toEqual(steps);
    expect(opsOf(fused([], calls).backward)).toEqual(steps);
  });

  it('also what is an output or stays in use, where it is the last tensor written', () => {
    const plan = fused([product(), dropout()], [read(out)], [out]);
    expect(opsOf(plan.forward)).toEqual(TWO);
  });
});

describe('what does not', () => {
  it.each<[string, OpCall[]]>([
    ['another product than the one before', [product(), dropout({ x })]],
    ['with a call between', [product(), read(x), dropout()]],
    ['a product that accumulates', [product({ accumulate: true }), dropout()]],
    ['a product with a residual of its own', [product({ residual }), dropout()]],
    ['a product that is the residual as well', [product(), dropout({ residual: c })]],
    ['onto an operand of the product', [product(), dropout({ out: a })]],
    ['onto the bias of the product', [product({ bias }), dropout({ out: bias })]],
    ['where c is read later', [product(), dropout(), read(c)]],
    ['where c is written again', [product(), dropout(), { op: 'fill', out: c, value: 0 }]],
    ['where c is memory of the caller', [product({ c: x }), dropout({ x })]],
  ])('dropout: %s', (_, calls) => {
    expect(opsOf(fused(calls).forward)).toEqual(calls.map(({ op }) => op));
  });

  it('dropout: where c is an output', () => {
    expect(opsOf(fused([product(), dropout()], [], [c]).forward)).toEqual(['matMul', 'dropout']);
  });

  it('dropout: where backward reads c', () => {
    expect(opsOf(fused([product(), dropout()], [read(c)]).forward)).toEqual(['matMul', 'dropout']);
  });

  it('calls across the end of the forward list', () => {
    const plan = fused([product()], [dropout()]);
    expect([opsOf(plan.forward), opsOf(plan.backward)]).toEqual([['matMul'], ['dropout']]);
  });

  it.each<[string, OpCall[], string[]]>([
    ['a mask that accumulates', [product(), mask({ accumulate: true })], ['matMul', 'dropoutBackward']],
    ['a mask after an activation', [product({ activation: 'relu' }), mask()], ['matMul', 'dropoutBackward']],
    ['a mask after dropout', [product(), dropout(), mask({ dOut: out })], [...TWO, 'dropoutBackward']],
    ['a slope after dropout', [product(), dropout(), slope({ dOut: out })], [...TWO, 'activationBackward']],
    [
      'a slope after an accumulating product',
      [product({ accumulate: true }), slope()],
      ['matMul', 'activationBackward'],
    ],
    ['a slope at the product itself', [product(), slope({ kept: c })], ['matMul', 'activationBackward']],
    ['a slope over what it is taken at', [product(), slope({ dX: kept })], ['matMul', 'activationBackward']],
    [
      'a slope at an operand of the product',
      [product(), slope({ kept: a })],
      ['matMul', 'activationBackward'],
    ],
    [
      'a slope where the masked gradient is read later',
      [product(), mask({ dX: out }), slope({ dOut: out }), read(out)],
      ['matMul + dropoutBackward', 'activationBackward', 'add'],
    ],
    [
      'two slopes',
      [product(), slope({ dX: out }), slope({ dOut: out })],
      ['matMul + activationBackward', 'activationBackward'],
    ],
    ['column sums of another tensor', [columns({ x }), gradient()], ['columnSum', 'matMul']],
    ['column sums beside another form', [columns(), gradient({ form: 'nn' })], ['columnSum', 'matMul']],
    [
      'column sums beside a product that overwrites',
      [columns(), gradient({ accumulate: false })],
      ['columnSum', 'matMul'],
    ],
    ['column sums into what the product reads', [columns({ out: a }), gradient()], ['columnSum', 'matMul']],
    ['column sums into the product', [columns({ out: dWeight }), gradient()], ['columnSum', 'matMul']],
    ['column sums after the product', [gradient(), columns()], ['matMul', 'columnSum']],
  ])('%s', (_, calls, steps) => {
    expect(opsOf(fused(calls).forward)).toEqual(steps);
  });
});

describe('what a step touches', () => {
  const names = (tensors: readonly Tensor[]): string[] =>
    [...new Set(tensors.map(({ name }) => name))].sort();
  const touched = (calls: OpCall[]): { reads: string[]; writes: string[]; bound: string[] } => {
    const [step, ...rest] = fused(calls).forward;
    if (step.kind !== 'product' || rest.length > 0) throw new Error('the calls do not fuse');
    const { reads, writes } = stepOperands(step);
    return { reads: names(reads), writes: names(writes), bound: names(boundTo(step)) };
  };

  it.each<[string, OpCall[], { reads: string[]; writes: string[]; bound: string[] }]>([
    [
      'leaves out what passes inside',
      [product({ bias }), dropout({ residual })],
      {
        reads: ['a', 'b', 'bias', 'residual'],
        writes: ['out'],
        bound: ['a', 'b', 'bias', 'out', 'residual'],
      },
    ],
    [
      'reads the result only where something is added to it',
      [product(), dropout({ residual: out })],
      { reads: ['a', 'b', 'out'], writes: ['out'], bound: ['a', 'b', 'out'] },
    ],
    [
      'does not read what it made in place',
      [product(), mask({ dX: c }), slope({ dX: c })],
      { reads: ['a', 'b', 'kept'], writes: ['c'], bound: ['a', 'b', 'c', 'kept'] },
    ],
    [
      'writes what backward keeps',
      [product({ activation: 'gelu', preActivation: kept }), dropout({ out: c })],
      { reads: ['a', 'b'], writes: ['c', 'kept'], bound: ['a', 'b', 'c', 'kept'] },
    ],
    [
      'adds to both gradients',
      [columns(), gradient()],
      {
        reads: ['a', 'b', 'dBias', 'dWeight'],
        writes: ['dBias', 'dWeight'],
        bound: ['a', 'b', 'dBias', 'dWeight'],
      },
    ],
  ])('%s', (_, calls, wanted) => {
    expect(touched(calls)).toEqual(wanted);
  });
});
