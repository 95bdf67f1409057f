// What a net is: its configuration as plain data, and the interface that training and evaluation meet.
import type { ParameterSpec, Plan } from '../engine/backend.ts';
import type { Tensor } from '../engine/ops.ts';

/** Features of each unit's own past, weighted per unit and added to the logits beside attention. */
export interface HistoryConfig {
  /** Weights on the own spikes of the latest bins: the newest input bin first. */
  readonly lags: number;
  /** Time constants of exponential traces, milliseconds. */
  readonly taus: readonly number[];
  /** One a trace: 0 = the trace itself, s > 0 = ln(1 + s * trace). */
  readonly logScale: readonly number[];
  /** Rising edges, in bins, of the buckets of time since the last spike (one weight a bucket). */
  readonly ageEdges: readonly number[];
}

/** The architecture: everything of a net but the data it meets. Plain JSON. */
export interface NetConfig {
  readonly layers: number;
  readonly width: number;
  /** 1 ... 32; divides the width. */
  readonly heads: number;
  readonly feedForward: number;
  readonly activation: 'relu' | 'gelu';
  /** Layer norm before each sublayer and once at the end, or after each residual sum. */
  readonly norm: 'pre' | 'post';
  readonly positions: 'none' | 'rotary' | 'learned';
  /** `bits`: a learned vector a unit, summed over the units that fire; `identity`: the binary vector itself (width = units). */
  readonly embedding: 'bits' | 'identity';
  /** On sublayer outputs and inside the feed-forward part. */
  readonly dropout: number;
  /** On attention probabilities. */
  readonly attentionDropout: number;
  /** Bins that each bin may attend to, itself included; 0 = all of its past. */
  readonly window: number;
  /** Output bias at the start: each unit's log-odds on the training part, or zero. */
  readonly outputBias: 'log-odds' | 'zero';
  /** Output weight at the start: zero makes the untrained net the own-rate predictor; uniform is PyTorch's default. */
  readonly outputWeight: 'zero' | 'uniform';
  readonly history: HistoryConfig | null;
}

/** What a net must know of its data. */
export interface NetData {
  /** Columns of the raster. */
  readonly units: number;
  /** The longest window of a plan: learned positions have this many rows. */
  readonly context: number;
  readonly binMilliseconds: number;
  /** False lets every bin see the whole window: it exists only to show that the guards catch such a model. */
  readonly causal?: boolean;
}

export interface SpikeTransformerConfig extends NetConfig {
  readonly units: number;
  readonly context: number;
  readonly binMilliseconds: number;
  readonly causal: boolean;
}

/** Own-history features resolved to bins: what fills `recent` and `state` at a window's start. */
export interface HistoryFeatures {
  readonly lags: number;
  /** One a trace: s[t] = decay * s[t - 1] + x[t]. */
  readonly decays: readonly number[];
  readonly logScale: readonly number[];
  readonly scales: readonly number[];
  readonly ageEdges: readonly number[];
}

/** `explain`: the cross-entropy and its gradients with respect to tokens and logits, nothing dropped. */
export type NetMode = 'train' | 'evaluate' | 'score' | 'explain';

/** What `explain` leaves after a training run, beside queries, keys and log-sum-exps of every attention call of the plan. */
export interface TokenGradients {
  readonly tokens: Tensor; // (batch * bins, width), output: of the loss with respect to the embedded bins
  readonly logits: Tensor; // (batch * bins, units), output
}

/** A plan and its tensors by meaning. Input at row n is bin t, target at row n is bin t + 1: the caller shifts. */
export interface NetPlan {
  readonly plan: Plan;
  readonly words: Tensor; // (batch * bins, wordsPerBin) u32, input
  readonly recent: Tensor | null; // (batch, lags, wordsPerBin) u32, input: the bins before the window, oldest first
  readonly state: Tensor | null; // (batch, traces + 1, units), input: traces, then age, after the bin before the window
  readonly targets: Tensor | null; // (batch * bins, wordsPerBin) u32, input; train, evaluate
  readonly unitMask: Tensor | null; // (wordsPerBin) u32, input; train, evaluate
  readonly rowMask: Tensor | null; // (batch * bins), input, 0 or 1; train, evaluate
  readonly loss: Tensor | null; // (4) total, main, bce, penalty; train, evaluate
  readonly bce: Tensor | null; // (4); evaluate: plain cross-entropy whatever the loss is
  readonly logits: Tensor; // (batch * bins, units), output
  readonly probabilities: Tensor | null; // (batch * bins, units), output; evaluate, score
  readonly gradients: TokenGradients | null; // explain
}

export interface SpikeNet {
  readonly kind: 'transformer';
  readonly config: SpikeTransformerConfig;
  readonly units: number;
  readonly wordsPerBin: number;
  readonly history: HistoryFeatures | null;
  readonly specs: readonly ParameterSpec[];
  /** Starting values by name. `trainingRates`: (units), probability of a spike a bin on the training part. */
  initialise(seed: number, trainingRates: Float64Array): Map<string, Float32Array>;
  /** A plan over this net's parameters; `bins` <= context. */
  plan(mode: NetMode, shape: { readonly batch: number; readonly bins: number }): NetPlan;
}
