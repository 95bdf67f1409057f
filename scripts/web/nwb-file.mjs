// NWB files for the tests: two units, written by the program's own writer; and one with much beside them that no reader of spikes needs.
import h5wasm from 'h5wasm/node';
import { encodeNwb } from '../../packages/model/dist/index.js';

const RECORDING = {
  ...{ name: 'session', format: 'nwb', clock: { numerator: 1000, denominator: 1 } },
  units: [{ id: 'a' }, { id: 'b' }],
  times: Float64Array.from([10, 20, 3000, 15, 2000]),
  offsets: Uint32Array.from([0, 3, 5]),
  observed: [{ start: 0, stop: 4000 }],
  ...{ assumptions: [], warnings: [] },
};
const EPOCH = '1970-01-01T00:00:00+00:00';

export const smallNwb = () =>
  encodeNwb(RECORDING, {
    ...{ identifier: 'session', description: 'a test', start: EPOCH, created: EPOCH, notes: '' },
  });

/** The same beside `bytes` of raw signal. */
export async function largeNwb(bytes) {
  const { FS } = await h5wasm.ready;
  const path = 'large.nwb';
  FS.writeFile(path, await smallNwb());
  const file = new h5wasm.File(path, 'a');
  file.create_dataset({ name: 'acquisition/raw', data: new Uint8Array(bytes).fill(7) });
  file.close();
  const whole = FS.readFile(path);
  FS.unlink(path);
  return whole;
}
