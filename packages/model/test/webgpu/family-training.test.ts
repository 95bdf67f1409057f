// Plan: the family net's classifier trained on the device, through promises, predicts what the same training on the float64 reference does:
// two members, four epochs, families missing, donors held out.
import { describe, expect, it } from 'vitest';
import { BILSTM, bilstm } from '../../src/celltypes/nets/bilstm.ts';
import { DRAWN_FAMILIES, drawnCells } from '../../src/celltypes/nets/testing/cells.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { onDawn } from './dawn.ts';

// Eight steps: weights are held to 1e-3 of their largest after ten (net-conformance.ts), and a probability moves by less than its logit.
const TOLERANCE = 1e-3;

describe('the family net on Dawn, geometry for software adapters', () => {
  let backend: WebGpuBackend;
  onDawn((opened) => (backend = opened), { software: true });

  it('learns what the reference learns', async () => {
    const cells = drawnCells(100, 1, 0.2);
    const net = { ...BILSTM.net, hidden: 16, keys: 8, projection: 8 };
    const config = { ...BILSTM, net, members: 2, epochs: 4, learningRate: 0.005 };
    const options = { classes: 2, seed: 3, groups: cells.groups };
    const [got, wanted] = await Promise.all(
      [backend, new ReferenceBackend()].map(async (on) => {
        const fitted = await bilstm(on, DRAWN_FAMILIES, config).fitLater(cells.x, cells.labels, options);
        return fitted.predict(cells.x);
      }),
    );
    for (const what of ['probabilities', 'attention'] as const)
      got[what].values.forEach((value, i) =>
        expect(Math.abs(value - wanted[what].values[i]), `${what}[${i}]`).toBeLessThan(TOLERANCE),
      );
  });
});
