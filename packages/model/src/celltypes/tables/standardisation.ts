// Features less their mean, over their deviation, both of training rows alone; or each species by its own.
import { SpikebridgeError } from '../../errors.ts';
import { takeRows } from './matrix.ts';
import type { Matrix } from './types.ts';

/** By column; a column that never varied has deviation 1, so that it becomes 0. */
export interface Standardisation {
  readonly means: Float64Array;
  /** Of the population (over n), as scikit-learn's. */
  readonly deviations: Float64Array;
}

/** Gaps count for nothing. */
export function fitStandardisation(x: Matrix): Standardisation {
  const means = new Float64Array(x.columns);
  const deviations = new Float64Array(x.columns).fill(1);
  for (let c = 0; c < x.columns; c++) {
    let known = 0;
    let sum = 0;
    let squares = 0;
    for (let at = c; at < x.values.length; at += x.columns) {
      const value = x.values[at];
      if (Number.isNaN(value)) continue;
      known++;
      sum += value;
    }
    if (known === 0) continue;
    const mean = sum / known;
    for (let at = c; at < x.values.length; at += x.columns) {
      const value = x.values[at];
      if (!Number.isNaN(value)) squares += (value - mean) ** 2;
    }
    means[c] = mean;
    // What rounding alone leaves of a column that never varied is not a deviation.
    const deviation = Math.sqrt(squares / known);
    if (deviation > 1e-14 * Math.abs(mean)) deviations[c] = deviation;
  }
  return { means, deviations };
}

/** Gaps stay gaps. */
export function standardise({ means, deviations }: Standardisation, x: Matrix): Matrix {
  const values = x.values.map((value, at) => (value - means[at % x.columns]) / deviations[at % x.columns]);
  return { ...x, values };
}

/** One standardisation a group (species), each from its own training rows. */
export function fitStandardisationBy(
  x: Matrix,
  groups: readonly string[],
): ReadonlyMap<string, Standardisation> {
  return new Map([...rowsBy(groups)].map(([group, rows]) => [group, fitStandardisation(takeRows(x, rows))]));
}

/** Each row by its own group's. @throws E_CELLS_GROUP for a group that was not fitted */
export function standardiseBy(
  fitted: ReadonlyMap<string, Standardisation>,
  x: Matrix,
  groups: readonly string[],
): Matrix {
  const values = new Float64Array(x.values.length);
  for (const [group, rows] of rowsBy(groups)) {
    const one = fitted.get(group);
    if (one === undefined)
      throw new SpikebridgeError('E_CELLS_GROUP', `no training row is of "${group}"`, {
        fix: `Known are ${[...fitted.keys()].join(', ')}.`,
      });
    const part = standardise(one, takeRows(x, rows));
    rows.forEach((row, r) =>
      values.set(part.values.subarray(r * x.columns, (r + 1) * x.columns), row * x.columns),
    );
  }
  return { ...x, values };
}

function rowsBy(groups: readonly string[]): Map<string, number[]> {
  const rows = new Map<string, number[]>();
  groups.forEach((group, r) => {
    const so = rows.get(group) ?? [];
    rows.set(group, so);
    so.push(r);
  });
  return rows;
}
