// Cells on a plane as Vega specifications: one chart a species on the same axes, the cells of the others quietly behind; classes differ by
// shape as well as by colour. All cells of a class are one path, so that thousands stay a few marks.
import type { Mark, Spec } from 'vega';
import { EMBEDDING } from '../../celltypes/embedding/index.ts';
import type { CellEmbedding, EmbeddedCell } from '../../celltypes/embedding/index.ts';
import type { Chart } from '../drawing.ts';
import { BASE } from '../drawing.ts';
import { INK, PALETTE, QUIET } from '../palette.ts';
import { SERIES_COLOURS, SERIES_SHAPES } from './dot-plot.ts';

const SIZE = 330;
/** In pixels around a cell's place, in the order of SERIES_SHAPES. */
const GLYPHS: readonly string[] = [
  'm-1.7,0a1.7,1.7,0,1,0,3.4,0a1.7,1.7,0,1,0,-3.4,0z',
  'm0,-2.4l2.4,2.4l-2.4,2.4l-2.4,-2.4z',
  'm0,-2.2l2.2,3.8h-4.4z',
  'm-1.6,-1.6h3.2v3.2h-3.2z',
  'm-0.7,-2h1.4v1.3h1.3v1.4h-1.3v1.3h-1.4v-1.3h-1.3v-1.4h1.3z',
  'm0,2.2l2.2,-3.8h-4.4z',
];
/** Around a cell that was placed: a ring that stands out of thousands. */
const RING = 'm-7,0a7,7,0,1,0,14,0a7,7,0,1,0,-14,0z';
/** Names are written beside so many; more would lie over one another. */
const MOST_NAMES = 6;
const SPECK = 'm-0.6,-0.6h1.2v1.2h-1.2z';

export function embeddingCharts(embedding: CellEmbedding): Chart[] {
  const { cells, groups, classes, placed = [] } = embedding;
  return groups.map((group) => {
    const rings = placed.filter((cell) => cell.group === group);
    const own = cells.filter((cell) => cell.group === group);
    const counts = classes.map(
      (name) => `${String(own.filter((cell) => cell.class === name).length)} ${name}`,
    );
    return {
      key: `embedding-${group}`,
      title: `${group}: ${String(own.length)} cells by ${String(embedding.features)} features, UMAP${groups.length > 1 ? '; cells of the other species in grey' : ''}${rings.length === 0 ? '' : '; rings: cells placed among them'}`,
      words: `Scatter plot of ${group} cells on the common plane: ${counts.join(', ')}${rings.map((cell) => `; ${cell.cell} is placed ${whereabouts(cell, own)}`).join('')}`,
      spec: planeSpec(embedding, group),
    };
  });
}

/** Of a placed cell, for who does not see it: classes of its nearest cells on the plane. */
function whereabouts(cell: EmbeddedCell, own: readonly EmbeddedCell[]): string {
  const away = (one: EmbeddedCell) => (one.x - cell.x) ** 2 + (one.y - cell.y) ** 2;
  const near = own.toSorted((a, b) => away(a) - away(b)).slice(0, EMBEDDING.neighbours);
  const counts = new Map<string, number>();
  for (const { class: name } of near)
    counts.set(name ?? 'no class', (counts.get(name ?? 'no class') ?? 0) + 1);
  return `where of the ${String(near.length)} nearest cells ${[...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, found]) => `${String(found)} are ${name}`)
    .join(', ')}`;
}

function planeSpec({ cells, classes, placed = [] }: CellEmbedding, group: string): Spec {
  const rings = placed.filter((cell) => cell.group === group);
  const place = placing([...cells, ...placed]);
  const path = (of: readonly EmbeddedCell[], glyph: string): string =>
    of.map((cell) => `M${place(cell)}${glyph}`).join('');
  const mark = (text: string, colour: string, opacity: number): Mark => ({
    type: 'path',
    encode: { enter: { path: { value: text }, fill: { value: colour }, fillOpacity: { value: opacity } } },
  });
  const own = cells.filter((cell) => cell.group === group);
  const others = cells.filter((cell) => cell.group !== group);
  return {
    ...BASE,
    width: SIZE,
    height: SIZE,
    scales: [
      { name: 'colour', type: 'ordinal', domain: [...classes], range: [...SERIES_COLOURS] },
      { name: 'shape', type: 'ordinal', domain: [...classes], range: [...SERIES_SHAPES] },
    ],
    legends: [
      {
        ...{ fill: 'colour', shape: 'shape', orient: 'top', labelColor: INK, symbolStrokeWidth: 0 },
        columns: classes.length,
      },
    ],
    marks: [
      {
        type: 'rect',
        encode: { enter: { width: { value: SIZE }, height: { value: SIZE }, stroke: { value: QUIET } } },
      },
      mark(path(others, SPECK), PALETTE.bar.light, 1),
      ...[null, ...classes].map((name) => {
        const at = name === null ? -1 : classes.indexOf(name);
        const found = own.filter((cell) => cell.class === name);
        return at < 0
          ? mark(path(found, SPECK), QUIET, 1)
          : mark(path(found, GLYPHS[at % GLYPHS.length]), SERIES_COLOURS[at % SERIES_COLOURS.length], 0.75);
      }),
      ringMark(rings.map((cell) => `M${place(cell)}${RING}`).join('')),
      ...(rings.length > MOST_NAMES ? [] : rings.map((cell) => nameMark(cell.cell, place(cell)))),
    ],
  };
}

const ringMark = (path: string): Mark => ({
  type: 'path',
  encode: {
    enter: {
      ...{ path: { value: path }, fill: { value: 'transparent' } },
      ...{ stroke: { value: INK }, strokeWidth: { value: 2 } },
    },
  },
});

function nameMark(name: string, place: string): Mark {
  const [x, y] = place.split(',').map(Number);
  const left = x > SIZE / 2;
  return {
    type: 'text',
    encode: {
      enter: {
        ...{ x: { value: x + (left ? -11 : 11) }, y: { value: y + 4 }, text: { value: name } },
        ...{
          align: { value: left ? 'right' : 'left' },
          fontSize: { value: 11 },
          fontWeight: { value: 'bold' },
        },
        ...{ fill: { value: INK }, limit: { value: SIZE / 2 } },
      },
    },
  };
}

/** Pixels of a cell, all cells within the square, one scale for both axes: distances are what UMAP gives. */
function placing(cells: readonly EmbeddedCell[]): (cell: EmbeddedCell) => string {
  const ends = (values: readonly number[]) => {
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    return { middle: (low + high) / 2, reach: (high - low) / 2 };
  };
  const x = ends(cells.map((cell) => cell.x));
  const y = ends(cells.map((cell) => cell.y));
  const pixels = (SIZE / 2 - 6) / Math.max(x.reach, y.reach, 1e-9);
  const at = (value: number, middle: number): string =>
    String(Number((SIZE / 2 + (value - middle) * pixels).toFixed(1)));
  return (cell) => `${at(cell.x, x.middle)},${at(cell.y, y.middle)}`;
}
