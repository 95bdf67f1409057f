// Runs dispatches with every access to their storage bindings counted (kernels-wgsl's instrument), apart from the table of what is
// counted so that anything with dispatches can be.
import type { Dispatch, GpuRuntime } from '@spikebridge/kernels-wgsl';
import { instrumented } from '@spikebridge/kernels-wgsl/instrument';

/** The limit that one binding more than WebGPU's default eight needs. */
export const COUNTING_LIMITS = { maxStorageBuffersPerShaderStage: 9 };

export interface Traffic {
  readonly label: string;
  /** Bytes that the dispatch says it must move. */
  readonly bytes: number;
  /** Bytes that its loads and stores moved. */
  readonly counted: number;
  /** The same by binding. */
  readonly bindings: Readonly<Record<string, number>>;
}

/** What each dispatch moves, in order: each runs once, on whatever its memory holds. */
export async function countTraffic(runtime: GpuRuntime, dispatches: readonly Dispatch[]): Promise<Traffic[]> {
  const counters = dispatches.map(({ label }) => runtime.allocate(64, `traffic of ${label}`));
  const counting = dispatches.map((dispatch, i) => instrumented(dispatch, counters[i]));
  const program = runtime.program(counting);
  try {
    runtime.encode(program);
    const words = await Promise.all(counters.map((slice) => runtime.read(slice)));
    return counting.map(({ label, bytes, names }, i) => {
      const counts = new Uint32Array(words[i]);
      const bindings = Object.fromEntries(names.map((name, n) => [name, 4 * counts[n]]));
      return {
        label,
        bytes,
        counted: Object.values(bindings).reduce((sum, count) => sum + count, 0),
        bindings,
      };
    });
  } finally {
    runtime.release(program);
    for (const slice of counters) runtime.free(slice);
  }
}
