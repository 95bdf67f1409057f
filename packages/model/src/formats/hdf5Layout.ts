// What an HDF5 layout offers to the HDF5 reader: apart from both, so that neither imports the other.
import type { Recording } from '../recording/types.ts';
import type { Hdf5File } from './hdf5.ts';
import type { Location, ReadOptions } from './types.ts';

/** One way of laying out spikes in an HDF5 file. */
export interface Hdf5Layout {
  readonly format: string;
  readonly title: string;
  fits(file: Hdf5File): boolean;
  read(file: Hdf5File, location: Location, options: ReadOptions): Recording;
}
