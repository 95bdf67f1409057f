// Cells on a plane: UMAP of standardised features, several species in one picture, each standardised by itself.
import { RandomStream } from '../../engine/random.ts';
import { SpikebridgeError } from '../../errors.ts';
import { fitImputation, impute } from '../tables/imputation.ts';
import { rowOf } from '../tables/matrix.ts';
import { fitStandardisation, standardise } from '../tables/standardisation.ts';
import type { FeatureTable, Matrix } from '../tables/types.ts';

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
  /** Cells that were put among the others afterwards: none of these moved for them. */
  readonly placed?: readonly EmbeddedCell[];
}

export const EMBEDDING = { neighbours: 15, seed: 1, minDistance: 0.1 } as const;
const STREAM = 0x756d;

/**
 * Gaps are filled with medians and features standardised within each group, so that what differs between species as a whole does
 * not part them; labels are not seen. The same cells and seed give the same picture.
 * @param groups with the same features in the same order
 * `placed` are cells to be put among those of a group of this name, by its medians and scales, when the plane stands.
 * `onEpoch` is told of each epoch; its false stops, and the answer is null.
 * @throws E_CELLS_EMBED for groups of different features or classes, or too few cells
 */
export async function embedCells(
  groups: readonly CellGroup[],
  options: {
    readonly seed?: number;
    readonly placed?: CellGroup;
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
  const points = groups.flatMap(({ table: { values } }) => pointsOf(values, values));
  const { neighbours, minDistance } = EMBEDDING;
  if (points.length <= neighbours)
    throw new SpikebridgeError('E_CELLS_EMBED', `${points.length} cells are too few for a plane`, {
      fix: `give more than ${neighbours}`,
    });
  const { seed = EMBEDDING.seed, placed, onEpoch } = options;
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
  // A copy: what is placed afterwards must not be seen to move anything.
  const plane = umap.getEmbedding().map((place) => [...place]);
  let at = 0;
  const cells = groups.flatMap((group) =>
    group.table.cells.map((_, row) => embedded(group, row, plane[at++])),
  );
  const names = groups.map(({ name }) => name);
  const found = { cells, groups: names, classes, features: features.length, neighbours, seed };
  if (placed === undefined) return found;
  const among = groups.find(({ name }) => name === placed.name);
  if (among === undefined || !same(placed.table.features, features))
    throw new SpikebridgeError('E_CELLS_EMBED', 'the cells to place have no place among these', {
      fix: 'give them the features and the name of a group',
    });
  const places = umap.transform(pointsOf(among.table.values, placed.table.values));
  return { ...found, placed: places.map((place, row) => embedded(placed, row, place)) };
}

/** Rows with gaps filled and scaled by what these other rows are. */
function pointsOf(fitted: Matrix, rows: Matrix): number[][] {
  const imputation = fitImputation(fitted);
  const standardisation = fitStandardisation(impute(imputation, fitted));
  const scaled = standardise(standardisation, impute(imputation, rows));
  return Array.from({ length: scaled.rows }, (_, row) => [...rowOf(scaled, row)]);
}

function embedded({ name, table }: CellGroup, row: number, [x, y]: readonly number[]): EmbeddedCell {
  const label = table.labels[row];
  return { x, y, group: name, cell: table.cells[row], class: label < 0 ? null : table.classes[label] };
}
