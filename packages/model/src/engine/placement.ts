// Lets activations share memory: a lifetime pass over the fixed list of calls, then offsets in one arena. It runs once,
// before the first step; because lists never change, no step ever allocates.
import type { Plan } from './backend.ts';
import { operandsOf, type Operands } from './operands.ts';
import type { Tensor } from './ops.ts';
import { elementCount } from './plan-builder.ts';

/** First and last call (index into forward then backward) that touches a tensor, both included. */
export interface Lifetime {
  readonly tensor: Tensor;
  readonly first: number;
  readonly last: number;
}

export interface Arena {
  /** Byte offset of each activation that any call touches, by tensor id. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

/** Bytes of a tensor: both types have four-byte elements. */
export function tensorBytes(tensor: Tensor): number {
  return 4 * elementCount(tensor.shape);
}

/** Lifetimes of the activations of a plan; outputs live to the end, since the caller reads them after the run. */
export function activationLifetimes(plan: Plan): Lifetime[] {
  return lifetimesOf([...plan.forward, ...plan.backward].map(operandsOf), plan.outputs);
}

/** The same for any list of steps, each of one call or of several that a backend runs as one. */
export function lifetimesOf(steps: readonly Operands[], outputs: readonly Tensor[]): Lifetime[] {
  const found = new Map<number, Lifetime>();
  steps.forEach(({ reads, writes }, index) => {
    for (const tensor of [...reads, ...writes]) {
      if (tensor.role !== 'activation') continue;
      found.set(tensor.id, { tensor, first: found.get(tensor.id)?.first ?? index, last: index });
    }
  });
  for (const output of outputs) {
    const lifetime = found.get(output.id);
    if (lifetime) found.set(output.id, { ...lifetime, last: steps.length });
  }
  return [...found.values()];
}

export interface PlacementOptions {
  /** Offsets are multiples of this many bytes; 64 by default. */
  readonly alignment?: number;
  /** No tensor crosses a multiple of this many bytes (one buffer of a device); no limit by default. */
  readonly page?: number;
}

/**
 * Offsets such that no two activations alive at the same call overlap: the largest first, each at the lowest free place
 * (greedy by size, the usual heuristic of inference engines; within a few per cent of the peak of live bytes here).
 */
export function placeActivations(plan: Plan): Arena {
  return placeLifetimes(activationLifetimes(plan));
}

/** `placeActivations` over lifetimes. @throws RangeError for a tensor larger than a page. */
export function placeLifetimes(
  lifetimes: readonly Lifetime[],
  { alignment = 64, page = Infinity }: PlacementOptions = {},
): Arena {
  const bySize = [...lifetimes].sort(
    (a, b) => tensorBytes(b.tensor) - tensorBytes(a.tensor) || a.tensor.id - b.tensor.id,
  );
  const placed: { readonly lifetime: Lifetime; readonly start: number; readonly end: number }[] = [];
  let bytes = 0;
  for (const lifetime of bySize) {
    const size = Math.ceil(tensorBytes(lifetime.tensor) / alignment) * alignment;
    if (size > page) throw new RangeError(`${lifetime.tensor.name} holds ${size} bytes, a page ${page}`);
    const inTheWay = placed
      .filter((other) => other.lifetime.first <= lifetime.last && lifetime.first <= other.lifetime.last)
      .sort((a, b) => a.start - b.start);
    const within = (start: number): number => {
      const next = (Math.floor(start / page) + 1) * page;
      return start + size <= next ? start : next;
    };
    let start = 0;
    for (const other of inTheWay) {
      if (start + size <= other.start) break;
      start = within(Math.max(start, other.end));
    }
    placed.push({ lifetime, start, end: start + size });
    bytes = Math.max(bytes, start + size);
  }
  return { offsets: new Map(placed.map(({ lifetime, start }) => [lifetime.tensor.id, start])), bytes };
}
