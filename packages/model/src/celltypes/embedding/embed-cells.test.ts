// Plan: the same cells and seed give the same plane and another seed another; cells of a class lie together; a species that differs as a
// whole does not lie apart; labels are not looked at; what cannot be put on one plane is refused, and who asks to stop is heard.
import { expect, test } from 'vitest';
import { RandomStream } from '../../engine/random.ts';
import type { FeatureTable } from '../tables/types.ts';
import { embedCells } from './embed-cells.ts';
import type { CellEmbedding } from './embed-cells.ts';

const CLASSES = ['A', 'B'];
/** Two clouds of five features, six deviations apart; everything moved by `shift` and stretched by `scale`. */
function table(cells: number, seed: number, shift = 0, scale = 1): FeatureTable {
  const random = new RandomStream(seed, 1);
  const labels = Int32Array.from({ length: cells }, (_, row) => row % 2);
  const values = Float64Array.from({ length: cells * 5 }, (_, i) => {
    const label = labels[Math.floor(i / 5)];
    return shift + scale * (random.normal() + 6 * label);
  });
  values[7] = NaN;
  return {
    ...{
      cells: [...labels.keys()].map((row) => `c${row}`),
      features: ['a', 'b', 'c', 'd', 'e'],
      units: ['', '', '', '', ''],
    },
    ...{ values: { rows: cells, columns: 5, values }, classes: CLASSES, labels, attributes: {}, notes: [] },
    donors: [...labels.keys()].map(String),
  };
}

/** Of each cell's nearest other cell on the plane: how often `same` holds. */
function nearest(
  found: CellEmbedding,
  same: (a: CellEmbedding['cells'][number], b: CellEmbedding['cells'][number]) => boolean,
): number {
  const hits = found.cells.filter((cell) => {
    const others = found.cells.filter((one) => one !== cell);
    const distance = (one: CellEmbedding['cells'][number]) => (one.x - cell.x) ** 2 + (one.y - cell.y) ** 2;
    return same(
      cell,
      others.reduce((a, b) => (distance(b) < distance(a) ? b : a)),
    );
  });
  return hits.length / found.cells.length;
}
const embed = async (...args: Parameters<typeof embedCells>): Promise<CellEmbedding> => {
  const found = await embedCells(...args);
  if (found === null) throw new Error('stopped');
  return found;
};
const both = [
  { name: 'mouse', table: table(60, 1) },
  { name: 'human', table: table(40, 2, 500, 30) },
];

test('classes lie together, and a species that is moved and stretched lies among the other', async () => {
  const found = await embed(both);
  expect(found.cells).toHaveLength(100);
  expect(found.cells[61]).toMatchObject({ group: 'human', cell: 'c1', class: 'B' });
  expect(nearest(found, (a, b) => a.class === b.class)).toBe(1);
  // Of 40 in 100 that are all alike, two in five neighbours are of the other species by chance.
  expect(nearest(found, (a, b) => a.group !== b.group)).toBeGreaterThan(0.25);
});

test('the seed alone decides; labels are not looked at', async () => {
  const places = ({ cells }: CellEmbedding) => cells.map(({ x, y }) => [x, y]);
  const first = places(await embed(both, { seed: 3 }));
  const relabelled = both.map(({ name, table: one }) => ({
    name,
    table: { ...one, labels: new Int32Array(one.labels.length).fill(-1) },
  }));
  const again = await embed(relabelled, { seed: 3 });
  expect(places(again)).toEqual(first);
  expect(again.cells[0].class).toBeNull();
  expect(places(await embed(both, { seed: 4 }))).not.toEqual(first);
});

test('it stops when asked, and says how far it is', async () => {
  const told: number[] = [];
  const found = await embedCells(both, {
    onEpoch: (done, all) => {
      told.push(done);
      expect(all).toBeGreaterThan(100);
      return Promise.resolve(done < 3);
    },
  });
  expect(found).toBeNull();
  expect(told).toEqual([1, 2, 3]);
});

test('other features, and too few cells, are refused', async () => {
  const other = { ...both[1].table, features: ['a', 'b', 'c', 'd', 'x'] };
  await expect(embedCells([both[0], { name: 'human', table: other }])).rejects.toMatchObject({
    code: 'E_CELLS_EMBED',
  });
  await expect(embedCells([{ name: 'few', table: table(15, 1) }])).rejects.toThrow('15 cells are too few');
});

test('a cell is placed among its own class by the scales of the others, which do not move for it', async () => {
  const reference = { name: 'mouse', table: table(60, 1, 500, 30) };
  const alone = await embed([reference]);
  const whole = table(60, 1, 500, 30);
  const two: FeatureTable = {
    ...{ ...whole, cells: ['low', 'high'], donors: ['x', 'y'], labels: Int32Array.of(-1, -1) },
    values: {
      rows: 2,
      columns: 5,
      values: Float64Array.from([...Array<number>(5).fill(500), NaN, ...Array<number>(4).fill(680)]),
    },
  };
  const found = await embed([reference], { placed: { name: 'mouse', table: two } });
  expect(found.cells).toEqual(alone.cells);
  const classes = (found.placed ?? []).map((cell) => {
    const away = (one: CellEmbedding['cells'][number]) => (one.x - cell.x) ** 2 + (one.y - cell.y) ** 2;
    return found.cells.reduce((a, b) => (away(b) < away(a) ? b : a)).class;
  });
  expect(classes).toEqual(['A', 'B']);
  expect(found.placed?.map((cell) => [cell.cell, cell.class, cell.group])).toEqual([
    ['low', null, 'mouse'],
    ['high', null, 'mouse'],
  ]);
  await expect(embed([reference], { placed: { name: 'human', table: two } })).rejects.toMatchObject({
    code: 'E_CELLS_EMBED',
  });
});
