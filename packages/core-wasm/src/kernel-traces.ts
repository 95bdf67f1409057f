// Calls of the trace kernel.
import { OP_TRACE_ROWS } from './generated/opcodes.ts';
import type { KernelRecord } from './kernel-program.ts';

/** Lags and exponential traces of many units before each of `rows` bins, all addresses in kernel memory. */
export interface TraceRowsCall {
  readonly rows: number;
  readonly units: number;
  readonly lags: number;
  readonly traces: number;
  /** (rows, units), zeros and ones (or counts). */
  readonly spikes: number;
  /** (lags + traces, units): what went before; left as the next call needs it. */
  readonly state: number;
  /** (traces): factor of each trace from bin to bin. */
  readonly decays: number;
  /** (rows, (lags + traces) units): row i is the state before bin i. Nothing to only pass the bins by. */
  readonly out?: number;
}

export function traceRowsRecord(call: TraceRowsCall): KernelRecord {
  const { spikes, state, out = 0, decays, rows, units, lags, traces } = call;
  return { opcode: OP_TRACE_ROWS, ints: [spikes, state, out, decays, rows, units, lags, traces] };
}
