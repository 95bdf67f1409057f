// Plan: the document of the presets says what the code says, key by key, with nothing left over.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { presetRows } from './testing/preset-table.ts';

const document = readFileSync(new URL('../../../../docs/runs.md', import.meta.url), 'utf8');
const narrow = (row: string): string => row.replace(/\s+/g, ' ');

describe('docs/runs.md', () => {
  const rows = document
    .split('\n')
    .filter((line) => /^\| `(seed|deterministic|device|data|net|loss|training)\b/.test(line));

  it('holds one row for every key of the presets, with their values', () => {
    expect(rows.map(narrow)).toEqual(presetRows().map(narrow));
  });
});
