// The attention BiLSTM as a classifier of cells: encodes, holds donors out to know when to stop, trains on the host's backend, and gives
// probabilities and the attention each family got.
import type { Backend } from '../../engine/backend.ts';
import { createFamilyNet, PAPER_NET, PROJECTED_NET } from '../../nets/family-net.ts';
import type { FamilyNet, FamilyNetConfig } from '../../nets/family-net.ts';
import { smote } from '../tables/smote.ts';
import type { Classifier, FitOptions, FittedClassifier, Matrix } from '../tables/types.ts';
import { classWeights, heldOutRows } from './class-weights.ts';
import type { ClassWeighting } from './class-weights.ts';
import type { FeatureFamily } from './families.ts';
import { encode, encodedWidths, fitEncoding, takeFamilyRows } from './family-rows.ts';
import type { FamilyEncoding } from './family-rows.ts';
import { readAtOnce, readLater } from './reading.ts';
import type { Reading } from './reading.ts';
import { FAMILY_OPTIMISER, Scorer, softmaxRows, trainPhase } from './training.ts';
import type { FamilyOptimiser, HeadData, LabelledRows, FamilyPhaseResult, Weights } from './training.ts';

/** The only head of a net that tells the classes of one table. */
export const CLASSES_HEAD = 'classes';

export interface FamilyLossConfig {
  readonly weighting: ClassWeighting;
  readonly gamma: number;
  /** Radians; for a net whose head is `cosine`. */
  readonly margin: number;
}

export interface BilstmConfig {
  readonly net: FamilyNetConfig;
  readonly loss: FamilyLossConfig;
  readonly optimiser: FamilyOptimiser;
  readonly learningRate: number;
  readonly epochs: number;
  readonly patience: number;
  /** Share of the rows, by whole donors, that say when to stop. */
  readonly heldOut: number;
  /** Classes are filled up to the largest with cells between cells of the training rows that are not held out. */
  readonly smote: boolean;
  /** Nets that are trained from other starts with other donors held out, and averaged. */
  readonly members: number;
}

/** The published training (50 epochs at the most, patience 7) of one published net. */
const PUBLISHED: BilstmConfig = {
  net: PAPER_NET,
  loss: { weighting: 'none', gamma: 0, margin: 0 },
  optimiser: FAMILY_OPTIMISER,
  ...{ learningRate: 1e-3, epochs: 50, patience: 7, heldOut: 0.15, smote: false, members: 1 },
};

/** A projection a family and masks, five nets averaged. */
export const BILSTM: BilstmConfig = { ...PUBLISHED, net: PROJECTED_NET, members: 5 };

/** The published variants, by name. */
export const PUBLISHED_VARIANTS = {
  paper: PUBLISHED,
  'paper-smote': { ...PUBLISHED, smote: true },
  /** ArcFace of scale 30 and margin 0.35, focal loss of class-balanced weights. */
  'paper-arcface': {
    ...PUBLISHED,
    net: { ...PAPER_NET, head: 'cosine', scale: 30 },
    loss: { weighting: 'effective', gamma: 2, margin: 0.35 },
    smote: true,
  },
} as const satisfies Readonly<Record<string, BilstmConfig>>;

/** One trained net. */
export interface FamilyMember {
  readonly weights: Weights;
  readonly training: Omit<FamilyPhaseResult, 'weights'>;
}

export interface FittedFamilyNet extends FittedClassifier {
  readonly net: FamilyNet;
  readonly encoding: FamilyEncoding;
  readonly members: readonly FamilyMember[];
  /** (rows, families): what share of a cell's pooled vector each family has; 0 of one that is missing, rows sum to one. */
  attention(x: Matrix): Matrix;
  /** Both at once, on any backend. */
  predict(x: Matrix): Promise<FamilyPrediction>;
}

export interface FamilyPrediction {
  /** (rows, classes) */
  readonly probabilities: Matrix;
  /** (rows, families) */
  readonly attention: Matrix;
}

export interface FamilyClassifier extends Classifier {
  /** Tokens, in the order of the columns of `attention`. */
  readonly families: readonly FeatureFamily[];
  /** On a backend that answers at once. @throws E_BACKEND_LATER, E_NET_*, E_TRAINING_* */
  fit(x: Matrix, labels: Int32Array, options: FitOptions): FittedFamilyNet;
  /** On any backend. */
  fitLater(x: Matrix, labels: Int32Array, options: FitOptions): Promise<FittedFamilyNet>;
}

/** The classifier over these families of a table's columns. `name` tells variants apart. */
export function bilstm(
  backend: Backend,
  families: readonly FeatureFamily[],
  config: BilstmConfig = BILSTM,
  name = 'bilstm',
): FamilyClassifier {
  return classifierOf(name, families, (x, labels, options) =>
    fitFamilyNet(backend, families, config, x, labels, options),
  );
}

