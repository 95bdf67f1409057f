import { expect, it } from 'vitest';
import { OneJob } from './one-job.ts';

it('refuses a second job while one is at work, and takes the next after its end, well or badly', async () => {
  const jobs = new OneJob('at work already');
  let end = (): void => undefined;
  const first = jobs.run(() => new Promise<string>((done) => (end = () => done('first'))));
  await expect(jobs.run(() => Promise.resolve('second'))).rejects.toMatchObject({
    code: 'E_BUSY',
    message: 'at work already',
  });
  end();
  expect(await first).toBe('first');
  await expect(jobs.run(() => Promise.reject(new Error('a fault')))).rejects.toThrow('a fault');
  expect(await jobs.run(() => Promise.resolve('third'))).toBe('third');
});

it('stops the job at hand alone', async () => {
  const jobs = new OneJob('busy');
  jobs.stop();
  const stopped = await jobs.run((signal) => {
    const before = signal.aborted;
    jobs.stop();
    return Promise.resolve([before, signal.aborted]);
  });
  expect(stopped).toEqual([false, true]);
  expect(await jobs.run((signal) => Promise.resolve(signal.aborted))).toBe(false);
});
