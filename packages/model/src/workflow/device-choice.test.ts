// The rule of `--device auto` on made-up times: fastest wins, ties keep the simpler candidate, and time is not wasted.
import { describe, expect, test } from 'vitest';
import { describeRace, GPU_SECONDS, MEASURED_SECONDS, raceDevices, threadCounts } from './device-choice.ts';
import type { Candidate, WasmBuild } from './device-choice.ts';

/** Milliseconds by `build threads`; asking for one that is not listed fails the test. */
async function race(times: Readonly<Record<string, number>>, threads = [1, 2], builds?: WasmBuild[]) {
  const asked: { candidate: Candidate; seconds: number }[] = [];
  const result = await raceDevices({
    builds: builds ?? ['relaxed', 'plain'],
    threads,
    gpu: 'wgsl 1' in times,
    time: (candidate, seconds) => {
      asked.push({ candidate, seconds });
      const name = `${candidate.build} ${String(candidate.threads)}`;
      if (!(name in times)) throw new Error(`${name} was not to be timed`);
      return Promise.resolve({ milliseconds: times[name], steps: 3 });
    },
  });
  return { result, asked };
}

test('thread counts double up to all cores', () => {
  expect([1, 2, 3, 6, 8].map(threadCounts)).toEqual([[1], [1, 2], [1, 2, 3], [1, 2, 4, 6], [1, 2, 4, 8]]);
});

describe('the race', () => {
  test('two threads win where they are faster', async () => {
    const { result } = await race({ 'relaxed 1': 100, 'relaxed 2': 55, 'plain 2': 70 });
    expect(result.taken).toMatchObject({ build: 'relaxed', threads: 2, milliseconds: 55 });
    expect(result.measured).toHaveLength(3);
  });

  test('one thread wins on a very small step, and plain is tried at one thread only', async () => {
    const { result, asked } = await race({ 'relaxed 1': 3.07, 'relaxed 2': 3.4, 'plain 1': 3.2 });
    expect(result.taken).toMatchObject({ build: 'relaxed', threads: 1 });
    expect(asked.map(({ candidate }) => candidate.threads)).toEqual([1, 2, 1]);
  });

  test('plain SIMD wins where relaxed is clearly slower', async () => {
    const { result } = await race({ 'relaxed 1': 10, 'relaxed 2': 8, 'plain 2': 6 });
    expect(result.taken).toMatchObject({ build: 'plain', threads: 2 });
  });

  test('a gain within the noise changes nothing', async () => {
    const { result } = await race({ 'relaxed 1': 100, 'relaxed 2': 96, 'plain 1': 97 });
    expect(result.taken).toMatchObject({ build: 'relaxed', threads: 1 });
  });

  test('another build, and with it other last bits, is not taken for a small gain', async () => {
    const { result } = await race({ 'relaxed 1': 10, 'relaxed 2': 8, 'plain 2': 7 });
    expect(result.taken).toMatchObject({ build: 'relaxed', threads: 2 });
  });

  test('the GPU is timed last, for longer, and taken where it is clearly faster', async () => {
    const cpu = { 'relaxed 1': 10, 'relaxed 2': 8, 'plain 2': 9 };
    const fast = await race({ ...cpu, 'wgsl 1': 2 });
    expect(fast.result.taken).toMatchObject({ build: 'wgsl', threads: 1, milliseconds: 2 });
    expect(fast.asked.at(-1)).toEqual({ candidate: { build: 'wgsl', threads: 1 }, seconds: GPU_SECONDS });
    const shape = { batch: 8, bins: 512, whole: true };
    expect(describeRace(fast.result, shape)).toContain(
      '2.0 ms with the GPU; 10 ms with relaxed SIMD on 1 thread',
    );
    expect(describeRace(fast.result, shape, 'Card 7')).toContain('2.0 ms with Card 7; 10 ms with relaxed');
    const slow = await race({ ...cpu, 'wgsl 1': 7 });
    expect(slow.result.taken).toMatchObject({ build: 'relaxed', threads: 2 });
  });

  test('more threads are given up where they hurt', async () => {
    const { result } = await race(
      { 'relaxed 1': 10, 'relaxed 2': 9, 'relaxed 4': 14, 'plain 2': 12 },
      [1, 2, 4, 8, 16],
    );
    expect(result.taken).toMatchObject({ build: 'relaxed', threads: 2 });
  });

  test('--deterministic races threads of the plain build alone', async () => {
    const { result } = await race({ 'plain 1': 10, 'plain 2': 6 }, [1, 2], ['plain']);
    expect(result.measured.map(({ build }) => build)).toEqual(['plain', 'plain']);
    expect(result.taken.threads).toBe(2);
  });

  test('all candidates share one short time', async () => {
    const { asked } = await race({ 'relaxed 1': 10, 'relaxed 2': 9, 'plain 2': 12 });
    expect(asked.reduce((sum, { seconds }) => sum + seconds, 0)).toBeLessThanOrEqual(MEASURED_SECONDS + 1e-9);
  });
});

test('the reason holds every measured time, and says when the step was shortened', async () => {
  const { result } = await race({ 'relaxed 1': 123.4, 'relaxed 2': 61.25, 'plain 2': 80 });
  const shape = { batch: 8, bins: 512, whole: true };
  expect(describeRace(result, shape)).toBe(
    'auto measured a training step of 8 x 512 bins: 61 ms with relaxed SIMD on 2 threads; ' +
      '123 ms with relaxed SIMD on 1 thread, 80 ms with plain SIMD on 2 threads',
  );
  expect(describeRace(result, { ...shape, whole: false })).toContain('a shortened training step');
});
