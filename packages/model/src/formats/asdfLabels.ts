// Labels that ship beside asdf files (cell class, layer, position), attached only where their length matches the units.
import { SpikebridgeError } from '../errors.ts';
import type { UnitInfo } from '../recording/types.ts';
import { readText, withSource } from './bytes.ts';
import type { MatValue } from './mat5.ts';
import { readMat5 } from './mat5.ts';
import type { ByteSource, Location } from './types.ts';

type Labels = Partial<Omit<UnitInfo, 'id'>>;

/** What the sidecar files say of each unit. */
export interface AsdfLabels {
  readonly units: readonly Labels[];
  readonly assumptions: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads cell_categ.mat (exc, inh, layer) or cell_categ_exc.txt and layer_categ.txt, and xy.mat or x.txt and y.txt. */
export function asdfLabels(location: Location, units: number): AsdfLabels {
  const columns = new Map<string, ArrayLike<number>>();
  const from: string[] = [];
  const warnings: string[] = [];
  const take = (file: string, key: string, values: ArrayLike<number>) => {
    if (columns.has(key)) return;
    if (values.length !== units) {
      warnings.push(`${file} has ${values.length} entries for ${units} units; it was left out.`);
      return;
    }
    columns.set(key, values);
    if (!from.includes(file)) from.push(file);
  };

  for (const [file, fields] of MAT_FILES) {
    const variables = attempt(location, file, warnings, readMat5);
    if (variables === undefined) continue;
    const flat = flatten(variables);
    for (const key of fields) {
      const value = flat.get(key);
      if (value?.kind === 'numeric') take(file, key, value.data);
    }
  }
  for (const [file, key] of TEXT_FILES) {
    if (columns.has(key)) continue;
    const text = attempt(location, file, warnings, (source) => readText(source, 1 << 20));
    if (text !== undefined) take(file, key, text.trim().split(/\s+/).map(Number));
  }

  const labels = Array.from({ length: units }, (_, u) => label(columns, u));
  const assumptions =
    from.length === 0
      ? []
      : [`Labels come from ${from.join(', ')} beside the file, matched by order (unit 1 = first entry).`];
  return { units: labels, assumptions, warnings };
}

const MAT_FILES: readonly [string, readonly string[]][] = [
  ['cell_categ.mat', ['exc', 'inh', 'layer']],
  ['xy.mat', ['x', 'y']],
];
const TEXT_FILES: readonly [string, string][] = [
  ['cell_categ_exc.txt', 'exc'],
  ['layer_categ.txt', 'layer'],
  ['x.txt', 'x'],
  ['y.txt', 'y'],
];

function label(columns: ReadonlyMap<string, ArrayLike<number>>, u: number): Labels {
  const at = (key: string) => columns.get(key)?.[u];
  const [exc, inh, layer, x, y] = [at('exc'), at('inh'), at('layer'), at('x'), at('y')];
  const cellClass = exc === 1 ? 'exc' : inh === 1 || (inh === undefined && exc === 0) ? 'inh' : undefined;
  return {
    ...(cellClass === undefined ? {} : { cellClass }),
    ...(layer === undefined || Number.isNaN(layer) ? {} : { layer: String(layer) }),
    ...(x !== undefined && y !== undefined && Number.isFinite(x) && Number.isFinite(y)
      ? { position: [x, y] as const }
      : {}),
  };
}

/** Variables and the fields of 1 x 1 structs, in one map. */
function flatten(variables: ReadonlyMap<string, MatValue>): Map<string, MatValue> {
  const flat = new Map<string, MatValue>();
  for (const [name, value] of variables) {
    flat.set(name, value);
    if (value.kind === 'struct' && value.elements.length === 1) {
      for (const [field, inner] of value.elements[0]) flat.set(field, inner);
    }
  }
  return flat;
}

/** A sidecar that is absent is no news; one that is damaged is a warning, never the end of the reading. */
function attempt<T>(
  location: Location,
  file: string,
  warnings: string[],
  read: (source: ByteSource) => T,
): T | undefined {
  const source = location.sibling?.(file);
  if (source === undefined) return undefined;
  try {
    return withSource(source, read);
  } catch (error) {
    if (!(error instanceof SpikebridgeError)) throw error;
    warnings.push(`${file} could not be read (${error.code}); it was left out.`);
    return undefined;
  }
}
