// Walks the schema for the dotted names of all keys, so that an unknown one can be answered with the nearest.
import { z } from 'zod';

/** Dotted paths of all leaves and branches of an object schema: `training`, `training.batch`, `net.history.lags`, ... */
export function keyPaths(schema: unknown, prefix = ''): string[] {
  if (schema instanceof z.ZodNullable) return keyPaths(schema.unwrap(), prefix);
  if (schema instanceof z.ZodDiscriminatedUnion)
    return [...new Set(schema.options.flatMap((option) => keyPaths(option, prefix)))];
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, unknown>).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...keyPaths(inner, path)];
  });
}

/** The value at a path of keys, undefined where the path ends early. */
export function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = tree;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
