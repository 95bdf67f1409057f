// Cells on a plane.
export { EMBEDDING, embedCells } from './embed-cells.ts';
export type { CellEmbedding, CellGroup, EmbeddedCell } from './embed-cells.ts';
