// Plan: an encoder goes from one net to another and heads stay; a frozen encoder does not move a bit while its head does; phases follow each
// other; a head counts by its share; and where target cells are few, both ways of transfer beat the target-only net, which has the
// same cells and the same rule.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWasmBackend } from '../../engine/wasm/index.ts';
import type { WasmBackend } from '../../engine/wasm/index.ts';
import { createFamilyNet, ENCODER, PROJECTED_NET } from '../../nets/family-net.ts';
import { BILSTM, bilstm, headData } from './bilstm.ts';
import { encode, encodedWidths, fitEncoding } from './family-rows.ts';
import { readAtOnce } from './reading.ts';
import { accuracyOf, DRAWN_FAMILIES, drawnCells } from './testing/cells.ts';
import { FAMILY_OPTIMISER } from './training.ts';
import type { FamilyPhase, Weights } from './training.ts';
import { fineTuningPhases, jointPhases, trainPhases, transferBilstm, withEncoder } from './transfer.ts';

const config = {
  ...BILSTM,
  ...{ net: { ...PROJECTED_NET, hidden: 16, keys: 8, projection: 8 }, learningRate: 0.005, members: 1 },
};
const source = drawnCells(800, 1);
const encoding = fitEncoding(source.x, DRAWN_FAMILIES);
const net = createFamilyNet(config.net, {
  families: encodedWidths(encoding),
  heads: { source: 2, target: 2 },
});
const moved = (a: Weights, b: Weights, prefix: string): boolean[] =>
  net.specs
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => !(a.get(name) ?? new Float32Array(0)).every((value, i) => value === b.get(name)?.[i]));

describe('withEncoder', () => {
  it('takes the encoder and leaves the heads', () => {
    const [own, other] = [net.initialise(1), net.initialise(2)];
    const both = withEncoder(net, own, other);
    expect(moved(both, other, ENCODER)).not.toContain(true);
    expect(moved(both, own, 'head.')).not.toContain(true);
    expect(moved(own, other, ENCODER)).toContain(true);
  });

  it('refuses another shape', () => {
    const other = createFamilyNet({ ...config.net, hidden: 8 }, net.shape).initialise(1);
    expect(() => withEncoder(net, net.initialise(1), other)).toThrow(
      expect.objectContaining({ code: 'E_NET_TRANSFER' }),
    );
  });
});

describe('phases', () => {
  let backend: WasmBackend;
  beforeAll(async () => {
    backend = await createWasmBackend({ deterministic: true });
  });
  afterAll(() => backend.dispose());

  const start = net.initialise(1);
  const rows = { rows: encode(encoding, source.x), labels: source.labels };
  const own = headData(rows, source.groups, 2, config, 1);
  const run = (phases: readonly FamilyPhase[]) =>
    readAtOnce(
      trainPhases({
        ...{ backend, net, start, phases, seed: 1, optimiser: FAMILY_OPTIMISER },
        data: { source: own, target: { ...own, watched: null } },
      }),
    );
  const target: FamilyPhase = {
    ...{
      shares: { target: 1 },
      lead: 'target',
      learningRate: 1e-3,
      epochs: 1,
      patience: 0,
      frozenEncoder: false,
    },
  };

  it('leave a frozen encoder as it is, bit for bit, and no head that is not trained', () => {
    const { weights } = run([{ ...target, frozenEncoder: true }]);
    expect(moved(weights, start, ENCODER)).not.toContain(true);
    expect(moved(weights, start, 'head.source')).not.toContain(true);
    expect(moved(weights, start, 'head.target')).not.toContain(false);
    expect(moved(run([target]).weights, start, ENCODER)).not.toContain(false);
  });

  it('follow each other, each from where the one before ended', () => {
    const { weights, phases } = run([target, { ...target, learningRate: 0 }]);
    expect(phases).toHaveLength(2);
    expect(moved(weights, phases[0].weights, '')).not.toContain(true);
    const [first, second] = run([target, target]).phases;
    expect(moved(first.weights, second.weights, '')).toContain(true);
  });

  it('train two heads at once, each on its own rows; epochs are the lead head’s', () => {
    const both = { ...target, shares: { target: 1, source: 0.5 } };
    const { weights, phases } = run([both]);
    expect(moved(weights, start, 'head.source')).not.toContain(false);
    expect(phases[0].steps).toBe(Math.ceil(own.train.labels.length / FAMILY_OPTIMISER.batch));
  });

  it('take each head’s loss times its share: at 0 nothing of it moves but by decay', () => {
    const biases = (share: number): boolean[] => {
      const { weights } = run([{ ...target, shares: { target: 1, source: share } }]);
      return ['head.source.norm.bias', 'head.source.norm.gain', 'head.source.out.bias'].flatMap((name) =>
        moved(weights, start, name),
      );
    };
    expect(biases(0)).toEqual([false, false, false]);
    expect(biases(0.5)).toEqual([true, true, true]);
  });

  it('end where the watched rows gain nothing for as long as patience says', () => {
    const still = {
      ...target,
      shares: { source: 1 },
      lead: 'source',
      learningRate: 0,
      epochs: 30,
      patience: 3,
    };
    const [only] = run([still]).phases;
    expect([only.epochs, only.bestEpoch]).toEqual([3, 0]);
  });

  it('of fine-tuning and of joint training have the budget of the net alone', () => {
    const budget = { epochs: 50, patience: 7 };
    const warm = { epochs: 5, learningRate: 1e-3 };
    for (const phases of [
      fineTuningPhases(budget, warm, 5e-4),
      jointPhases(budget, { learningRate: 5e-4, sourceShare: 0.5 }, 3e-4),
    ])
      expect(phases.reduce((sum, { epochs }) => sum + epochs, 0)).toBe(budget.epochs);
  });

  it.each(['fine-tuned', 'joint'] as const)('%s gain where target cells are few', (way) => {
    // The target's features lie elsewhere and on another scale; its classes are the same products. Patience would end on three watched cells.
    const elsewhere = (cells: number, seed: number) => {
      const drawn = drawnCells(cells, seed, 0, 0.6);
      return { ...drawn, x: { ...drawn.x, values: drawn.x.values.map((value) => 3 * value + 10) } };
    };
    const few = elsewhere(24, 5);
    const test = elsewhere(300, 6);
    const options = { classes: 2, seed: 7, groups: few.groups };
    const score = (classifier: ReturnType<typeof bilstm>): number =>
      accuracyOf(classifier.fit(few.x, few.labels, options).probabilities(test.x), test.labels);
    const cells = { ...source, classes: 2 };
    const steps = {
      ...config,
      learningRate: 1e-3,
      optimiser: { ...config.optimiser, batch: 4 },
      epochs: 150,
      patience: 0,
    };
    const alone = score(bilstm(backend, DRAWN_FAMILIES, steps));
    expect(score(transferBilstm(backend, DRAWN_FAMILIES, cells, way, steps))).toBeGreaterThan(alone + 0.2);
  });
});
