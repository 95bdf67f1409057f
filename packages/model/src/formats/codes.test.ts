// docs/formats.md names every error code of this room, and none that is not thrown.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const room = import.meta.dirname;
const codes = (text: string) => new Set(text.match(/\bE_[A-Z0-9_]+\b/g) ?? []);

it('documents every code', () => {
  const sources = readdirSync(room).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const code = sources
    .map((name) => readFileSync(join(room, name), 'utf8').replace(/^\s*(\*|\/\/|\/\*\*).*$/gm, ''))
    .join('\n');
  const thrown = new Set([...(code.match(/'E_[A-Z0-9_]+'/g) ?? [])].map((quoted) => quoted.slice(1, -1)));
  const documented = codes(readFileSync(join(room, '../../../../docs/formats.md'), 'utf8'));
  expect([...thrown].filter((name) => !documented.has(name))).toEqual([]);
  expect([...documented].filter((name) => !thrown.has(name))).toEqual([]);
  expect(thrown.size).toBeGreaterThan(50);
});
