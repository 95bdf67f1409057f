// What people and scripts read: durations, sizes, tables, and errors with code, place, cause and remedy.
import { formatDuration, SpikebridgeError } from '@spikebridge/model';
import { afterEach, expect, test, vi } from 'vitest';
import { formatBytes, formatTable, Terminal } from './terminal.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Collects what a piece of code writes to both streams. */
function capture(action: () => void): { out: string; err: string } {
  const written = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((written.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((written.err += String(text)), true));
  action();
  vi.restoreAllMocks();
  return written;
}

test.each([
  [3.21, '3.2 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [61, '1 min 01 s'],
  [3599.9, '1 h 00 min'],
  [7300, '2 h 02 min'],
])('%d s reads %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

test.each([
  [512, '512 bytes'],
  [1536, '1.5 KiB'],
  [3 * 2 ** 30, '3.0 GiB'],
])('%d bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test('a table lines its columns up', () => {
  expect(
    formatTable(
      ['what', 'n'],
      [
        ['a', '1'],
        ['long name', '100'],
      ],
    ),
  ).toBe(['what         n', '---------  ---', 'a            1', 'long name  100'].join('\n'));
});

test('under --json stdout holds the document and nothing else', () => {
  const terminal = Terminal.of({ json: true });
  const { out, err } = capture(() => {
    terminal.note('reading');
    terminal.result('for people', { answer: 42 });
  });
  expect(JSON.parse(out)).toEqual({ answer: 42 });
  expect(err).toBe('reading\n');
});

test('--quiet drops notes and keeps warnings', () => {
  const { err } = capture(() => {
    const terminal = Terminal.of({ quiet: true });
    terminal.note('reading');
    terminal.warn('odd');
  });
  expect(err).toBe('warning: odd\n');
});

test('an error says code, place, what and what to do, without a stack', () => {
  const error = new SpikebridgeError('E_SOME', 'received 3, expected 4', {
    where: 'file.npy',
    fix: 'write 4',
    exitCode: 2,
  });
  let code = 0;
  const { out, err } = capture(() => (code = Terminal.of({}).failure(error)));
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toBe('error E_SOME: file.npy: received 3, expected 4\n  what to do: write 4\n');
});

test('an unexpected fault exits 1, and shows its stack only under --verbose', () => {
  const fault = new TypeError('boom');
  const brief = capture(() => expect(Terminal.of({}).failure(fault)).toBe(1));
  expect(brief.err).toContain('error E_INTERNAL: boom');
  expect(brief.err).not.toContain('terminal.test.ts');
  const long = capture(() => Terminal.of({ verbose: true }).failure(fault));
  expect(long.err).toContain('terminal.test.ts');
});

test('in a worker everything is said by the thread that started it, and what is kept is remembered', () => {
  const said: unknown[] = [];
  const remote = {
    note: (line: string) => said.push(['note', line]),
    warn: (line: string) => said.push(['warn', line]),
    result: (text: string, document: unknown) => said.push(['result', text, document]),
    kept: (what: string) => said.push(['kept', what]),
    progress: () => ({ update: () => undefined, stop: () => undefined }),
  };
  const terminal = new Terminal({ json: true, quiet: false, verbose: false }, remote);
  const { out, err } = capture(() => {
    terminal.note('reading');
    terminal.warn('odd');
    terminal.keep('floor own-history');
    terminal.result('for people', { answer: 42 });
  });
  expect([out, err]).toEqual(['', '']);
  expect(said).toEqual([
    ['note', 'reading'],
    ['warn', 'odd'],
    ['kept', 'floor own-history'],
    ['result', 'for people', { answer: 42 }],
  ]);
  expect(terminal.kept).toEqual(['floor own-history']);
});
