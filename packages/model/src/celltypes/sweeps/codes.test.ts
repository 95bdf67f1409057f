// docs/celltypes.md names every error code of sweeps, and none that is not thrown.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('documents every code', () => {
  const room = import.meta.dirname;
  const sources = readdirSync(room).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const thrown = sources.flatMap(
    (name) => readFileSync(join(room, name), 'utf8').match(/'E_SWEEP_[A-Z]+'/g) ?? [],
  );
  const documented =
    readFileSync(join(room, '../../../../../docs/celltypes.md'), 'utf8').match(/\bE_SWEEP_[A-Z]+\b/g) ?? [];
  expect([...new Set(thrown.map((quoted) => quoted.slice(1, -1)))].sort()).toEqual(
    [...new Set(documented)].sort(),
  );
  expect(new Set(thrown).size).toBeGreaterThan(8);
});