/** What fits a family net, as a classifier. */
export function classifierOf(
  name: string,
  families: readonly FeatureFamily[],
  fit: (x: Matrix, labels: Int32Array, options: FitOptions) => Reading<FittedFamilyNet>,
): FamilyClassifier {
  return {
    name,
    families,
    fit: (x, labels, options) => readAtOnce(fit(x, labels, options)),
    fitLater: (x, labels, options) => readLater(fit(x, labels, options)),
  };
}

/** Rows without a label (-1) are left out. */
function* fitFamilyNet(
  backend: Backend,
  families: readonly FeatureFamily[],
  config: BilstmConfig,
  x: Matrix,
  labels: Int32Array,
  { classes, seed, groups }: FitOptions,
): Reading<FittedFamilyNet> {
  const encoding = fitEncoding(x, families);
  const net = createFamilyNet(config.net, {
    families: encodedWidths(encoding),
    heads: { [CLASSES_HEAD]: classes },
  });
  const rows = encode(encoding, x);
  const { learningRate, epochs, patience, optimiser } = config;
  const members = yield* fitMembers(config.members, seed, function* (own) {
    const data = { [CLASSES_HEAD]: headData({ rows, labels }, groups, classes, config, own) };
    const { weights, ...training } = yield* trainPhase({
      ...{ backend, net, optimiser, seed: own, start: net.initialise(own), data },
      phase: {
        ...{ shares: { [CLASSES_HEAD]: 1 }, lead: CLASSES_HEAD, learningRate, epochs, patience },
        frozenEncoder: false,
      },
    });
    return { weights, training };
  });
  return fittedFamilyNet(backend, { net, encoding, members }, CLASSES_HEAD);
}

/** Members one after the other, each under a seed of its own. */
export function* fitMembers(
  count: number,
  seed: number,
  fit: (seed: number) => Reading<FamilyMember>,
): Reading<readonly FamilyMember[]> {
  const members: FamilyMember[] = [];
  for (let m = 0; m < count; m++) members.push(yield* fit(seed + 104_729 * m));
  return members;
}

/** Labelled rows in two: what is learned from, resampled where that is asked for, and donors that are watched. */
export function headData(
  { rows, labels }: LabelledRows,
  groups: readonly string[],
  classes: number,
  { heldOut, loss, smote: resampled }: Pick<BilstmConfig, 'heldOut' | 'loss' | 'smote'>,
  seed: number,
): HeadData {
  const known = [...labels.keys()].filter((r) => labels[r] >= 0);
  const own = Int32Array.from(known, (r) => labels[r]);
  const held = new Set(
    heldOutRows(
      own,
      known.map((r) => groups[r]),
      heldOut,
      seed,
    ),
  );
  const part = (wanted: boolean): LabelledRows => {
    const chosen = [...known.keys()].filter((k) => held.has(k) === wanted);
    return {
      rows: takeFamilyRows(
        rows,
        chosen.map((k) => known[k]),
      ),
      labels: Int32Array.from(chosen, (k) => own[k]),
    };
  };
  const train = part(false);
  const watched = part(true);
  const filled = resampled ? oversampled(train, seed) : train;
  const weights = classWeights(filled.labels, classes, loss.weighting);
  return {
    train: filled,
    watched: watched.labels.length === 0 ? null : watched,
    loss: { classWeights: weights, gamma: loss.gamma, margin: loss.margin },
  };
}

/** A synthetic cell has the families of the cell it was made from. */
function oversampled({ rows, labels }: LabelledRows, seed: number): LabelledRows {
  const made = smote(rows.values, labels, { seed });
  const taken = takeFamilyRows(rows, made.from);
  return { rows: { ...taken, values: made.x }, labels: made.labels };
}

/** What has been learned, with weights in host memory: a backend's is taken while rows are scored, and given back. */
export function fittedFamilyNet(
  backend: Backend,
  learned: Pick<FittedFamilyNet, 'net' | 'encoding' | 'members'>,
  head: string,
): FittedFamilyNet {
  const { net, encoding, members } = learned;
  const score = function* (x: Matrix): Reading<FamilyPrediction> {
    const rows = encode(encoding, x);
    const scored: FamilyPrediction[] = [];
    for (const { weights } of members) {
      const parameters = backend.parameters(net.specs);
      for (const [name, values] of weights) parameters.write(name, values);
      const scorer = new Scorer(backend, net, parameters, x.rows);
      try {
        const { logits, attention } = yield* scorer.run(rows, head);
        scored.push({ probabilities: softmaxRows(logits, scorer.scale), attention });
      } finally {
        scorer.dispose();
        parameters.dispose();
      }
    }
    return {
      probabilities: meanOf(scored.map(({ probabilities }) => probabilities)),
      attention: meanOf(scored.map(({ attention }) => attention)),
    };
  };
  return {
    ...learned,
    probabilities: (x) => readAtOnce(score(x)).probabilities,
    attention: (x) => readAtOnce(score(x)).attention,
    predict: (x) => readLater(score(x)),
  };
}

function meanOf(matrices: readonly Matrix[]): Matrix {
  const [first] = matrices;
  const values = first.values.map(
    (_, i) => matrices.reduce((sum, one) => sum + one.values[i], 0) / matrices.length,
  );
  return { ...first, values };
}
