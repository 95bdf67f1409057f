// Plan: nanoseconds become microseconds, rates are operations over time, and an event that took no tick divides by nothing.
import { describe, expect, it } from 'vitest';
import { chromeTrace } from './chrome-trace.ts';

describe('chromeTrace', () => {
  it('tells each dispatch in microseconds with what it achieved', () => {
    const kernel = { label: 'matMul nn', kernel: 'matmul', flops: 4e6, bytes: 1e6 };
    const trace = chromeTrace(
      [
        { ...kernel, start: 0, nanoseconds: 2000 },
        { ...kernel, start: 5000, nanoseconds: 0 },
      ],
      'llvmpipe (software)',
    );
    expect(trace.otherData).toEqual({ device: 'llvmpipe (software)' });
    expect(trace.traceEvents[0]).toMatchObject({ name: 'matMul nn', cat: 'matmul', ph: 'X', ts: 0, dur: 2 });
    expect(trace.traceEvents[0].args).toEqual({ flops: 4e6, bytes: 1e6, 'GFLOP/s': 2000, 'GB/s': 500 });
    expect(trace.traceEvents[1]).toMatchObject({ ts: 5, dur: 0, args: { 'GFLOP/s': 0, 'GB/s': 0 } });
  });
});
