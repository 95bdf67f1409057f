// What recordings a drop holds.
import type { PickedFile } from './file-location.ts';

/** Files that hold trains by themselves; what lies beside them is labels and the like. */
const CONTAINER = /\.(?:nwb|h5|hdf5|mat|npz)$/i;
/** A spike sorter's folder, of which the files were dropped. */
const SORTED = /^spike(?:_times|s\.times)[^/]*\.npy$/i;

/** Parts a drop into recordings, each with the files that may belong to it, itself first. */
export function recordingsIn(files: readonly PickedFile[]): (readonly PickedFile[])[] {
  const loose = files.filter(({ path }) => !path.includes('/'));
  const folders = [...new Set(files.filter((one) => !loose.includes(one)).map(topOf))];
  const parts = folders.map((top) => files.filter((one) => !loose.includes(one) && topOf(one) === top));
  if (loose.length === 0) return parts;
  if (loose.some(({ path }) => SORTED.test(path)))
    return [...parts, loose.map(({ path, file }) => ({ path: `dropped files/${path}`, file }))];
  const containers = loose.filter(({ path }) => CONTAINER.test(path));
  const whole = containers.length > 0 ? containers : loose;
  const beside = loose.filter((one) => !whole.includes(one));
  return [...parts, ...whole.map((one) => [one, ...beside])];
}

const topOf = ({ path }: PickedFile): string => path.slice(0, path.indexOf('/'));
