// What a drop of cells holds: recordings, tables of features, models. Told by names, and by the header line where text may be either.
import type { PickedFile } from './file-location.ts';

export type CellSpecies = 'mouse' | 'human';

export type CellPart =
  /** One cell: a file with those beside it, or a folder of sweeps. */
  | { readonly kind: 'recording'; readonly files: readonly PickedFile[] }
  | { readonly kind: 'table'; readonly file: PickedFile; readonly map: PickedFile | null }
  /** The files of a table as it was published, in the order in which its reader takes them. */
  | { readonly kind: 'published'; readonly species: CellSpecies; readonly files: readonly PickedFile[] }
  | { readonly kind: 'model'; readonly file: PickedFile };

export interface DropRules {
  readonly published: Readonly<Record<CellSpecies, readonly string[]>>;
  /** Whether this header line names features of cells; else it is one of a trace. */
  readonly namesFeatures: (columns: readonly string[]) => boolean;
}

const nameOf = ({ path }: PickedFile): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = ({ path }: PickedFile): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const ends = (file: PickedFile, ...extensions: readonly string[]): boolean =>
  extensions.some((one) => nameOf(file).toLowerCase().endsWith(`.${one}`));

/** Bytes in which a header line must end. */
const HEAD = 1 << 16;

/** Parts in the order of the drop, tables of several files first. What is none of these (a licence in a folder) is left out. */
export async function sortDrop(files: readonly PickedFile[], rules: DropRules): Promise<CellPart[]> {
  const parts: CellPart[] = [];
  let left = files;
  for (const species of ['mouse', 'human'] as const) {
    const found = rules.published[species].map((name) => left.find((file) => nameOf(file) === name));
    const whole = found.filter((file) => file !== undefined);
    if (whole.length < found.length) continue;
    parts.push({ kind: 'published', species, files: whole });
    left = left.filter((file) => !whole.includes(file));
  }
  const map = left.find((file) => ends(file, 'yaml', 'yml')) ?? null;
  const arrays = left.filter((file) => ends(file, 'npy'));
  if (arrays.length > 0) parts.push({ kind: 'recording', files: arrays.map(alone) });
  const folders = new Map<string, PickedFile[]>();
  for (const file of left) {
    if (ends(file, 'safetensors')) parts.push({ kind: 'model', file });
    else if (ends(file, 'nwb', 'h5', 'hdf5')) parts.push({ kind: 'recording', files: [alone(file)] });
    else if (ends(file, 'npz', 'parquet')) parts.push({ kind: 'table', file, map: null });
    else if (ends(file, 'csv', 'tsv', 'txt')) {
      if (map !== null || rules.namesFeatures(await columnsOf(file)))
        parts.push({ kind: 'table', file, map });
      else if (folderOf(file) === '') parts.push({ kind: 'recording', files: [file] });
      else folders.set(folderOf(file), [...(folders.get(folderOf(file)) ?? []), file]);
    }
  }
  for (const [folder, own] of folders) {
    const top = folder.slice(folder.lastIndexOf('/') + 1);
    parts.push({
      kind: 'recording',
      files: own.map((file) => ({ ...file, path: `${top}/${nameOf(file)}` })),
    });
  }
  return parts;
}

const alone = (file: PickedFile): PickedFile => ({ ...file, path: nameOf(file) });

async function columnsOf({ file }: PickedFile): Promise<string[]> {
  const [head] = (await file.slice(0, HEAD).text()).split(/[\r\n]/, 1);
  return head.split(/[,;\t]/).map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
}
