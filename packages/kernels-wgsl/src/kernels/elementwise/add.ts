// Add: out = a + b.
import { addSource, type AddFlags } from '../../generated/add.ts';
import { groupsFor } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';
import { valuesOf } from '../../values.ts';

export const ADD = {
  name: 'add',
  source: addSource,
  storage: ['out', 'b', 'a'],
  uniforms: { count: 'u32' },
  run: false,
} as const satisfies Kernel<AddFlags>;

export interface AddCall {
  readonly out: Slice; // (length) f32
  readonly b: Slice; // (length) f32
  /** (length) f32; null: out = out + b. */
  readonly a: Slice | null;
  readonly length: number;
}

export function add({ out, a, b, length }: AddCall): Dispatch {
  const { VECTOR, count } = valuesOf(length);
  return dispatchOf(ADD, {
    flags: { VECTOR, IN_PLACE: a === null },
    storage: { out, b, a },
    uniforms: { count },
    groups: groupsFor(count, 256),
    flops: length,
    bytes: 12 * length,
  });
}
