// Two species of drawn cells, for tests that know what one says of the other.
import { RandomStream } from '../../../engine/random.ts';
import type { FeatureTable } from '../../tables/types.ts';

export const FEATURES = 6;

export interface Drawing {
  readonly seed: number;
  readonly donors: number;
  readonly cellsADonor: number;
  /** Features in which classes differ: class c is at `distance` in the c-th of them. */
  readonly along: readonly number[];
  readonly distance: number;
  /** Where the species lies, and how wide. */
  readonly shift: number;
  readonly scale: number;
}

/** Three classes; a cell's donor says nothing of its class. */
export function drawnSpecies(name: string, drawing: Drawing): FeatureTable {
  const { seed, donors, cellsADonor, along, distance, shift, scale } = drawing;
  const random = new RandomStream(seed, 0x7370);
  const cells = donors * cellsADonor;
  const labels = Int32Array.from({ length: cells }, () => random.integer(3));
  const values = new Float64Array(cells * FEATURES);
  labels.forEach((label, cell) => {
    for (let f = 0; f < FEATURES; f++) {
      const centre = along.indexOf(f) === label ? distance : 0;
      values[cell * FEATURES + f] = shift + scale * (centre + random.normal());
    }
  });
  return {
    cells: Array.from(labels, (_, cell) => `${name} ${cell}`),
    features: Array.from({ length: FEATURES }, (_, f) => `feature ${f}`),
    units: new Array<string>(FEATURES).fill(''),
    values: { rows: cells, columns: FEATURES, values },
    classes: ['a', 'b', 'c'],
    labels,
    donors: Array.from(labels, (_, cell) => `${name} donor ${Math.floor(cell / cellsADonor)}`),
    attributes: { culture: Array.from(labels, (_, cell) => (cell % 2 === 0 ? 'acute' : 'cultured')) },
    notes: [],
  };
}
