import type { MatrixJob } from '@spikebridge/model';
import { expect, it } from 'vitest';
import { TimeLeft } from './time-left.ts';

const job = (kind: MatrixJob['kind'], cells: number): MatrixJob =>
  ({
    id: `${kind}/${String(cells)}`,
    kind,
    cells: Array.from({ length: cells }),
    needs: [],
  }) as unknown as MatrixJob;

it('tells each kind by its own pace, over all processes, once every kind that is left has one', () => {
  const jobs = [job('trained', 1), job('trained', 1), job('judged', 4), job('judged', 8)];
  const left = new TimeLeft(jobs, 2);
  const done = new Set([jobs[0]]);
  const isDone = (one: MatrixJob) => done.has(one);
  left.took('trained', 100, 1);
  expect(left.seconds(isDone)).toBeUndefined();
  // A job that computed nothing tells no pace.
  left.took('judged', 50, 0);
  expect(left.seconds(isDone)).toBeUndefined();
  left.took('judged', 10, 4);
  // 100 s of training and twelve judgements of 2.5 s, on two processes.
  expect(left.seconds(isDone)).toBe((100 + 12 * 2.5) / 2);
  for (const one of jobs) done.add(one);
  expect(left.seconds(isDone)).toBe(0);
});
