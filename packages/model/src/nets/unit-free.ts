// The unit-free net: one small net for every unit of every recording. A row is one unit before one bin; what it is told of the
// unit are features (see unit-free/), and what it gives is added to the logit of the level's plug-in floor. Its last layer starts
// at zero, so the untrained net IS that floor.
import type { ParameterSpec, Plan } from '../engine/backend.ts';
import type { Tensor } from '../engine/ops.ts';
import { PlanBuilder } from '../engine/plan-builder.ts';
import { BCE, checkLoss, lossCall } from '../losses/losses.ts';
import type { LossConfig } from '../losses/types.ts';
import { uniformValues } from './initialise.ts';
import { linear } from './layers.ts';
import type { NetMode } from './types.ts';

/** What of a target the net is told: each unit's rate; its statistics; pairwise statistics as well. */
export const UNIT_FREE_LEVELS = ['rates', 'statistics', 'pairs'] as const;
export type UnitFreeLevel = (typeof UNIT_FREE_LEVELS)[number];

/** The architecture. Plain JSON. */
export interface UnitFreeConfig {
  readonly kind: 'unit-free';
  readonly level: UnitFreeLevel;
  /** Width of the hidden layer; 0 = features go straight to the output. */
  readonly hidden: number;
}

export type UnitFreeMode = Exclude<NetMode, 'explain'>;

/** A plan over rows and its tensors by meaning. */
export interface UnitFreePlan {
  readonly plan: Plan;
  readonly features: Tensor; // (rows, features), input, already standardised
  readonly base: Tensor; // (rows, 1), input: the logit that the net adds to
  readonly targets: Tensor | null; // (rows, 1) u32, input: bit 0; train, evaluate
  readonly unitMask: Tensor | null; // (1) u32, input: 1; train, evaluate
  readonly rowMask: Tensor | null; // (rows), input, 0 or 1; train, evaluate
  readonly loss: Tensor | null; // (4); train, evaluate
  readonly logits: Tensor; // (rows, 1), output
  readonly probabilities: Tensor | null; // (rows, 1), output; evaluate, score
}

export interface UnitFreeNet {
  readonly kind: 'unit-free';
  readonly config: UnitFreeConfig;
  readonly features: number;
  readonly specs: readonly ParameterSpec[];
  /** Starting values of what is learned. */
  initialise(seed: number): Map<string, Float32Array>;
  plan(mode: UnitFreeMode, rows: number): UnitFreePlan;
}

/** How features are standardised: clipped, then (x - mean) / deviation. Kept with the weights and not learned. */
export const STANDARDISATION = ['inputs.low', 'inputs.high', 'inputs.mean', 'inputs.deviation'] as const;

function specsOf(features: number, hidden: number): readonly ParameterSpec[] {
  const learned = (name: string, shape: readonly number[], decay: boolean): ParameterSpec => ({
    ...{ name, shape, decay },
    learningRateScale: 1,
  });
  return [
    ...STANDARDISATION.map((name) => ({ name, shape: [features], decay: false, learningRateScale: 0 })),
    ...(hidden === 0
      ? []
      : [learned('hidden.weight', [features, hidden], true), learned('hidden.bias', [hidden], false)]),
    learned('output.weight', [hidden === 0 ? features : hidden, 1], true),
    learned('output.bias', [1], false),
  ];
}

/** A net over `features` features with one loss. @throws SpikebridgeError E_LOSS_CONFIG */
export function createUnitFreeNet(config: UnitFreeConfig, features: number, loss: LossConfig): UnitFreeNet {
  checkLoss(loss);
  const { hidden } = config;
  const specs = specsOf(features, hidden);
  return {
    kind: 'unit-free',
    config,
    features,
    specs,
    initialise: (seed) => {
      const drawn = (name: string, shape: readonly number[]) =>
        [name, uniformValues(seed, name, shape, 1 / Math.sqrt(features))] as const;
      return new Map([
        ...(hidden === 0 ? [] : [drawn('hidden.weight', [features, hidden]), drawn('hidden.bias', [hidden])]),
        ['output.weight', new Float32Array(hidden === 0 ? features : hidden)],
        ['output.bias', new Float32Array(1)],
      ]);
    },
    plan: (mode, rows) => {
      const builder = new PlanBuilder(specs, { training: mode === 'train' });
      const inputs = builder.input('features', [rows, features]);
      const base = builder.input('base', [rows, 1]);
      const inside = hidden === 0 ? inputs : linear(builder, 'hidden', inputs, { activation: 'gelu' }); // (rows, hidden)
      const logits = builder.output(linear(builder, 'output', inside, { residual: base })); // (rows, 1)
      const judged = mode === 'score' ? null : appendLoss(builder, loss, mode, logits, rows);
      let probabilities: Tensor | null = null;
      if (mode !== 'train') {
        probabilities = builder.output(builder.activation('probabilities', logits.shape));
        builder.append({
          op: 'sigmoid',
          x: logits,
          out: probabilities,
          doubleSigmoid: loss.doubleSigmoid,
        });
      }
      return {
        plan: builder.build(),
        features: inputs,
        base,
        targets: judged?.targets ?? null,
        unitMask: judged?.unitMask ?? null,
        rowMask: judged?.rowMask ?? null,
        loss: judged?.loss ?? null,
        logits,
        probabilities,
      };
    },
  };
}

function appendLoss(
  builder: PlanBuilder,
  config: LossConfig,
  mode: 'train' | 'evaluate',
  logits: Tensor,
  rows: number,
) {
  const targets = builder.input('targets', [rows, 1], 'u32');
  const unitMask = builder.input('unit mask', [1], 'u32');
  const rowMask = builder.input('row mask', [rows]);
  const loss = builder.output(builder.activation('loss', [4]));
  const dLogits = mode === 'train' ? builder.gradientSlot(logits).tensor : null;
  // An evaluation is always of plain cross-entropy: rows are drawn, and only that has a meaning on drawn rows.
  const call = mode === 'train' ? config : { ...BCE, doubleSigmoid: config.doubleSigmoid };
  builder.append(lossCall(call, { logits, targets, unitMask, rowMask, value: loss, dLogits }));
  return { targets, unitMask, rowMask, loss };
}
