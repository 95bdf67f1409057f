// The README lane is only worth something if it finds the commands: continuation, comments, and blocks left out.
import { expect, test } from 'vitest';
import { commandsOf } from './lib/readme.mjs';

const page = (notes: string, ...lines: string[]) => `Text\n\n${notes}\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`;

test('one command a line, comments and continuations understood', () => {
  const found = commandsOf(page('', '# a comment', './a --x 1   # why', './b \\', '  --y 2', ''));
  expect(found.map((entry) => entry.runAs)).toEqual(['./a --x 1', './b --y 2']);
});

test('a block marked as not run is left out, the next one is not', () => {
  const found = commandsOf(page('<!-- not run: needs an hour -->\n\n', './a') + page('', './b'));
  expect(found.map((entry) => entry.command)).toEqual(['./b']);
});

test('substitutions change what runs and not what is shown', () => {
  const [found] = commandsOf(
    page('<!-- needs data -->\n<!-- run as: s/demo/demo --quick/ -->\n', './a demo'),
  );
  expect(found).toEqual({ command: './a demo', runAs: './a demo --quick', needsData: true });
});
