// The few cases that a slow host runs in place of all: on a software adapter each new pipeline compiles for seconds, so that all
// of them take many minutes. Another number of rows compiles nothing new; another variant of a kernel does.
import { CONFORMANCE_CASES } from './cases.ts';
import type { ConformanceCase } from './types.ts';

/** Fields that are extents of a tensor. Those that are not (lags, a window) do not make a case larger. */
const EXTENTS = [
  ...['m', 'n', 'k', 'batch', 'bins', 'steps', 'rows', 'units', 'classes', 'width', 'keyWidth'],
  ...['heads', 'headWidth'],
];

/** The extents of a case, 1 or more each; none for the optimiser, whose cases are of one size. */
const extentsOf = (one: ConformanceCase): number[] =>
  Object.entries(one).flatMap(([field, value]) =>
    EXTENTS.includes(field) && typeof value === 'number' ? [value] : [],
  );

/** What is a kernel of its own: the op, the form of a product, the kind of a loss. */
export function kernelOf(one: ConformanceCase): string {
  if (one.op === 'matMul') return `matMul ${one.form}`;
  return one.op === 'loss' ? `loss ${one.kind}` : one.op;
}

/** Whether a wrong kernel has a chance to show: no axis of length 1, and spikes or rows that do not cancel everything. */
function tells(one: ConformanceCase): boolean {
  if (extentsOf(one).some((extent) => extent === 1)) return false;
  if ('spikes' in one && one.spikes !== 'drawn') return false;
  if ('labels' in one && one.labels !== 'some') return false;
  return !('masks' in one && one.masks === 'nothing');
}

const sizeOf = (one: ConformanceCase): number => extentsOf(one).reduce((size, extent) => size * extent, 1);

/**
 * The smallest case of every kernel (every op, every form of a product, every kind of loss), in the order of `cases`: the smallest
 * that can tell a wrong kernel from a right one, which a single element or an all-silent raster cannot; the first of equals.
 */
export function smallestOfEveryKernel(
  cases: readonly ConformanceCase[] = CONFORMANCE_CASES,
): ConformanceCase[] {
  const smallest = new Map<string, ConformanceCase>();
  for (const one of cases) {
    const known = smallest.get(kernelOf(one));
    if (known === undefined || before(one, known)) smallest.set(kernelOf(one), one);
  }
  const chosen = new Set(smallest.values());
  return cases.filter((one) => chosen.has(one));
}

const before = (one: ConformanceCase, other: ConformanceCase): boolean =>
  tells(one) === tells(other) ? sizeOf(one) < sizeOf(other) : tells(one);
