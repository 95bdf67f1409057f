// The attention BiLSTM over feature families: a family is a token, a bidirectional LSTM reads the tokens in order, additive attention
// pools them, and one head a task says the class. Two ways in: `padded`, the published net (Schwider and Ramezani, 2026), where each
// family is filled up with zeros to one width; and `projected`, where each family has a layer of its own and a family that is missing is
// passed over. Definition and sources: docs/celltypes.md.
import type { ParameterSpec, Plan } from '../engine/backend.ts';
import type { Tensor } from '../engine/ops.ts';
import { elementCount, PlanBuilder } from '../engine/plan-builder.ts';
import { SpikebridgeError } from '../errors.ts';
import { uniformValues } from './initialise.ts';
import { dropoutInPlace, layerNorm, linear } from './layers.ts';
import { bidirectionalLstm, cosines, poolTokens, stackTokens } from './sequence-layers.ts';

/** The architecture but for its sizes in and out. Plain JSON. */
export interface FamilyNetConfig {
  readonly input: 'padded' | 'projected';
  /** Width of a family's projection (`projected` alone). */
  readonly projection: number;
  /** Width of each direction of the LSTM. */
  readonly hidden: number;
  /** Width of the attention's keys. */
  readonly keys: number;
  readonly dropout: number;
  /** `cosine`: logits are cosines times `scale`, for a margin in training. */
  readonly head: 'linear' | 'cosine';
  readonly scale: number;
}

/** The published net: 128 a direction, keys of 128, dropout 0.2. */
export const PAPER_NET: FamilyNetConfig = {
  ...{ input: 'padded', projection: 0, hidden: 128, keys: 128, dropout: 0.2, head: 'linear', scale: 1 },
};

/** A projection a family and masks, at half the width, since scalars are few a family, and more dropout. */
export const PROJECTED_NET: FamilyNetConfig = {
  ...{ ...PAPER_NET, input: 'projected', projection: 32, hidden: 64, keys: 64, dropout: 0.5 },
};

/** What goes in and out: columns of each family, and the classes of each head by its name. */
export interface FamilyNetShape {
  readonly families: readonly number[];
  readonly heads: Readonly<Record<string, number>>;
}

/** The loss of one head, as the `classLoss` op has it. */
export interface HeadLoss {
  /** (classes) */
  readonly classWeights: Float32Array;
  readonly gamma: number;
  /** Of the angle at the label, in radians; heads of cosines alone. */
  readonly margin: number;
  /** What this head's loss is taken times in the sum. */
  readonly share: number;
}

export interface HeadTensors {
  readonly logits: Tensor; // (batch, classes), output
  readonly labels: Tensor | null; // (batch) u32, input; train
  readonly loss: Tensor | null; // (1), output; train
}

export interface FamilyPlan {
  readonly plan: Plan;
  /** projected: (batch, columns) of each family; padded: one, (batch * families, widest family). Inputs, standardised, 0 where missing. */
  readonly inputs: readonly Tensor[];
  readonly mask: Tensor | null; // (batch * families), input; projected
  readonly heads: Readonly<Record<string, HeadTensors>>;
  readonly attention: Tensor; // (batch * families), output
}

/** Parameters of the encoder begin with this; those of a head with `head.NAME.`. */
export const ENCODER = 'encoder.';

export interface FamilyNet {
  readonly config: FamilyNetConfig;
  readonly shape: FamilyNetShape;
  readonly specs: readonly ParameterSpec[];
  initialise(seed: number): Map<string, Float32Array>;
  /** A plan that trains the heads in `losses`, whose rows without a label count for nothing. */
  trainPlan(batch: number, losses: Readonly<Record<string, HeadLoss>>): FamilyPlan;
  scorePlan(batch: number): FamilyPlan;
}

function specsOf(config: FamilyNetConfig, { families, heads }: FamilyNetShape): ParameterSpec[] {
  const { hidden, keys, projection } = config;
  const specs: ParameterSpec[] = [];
  const declare = (name: string, shape: readonly number[], decay: boolean): void => {
    specs.push({ name, shape, decay, learningRateScale: 1 });
  };
  const declareLinear = (name: string, from: number, to: number): void => {
    declare(`${name}.weight`, [from, to], true);
    declare(`${name}.bias`, [to], false);
  };
  const declareNorm = (name: string, width: number): void => {
    declare(`${name}.gain`, [width], false);
    declare(`${name}.bias`, [width], false);
  };
  const padded = config.input === 'padded';
  const width = padded ? Math.max(...families) : projection;
  if (!padded) families.forEach((columns, t) => declareLinear(`${ENCODER}family.${t}`, columns, projection));
  declareNorm(`${ENCODER}norm`, width);
  for (const direction of ['forward', 'backward']) {
    declareLinear(`${ENCODER}lstm.${direction}.input`, width, 4 * hidden);
    declare(`${ENCODER}lstm.${direction}.recurrent`, [hidden, 4 * hidden], true);
  }
  declareLinear(`${ENCODER}attention.keys`, 2 * hidden, keys);
  declare(`${ENCODER}attention.query`, [keys], true);
  for (const [name, classes] of Object.entries(heads)) {
    declareNorm(`head.${name}.norm`, 2 * hidden);
    if (config.head === 'linear') declareLinear(`head.${name}.out`, 2 * hidden, classes);
    else declare(`head.${name}.out.direction`, [classes, 2 * hidden], true);
  }
  return specs;
}

