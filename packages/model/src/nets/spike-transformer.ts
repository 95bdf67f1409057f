// The spike transformer: bins of packed spikes -> probability of each unit's spike in the next bin, causal by construction.
// `body` reads as the model; plans of the three modes stand around it.
import { SpikebridgeError } from '../errors.ts';
import { cos, exp, log, sin } from '../engine/elementary.ts';
import type { Plan } from '../engine/backend.ts';
import type { Tensor } from '../engine/ops.ts';
import { PlanBuilder } from '../engine/plan-builder.ts';
import { BCE, checkLoss, lossCall } from '../losses/losses.ts';
import type { LossConfig } from '../losses/types.ts';
import type { AttentionSettings } from './layers.ts';
import {
  bitEmbedding,
  dropoutInPlace,
  layerNorm,
  learnedPositions,
  linear,
  linearOntoResidual,
  selfAttention,
} from './layers.ts';
import { historyFeatures, ownHistory } from './own-history.ts';
import type { HistoryInputs } from './own-history.ts';
import { checkNet, initialValues, parameterSpecs, wordsPerBin } from './parameters.ts';
import type {
  HistoryFeatures,
  NetConfig,
  NetData,
  NetMode,
  NetPlan,
  SpikeNet,
  SpikeTransformerConfig,
} from './types.ts';

/** Longest wavelength of the rotary positions, as in RoFormer. */
export const ROTARY_BASE = 10000;

/** base^(-i / half) radians a bin, (half of the head width). */
export function rotaryFrequencies(headWidth: number): number[] {
  const half = headWidth / 2;
  return Array.from({ length: half }, (_, i) => exp((-log(ROTARY_BASE) * i) / half));
}

/** cos | sin of t * base^(-i / half), (bins, headWidth). */
function rotaryAngles(bins: number, headWidth: number): Float32Array {
  const half = headWidth / 2;
  const frequencies = rotaryFrequencies(headWidth);
  const angles = new Float32Array(bins * headWidth);
  for (let t = 0; t < bins; t++) {
    frequencies.forEach((frequency, i) => {
      angles[t * headWidth + i] = cos(t * frequency);
      angles[t * headWidth + half + i] = sin(t * frequency);
    });
  }
  return angles;
}

/** One encoder layer: x + attention, then + feed-forward, normed before (`pre`) or after (`post`) each sum. */
function encoderLayer(
  builder: PlanBuilder,
  config: SpikeTransformerConfig,
  name: string,
  x: Tensor,
  attention: AttentionSettings,
): Tensor {
  const { norm, dropout, activation } = config;
  const into = (part: string, tensor: Tensor): Tensor =>
    norm === 'pre' ? layerNorm(builder, `${name}.${part}Norm`, tensor) : tensor;
  const after = (part: string, tensor: Tensor): Tensor =>
    norm === 'post' ? layerNorm(builder, `${name}.${part}Norm`, tensor) : tensor;

  const attended = selfAttention(builder, `${name}.attention`, into('attention', x), attention); // (rows, width)
  const middle = after(
    'attention',
    linearOntoResidual(builder, `${name}.attention.output`, attended, x, dropout), // (rows, width)
  );
  const hidden = linear(builder, `${name}.feedForward.in`, into('feedForward', middle), { activation }); // (rows, feedForward)
  dropoutInPlace(builder, hidden, dropout);
  return after(
    'feedForward',
    linearOntoResidual(builder, `${name}.feedForward.out`, hidden, middle, dropout), // (rows, width)
  );
}

/** The whole forward pass: words (rows, wordsPerBin) -> logits (rows, units) of the NEXT bin. */
function body(
  builder: PlanBuilder,
  config: SpikeTransformerConfig,
  features: HistoryFeatures | null,
  words: Tensor,
  shape: { readonly batch: number; readonly bins: number },
  explain: boolean,
): { readonly tokens: Tensor; readonly logits: Tensor; readonly history: HistoryInputs | null } {
  const { batch, bins } = shape;
  const { width, heads, window, causal } = config;
  let x: Tensor;
  if (config.embedding === 'bits') {
    x = bitEmbedding(builder, 'embedding', words); // (rows, width)
  } else {
    x = builder.activation('token', [batch * bins, width]); // (rows, width = units)
    builder.append({ op: 'unpackBits', words, out: x });
    if (config.positions !== 'learned' && !explain) builder.stopGradient(x);
  }
  const tokens = x;
  if (config.positions === 'learned') learnedPositions(builder, 'positions', x, bins);
  const headWidth = width / heads;
  const angles =
    config.positions === 'rotary' && config.layers > 0
      ? builder.constant('rotary angles', [bins, headWidth], rotaryAngles(bins, headWidth))
      : null;
  const attention = { batch, bins, heads, window, causal, dropout: config.attentionDropout, angles };
  for (let layer = 0; layer < config.layers; layer++) {
    x = encoderLayer(builder, config, `layers.${layer}`, x, attention); // (rows, width)
  }
  if (config.norm === 'pre') x = layerNorm(builder, 'finalNorm', x);
  const logits = linear(builder, 'output', x); // (rows, units)
  const history = features ? ownHistory(builder, 'history.weight', features, words, logits, shape) : null;
  return { tokens, logits, history };
}

