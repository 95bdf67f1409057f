// One text for one value: JSON with sorted keys and no spaces, so that equal configurations have equal hashes.
import { SpikebridgeError } from '../errors.ts';

/** Plain data: what a configuration, a state file or a metrics row may hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON with keys in code-unit order and no white space (the order of RFC 8785; numbers as ECMAScript prints them).
 * @throws E_CANONICAL_JSON for anything that JSON cannot hold (NaN, infinities, undefined, functions).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  throw new SpikebridgeError(
    'E_CANONICAL_JSON',
    `a ${typeof value} (${typeof value === 'number' ? value : 'no number'}) has no place in JSON; expected plain finite data`,
  );
}
