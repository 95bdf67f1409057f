// A run folder is passed on to others: it must not say who made it or where. Texts that look like absolute paths are
// refused before they are written.
import type { Json } from '../config/canonical.ts';
import { SpikebridgeError } from '../errors.ts';

/** Roots of absolute paths on Linux, macOS and Windows, at the start of a text or after a space, quote or equals sign. */
const ABSOLUTE_PATH =
  /(?:^|[\s"'=(])(?:\/(?!\/)[^\s/]+\/[^\s]*|~[^\s/]*\/|file:\/\/|[A-Za-z]:[\\/]|\\\\[^\s\\]+\\)/;

/** @throws E_RUN_PRIVATE at the first text (or key) in `value` that holds an absolute path; `where` names the file. */
export function refusePrivateText(value: Json, where: string, path = ''): void {
  if (typeof value === 'string') {
    if (ABSOLUTE_PATH.test(value)) {
      throw new SpikebridgeError('E_RUN_PRIVATE', `${path} would write an absolute path`, {
        where,
        fix: 'give a file name or a path relative to the run',
      });
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value as Record<string, Json>)) {
      refusePrivateText(key, where, path === '' ? key : `${path}.${key}`);
      refusePrivateText(inner, where, path === '' ? key : `${path}.${key}`);
    }
  }
}
