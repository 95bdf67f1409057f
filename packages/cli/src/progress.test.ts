// Rate and time left: measured over the latest stretch, silent when asked, plain lines where there is no terminal.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RateMeter, startProgress } from './progress.ts';
import { Terminal } from './terminal.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('the rate follows a change of pace', () => {
  const meter = new RateMeter();
  for (let second = 0; second <= 100; second += 5) meter.add(second * 1000, second * 10);
  expect(meter.perSecond()).toBeCloseTo(10, 6);
  for (let second = 105; second <= 200; second += 5) meter.add(second * 1000, 1000 + (second - 100) * 2);
  expect(meter.perSecond()).toBeCloseTo(2, 6);
});

test('no rate before there is anything to measure', () => {
  const meter = new RateMeter();
  expect(meter.perSecond()).toBe(0);
  meter.add(0, 0);
  expect(meter.perSecond()).toBe(0);
});

/** Lines a stretch of 20 steps, one a second, leaves on stderr. */
function linesOf(flags: { quiet?: boolean }): string[] {
  let written = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((written += String(text)), true));
  const progress = startProgress(Terminal.of(flags), 'training', 20, 'steps');
  for (let step = 1; step <= 20; step += 1) {
    vi.setSystemTime(step * 1000);
    progress.update(step, `loss ${step}`);
  }
  progress.stop();
  return written.split('\n').filter((line) => line !== '');
}

test('without a terminal: a line every few seconds and one at the end', () => {
  const lines = linesOf({});
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe('training: 5/20 steps, 1.0 steps/s, 15 s left, loss 5');
  expect(lines.at(-1)).toBe('training: 20/20 steps, 1.0 steps/s, 0.0 s left, loss 20');
});

test('nothing under --quiet', () => expect(linesOf({ quiet: true })).toEqual([]));

test('parts of what is counted are told to a tenth', () => {
  const note = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const progress = startProgress(Terminal.of({}), 'judging', 18, 'passes');
  vi.setSystemTime(10_000);
  progress.update(17 / 3);
  expect(String(note.mock.calls.at(-1)?.[0])).toContain('judging: 5.6/18 passes');
});
