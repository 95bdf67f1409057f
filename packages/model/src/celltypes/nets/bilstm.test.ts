// Plan: the classifier learns what no family tells alone, in the published form and the better one, with SMOTE and with a margin; the same
// seed gives the same bits, at any number of threads; probabilities and attention are what they say; memory comes back; a backend that
// answers later gives the same net through promises, and is refused at once without them.
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LaterBackend } from '../../engine/testing/later-backend.ts';
import { ReferenceBackend } from '../../engine/reference/backend.ts';
import { createWasmBackend, nodeThreads } from '../../engine/wasm/index.ts';
import type { WasmBackend } from '../../engine/wasm/index.ts';
import { BILSTM, bilstm, headData, PUBLISHED_VARIANTS } from './bilstm.ts';
import type { BilstmConfig } from './bilstm.ts';
import { encode, fitEncoding } from './family-rows.ts';
import { accuracyOf, DRAWN_FAMILIES, drawnCells } from './testing/cells.ts';

setFlagsFromString('--experimental-wasm-relaxed-simd'); // Node 20 needs it for the relaxed build

const small = { hidden: 16, keys: 8, projection: 8 } as const;
const narrow = (config: BilstmConfig): BilstmConfig => ({
  ...config,
  net: { ...config.net, ...small },
  learningRate: 0.005,
  members: 1,
});
const train = drawnCells(600, 1, 0.2);
const test = drawnCells(300, 2, 0.2);
const options = { classes: 2, seed: 3, groups: train.groups };

describe('bilstm', () => {
  let backend: WasmBackend;
  beforeAll(async () => {
    backend = await createWasmBackend({ deterministic: true });
  });
  afterAll(() => backend.dispose());

  it.each([
    ['projected', narrow(BILSTM), 0.95],
    // Its norm over a family filled up with zeros makes noise of one column as large as everything else.
    ['paper', narrow(PUBLISHED_VARIANTS.paper), 0.75],
    ['paper with SMOTE', narrow(PUBLISHED_VARIANTS['paper-smote']), 0.75],
    ['paper with a margin and focal loss', narrow(PUBLISHED_VARIANTS['paper-arcface']), 0.75],
  ])('%s learns a product of two families', (_, config, least) => {
    const fitted = bilstm(backend, DRAWN_FAMILIES, config).fit(train.x, train.labels, options);
    const probabilities = fitted.probabilities(test.x);
    expect(accuracyOf(probabilities, test.labels)).toBeGreaterThan(least);
    for (let r = 0; r < test.x.rows; r++)
      expect(probabilities.values[2 * r] + probabilities.values[2 * r + 1]).toBeCloseTo(1, 12);
  });

  it('gives attention that sums to one, none of it to a family that is missing', () => {
    const fitted = bilstm(backend, DRAWN_FAMILIES, narrow(BILSTM)).fit(train.x, train.labels, options);
    const { values } = fitted.attention(test.x);
    for (let r = 0; r < test.x.rows; r++) {
      const row = values.subarray(3 * r, 3 * r + 3);
      expect(row[0] + row[1] + row[2]).toBeCloseTo(1, 5); // float32 weights
      expect(row[2] > 0).toBe(!Number.isNaN(test.x.values[6 * r + 5]));
    }
  });

  it('gives the same bits under the same seed, at one thread and two, and others under another', async () => {
    const short = { ...narrow(BILSTM), epochs: 2, members: 2 };
    const two = await createWasmBackend({ threads: 2, deterministic: true, spawn: nodeThreads(Worker) });
    const of = (on: WasmBackend, seed: number): Float64Array =>
      bilstm(on, DRAWN_FAMILIES, short)
        .fit(train.x, train.labels, { ...options, seed })
        .probabilities(test.x).values;
    const first = of(backend, 3);
    expect(of(backend, 3)).toEqual(first);
    expect(of(two, 3)).toEqual(first);
    expect(of(backend, 4)).not.toEqual(first);
    two.dispose();
  });

  it('averages its members', () => {
    const short = { ...narrow(BILSTM), epochs: 2 };
    const whole = bilstm(backend, DRAWN_FAMILIES, { ...short, members: 2 }).fit(
      train.x,
      train.labels,
      options,
    );
    const one = bilstm(backend, DRAWN_FAMILIES, short).fit(train.x, train.labels, options);
    expect(whole.members).toHaveLength(2);
    expect(whole.members[0].weights).toEqual(one.members[0].weights);
    expect(whole.members[1].weights).not.toEqual(one.members[0].weights);
    const [both, first] = [whole, one].map((fitted) => fitted.probabilities(test.x).values);
    expect(both).not.toEqual(first);
  });

  it('gives its memory back', () => {
    const classifier = bilstm(backend, DRAWN_FAMILIES, { ...narrow(BILSTM), epochs: 1 });
    classifier.fit(train.x, train.labels, options).probabilities(test.x);
    const before = backend.core.memory.bytesInUse;
    classifier.fit(train.x, train.labels, options).probabilities(test.x);
    expect(backend.core.memory.bytesInUse).toBe(before);
  });

  it('leaves out rows without a label, and refuses a table of them', () => {
    const config = { ...narrow(BILSTM), epochs: 1 };
    const half = train.labels.map((label, r) => (r < 300 ? label : -1));
    const fitted = bilstm(backend, DRAWN_FAMILIES, config).fit(train.x, half, options);
    expect(fitted.members[0].training.steps).toBeLessThanOrEqual(Math.ceil(300 / 64));
    expect(() => bilstm(backend, DRAWN_FAMILIES, config).fit(train.x, half.fill(-1), options)).toThrow(
      expect.objectContaining({ code: 'E_TRAINING_NO_DATA' }),
    );
  });
});

describe('a backend that answers later', () => {
  const few = drawnCells(60, 1);
  const config = { ...narrow(BILSTM), epochs: 2 };
  const own = { classes: 2, seed: 3, groups: few.groups };

  it('gives the same net through promises', async () => {
    const later = await bilstm(new LaterBackend(), DRAWN_FAMILIES, config).fitLater(few.x, few.labels, own);
    const once = bilstm(new ReferenceBackend(), DRAWN_FAMILIES, config).fit(few.x, few.labels, own);
    expect((await later.predict(test.x)).probabilities).toEqual(once.probabilities(test.x));
  });

  it('is refused at once without them', () => {
    expect(() => bilstm(new LaterBackend(), DRAWN_FAMILIES, config).fit(few.x, few.labels, own)).toThrow(
      expect.objectContaining({ code: 'E_BACKEND_LATER' }),
    );
  });
});

describe('headData', () => {
  it('fills classes up from rows that are not held out, with the families of the cell they come from', () => {
    const rare = train.labels.map((label, r) => (label === 1 && r % 8 !== 0 ? -1 : label));
    const rows = encode(fitEncoding(train.x, DRAWN_FAMILIES), train.x);
    const split = { heldOut: 0.15, loss: BILSTM.loss, smote: true };
    const { train: filled, watched } = headData({ rows, labels: rare }, train.groups, 2, split, 5);
    const count = (labels: Int32Array | undefined, label: number): number =>
      labels?.filter((one) => one === label).length ?? 0;
    expect(count(filled.labels, 1)).toBe(count(filled.labels, 0));
    expect(count(watched?.labels, 1)).toBeLessThan(count(watched?.labels, 0));
    expect(filled.rows.values.rows).toBe(filled.labels.length);
    expect(filled.rows.mask).toHaveLength(3 * filled.labels.length);
    expect(filled.rows.mask).toContain(0);
  });
});
