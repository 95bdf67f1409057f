// What a drop or a file dialogue holds: single files, or whole folders walked one after another.
import type { PickedFile } from './file-location.ts';

/** Files below this depth are not looked for: spike sorters write flat folders. */
const DEEPEST = 3;

/** Must be called in the event's own turn: the browser empties the list after it. */
export function droppedFiles(items: DataTransferItemList): Promise<PickedFile[]> {
  const entries = Array.from(items).flatMap((item) => item.webkitGetAsEntry() ?? []);
  return Promise.all(entries.map((entry) => walk(entry, '', 0))).then((lists) => lists.flat());
}

export const pickedFiles = (files: FileList): PickedFile[] =>
  Array.from(files, (file) => ({
    path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath,
    file,
  }));

async function walk(entry: FileSystemEntry, above: string, depth: number): Promise<PickedFile[]> {
  const path = above === '' ? entry.name : `${above}/${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
    return [{ path, file }];
  }
  if (depth >= DEEPEST) return [];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: PickedFile[] = [];
  // A folder is told in portions, an empty one being the end.
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (portion.length === 0) return found;
    for (const child of portion) found.push(...(await walk(child, path, depth + 1)));
  }
}
