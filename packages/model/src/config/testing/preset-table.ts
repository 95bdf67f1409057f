// The presets as rows of a Markdown table, for docs/runs.md and for the test that holds the document to the code.
import type { RunConfig } from '../schema.ts';
import { PRESETS } from '../presets.ts';

/** `a.b.c` -> value for all leaves; lists and null count as leaves. */
function leaves(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}

function shown(config: RunConfig, key: string): string {
  const found = leaves(config, '').find(([path]) => path === key);
  if (found === undefined) return '-';
  const [, value] = found;
  if (!Array.isArray(value)) return String(value);
  return value.length > 8
    ? `${value.slice(0, 3).join(', ')} ... ${String(value.at(-1))} (${value.length})`
    : value.join(', ');
}

/** One line a key: `| key | paper | small | base |`, in the order of the schema. */
export function presetRows(): string[] {
  const { paper, small, base } = PRESETS;
  const keys = new Set([small, paper, base].flatMap((config) => leaves(config, '').map(([path]) => path)));
  keys.delete('preset');
  return [...keys].map(
    (key) => `| \`${key}\` | ${shown(paper, key)} | ${shown(small, key)} | ${shown(base, key)} |`,
  );
}