/** @throws SpikebridgeError E_NET_SHAPE */
function checkShape(
  config: SpikeTransformerConfig,
  shape: { readonly batch: number; readonly bins: number },
): void {
  if (config.positions === 'learned' && shape.bins > config.context) {
    throw new SpikebridgeError(
      'E_NET_SHAPE',
      `a plan of ${shape.bins} bins is longer than the ${config.context} learned positions`,
      { where: 'training.context', fix: 'score in windows of at most one context, or use rotary positions' },
    );
  }
}

/** The plan of one mode at one shape; `score` takes no loss, `explain` the plain cross-entropy. */
export function buildPlan(
  config: SpikeTransformerConfig,
  loss: LossConfig,
  mode: NetMode,
  shape: { readonly batch: number; readonly bins: number },
): NetPlan {
  checkShape(config, shape);
  const rows = shape.batch * shape.bins;
  const perBin = wordsPerBin(config.units);
  const features = config.history ? historyFeatures(config.history, config.binMilliseconds) : null;
  const explain = mode === 'explain';
  const differentiated = mode === 'train' || explain;
  const builder = new PlanBuilder(parameterSpecs(config), { training: differentiated });
  const words = builder.input('words', [rows, perBin], 'u32');
  const whole = explain ? { ...config, dropout: 0, attentionDropout: 0 } : config;
  const { tokens, logits, history } = body(builder, whole, features, words, shape, explain);
  builder.output(logits);
  const judged =
    mode === 'score' ? null : appendLoss(builder, explain ? plainOf(loss) : loss, mode, logits, perBin);
  let probabilities: Tensor | null = null;
  if (!differentiated) {
    probabilities = builder.output(builder.activation('probabilities', logits.shape)); // (rows, units)
    builder.append({ op: 'sigmoid', x: logits, out: probabilities, doubleSigmoid: loss.doubleSigmoid });
  }
  const plan = builder.build();
  const gradients = explain
    ? { tokens: builder.gradientOf(tokens), logits: builder.gradientOf(logits) }
    : null;
  return {
    plan: gradients === null ? plan : withOutputs(plan, [gradients.tokens, gradients.logits]),
    words,
    recent: history?.recent ?? null,
    state: history?.state ?? null,
    targets: judged?.targets ?? null,
    unitMask: judged?.unitMask ?? null,
    rowMask: judged?.rowMask ?? null,
    loss: judged?.loss ?? null,
    bce: judged?.bce ?? null,
    logits,
    probabilities,
    gradients,
  };
}

/** Cross-entropy of the probabilities that the net gives: a double sigmoid belongs to them, whatever the loss. */
const plainOf = ({ doubleSigmoid }: LossConfig): LossConfig => ({ ...BCE, doubleSigmoid });

/** What attention is made of stays readable as well. */
const withOutputs = (plan: Plan, gradients: readonly Tensor[]): Plan => ({
  ...plan,
  outputs: [
    ...plan.outputs,
    ...gradients,
    ...plan.forward.flatMap((call) => (call.op === 'attention' ? [call.qkv, call.logSumExp] : [])),
  ],
});

/** The configured loss on the logits; in training its gradient, in evaluation the plain cross-entropy beside it. */
function appendLoss(
  builder: PlanBuilder,
  config: LossConfig,
  mode: Exclude<NetMode, 'score'>,
  logits: Tensor,
  perBin: number,
) {
  const [rows] = logits.shape;
  const targets = builder.input('targets', [rows, perBin], 'u32');
  const unitMask = builder.input('unit mask', [perBin], 'u32');
  const rowMask = builder.input('row mask', [rows]);
  const loss = builder.output(builder.activation('loss', [4]));
  const dLogits = mode === 'evaluate' ? null : builder.gradientSlot(logits).tensor;
  builder.append(lossCall(config, { logits, targets, unitMask, rowMask, value: loss, dLogits }));
  let bce: Tensor | null = null;
  if (mode === 'evaluate') {
    bce = builder.output(builder.activation('cross-entropy', [4]));
    builder.append(
      lossCall(plainOf(config), { logits, targets, unitMask, rowMask, value: bce, dLogits: null }),
    );
  }
  return { targets, unitMask, rowMask, loss, bce };
}

/** A net over one kind of data with one loss. @throws SpikebridgeError E_NET_CONFIG, E_LOSS_CONFIG */
export function createSpikeNet(net: NetConfig, data: NetData, loss: LossConfig): SpikeNet {
  const { units, context, binMilliseconds } = data;
  const config: SpikeTransformerConfig = {
    ...net,
    units,
    context,
    binMilliseconds,
    causal: data.causal ?? true,
  };
  checkNet(config);
  checkLoss(loss);
  return {
    kind: 'transformer',
    config,
    units,
    wordsPerBin: wordsPerBin(units),
    history: config.history ? historyFeatures(config.history, binMilliseconds) : null,
    specs: parameterSpecs(config),
    initialise: (seed, trainingRates) => initialValues(config, seed, trainingRates),
    plan: (mode, shape) => buildPlan(config, loss, mode, shape),
  };
}
