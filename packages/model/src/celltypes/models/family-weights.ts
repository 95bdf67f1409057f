// What a call rests on, family by family: how far its log-odds move where all features of one stimulus or property are taken away.
import { scalarFamilies } from '../nets/index.ts';
import { rowOf } from '../tables/matrix.ts';
import { classProbabilities, logOdds } from './cell-model.ts';
import type { CellModel } from './cell-model.ts';

export interface FamilyWeight {
  readonly family: string;
  /** How many of the model's features it holds, and how many of them the cell has. */
  readonly features: number;
  readonly present: number;
  /** ln p / (1 - p) of the likeliest class with the family minus without: above 0 it speaks for the class. */
  readonly weight: number;
}

/** Most first. @param values (features) in the model's order; NaN is missing */
export function weighFamilies(model: CellModel, values: Float64Array): FamilyWeight[] {
  const families = scalarFamilies(model.features.map(({ name }) => name));
  const width = values.length;
  // The cell itself, then once without each family.
  const rows = new Float64Array((families.length + 1) * width);
  for (let row = 0; row <= families.length; row++) rows.set(values, row * width);
  families.forEach(({ columns }, t) => {
    for (const column of columns) rows[(t + 1) * width + column] = NaN;
  });
  const p = classProbabilities(model, { rows: families.length + 1, columns: width, values: rows });
  const own = rowOf(p, 0);
  const best = own.indexOf(Math.max(...own));
  return families
    .map(({ name, columns }, t) => ({
      ...{ family: name, features: columns.length },
      present: columns.filter((column) => !Number.isNaN(values[column])).length,
      weight: logOdds(own[best]) - logOdds(rowOf(p, t + 1)[best]),
    }))
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
}
