// Cells on a plane: UMAP of standardised features, several species in one picture, each standardised by itself.
import { RandomStream } from '../../engine/random.ts';
import { SpikebridgeError } from '../../errors.ts';
import { fitImputation, impute } from '../tables/imputation.ts';
import { rowOf } from '../tables/matrix.ts';
import { fitStandardisation, standardise } from '../tables/standardisation.ts';
import type { FeatureTable } from '../tables/types.ts';

export interface CellGroup {
  /** What the cells are told apart by: their species. */
  readonly name: string;
  readonly table: FeatureTable;
}

export interface EmbeddedCell {
  readonly x: number;
  readonly y: number;
  readonly group: string;
  readonly cell: string;
  /** null for a cell without a label. */
  readonly class: string | null;
}

export interface CellEmbedding {
  readonly cells: readonly EmbeddedCell[];
  readonly groups: readonly string[];
  readonly classes: readonly string[];
  readonly features: number;
  readonly neighbours: number;
  readonly seed: number;
}

export const EMBEDDING = { neighbours: 15, seed: 1, minDistance: 0.1 } as const;
const STREAM = 0x756d;

/**
 * Gaps are filled with medians and features standardised within each group, so that what differs between species as a whole does
 * not part them; labels are not seen. The same cells and seed give the same picture.
 * @param groups with the same features in the same order
 * `onEpoch` is told of each epoch; its false stops, and the answer is null.
 * @throws E_CELLS_EMBED for groups of different features or classes, or too few cells
 */
export async function embedCells(
  groups: readonly CellGroup[],
  options: {
    readonly seed?: number;
    readonly onEpoch?: (done: number, all: number) => Promise<boolean>;
  } = {},
): Promise<CellEmbedding | null> {
  const { features, classes } = groups[0].table;
  const same = (one: readonly string[], other: readonly string[]) => one.join('\n') === other.join('\n');
  if (!groups.every(({ table }) => same(table.features, features) && same(table.classes, classes)))
    throw new SpikebridgeError(
      'E_CELLS_EMBED',
      'tables of different features or classes have no common plane',
      {
        fix: 'harmonise them first',
      },
    );
  const points = groups.flatMap(({ table: { values } }) => {
    const filled = impute(fitImputation(values), values);
    const scaled = standardise(fitStandardisation(filled), filled);
    return Array.from({ length: scaled.rows }, (_, row) => [...rowOf(scaled, row)]);
  });
  const { neighbours, minDistance } = EMBEDDING;
  if (points.length <= neighbours)
    throw new SpikebridgeError('E_CELLS_EMBED', `${points.length} cells are too few for a plane`, {
      fix: `give more than ${neighbours}`,
    });
  const { seed = EMBEDDING.seed, onEpoch } = options;
  const random = new RandomStream(seed, STREAM);
  const { UMAP } = await import('umap-js');
  const umap = new UMAP({
    ...{ nNeighbors: neighbours, minDist: minDistance, nComponents: 2 },
    random: () => random.uniform(),
  });
  const epochs = umap.initializeFit(points);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (onEpoch !== undefined && !(await onEpoch(epoch + 1, epochs))) return null;
  }
  const plane = umap.getEmbedding();
  let at = 0;
  const cells = groups.flatMap(({ name, table }) =>
    table.cells.map((cell, row): EmbeddedCell => {
      const [x, y] = plane[at++];
      const label = table.labels[row];
      return { x, y, group: name, cell, class: label < 0 ? null : classes[label] };
    }),
  );
  const names = groups.map(({ name }) => name);
  return { cells, groups: names, classes, features: features.length, neighbours, seed };
}
