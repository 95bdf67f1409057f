// The sweeps of a file or folder, whatever it is: told by content.
import { SpikebridgeError } from '../../errors.ts';
import { isHdf5 } from '../../formats/hdf5.ts';
import { isNpy } from '../../formats/npy.ts';
import type { Location } from '../../formats/types.ts';
import { isTextTable, openCsvSweeps } from './csv-sweeps.ts';
import { openNpySweeps } from './npy-sweeps.ts';
import { openNwbSweeps } from './nwb-sweeps.ts';
import type { SweepOptions } from './options.ts';
import type { SweepSet } from './types.ts';

/**
 * Opens the current-clamp sweeps of one cell: an NWB 2 file, a text table or a folder of them, an npy array with its options. Close
 * the set.
 * @throws E_SWEEP_* (docs/celltypes.md), E_HDF5_*, E_NPY_*, E_TABLE_*.
 */
export async function openSweeps(location: Location, options: SweepOptions = {}): Promise<SweepSet> {
  if (location.kind === 'folder') {
    if (location.list().some(isTextTable)) return openCsvSweeps(location, options);
    throw unknown(
      location.name,
      `the folder holds no csv, tsv or txt file (${location.list().slice(0, 8).join(', ') || 'no file at all'})`,
    );
  }
  const source = location.open();
  let kept = false;
  try {
    if (isHdf5(source)) {
      const set = await openNwbSweeps(source, options);
      kept = true;
      return set;
    }
    if (isNpy(source)) return openNpySweeps(location, options);
    if (isTextTable(location.name)) return openCsvSweeps(location, options);
    throw unknown(
      location.name,
      source.size === 0
        ? 'the file is empty'
        : 'it is no HDF5 file, no npy array and no text table by its name',
    );
  } finally {
    if (!kept) source.close();
  }
}

function unknown(where: string, detail: string): SpikebridgeError {
  return new SpikebridgeError('E_SWEEP_FORMAT', `No sweeps are recognised here: ${detail}.`, {
    where,
    fix: 'Sweeps are read from NWB 2 files, csv tables of time, voltage and current, and npy arrays (docs/celltypes.md).',
  });
}
