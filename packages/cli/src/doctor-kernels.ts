// The self-test of a device: conformance cases on its backend, counted op by op, with progress, until the end or Ctrl-C.
import { setImmediate } from 'node:timers/promises';
import type { Backend, ConformanceCase, ConformanceOp, ConformanceRow, Progress } from '@spikebridge/model';
import { CONFORMANCE_CASES, conformanceRows, smallestOfEveryKernel } from '@spikebridge/model';

export interface OpCheck {
  readonly op: ConformanceOp;
  readonly cases: number;
  readonly agree: number;
  /** Largest error as a fraction of its case's tolerance; above 1 is a failure, null where a case gave no finite result. */
  readonly worst: number | null;
}

export interface KernelCheck {
  /** Cases that were run. */
  readonly cases: number;
  /** Cases that the suite holds. */
  readonly of: number;
  readonly ops: readonly OpCheck[];
  readonly failures: readonly ConformanceRow[];
}

/**
 * All cases, or, on an adapter that computes on the CPU and compiles each pipeline for seconds, the smallest of every kernel.
 * `all` asks for all of them there too.
 */
export function casesFor(
  { software }: { readonly software: boolean },
  all: boolean,
): readonly ConformanceCase[] {
  return software && !all ? smallestOfEveryKernel() : CONFORMANCE_CASES;
}

export interface CheckOptions {
  readonly cases: readonly ConformanceCase[];
  readonly progress: Progress;
  /** Heard between two cases. */
  readonly signal: AbortSignal;
}

/**
 * Runs cases on a backend against the float64 reference. An error of the backend is a failure of its case; after a lost device the
 * rest is left out. Undefined where the signal was aborted before the end.
 */
export async function checkKernels(
  backend: Backend,
  { cases, progress, signal }: CheckOptions,
): Promise<KernelCheck | undefined> {
  const rows: ConformanceRow[] = [];
  try {
    for await (const row of conformanceRows(backend, cases)) {
      rows.push(row);
      progress.update(rows.length, row.op);
      if (row.error?.startsWith('E_GPU_LOST') === true) break;
      // CPU kernels never wait, and without a turn of the event loop no signal is delivered.
      await setImmediate();
      if (signal.aborted) return undefined;
    }
  } finally {
    progress.stop();
  }
  return {
    cases: rows.length,
    of: CONFORMANCE_CASES.length,
    ops: countOps(rows),
    failures: rows.filter(({ pass }) => !pass),
  };
}

/** Rows op by op, in the order in which ops first appear. */
export function countOps(rows: readonly ConformanceRow[]): OpCheck[] {
  return [...new Set(rows.map(({ op }) => op))].map((op) => {
    const own = rows.filter((row) => row.op === op);
    const worst = Math.max(...own.map((row) => row.worst / row.tolerance));
    return {
      op,
      cases: own.length,
      agree: own.filter(({ pass }) => pass).length,
      worst: Number.isFinite(worst) ? worst : null,
    };
  });
}
