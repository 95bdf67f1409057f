// What a model reads of a cell: its features, in its order, from a recording or from a table.
import { relativeParts, withRelativeFeatures } from '../classifiers/relative-features.ts';
import { SpikebridgeError } from '../../errors.ts';
import { featureIndex } from '../features/index.ts';
import type { CellFeatures, ScalarTable } from '../features/index.ts';
import type { FeatureTable, Matrix } from '../tables/types.ts';
import type { CellModel } from './cell-model.ts';

/** The features that the extractor measures are named by the published table of the model's species. */
const tableOf = ({ species }: CellModel): ScalarTable => (species === 'human' ? 'human' : 'mouse');

/** (features) of a cell whose features were extracted; NaN for what it lacks. */
export function valuesOfCell(model: CellModel, features: CellFeatures): Float64Array {
  const scalar = (name: string): number => {
    const at = featureIndex(tableOf(model), name);
    return at < 0 ? NaN : features.scalars[at];
  };
  return Float64Array.from(model.features, ({ name }) => {
    const [feature, reference] = relativeParts(name) ?? [name];
    return reference === undefined ? scalar(feature) : scalar(feature) - scalar(reference);
  });
}

/** (cells, features) of a table's cells; a column that it lacks is NaN. @throws E_CELLS_FEATURES where it has none of them */
export function valuesOfTable(model: CellModel, table: FeatureTable): Matrix {
  const wide = withRelativeFeatures(table);
  const from = model.features.map(({ name }) => wide.features.indexOf(name));
  if (from.every((column) => column < 0))
    throw new SpikebridgeError(
      'E_CELLS_FEATURES',
      `the table has none of the ${model.features.length} features of the ${model.species} model`,
      {
        fix: `name its columns as the model does (${model.features
          .slice(0, 3)
          .map(({ name }) => name)
          .join(', ')} ...), give a column map, or choose the other species`,
        exitCode: 2,
      },
    );
  const { rows, columns, values } = wide.values;
  const width = from.length;
  const taken = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++)
    from.forEach((column, f) => {
      taken[row * width + f] = column < 0 ? NaN : values[row * columns + column];
    });
  return { rows, columns: width, values: taken };
}
