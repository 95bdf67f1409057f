// Layers: each appends its forward calls to a plan and leaves the closure that appends its backward calls. Weights are
// stored (in, out), so that out = x W reads both in order.
import type { Activation, Tensor } from '../engine/ops.ts';
import type { PlanBuilder } from '../engine/plan-builder.ts';

/** x (rows, in) -> act(x W + b) + residual, (rows, out). An activation and a residual do not go together. */
export function linear(
  builder: PlanBuilder,
  name: string,
  x: Tensor,
  options: { readonly activation?: Activation; readonly residual?: Tensor } = {},
): Tensor {
  const activation = options.activation ?? 'none';
  const residual = options.residual ?? null;
  const weight = builder.parameter(`${name}.weight`); // (in, out)
  const bias = builder.parameter(`${name}.bias`); // (out)
  const [rows, width] = x.shape;
  const outWidth = weight.shape[1];
  const out = builder.activation(name, [rows, outWidth]);
  const preActivation =
    builder.training && activation === 'gelu'
      ? builder.activation(`${name} before ${activation}`, [rows, outWidth])
      : null;
  builder.append({
    op: 'matMul',
    form: 'nn',
    m: rows,
    n: outWidth,
    k: width,
    a: x,
    b: weight,
    bias,
    residual,
    activation,
    preActivation,
    c: out,
    accumulate: false,
  });
  builder.onBackward(() => {
    const dOut = builder.gradientOf(out); // (rows, out)
    if (residual) builder.shareGradient(residual, out);
    if (activation !== 'none') {
      builder.append({ op: 'activationBackward', activation, kept: preActivation ?? out, dOut, dX: dOut });
    }
    const plain = {
      op: 'matMul',
      bias: null,
      residual: null,
      activation: 'none',
      preActivation: null,
    } as const;
    builder.append({ op: 'columnSum', x: dOut, out: builder.parameterGradient(`${name}.bias`) });
    const dWeight = builder.parameterGradient(`${name}.weight`);
    builder.append({
      ...plain,
      form: 'tn',
      m: width,
      n: outWidth,
      k: rows,
      a: x,
      b: dOut,
      c: dWeight,
      accumulate: true,
    });
    if (!builder.needsGradient(x)) return;
    const { tensor: dX, accumulate } = builder.gradientSlot(x);
    builder.append({
      ...plain,
      form: 'nt',
      m: rows,
      n: width,
      k: outWidth,
      a: dOut,
      b: weight,
      c: dX,
      accumulate,
    });
  });
  return out;
}

/** Layer normalisation over the last axis. */
export function layerNorm(builder: PlanBuilder, name: string, x: Tensor): Tensor {
  const gain = builder.parameter(`${name}.gain`); // (width)
  const bias = builder.parameter(`${name}.bias`); // (width)
  const [rows] = x.shape;
  const out = builder.activation(name, x.shape); // (rows, width)
  const mean = builder.activation(`${name} mean`, [rows]);
  const rstd = builder.activation(`${name} rstd`, [rows]);
  builder.append({ op: 'layerNorm', x, gain, bias, out, mean, rstd });
  builder.onBackward(() => {
    const dOut = builder.gradientOf(out);
    const slot = builder.needsGradient(x)
      ? builder.gradientSlot(x)
      : { tensor: builder.activation(`${name} unused`, x.shape), accumulate: false };
    builder.append({
      op: 'layerNormBackward',
      x,
      gain,
      mean,
      rstd,
      dOut,
      dX: slot.tensor,
      dGain: builder.parameterGradient(`${name}.gain`),
      dBias: builder.parameterGradient(`${name}.bias`),
      accumulate: slot.accumulate,
    });
  });
  return out;
}

/** Dropout in place; the identity when not training or at probability 0. */
export function dropoutInPlace(builder: PlanBuilder, x: Tensor, probability: number): void {
  if (!builder.training || probability === 0) return;
  const stream = builder.nextStream();
  builder.append({ op: 'dropout', x, residual: null, out: x, probability, stream });
  builder.onBackward(() => {
    const dOut = builder.gradientOf(x);
    builder.append({ op: 'dropoutBackward', dOut, dX: dOut, probability, stream, accumulate: false });
  });
}

