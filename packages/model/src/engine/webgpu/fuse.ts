// Which neighbouring calls of a plan run as one dispatch. A fused step reads and writes what its calls do, except for what only
// passes between them.
import type { Plan } from '../backend.ts';
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

/** Tensors that only pass inside a step: they have no memory. */
function passingOf(step: ProductStep): Tensor[] {
  const result = resultOf(step);
  const made = [step.matMul.c, step.dropout?.out, step.dropoutBackward?.dX];
  return made.filter((tensor) => tensor !== undefined).filter((tensor) => tensor !== result);
}

/** What is added to a product before it is stored, beside what is there; null where there is nothing, or where that is it. */
export function residualOf(step: ProductStep): Tensor | null {
  const residual = (step.dropout ?? step.matMul).residual;
  return residual === resultOf(step) ? null : residual;
}

/** The tensors that a product works on in memory, the result last. */
export function boundTo(step: ProductStep): Tensor[] {
  const { a, b, bias, preActivation } = step.matMul;
  const beside = [preActivation, step.activationBackward?.kept, residualOf(step), step.columnSum?.out];
  return [a, b, bias, ...beside, resultOf(step)].filter((tensor) => tensor !== null && tensor !== undefined);
}

/** What a step reads and writes in memory. */
export function stepOperands(step: Step): Operands {
  if (step.kind === 'single') return operandsOf(step.call);
  const passing = passingOf(step);
  const reads: Tensor[] = [];
  const writes: Tensor[] = [];
  // What the product itself wrote is not read from memory by what follows it.
  const made = new Set<Tensor>();
  for (const call of callsOf(step)) {
    const operands = operandsOf(call);
    reads.push(...operands.reads.filter((tensor) => !made.has(tensor)));
    writes.push(...operands.writes.filter((tensor) => !passing.includes(tensor)));
    if (call.op !== 'columnSum') for (const tensor of operands.writes) made.add(tensor);
  }
  return { reads, writes };
}

/** A plan's two lists in steps. */
export interface FusedPlan {
  readonly forward: readonly Step[];
  readonly backward: readonly Step[];
}

/** Outputs are read by the caller after a run, and what backward reads of forward is kept: both are written as they stand. */
export function fuse({
  forward,
  backward,
  outputs,
}: Pick<Plan, 'forward' | 'backward' | 'outputs'>): FusedPlan {
  const uses = new Map<Tensor, number>();
  for (const call of [...forward, ...backward])
    for (const tensor of touchedBy(call)) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  /** Whether the step's result is what its calls leave one by one, with nothing missing that anybody else looks at. */
  const sound = (step: ProductStep): boolean => {
    const bound = boundTo(step);
    const calls = callsOf(step).map(touchedBy);
    return (
      new Set(bound).size === bound.length &&
      passingOf(step).every(
        (tensor) =>
          tensor.role === 'activation' &&
          !outputs.includes(tensor) &&
          !bound.includes(tensor) &&
          uses.get(tensor) === calls.filter((touched) => touched.has(tensor)).length,
      )
    );
  };
  return { forward: stepsOf(forward, sound), backward: stepsOf(backward, sound) };
}

function touchedBy(call: OpCall): Set<Tensor> {
  const { reads, writes } = operandsOf(call);
  return new Set([...reads, ...writes]);
}

function stepsOf(calls: readonly OpCall[], sound: (step: ProductStep) => boolean): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    if (call.op !== 'matMul') {
      const both = call.op === 'columnSum' ? withColumnSum(call, calls.at(i + 1)) : null;
      if (both !== null && sound(both)) i += 1;
      steps.push(both !== null && sound(both) ? both : { kind: 'single', call });
      continue;
    }
    let step = product(call);
    for (;;) {
      const longer = followedBy(step, calls.at(i + 1));
      if (longer === null || !sound(longer)) break;
      step = longer;
      i += 1;
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

/** The gradients of a bias and of its weight together. */
function withColumnSum(call: ColumnSum, next: OpCall | undefined): ProductStep | null {
  if (next?.op !== 'matMul' || next.form !== 'tn' || !next.accumulate || next.b !== call.x) return null;
  return { ...product(next), columnSum: call };
}

/** The step with the call that follows it, where that works on the step's result before anything is added to it. */
function followedBy(step: ProductStep, next: OpCall | undefined): ProductStep | null {
  const { matMul, dropout, dropoutBackward, activationBackward } = step;
  if (matMul.accumulate || matMul.residual || dropout || activationBackward) return null;
  const result = resultOf(step);
  if (next?.op === 'dropout' && next.x === result && !dropoutBackward) return { ...step, dropout: next };
  if (matMul.activation !== 'none') return null;
  if (next?.op === 'dropoutBackward' && next.dOut === result && !next.accumulate && !dropoutBackward)
    return { ...step, dropoutBackward: next };
  if (next?.op === 'activationBackward' && next.dOut === result) return { ...step, activationBackward: next };
  return null;
}
