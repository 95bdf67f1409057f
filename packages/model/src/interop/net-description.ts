// What another tool needs to rebuild a net around its weights: config.json beside model.safetensors, under the names that
// transformers and PyTorch use wherever they have one. docs/interop.md explains every key.
import { LAYER_NORM_EPSILON } from '../engine/reference/layer-norm.ts';
import { LARGEST_AGE } from '../engine/reference/own-history.ts';
import type { LossConfig } from '../losses/types.ts';
import { historyFeatures } from '../nets/own-history.ts';
import { ROTARY_BASE } from '../nets/spike-transformer.ts';
import type { SpikeTransformerConfig } from '../nets/types.ts';

export const NET_SCHEMA = 'spikebridge.net/1';
export const DESCRIPTION_FILE = 'config.json';
export const WEIGHTS_FILE = 'model.safetensors';

/** The own-history path in bins: rows of `history.weight` are lags, traces, then age buckets. */
export interface HistoryDescription {
  readonly lags: number;
  /** Milliseconds, for people; `decays` is what the kernels multiply by, to the bit. */
  readonly taus_ms: readonly number[];
  readonly decays: readonly number[];
  readonly log_scales: readonly number[];
  readonly scales: readonly number[];
  readonly age_edges: readonly number[];
  readonly age_limit: number;
}

export interface NetDescription {
  readonly schema: typeof NET_SCHEMA;
  readonly model_type: 'spikebridge';
  readonly architectures: readonly ['SpikeTransformer'];
  readonly torch_dtype: 'float32';
  readonly num_units: number;
  readonly bin_milliseconds: number;
  /** Bins of the windows it was trained on; learned positions have this many rows. */
  readonly max_position_embeddings: number;
  readonly token_embedding: 'bits' | 'identity';
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly hidden_act: 'relu' | 'gelu_pytorch_tanh';
  readonly norm_first: boolean;
  readonly layer_norm_eps: number;
  readonly position_embedding_type: 'none' | 'rotary' | 'learned';
  /** Base of the rotary angles; null without them. */
  readonly rope_theta: number | null;
  /** Bins that each bin sees, itself included; null = all of its past. */
  readonly sliding_window: number | null;
  readonly is_causal: boolean;
  readonly hidden_dropout_prob: number;
  readonly attention_probs_dropout_prob: number;
  /** Probabilities are sigmoid(sigmoid(logits)). */
  readonly double_sigmoid: boolean;
  readonly own_history: HistoryDescription | null;
}

/** What a unit-free net's config.json says: names of features in the order of the rows of `hidden.weight`, or of `output.weight` where nothing is hidden. */
export interface UnitFreeDescription {
  readonly schema: typeof NET_SCHEMA;
  readonly model_type: 'spikebridge';
  readonly architectures: readonly ['UnitFree'];
  readonly torch_dtype: 'float32';
  readonly bin_milliseconds: number;
  readonly level: string;
  readonly features: readonly string[];
  readonly intermediate_size: number;
  readonly hidden_act: 'gelu_pytorch_tanh';
  readonly double_sigmoid: boolean;
}

export type CheckpointDescription = NetDescription | UnitFreeDescription;

/** The description of a net. `loss` says how its logits become probabilities. */
export function describeNet(
  config: SpikeTransformerConfig,
  loss: Pick<LossConfig, 'doubleSigmoid'>,
): NetDescription {
  return {
    schema: NET_SCHEMA,
    model_type: 'spikebridge',
    architectures: ['SpikeTransformer'],
    torch_dtype: 'float32',
    num_units: config.units,
    bin_milliseconds: config.binMilliseconds,
    max_position_embeddings: config.context,
    token_embedding: config.embedding,
    hidden_size: config.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.feedForward,
    hidden_act: config.activation === 'gelu' ? 'gelu_pytorch_tanh' : 'relu',
    norm_first: config.norm === 'pre',
    layer_norm_eps: LAYER_NORM_EPSILON,
    position_embedding_type: config.positions,
    rope_theta: config.positions === 'rotary' ? ROTARY_BASE : null,
    sliding_window: config.window === 0 ? null : config.window,
    is_causal: config.causal,
    hidden_dropout_prob: config.dropout,
    attention_probs_dropout_prob: config.attentionDropout,
    double_sigmoid: loss.doubleSigmoid,
    own_history: describeHistory(config),
  };
}

function describeHistory({ history, binMilliseconds }: SpikeTransformerConfig): HistoryDescription | null {
  if (history === null) return null;
  const { lags, decays, logScale, scales, ageEdges } = historyFeatures(history, binMilliseconds);
  return {
    lags,
    taus_ms: history.taus,
    // A decay near 1 rounded to float32 is another time constant by some 0.1 %: tools must take the rounded one.
    decays: decays.map(Math.fround),
    log_scales: logScale,
    scales: scales.map(Math.fround),
    age_edges: ageEdges,
    age_limit: LARGEST_AGE,
  };
}

/** `document` as the text of config.json; `extra` keys follow those of the net. */
export function descriptionText(
  description: CheckpointDescription,
  extra: Readonly<Record<string, unknown>> = {},
): string {
  return `${JSON.stringify({ ...description, ...extra }, null, 2)}\n`;
}
