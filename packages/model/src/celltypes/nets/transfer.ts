// From one species to another: phases of training one after the other over one net with a head a species, and the two published ways of
// transfer (Schwider and Ramezani, 2026) as classifiers of the target species. The target-only net is `bilstm` with the same epochs, rule
// and watched rows, so that the two compare.
import type { Backend } from '../../engine/backend.ts';
import { SpikebridgeError } from '../../errors.ts';
import { createFamilyNet, ENCODER } from '../../nets/family-net.ts';
import type { FamilyNet } from '../../nets/family-net.ts';
import type { FitOptions, Matrix } from '../tables/types.ts';
import { BILSTM, classifierOf, fitMembers, fittedFamilyNet, headData } from './bilstm.ts';
import type { BilstmConfig, FamilyClassifier, FittedFamilyNet, FamilyMember } from './bilstm.ts';
import type { FeatureFamily } from './families.ts';
import { alignEncodings, encode, encodedWidths, fitEncoding } from './family-rows.ts';
import type { Reading } from './reading.ts';
import { trainPhase } from './training.ts';
import type { FamilyPhase, PhaseOptions, FamilyPhaseResult, Weights } from './training.ts';

/** Heads of the two species. */
export const SOURCE_HEAD = 'source';
export const TARGET_HEAD = 'target';

/** Labelled cells of the source species, whose classes need not be the target's. */
export interface SourceCells {
  readonly x: Matrix;
  readonly labels: Int32Array;
  readonly groups: readonly string[];
  readonly classes: number;
}

/** Runs phases one after the other, each from the weights of the one before; moments of the optimiser start anew. */
export function* trainPhases(
  options: Omit<PhaseOptions, 'phase'> & { readonly phases: readonly FamilyPhase[] },
): Reading<{ readonly weights: Weights; readonly phases: readonly FamilyPhaseResult[] }> {
  const { phases, seed, ...shared } = options;
  let weights = shared.start;
  const done: FamilyPhaseResult[] = [];
  for (const [i, phase] of phases.entries()) {
    // A seed of its own: no phase meets the order of rows or the dropout of another.
    const result = yield* trainPhase({ ...shared, start: weights, phase, seed: seed + 7919 * i });
    weights = result.weights;
    done.push(result);
  }
  return { weights, phases: done };
}

/** `start` with the encoder of `from`; heads stay. @throws E_NET_TRANSFER where a weight of the encoder is missing or of another size. */
export function withEncoder(net: FamilyNet, start: Weights, from: Weights): Weights {
  const weights = new Map(start);
  for (const { name } of net.specs) {
    if (!name.startsWith(ENCODER)) continue;
    const values = from.get(name);
    if (values === undefined || values.length !== start.get(name)?.length)
      throw new SpikebridgeError(
        'E_NET_TRANSFER',
        `${name} has ${values?.length ?? 'no'} values in the net it comes from and ${start.get(name)?.length ?? 'none'} here`,
        { where: name, fix: 'take the same families, with the same gaps, and the same widths for both nets' },
      );
    weights.set(name, values.slice());
  }
  return weights;
}

export interface Warming {
  /** With the encoder frozen. */
  readonly epochs: number;
  readonly learningRate: number;
}

/** Target alone: the head with the encoder frozen, then everything at another rate. */
export function fineTuningPhases(
  { epochs, patience }: Pick<FamilyPhase, 'epochs' | 'patience'>,
  warming: Warming,
  learningRate: number,
): FamilyPhase[] {
  const target = { shares: { [TARGET_HEAD]: 1 }, lead: TARGET_HEAD };
  return [
    { ...target, ...warming, patience: 0, frozenEncoder: true },
    { ...target, learningRate, epochs: epochs - warming.epochs, patience, frozenEncoder: false },
  ];
}

/** Both heads at once, the source's loss at `sourceShare`, and half of the epochs; then the target alone at another rate. */
export function jointPhases(
  { epochs, patience }: Pick<FamilyPhase, 'epochs' | 'patience'>,
  joint: { readonly learningRate: number; readonly sourceShare: number },
  learningRate: number,
): FamilyPhase[] {
  const lead = TARGET_HEAD;
  const first = Math.ceil(epochs / 2);
  return [
    {
      shares: { [TARGET_HEAD]: 1, [SOURCE_HEAD]: joint.sourceShare },
      ...{ lead, learningRate: joint.learningRate, epochs: first, patience, frozenEncoder: false },
    },
    {
      shares: { [TARGET_HEAD]: 1 },
      ...{ lead, learningRate, epochs: epochs - first, patience, frozenEncoder: false },
    },
  ];
}

