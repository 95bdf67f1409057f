// Timings of a step in Chrome's trace format (chrome://tracing, Perfetto), each dispatch with what it achieved. Format: "Trace
// Event Format", Chromium project; complete events, microseconds.
import type { Timing } from '@spikebridge/kernels-wgsl';

export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, string>>;
  readonly traceEvents: readonly {
    readonly name: string;
    readonly cat: string;
    readonly ph: 'X';
    readonly pid: number;
    readonly tid: number;
    /** Microseconds. */
    readonly ts: number;
    readonly dur: number;
    readonly args: Readonly<Record<string, number | string>>;
  }[];
}

/** `device` names the adapter; a software one says so, since its times are no GPU's. */
export function chromeTrace(timings: readonly Timing[], device: string): ChromeTrace {
  return {
    displayTimeUnit: 'ms',
    otherData: { device },
    traceEvents: timings.map(({ label, kernel, start, nanoseconds, flops, bytes }) => ({
      name: label,
      cat: kernel,
      ph: 'X',
      pid: 1,
      tid: 1,
      ts: start / 1000,
      dur: nanoseconds / 1000,
      args: {
        flops,
        bytes,
        // Operations (bytes) a nanosecond are GFLOP/s (GB/s).
        'GFLOP/s': nanoseconds > 0 ? flops / nanoseconds : 0,
        'GB/s': nanoseconds > 0 ? bytes / nanoseconds : 0,
      },
    })),
  };
}