/** residual + dropout(x W + b): the end of every sublayer. The sum is fused into the product when nothing is dropped. */
export function linearOntoResidual(
  builder: PlanBuilder,
  name: string,
  x: Tensor,
  residual: Tensor,
  probability: number,
): Tensor {
  if (!builder.training || probability === 0) return linear(builder, name, x, { residual });
  const branch = linear(builder, name, x);
  const out = builder.activation(`${name} + residual`, branch.shape);
  const stream = builder.nextStream();
  builder.append({ op: 'dropout', x: branch, residual, out, probability, stream });
  builder.onBackward(() => {
    const dOut = builder.gradientOf(out);
    const { tensor: dX, accumulate } = builder.gradientSlot(branch);
    builder.append({ op: 'dropoutBackward', dOut, dX, probability, stream, accumulate });
    builder.shareGradient(residual, out);
  });
  return out;
}

/** Vectors of bins from packed spikes: bias + sum of the vectors of the units that fire. */
export function bitEmbedding(builder: PlanBuilder, name: string, words: Tensor): Tensor {
  const weight = builder.parameter(`${name}.weight`); // (units, width)
  const bias = builder.parameter(`${name}.bias`); // (width)
  const out = builder.activation(name, [words.shape[0], weight.shape[1]]); // (rows, width)
  builder.append({ op: 'bitEmbed', words, weight, bias, out });
  builder.onBackward(() => {
    builder.append({
      op: 'bitEmbedBackward',
      words,
      dOut: builder.gradientOf(out),
      dWeight: builder.parameterGradient(`${name}.weight`),
      dBias: builder.parameterGradient(`${name}.bias`),
    });
  });
  return out;
}

/** Adds a learned vector a bin of the window, in place. */
export function learnedPositions(builder: PlanBuilder, name: string, x: Tensor, bins: number): void {
  builder.append({ op: 'addPositions', positions: builder.parameter(name), out: x, bins });
  builder.onBackward(() => {
    const dPositions = builder.parameterGradient(name);
    builder.append({ op: 'addPositionsBackward', dOut: builder.gradientOf(x), dPositions, bins });
  });
}

/** Settings of one attention sublayer at one shape. */
export interface AttentionSettings {
  readonly batch: number;
  readonly bins: number;
  readonly heads: number;
  readonly window: number;
  readonly causal: boolean;
  readonly dropout: number;
  /** Rotary angles (bins, headWidth), or null. */
  readonly angles: Tensor | null;
}

/** q | k | v of x, then attention: (rows, width) -> (rows, width). */
export function selfAttention(
  builder: PlanBuilder,
  name: string,
  x: Tensor,
  settings: AttentionSettings,
): Tensor {
  const { batch, bins, heads, window, causal, angles } = settings;
  const width = x.shape[1];
  const qkv = linear(builder, `${name}.qkv`, x); // (rows, 3 * width)
  if (angles) builder.append({ op: 'rotary', qkv, angles, bins, heads, inverse: false });
  const dropout = builder.training ? settings.dropout : 0;
  const forward = {
    op: 'attention',
    qkv,
    out: builder.activation(name, x.shape), // (rows, width)
    logSumExp: builder.activation(`${name} log-sum-exp`, [batch, heads, bins]),
    batch,
    bins,
    heads,
    window,
    scale: 1 / Math.sqrt(width / heads),
    causal,
    dropout,
    stream: dropout > 0 ? builder.nextStream() : 0,
  } as const;
  builder.append(forward);
  builder.onBackward(() => {
    const dOut = builder.gradientOf(forward.out);
    const delta = builder.activation(`${name} delta`, [batch, heads, bins]);
    const dQkv = builder.gradientSlot(qkv).tensor; // (rows, 3 * width)
    builder.append({ op: 'attentionBackward', forward, dOut, delta, dQkv });
    if (angles) builder.append({ op: 'rotary', qkv: dQkv, angles, bins, heads, inverse: true });
  });
  return forward.out;
}
