// What a kernel is: a shader, the flags that make its variants, its bindings and its uniforms, all typed; and one call of it, a
// `Dispatch`. Each folder of kernels/ gives a function from a plain description of the call to its dispatches.
import type { Groups } from './geometry.ts';

export type UniformType = 'u32' | 'i32' | 'f32';

/** Values that choose a variant of a shader: `#if` conditions and `$NAME` numbers of its .wgsl file. */
export type Flags = Readonly<Record<string, boolean | number>>;

/**
 * Group 0 of every kernel: binding 0 is `var<uniform> call: Call` (the fields of `uniforms`, in this order), binding i + 1 is
 * storage[i] (always `read_write`: all tensors share one arena, and WebGPU allows no read-only view of a buffer that the
 * same dispatch writes), and, where `run` is true, the binding after the last is `var<uniform> run: Run` (shared/run.wgsl).
 */
export interface Kernel<F = Flags, S extends string = string, U extends string = string> {
  readonly name: string;
  readonly source: (flags: F) => string;
  readonly storage: readonly S[];
  readonly uniforms: Readonly<Record<U, UniformType>>;
  readonly run: boolean;
}

/** Bytes of a GPUBuffer; `offset` is a multiple of 256. */
export interface Slice {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** One call of one kernel, everything fixed but the run uniform. */
export interface Dispatch {
  /** For profiles and errors: the op it is a part of, e.g. `matMul nn`. */
  readonly label: string;
  readonly kernel: Kernel<never>;
  /** The variant that `source` is. */
  readonly flags: Flags;
  readonly source: string;
  readonly storage: Readonly<Record<string, Slice>>;
  readonly uniforms: Readonly<Record<string, number>>;
  readonly groups: Groups;
  /** Floating-point operations, counting an exp as 12. */
  readonly flops: number;
  /** Bytes that must move at the least: compulsory ones, or those of the tile model where the kernel has tiles. */
  readonly bytes: number;
}

/** What a kernel's own function fills in. Bindings that a variant does not have are left out. */
export interface CallOf<F, S extends string, U extends string> {
  readonly label?: string;
  readonly flags: F;
  readonly storage: Readonly<Partial<Record<S, Slice | null>>>;
  readonly uniforms: Readonly<Record<U, number>>;
  readonly groups: Groups;
  readonly flops: number;
  readonly bytes: number;
}

/** A checked call. @throws RangeError for a slice that is not aligned, and for an empty geometry. */
export function dispatchOf<F extends object, S extends string, U extends string>(
  kernel: Kernel<F, S, U>,
  call: CallOf<F, S, U>,
): Dispatch {
  const { flags, storage, uniforms, groups, flops, bytes } = call;
  const label = call.label ?? kernel.name;
  const bound: Record<string, Slice> = {};
  for (const [name, slice] of Object.entries<Slice | null | undefined>(storage)) {
    if (slice === null || slice === undefined) continue;
    if (slice.offset % 256 !== 0 || slice.size <= 0)
      throw new RangeError(`${label}: ${name} starts at byte ${slice.offset} and holds ${slice.size}`);
    bound[name] = slice;
  }
  if (!groups.every((count) => Number.isInteger(count) && count >= 1 && count <= 65_535))
    throw new RangeError(`${label}: no dispatch has ${groups.join(' x ')} workgroups`);
  const variant = { flags: { ...flags } as Flags, source: kernel.source(flags) };
  return { label, kernel, ...variant, storage: bound, uniforms, groups, flops, bytes };
}