/** Refuses what cannot be built. @throws SpikebridgeError E_NET_CONFIG */
function check(config: FamilyNetConfig, { families, heads }: FamilyNetShape): void {
  const whole = (value: number): boolean => Number.isInteger(value) && value >= 1;
  const refuse = (where: string, message: string, fix: string): never => {
    throw new SpikebridgeError('E_NET_CONFIG', message, { where, fix, exitCode: 2 });
  };
  if (families.length === 0 || !families.every(whole))
    refuse('families', `families have ${families.join(', ')} columns`, 'give each family a column or more');
  if (Object.keys(heads).length === 0 || !Object.values(heads).every((classes) => classes >= 2))
    refuse('heads', 'a head tells two classes or more apart', 'give the net a head with its classes');
  for (const key of [
    'hidden',
    'keys',
    ...(config.input === 'projected' ? (['projection'] as const) : []),
  ] as const)
    if (!whole(config[key])) refuse(key, `${key} is ${config[key]}`, 'choose a whole number from 1 on');
  if (!(config.dropout >= 0 && config.dropout < 1))
    refuse('dropout', `dropout is ${config.dropout}`, 'choose 0 or more, below 1');
  if (!(config.scale > 0)) refuse('scale', `scale is ${config.scale}`, 'choose a number above 0');
}

/** @throws SpikebridgeError E_NET_CONFIG. */
export function createFamilyNet(config: FamilyNetConfig, shape: FamilyNetShape): FamilyNet {
  check(config, shape);
  const specs = specsOf(config, shape);
  return {
    config,
    shape,
    specs,
    initialise: (seed) => initialValues(specs, config, seed),
    trainPlan: (batch, losses) => buildPlan(config, shape, specs, batch, losses),
    scorePlan: (batch) => buildPlan(config, shape, specs, batch, null),
  };
}

/** Weights uniform in +-1 / sqrt(inputs), of the LSTM in +-1 / sqrt(hidden) (PyTorch's defaults); biases 0, gains 1. */
function initialValues(
  specs: readonly ParameterSpec[],
  { hidden }: FamilyNetConfig,
  seed: number,
): Map<string, Float32Array> {
  return new Map(
    specs.map(({ name, shape }) => {
      const zeros = new Float32Array(elementCount(shape));
      if (name.endsWith('.gain')) return [name, zeros.fill(1)];
      if (name.endsWith('.bias')) return [name, zeros];
      const inputs = name.includes('.lstm.') ? hidden : shape[name.endsWith('.direction') ? 1 : 0];
      return [name, uniformValues(seed, name, shape, 1 / Math.sqrt(inputs))];
    }),
  );
}

function buildPlan(
  config: FamilyNetConfig,
  { families, heads }: FamilyNetShape,
  specs: readonly ParameterSpec[],
  batch: number,
  losses: Readonly<Record<string, HeadLoss>> | null,
): FamilyPlan {
  const builder = new PlanBuilder(specs, { training: losses !== null });
  const steps = families.length;
  const padded = config.input === 'padded';
  const inputs = padded
    ? [builder.input('families', [batch * steps, Math.max(...families)])]
    : families.map((columns, t) => builder.input(`family ${t}`, [batch, columns]));
  const mask = padded ? null : builder.input('mask', [batch * steps]);
  const tokens = padded
    ? inputs[0]
    : stackTokens(
        builder,
        'tokens',
        inputs.map((input, t) => linear(builder, `${ENCODER}family.${t}`, input)),
      );
  const even = layerNorm(builder, `${ENCODER}norm`, tokens); // (rows, width)
  const read = bidirectionalLstm(builder, `${ENCODER}lstm`, even, { steps, mask }); // (rows, 2 * hidden)
  const { pooled, weights } = poolTokens(builder, `${ENCODER}attention`, read, { steps, mask });
  const wanted = losses === null ? Object.keys(heads) : Object.keys(losses);
  const built = wanted.map((name): [string, HeadTensors] => {
    const loss = losses?.[name];
    return [name, appendHead(builder, config, name, pooled, loss ?? null)];
  });
  const attention = builder.output(weights);
  return { plan: builder.build(), inputs, mask, heads: Object.fromEntries(built), attention };
}

function appendHead(
  builder: PlanBuilder,
  { head, dropout, scale }: FamilyNetConfig,
  name: string,
  pooled: Tensor,
  settings: HeadLoss | null,
): HeadTensors {
  const even = layerNorm(builder, `head.${name}.norm`, pooled); // (batch, 2 * hidden)
  dropoutInPlace(builder, even, dropout);
  const out =
    head === 'linear'
      ? linear(builder, `head.${name}.out`, even)
      : cosines(builder, `head.${name}.out`, even);
  const logits = builder.output(out); // (batch, classes)
  if (settings === null) return { logits, labels: null, loss: null };
  const [batch, classes] = logits.shape;
  const labels = builder.input(`labels of ${name}`, [batch], 'u32');
  const classWeights = builder.constant(`class weights of ${name}`, [classes], settings.classWeights);
  const loss = builder.output(builder.activation(`loss of ${name}`, [1]));
  const { gamma, margin, share } = settings;
  const call = { op: 'classLoss', logits, labels, classWeights, value: loss, gamma, margin, share } as const;
  const applied = head === 'linear' ? 1 : scale;
  const dLogits = builder.gradientSlot(logits).tensor;
  builder.append({ ...call, scale: applied, dLogits });
  return { logits, labels, loss };
}
