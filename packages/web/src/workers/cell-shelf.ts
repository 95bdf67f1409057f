// Cells that were taken in: recordings, a cell each, and tables of many. A cell is known by the key of its recording, or by its
// table's key and its row.
import type { CellModel, ExtractedSweeps, FeatureTable, Species, SweepOptions } from '@spikebridge/model';
import { SpikebridgeError, valuesOfCell, valuesOfTable } from '@spikebridge/model';
import type { CellPart } from '../host/cell-drop.ts';
import type { PickedFile } from '../host/file-location.ts';
import type { TablePart } from './cell-tables.ts';

export interface Recorded {
  readonly key: string;
  readonly file: string;
  readonly files: readonly PickedFile[];
  readonly options: SweepOptions;
  readonly extracted: ExtractedSweeps;
}
export interface Tabled {
  readonly key: string;
  readonly part: TablePart;
  readonly file: string;
  readonly table: FeatureTable;
}

export class CellShelf {
  recorded: readonly Recorded[] = [];
  tables: readonly Tabled[] = [];
  /** Values of a table by the features of a model: counted once for all its rows. */
  readonly #matrices = new WeakMap<
    FeatureTable,
    { readonly model: CellModel; readonly values: Float64Array }
  >();

  /** (features of the model) of one cell; NaN where it has none. @throws E_CELLS_GONE, E_CELLS_SPECIES */
  valuesOf(model: CellModel, key: string): Float64Array {
    const recorded = this.recorded.find((one) => one.key === key);
    if (recorded !== undefined) return valuesOfCell(model, recorded.extracted.features);
    const [name, row] = key.split('.');
    const found = this.tables.find((one) => one.key === name);
    if (found === undefined) throw gone(key);
    if (found.part.kind === 'published' && found.part.species !== model.species)
      throw ofOther(found.part.species, model.species, found.file);
    let matrix = this.#matrices.get(found.table);
    if (matrix?.model !== model) {
      matrix = { model, values: valuesOfTable(model, found.table).values };
      this.#matrices.set(found.table, matrix);
    }
    const width = model.features.length;
    return matrix.values.slice(Number(row) * width, (Number(row) + 1) * width);
  }

  /** Recordings first, then each table row by row. */
  keys(): string[] {
    return [
      ...this.recorded.map(({ key }) => key),
      ...this.tables.flatMap(({ key, table }) => table.cells.map((_, row) => `${key}.${row}`)),
    ];
  }

  /** @throws E_CELLS_GONE */
  cell(key: string) {
    const recorded = this.recorded.find((one) => one.key === key);
    if (recorded !== undefined) {
      const { file, extracted } = recorded;
      return { file, cell: extracted.cell, donor: extracted.donor ?? null, label: null, extracted };
    }
    const [name, at] = key.split('.');
    const found = this.tables.find((one) => one.key === name);
    const row = Number(at);
    if (found === undefined || !(row < found.table.cells.length)) throw gone(key);
    const { file, table } = found;
    const label = table.labels[row];
    return {
      ...{ file, cell: table.cells[row], donor: table.donors[row] },
      ...{ label: label < 0 ? null : table.classes[label], extracted: undefined },
    };
  }

  /** The largest table that is not of another species. */
  largest(species: Species): Tabled | undefined {
    const fitting = this.tables.filter(({ part }) => part.kind !== 'published' || part.species === species);
    const sizes = fitting.toSorted((a, b) => b.table.cells.length - a.table.cells.length);
    return sizes.at(0);
  }
}

export const ofOther = (table: Species, chosen: string, where: string): SpikebridgeError =>
  new SpikebridgeError('E_CELLS_SPECIES', `this is the ${table} table, and ${chosen} is chosen`, {
    where,
    fix: `choose ${table}, alone or after removing the other cells: cells of both are not called by one model`,
  });

export const gone = (key: string): SpikebridgeError =>
  new SpikebridgeError('E_CELLS_GONE', 'this cell is not here (any more)', {
    where: key,
    fix: 'drop its file again: cells are kept as long as the page is open',
  });

/** A row of a table is of the table. */
export const isOf = (key: string, whole: string): boolean =>
  key === whole || key.startsWith(`${whole}.`) || whole.startsWith(`${key}.`);

export const nameOfPart = (part: CellPart): string => {
  const { path } = part.kind === 'table' || part.kind === 'model' ? part.file : part.files[0];
  return path.includes('/') && part.kind === 'recording'
    ? path.split('/')[0]
    : path.slice(path.lastIndexOf('/') + 1);
};