/** `fine-tuned`: learned on the source, then head, then all. `joint`: both at once, then the target. */
export type TransferWay = 'fine-tuned' | 'joint';

const WARMING: Warming = { epochs: 5, learningRate: 1e-3 };
const FINE_TUNING_RATE = 5e-4;
const JOINT = { learningRate: 5e-4, sourceShare: 0.5 };
const AFTER_JOINT_RATE = 3e-4;

/** How the source alone is learned before fine-tuning. */
export interface SourceLearning {
  /** At the most. */
  readonly epochs: number;
  /** What was learned, by seed and widths: folds of one target with one seed share it. */
  readonly kept: Map<string, Weights>;
}

/** A classifier of the target species that learns from the source species too. Each is standardised by its own training rows. */
export function transferBilstm(
  backend: Backend,
  families: readonly FeatureFamily[],
  source: SourceCells,
  way: TransferWay,
  config: BilstmConfig = BILSTM,
  learning: SourceLearning = { epochs: config.epochs, kept: new Map() },
): FamilyClassifier {
  return classifierOf(`bilstm-${way}`, families, (x, labels, options) =>
    fitTransfer(backend, families, source, { way, config, learning }, x, labels, options),
  );
}

interface TransferPlan {
  readonly way: TransferWay;
  readonly config: BilstmConfig;
  readonly learning: SourceLearning;
}

function* fitTransfer(
  backend: Backend,
  families: readonly FeatureFamily[],
  source: SourceCells,
  plan: TransferPlan,
  x: Matrix,
  labels: Int32Array,
  { classes, seed, groups }: FitOptions,
): Reading<FittedFamilyNet> {
  const { config } = plan;
  const [encoding, sourceEncoding] = alignEncodings([
    fitEncoding(x, families),
    fitEncoding(source.x, families),
  ]);
  const net = createFamilyNet(config.net, {
    families: encodedWidths(encoding),
    heads: { [TARGET_HEAD]: classes, [SOURCE_HEAD]: source.classes },
  });
  const targetRows = { rows: encode(encoding, x), labels };
  const sourceRows = { rows: encode(sourceEncoding, source.x), labels: source.labels };
  const members = yield* fitMembers(config.members, seed, function* (own) {
    const data = {
      [TARGET_HEAD]: headData(targetRows, groups, classes, config, own),
      [SOURCE_HEAD]: headData(sourceRows, source.groups, source.classes, config, own),
    };
    return yield* trainMember({ backend, net, optimiser: config.optimiser, data }, plan, own);
  });
  return fittedFamilyNet(backend, { net, encoding, members }, TARGET_HEAD);
}

function* trainMember(
  shared: Pick<PhaseOptions, 'backend' | 'net' | 'optimiser' | 'data'>,
  { way, config, learning }: TransferPlan,
  seed: number,
): Reading<FamilyMember> {
  const { net } = shared;
  const { learningRate, patience } = config;
  let start: Weights = net.initialise(seed);
  if (way === 'fine-tuned') {
    const shares = { [SOURCE_HEAD]: 1 };
    const phase = { shares, lead: SOURCE_HEAD, learningRate, patience, frozenEncoder: false };
    const key = [seed, ...net.shape.families].join(' ');
    const learned =
      learning.kept.get(key) ??
      (yield* trainPhase({ ...shared, start, phase: { ...phase, epochs: learning.epochs }, seed: seed + 1 }))
        .weights;
    learning.kept.set(key, learned);
    start = withEncoder(net, start, learned);
  }
  const phases =
    way === 'fine-tuned'
      ? fineTuningPhases(config, WARMING, FINE_TUNING_RATE)
      : jointPhases(config, JOINT, AFTER_JOINT_RATE);
  const { weights, phases: done } = yield* trainPhases({ ...shared, start, phases, seed });
  const { weights: _, ...training } = done[done.length - 1];
  return { weights, training };
}
