// The HDF5 reader: opens the file once and asks each known layout whether it is its own (NWB, MaxWell, CARMEN).
import { SpikebridgeError } from '../errors.ts';
import { withSource } from './bytes.ts';
import { carmenLayout } from './carmen.ts';
import { Hdf5File, isHdf5 } from './hdf5.ts';
import { matVersion } from './mat5.ts';
import { maxwellLayout } from './maxwell.ts';
import { nwbLayout } from './nwb.ts';
import type { Hdf5Layout } from './hdf5Layout.ts';
import type { Reader } from './types.ts';

/** Most particular first. */
const LAYOUTS: readonly Hdf5Layout[] = [maxwellLayout, nwbLayout, carmenLayout];

/** Any HDF5 file; which layout it has shows once it is open. */
export const hdf5Reader: Reader = {
  format: 'hdf5',
  title: LAYOUTS.map((layout) => layout.title).join('; '),
  sniff(location) {
    if (location.kind !== 'file') return 0;
    return withSource(location.open(), (source) => (matVersion(source) !== 7.3 && isHdf5(source) ? 2 : 0));
  },
  async read(location, options) {
    const source = location.open();
    try {
      const file = await Hdf5File.open(source);
      try {
        const layout = LAYOUTS.find((l) => l.fits(file));
        if (layout === undefined) {
          throw new SpikebridgeError(
            'E_HDF5_LAYOUT',
            `The HDF5 file has none of the known layouts; at its root stand ${file.keys('/').join(', ') || 'no names'}.`,
            { where: location.name, fix: `Known: ${LAYOUTS.map((l) => l.title).join('; ')}.` },
          );
        }
        return layout.read(file, location, options);
      } finally {
        file.close();
      }
    } finally {
      source.close();
    }
  },
};
