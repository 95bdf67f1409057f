// Every shader that the product can dispatch, for compilers: each kernel in each of its variants. The lists call the kernels' own
// functions with every combination of what a lowering may ask for, so that a variant no call makes is not here, and one that a call
// makes cannot be spelled wrongly. Apart from the package's entry: only tests and checks of a host want them all.
// A new kernel joins by its calls in a list of variants/; variants.test.ts fails while a line of its shader is in no variant.
import type { Dispatch, Flags } from './kernel.ts';
import { attentionVariants } from './variants/attention.ts';
import { elementwiseVariants } from './variants/elementwise.ts';
import { familyVariants } from './variants/families.ts';
import { matMulVariants } from './variants/matmul.ts';
import { rowVariants } from './variants/rows.ts';
import { historyVariants, lossVariants, optimiserVariants } from './variants/training.ts';

export interface ShaderVariant {
  /** The kernel and its flags: those that are set, and the numbers. */
  readonly name: string;
  readonly code: string;
}

/** Each text once. */
export function shaderVariants(): ShaderVariant[] {
  const dispatches: readonly Dispatch[] = [
    ...elementwiseVariants(),
    ...rowVariants(),
    ...attentionVariants(),
    ...matMulVariants(),
    ...lossVariants(),
    ...historyVariants(),
    ...optimiserVariants(),
    ...familyVariants(),
  ];
  const texts = new Map(dispatches.map((dispatch) => [dispatch.source, dispatch]));
  return [...texts].map(([code, { kernel, flags }]) => ({ name: nameOf(kernel.name, flags), code }));
}

function nameOf(kernel: string, flags: Flags): string {
  const words = Object.entries(flags).map(([flag, value]) => {
    if (typeof value === 'number') return `${flag}=${value}`;
    return value ? flag : '';
  });
  return [kernel, ...words.filter((word) => word !== '')].join(' ');
}
