// Which file a request asks for. Everything that is not plainly one of the app's own files is none.
import { realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/**
 * Names of the app's files need no escapes and begin with no dot, so a path with a `%`, a backslash, a `..`, an empty part or a NUL is
 * not decoded and then judged: it is none of them.
 */
const PLAIN = /^\/(?:[\w~@-][\w.~@-]*\/)*(?:[\w~@-][\w.~@-]*)?$/;

/** Made by the build, named by their content. */
const HASHED = /(?:^|\/)assets\/[^/]+-[\w-]{8}\.\w+$/;

export interface AppFile {
  /** Path in the app's folder, parts joined by `/`, percent-encoded. */
  readonly path: string;
  /** The content under this name never changes. */
  readonly hashed: boolean;
}

/** `folder` is free of symbolic links; one in it that leads out of it leads nowhere. A path that ends in `/` is its index.html. */
export async function findAppFile(folder: string, target: string): Promise<AppFile | undefined> {
  const [path] = target.split('?', 1);
  if (!PLAIN.test(path)) return undefined;
  try {
    const file = await realpath(join(folder, path.endsWith('/') ? `${path}index.html` : path));
    if (!file.startsWith(`${folder}${sep}`) || !(await stat(file)).isFile()) return undefined;
    const parts = relative(folder, file).split(sep);
    return { path: `/${parts.map(encodeURIComponent).join('/')}`, hashed: HASHED.test(path) };
  } catch {
    return undefined;
  }
}
