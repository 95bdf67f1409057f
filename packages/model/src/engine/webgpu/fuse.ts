// Which neighbouring calls of a plan run as one dispatch. A fused step reads and writes what its calls do, except for what only
// passes between them.
import { operandsOf, type Operands } from '../operands.ts';
import type {
  ActivationBackward,
  ColumnSum,
  Dropout,
  DropoutBackward,
  MatMul,
  OpCall,
  Tensor,
} from '../ops.ts';

/** A product with what is done to its result before it is stored. */
export interface ProductStep {
  readonly kind: 'product';
  readonly matMul: MatMul;
  /** c = dropout(product) (+ residual). */
  readonly dropout: Dropout | null;
  /** The gradient's way back through dropout, then through the activation. */
  readonly dropoutBackward: DropoutBackward | null;
  readonly activationBackward: ActivationBackward | null;
  /** Sums of the columns of b (form tn): the gradient of a bias beside that of its weight. */
  readonly columnSum: ColumnSum | null;
}
export interface SingleStep {
  readonly kind: 'single';
  readonly call: Exclude<OpCall, MatMul>;
}
export type Step = ProductStep | SingleStep;

/** Calls of a step, in order. */
export function callsOf(step: Step): OpCall[] {
  if (step.kind === 'single') return [step.call];
  const { columnSum, matMul, dropout, dropoutBackward, activationBackward } = step;
  return [columnSum, matMul, dropout, dropoutBackward, activationBackward].filter((call) => call !== null);
}

/** Where a product's result ends up. */
export function resultOf({ matMul, dropout, dropoutBackward, activationBackward }: ProductStep): Tensor {
  return activationBackward?.dX ?? dropoutBackward?.dX ?? dropout?.out ?? matMul.c;
}

/** What a step reads and writes in memory. */
export function stepOperands(step: Step): Operands {
  if (step.kind === 'single') return operandsOf(step.call);
  const result = resultOf(step);
  const passing = new Set(
    [step.matMul.c, step.dropout?.out, step.dropoutBackward?.dX].filter((tensor) => tensor !== result),
  );
  const reads: Tensor[] = [];
  const writes: Tensor[] = [];
  // What the product itself wrote is not read from memory by what follows it.
  const made = new Set<Tensor>();
  for (const call of callsOf(step)) {
    const operands = operandsOf(call);
    reads.push(...operands.reads.filter((tensor) => !made.has(tensor)));
    writes.push(...operands.writes.filter((tensor) => !passing.has(tensor)));
    if (call.op !== 'columnSum') for (const tensor of operands.writes) made.add(tensor);
  }
  return { reads, writes };
}

/** The calls in steps. `outputs` are read by the caller after a run: they are written as they stand. */
export function fuse(calls: readonly OpCall[], outputs: readonly Tensor[]): Step[] {
  const uses = new Map<number, number>();
  for (const call of calls)
    for (const tensor of new Set([...operandsOf(call).reads, ...operandsOf(call).writes]))
      uses.set(tensor.id, (uses.get(tensor.id) ?? 0) + 1);
  const kept = new Set(outputs.map((tensor) => tensor.id));
  /** True where `tensor` is touched by these two calls alone (or is what the second writes, too). */
  const passes = (tensor: Tensor, out: Tensor): boolean =>
    tensor === out || (tensor.role === 'activation' && !kept.has(tensor.id) && uses.get(tensor.id) === 2);
  const steps: Step[] = [];
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    const next = calls.at(i + 1);
    if (
      call.op === 'columnSum' &&
      next?.op === 'matMul' &&
      next.form === 'tn' &&
      next.b === call.x &&
      next.accumulate
    ) {
      steps.push({ ...product(next), columnSum: call });
      i += 1;
      continue;
    }
    if (call.op !== 'matMul') {
      steps.push({ kind: 'single', call });
      continue;
    }
    let step = product(call);
    if (
      next?.op === 'dropout' &&
      next.x === call.c &&
      !call.accumulate &&
      call.residual === null &&
      passes(call.c, next.out)
    ) {
      step = { ...step, dropout: next };
      i += 1;
    } else if (!call.accumulate && call.residual === null && call.activation === 'none') {
      let at = call.c;
      let after = next;
      if (after?.op === 'dropoutBackward' && after.dOut === at && !after.accumulate && passes(at, after.dX)) {
        step = { ...step, dropoutBackward: after };
        at = after.dX;
        i += 1;
        after = calls.at(i + 1);
      }
      if (after?.op === 'activationBackward' && after.dOut === at && passes(at, after.dX)) {
        step = { ...step, activationBackward: after };
        i += 1;
      }
    }
    steps.push(step);
  }
  return steps;
}

function product(matMul: MatMul): ProductStep {
  return {
    kind: 'product',
    matMul,
    dropout: null,
    dropoutBackward: null,
    activationBackward: null,
    columnSum: null,
  };
}
