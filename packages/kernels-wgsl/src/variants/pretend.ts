// What the lists of variants share: slices that no device is behind, and combinations of options.
import type { Slice } from '../kernel.ts';

/** Memory that is never run on, of its own: two of these are never the same slice. */
export const slice = (): Slice => ({ buffer: {} as GPUBuffer, offset: 0, size: 256 });

export const EITHER = [false, true] as const;

/** A pretended slice where `there`. */
export const sliceIf = (there: boolean): Slice | null => (there ? slice() : null);

/** Every combination of the options of each field. */
export function combinations<T extends Readonly<Record<string, readonly unknown[]>>>(
  options: T,
): { readonly [K in keyof T]: T[K][number] }[] {
  let found: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(options))
    found = found.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  return found as { readonly [K in keyof T]: T[K][number] }[];
}
