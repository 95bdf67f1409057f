// Voltages and times of a spike relative to its own threshold: what differs between cells is the shape, and what differs
// between recordings (offsets, the protocol's timing) cancels out. Trees and kernels find such differences only approximately.
import { matrixOf } from '../tables/matrix.ts';
import type { FeatureTable } from '../tables/types.ts';

/** `peak_v_ramp` and `peak_t_ramp` are read against `threshold_v_ramp` and `threshold_t_ramp`. */
const OF_A_SPIKE = /^(peak|trough|fast_trough)_(v|t)_(.+)$/;

/**
 * The table with `NAME-THRESHOLD` beside each feature of a spike whose threshold it has too, and the threshold of the long
 * square's spike over rest. Nothing is fitted. A table without such names stays as it is.
 */
export function withRelativeFeatures(table: FeatureTable): FeatureTable {
  const at = new Map(table.features.map((name, column) => [name, column]));
  const pairs = table.features.flatMap((name): [string, string][] => {
    const found = OF_A_SPIKE.exec(name);
    return found === null ? [] : [[name, `threshold_${found[2]}_${found[3]}`]];
  });
  pairs.push(['threshold_v_long_square', 'vrest']);
  const added = pairs.flatMap(([name, reference]) => {
    const from = at.get(name);
    const less = at.get(reference);
    return from === undefined || less === undefined ? [] : [{ name: `${name}-${reference}`, from, less }];
  });
  if (added.length === 0) return table;
  const { rows, columns, values } = table.values;
  const wide = Array.from({ length: rows }, (_, row) => {
    const own = values.subarray(row * columns, (row + 1) * columns);
    return [...own, ...added.map(({ from, less }) => own[from] - own[less])];
  });
  return {
    ...table,
    features: [...table.features, ...added.map(({ name }) => name)],
    units: [...table.units, ...added.map(({ from }) => table.units[from])],
    values: matrixOf(wide, columns + added.length),
  };
}

/** What a name of `withRelativeFeatures` is made of: the feature, and the one that is taken from it; null for any other name. */
export function relativeParts(name: string): readonly [feature: string, reference: string] | null {
  const dash = name.indexOf('-');
  return dash < 0 ? null : [name.slice(0, dash), name.slice(dash + 1)];
}
