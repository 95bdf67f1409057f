// A cell in an NWB file for the tests of `celltype`: an integrate-and-fire cell under the protocol of a patch-clamp rig.
import { writeFileSync } from 'node:fs';
import { CELL } from '../../model/src/celltypes/testing/integrateAndFire.ts';
import type { IntegrateAndFire } from '../../model/src/celltypes/testing/integrateAndFire.ts';
import { nwbBytes } from '../../model/src/celltypes/sweeps/testing/nwb-writer.ts';
import {
  knownSweeps,
  longSquare,
  ramp,
  shortSquare,
} from '../../model/src/celltypes/testing/sampledSweep.ts';

const STEPS = [-90, -70, -50, -30, -10, 30, 130, 150, 170, 190, 210, 230];
const PROTOCOLS = [
  ...STEPS.map((amplitude) => longSquare(amplitude)),
  ...[1000, 1000, 1000, 1100].map((amplitude) => shortSquare(amplitude)),
  ramp(100, 2),
];
export const SWEEPS = PROTOCOLS.length;

/** Writes the cell. Half a second of rest after each stimulus is what the quality checks look at. */
export async function writeCell(
  path: string,
  cellId: string,
  cell: Partial<IntegrateAndFire> = {},
): Promise<void> {
  const sweeps = knownSweeps(PROTOCOLS, { samplingRate: 10_000, tail: 1.1 }, { ...CELL, ...cell }).map(
    ({ sweep: { sweep } }) => ({
      sweep,
    }),
  );
  writeFileSync(
    path,
    await nwbBytes({
      ...{ layout: 'allen', cellId, sweeps },
      subject: { subject_id: `donor of ${cellId}`, species: 'Mus musculus' },
    }),
  );
}
