// How a matrix product is cut into tasks: by its shape alone, never by the number of threads, so that every thread
// count gives the same bits.
import { OP_COMBINE, OP_MATMUL } from './generated/opcodes.ts';
import type { KernelRecord } from './kernel-program.ts';

/** nn: a (m, k), b (k, n). nt: b is (n, k). tn: a is (k, m). c is (m, n); all row-major, no gaps. */
export type MatMulForm = 'nn' | 'nt' | 'tn';

/** A product over addresses in kernel memory; 0 (or nothing) where an operand is absent. */
export interface MatMulCall {
  readonly form: MatMulForm;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly accumulate?: boolean;
  readonly bias?: number;
  readonly residual?: number;
  readonly activation?: 'none' | 'relu' | 'gelu';
  /** Where gelu's argument is kept. */
  readonly preActivation?: number;
}

const FORMS: Readonly<Record<MatMulForm, number>> = { nn: 0, nt: 1, tn: 2 };
const ACTIVATIONS = { none: 0, relu: 1, gelu: 2 } as const;
const DEPTH = 256;
const roundUp = (value: number, to: number) => Math.ceil(value / to) * to;

/**
 * Rows and columns a task, and slices of k. Packing a block of B costs about as much as 12 rows of work, so blocks are
 * tall; a product with a small result and a long k (the gradient of a weight) is cut along k instead.
 */
export function matMulTasks(call: Pick<MatMulCall, 'form' | 'm' | 'n' | 'k'>): {
  rows: number;
  columns: number;
  slices: number;
} {
  const { form, m, n, k } = call;
  if (m * n <= 262144 && k >= 1024) {
    // The whole result a task where it fits beside the packed operands; else blocks of 256 x 512.
    const rows = Math.min(m, 256);
    const columns = Math.min(n, 512);
    const blocks = Math.ceil(m / rows) * Math.ceil(n / columns);
    return { rows, columns, slices: Math.max(1, Math.min(Math.ceil(16 / blocks), Math.floor(k / DEPTH))) };
  }
  const columns = n <= 512 ? n : 256;
  const columnTasks = Math.ceil(n / columns);
  const wanted = Math.max(1, Math.ceil(16 / columnTasks));
  const rows = Math.min(form === 'tn' ? 256 : 512, Math.max(48, roundUp(Math.ceil(m / wanted), 4)));
  return { rows, columns, slices: 1 };
}

/** Floats that the slices of `call` need for their partial results; 0 without slices. */
export function matMulPartials(call: Pick<MatMulCall, 'form' | 'm' | 'n' | 'k'>): number {
  const { slices } = matMulTasks(call);
  return slices > 1 ? slices * call.m * call.n : 0;
}

/**
 * The records of one product. `partials` is where slices leave their parts (`matMulPartials` floats); with 0 the product
 * runs unsliced.
 */
export function matMulRecords(call: MatMulCall, partials: number): KernelRecord[] {
  const { form, m, n, k } = call;
  const tasks = matMulTasks(call);
  const { rows, columns } = tasks;
  const activation = ACTIVATIONS[call.activation ?? 'none'];
  const { bias = 0, residual = 0, preActivation = 0, accumulate = false } = call;
  const plain = bias === 0 && residual === 0 && preActivation === 0 && activation === 0;
  const sliced = tasks.slices > 1 && partials !== 0 && plain;
  const slices = sliced ? tasks.slices : 1;
  const packedB = DEPTH * roundUp(Math.min(columns, n), 16);
  const packedA = form === 'tn' ? DEPTH * Math.min(rows, m) : 0;
  const aside = plain ? 0 : Math.min(rows, m) * Math.min(columns, n);
  const product: KernelRecord = {
    opcode: OP_MATMUL,
    ints: [
      FORMS[form],
      m,
      n,
      k,
      call.a,
      call.b,
      sliced ? partials : call.c,
      accumulate && !sliced ? 1 : 0,
      bias,
      residual,
      activation,
      preActivation,
      rows,
      columns,
      slices,
    ],
    scratch: 4 * (32 + packedB + packedA + aside),
  };
  if (!sliced) return [product];
  return [product, { opcode: OP_COMBINE, ints: [call.c, partials, slices, m * n, accumulate ? 1 : 0] }];
}
