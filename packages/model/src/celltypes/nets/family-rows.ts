// Rows of a table as the family net takes them: standardised by training rows, gaps as 0 with a column that says so, and a mask of the
// families that are there.
import { SpikebridgeError } from '../../errors.ts';
import { fitStandardisation, standardise } from '../tables/standardisation.ts';
import type { Standardisation } from '../tables/standardisation.ts';
import type { Matrix } from '../tables/types.ts';
import type { FeatureFamily } from './families.ts';

/** Deviations from the mean beyond which a value is taken for this many: one wild cell must not be all that a layer sees. */
const MOST_DEVIATIONS = 5;

/** What is fitted on training rows. */
export interface FamilyEncoding {
  readonly families: readonly FeatureFamily[];
  readonly standardisation: Standardisation;
  /** Columns of each family that have gaps among the training rows: each gets a second one, 1 where the value is missing. */
  readonly gaps: readonly (readonly number[])[];
}

export interface FamilyRows {
  /** (rows, sum of widths): family after family. */
  readonly values: Matrix;
  /** Columns of each family in `values`. */
  readonly widths: readonly number[];
  /** (rows, families): 0 where no value of the family is known. */
  readonly mask: Uint8Array;
}

/** @throws E_NET_FAMILIES where a family has no columns, or columns that the matrix has not. */
export function fitEncoding(x: Matrix, families: readonly FeatureFamily[]): FamilyEncoding {
  for (const { name, columns } of families) {
    if (columns.length > 0 && columns.every((c) => Number.isInteger(c) && c >= 0 && c < x.columns)) continue;
    throw new SpikebridgeError(
      'E_NET_FAMILIES',
      `family ${name} is of columns ${columns.join(', ') || 'none'}; the table has ${x.columns}`,
      { where: name, fix: 'give each family columns of the table that the net is fitted on', exitCode: 2 },
    );
  }
  const hasGap = (column: number): boolean => {
    for (let at = column; at < x.values.length; at += x.columns) if (Number.isNaN(x.values[at])) return true;
    return false;
  };
  return {
    families,
    standardisation: fitStandardisation(x),
    gaps: families.map(({ columns }) => columns.filter(hasGap)),
  };
}

/** The same for tables that one net is to take: a column with gaps in any of them has its second one in all. */
export function alignEncodings(encodings: readonly FamilyEncoding[]): FamilyEncoding[] {
  const [{ families }] = encodings;
  const gaps = families.map(({ columns }, t) =>
    columns.filter((c) => encodings.some((one) => one.gaps[t].includes(c))),
  );
  return encodings.map((one) => ({ ...one, gaps }));
}

/** Columns of each family after encoding. */
export function encodedWidths({ families, gaps }: FamilyEncoding): number[] {
  return families.map(({ columns }, t) => columns.length + gaps[t].length);
}

export function encode(encoding: FamilyEncoding, x: Matrix): FamilyRows {
  const { families, standardisation, gaps } = encoding;
  const widths = encodedWidths(encoding);
  const width = widths.reduce((sum, own) => sum + own, 0);
  const z = standardise(standardisation, x);
  const values = new Float64Array(x.rows * width);
  const mask = new Uint8Array(x.rows * families.length);
  for (let r = 0; r < x.rows; r++) {
    let at = r * width;
    families.forEach(({ columns }, t) => {
      for (const c of columns) {
        const value = z.values[r * x.columns + c];
        if (!Number.isNaN(value)) {
          mask[r * families.length + t] = 1;
          values[at] = Math.min(MOST_DEVIATIONS, Math.max(-MOST_DEVIATIONS, value));
        }
        at++;
      }
      for (const c of gaps[t]) values[at++] = Number.isNaN(z.values[r * x.columns + c]) ? 1 : 0;
    });
  }
  return { values: { rows: x.rows, columns: width, values }, widths, mask };
}

/** These rows, in this order. */
export function takeFamilyRows({ values, widths, mask }: FamilyRows, rows: ArrayLike<number>): FamilyRows {
  const { columns } = values;
  const steps = widths.length;
  const taken = new Float64Array(rows.length * columns);
  const there = new Uint8Array(rows.length * steps);
  for (let r = 0; r < rows.length; r++) {
    taken.set(values.values.subarray(rows[r] * columns, (rows[r] + 1) * columns), r * columns);
    there.set(mask.subarray(rows[r] * steps, (rows[r] + 1) * steps), r * steps);
  }
  return { values: { rows: rows.length, columns, values: taken }, widths, mask: there };
}
