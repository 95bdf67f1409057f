// The way from a run to its data, as the run may carry it: it is passed on, so it names no user and no place on this machine.
import { homedir, userInfo } from 'node:os';
import { relative, resolve, sep } from 'node:path';

/** Relative path with `/`, or null where it would leave the user's own folders or name the user. */
export function shareablePath(from: string, to: string): string | null {
  const path = relative(resolve(from), resolve(to));
  const parts = path.split(sep);
  const names = new Set(
    [userName(), homedir().split(sep).at(-1)].filter((name) => name !== undefined && name !== ''),
  );
  if (parts.some((part) => names.has(part)) || path.includes(':')) return null;
  // A path that climbs to the root says where things lie on this machine.
  const depth = resolve(from)
    .split(sep)
    .filter((part) => part !== '').length;
  if (parts.filter((part) => part === '..').length >= depth) return null;
  return parts.join('/');
}

function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
