// The op rows of the engine: every kernel call a plan may hold, with its operands and axis order. One list, three
// backends (reference in float64, wasm, webgpu), one conformance suite.
//
// Conventions. rows = batch * bins (row n = b * bins + t). `d...` is the gradient of what follows. Gradients of
// PARAMETERS always accumulate (the plan zeroes them once a step). Gradients of activations are written, or added to when
// `accumulate` is true. No op reads a row of a later bin: causality is in the loops.

export type DType = 'f32' | 'u32';
export type Role = 'parameter' | 'gradient' | 'input' | 'constant' | 'activation';

/** A named block of memory; where it lies is the backend's business. */
export interface Tensor {
  readonly id: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly role: Role;
}

export type Activation = 'none' | 'relu' | 'gelu';
export type LossKind = 'bce' | 'focal' | 'dice' | 'dice-per-unit';

/** x[n, :] = bias + sum over set bits u of weight[u, :]. The masked row sum that keeps spikes as bits. */
export interface BitEmbed {
  readonly op: 'bitEmbed';
  readonly words: Tensor; // (rows, wordsPerBin) u32
  readonly weight: Tensor; // (units, width)
  readonly bias: Tensor | null; // (width)
  readonly out: Tensor; // (rows, width)
}
export interface BitEmbedBackward {
  readonly op: 'bitEmbedBackward';
  readonly words: Tensor;
  readonly dOut: Tensor; // (rows, width)
  readonly dWeight: Tensor; // (units, width), accumulates
  readonly dBias: Tensor | null; // (width), accumulates
}
/** out[n, u] = bit u of row n as 0 or 1: the `paper` preset's token is the binary vector itself. */
export interface UnpackBits {
  readonly op: 'unpackBits';
  readonly words: Tensor; // (rows, wordsPerBin)
  readonly out: Tensor; // (rows, units)
}
/** out[b * bins + t, :] += positions[t, :] (in place). */
export interface AddPositions {
  readonly op: 'addPositions';
  readonly positions: Tensor; // (bins or more, width): the first `bins` rows are used
  readonly out: Tensor; // (rows, width), in place
  readonly bins: number;
}
export interface AddPositionsBackward {
  readonly op: 'addPositionsBackward';
  readonly dOut: Tensor;
  readonly dPositions: Tensor; // (bins or more, width), accumulates over the batch
  readonly bins: number;
}
/**
 * Rotates pairs (i, i + headWidth / 2) of each head's query and key in place by the angle of bin t; `inverse` undoes it
 * (that is its own backward, applied to dQkv). angles: (bins, headWidth) = cos for the first half, sin for the second.
 */
export interface Rotary {
  readonly op: 'rotary';
  readonly qkv: Tensor; // (rows, 3 * width), q | k | v
  readonly angles: Tensor; // (bins, headWidth)
  readonly bins: number;
  readonly heads: number;
  readonly inverse: boolean;
}
/** out = (x - mean) * rstd * gain + bias, over the last axis; variance biased; epsilon 1e-5. */
export interface LayerNorm {
  readonly op: 'layerNorm';
  readonly x: Tensor; // (rows, width)
  readonly gain: Tensor; // (width)
  readonly bias: Tensor; // (width)
  readonly out: Tensor; // (rows, width)
  readonly mean: Tensor; // (rows)
  readonly rstd: Tensor; // (rows)
}
export interface LayerNormBackward {
  readonly op: 'layerNormBackward';
  readonly x: Tensor;
  readonly gain: Tensor;
  readonly mean: Tensor;
  readonly rstd: Tensor;
  readonly dOut: Tensor;
  readonly dX: Tensor; // (rows, width)
  readonly dGain: Tensor; // accumulates
  readonly dBias: Tensor; // accumulates
  readonly accumulate: boolean;
}
/**
 * c = act(op(a) op(b) + bias) (+ residual), (m, n). nn: a (m, k), b (k, n). nt: b is (n, k). tn: a is (k, m).
 * With `accumulate`, c += a b (then bias, activation and residual are absent).
 */
export interface MatMul {
  readonly op: 'matMul';
  readonly form: 'nn' | 'nt' | 'tn';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly bias: Tensor | null; // (n)
  readonly residual: Tensor | null; // (m, n), may be c itself
  readonly activation: Activation;
  /** For gelu: where the value before the activation is kept for backward, (m, n). relu needs none. */
  readonly preActivation: Tensor | null;
  readonly c: Tensor;
  readonly accumulate: boolean;
}
/** out[j] += sum over rows of x[n, j]: the gradient of a bias. */
export interface ColumnSum {
  readonly op: 'columnSum';
  readonly x: Tensor; // (rows, width)
  readonly out: Tensor; // (width), accumulates
}
/** dX = dOut * act'(kept), in place allowed; `kept` is the output for relu, the pre-activation for gelu (tanh form). */
export interface ActivationBackward {
  readonly op: 'activationBackward';
  readonly activation: 'relu' | 'gelu';
  readonly kept: Tensor;
  readonly dOut: Tensor;
  readonly dX: Tensor;
}
/**
 * Streaming causal attention. Row t of a sequence sees rows max(0, t - window + 1) ... t (window 0 = all the past).
 * `causal: false` exists only so that a test can show the guards catch a model that looks ahead.
 * logSumExp[b, h, t] is kept, scores never are. Dropout of the probabilities (paper preset) by counter RNG at
 * (seed, stream, step, ((b * heads + h) * bins + t) * bins + s).
 */
export interface Attention {
  readonly op: 'attention';
  readonly qkv: Tensor; // (rows, 3 * width), q | k | v, head h = columns h * headWidth ...
  readonly out: Tensor; // (rows, width)
  readonly logSumExp: Tensor; // (batch, heads, bins)
  readonly batch: number;
  readonly bins: number;
  readonly heads: number;
  readonly window: number;
  readonly scale: number;
  readonly causal: boolean;
  readonly dropout: number;
  readonly stream: number;
}
export interface AttentionBackward {
  readonly op: 'attentionBackward';
  readonly forward: Attention;
  readonly dOut: Tensor; // (rows, width)
  readonly delta: Tensor; // (batch, heads, bins) scratch: sum of dOut * out
  readonly dQkv: Tensor; // (rows, 3 * width), written
}
/** out = x * keep / (1 - p) (+ residual); keep from the counter RNG at (seed, stream, step, flat index). */
export interface Dropout {
  readonly op: 'dropout';
  readonly x: Tensor;
  readonly residual: Tensor | null;
  readonly out: Tensor; // may be x
  readonly probability: number;
  readonly stream: number;
}
/** dX (+)= dOut * keep / (1 - p), the same mask again; without `accumulate`, dX may be dOut. */
export interface DropoutBackward {
  readonly op: 'dropoutBackward';
  readonly dOut: Tensor;
  readonly dX: Tensor;
  readonly probability: number;
  readonly stream: number;
  readonly accumulate: boolean;
}
/** out = a + b, out may be a or b. */
export interface Add {
  readonly op: 'add';
  readonly a: Tensor;
  readonly b: Tensor;
  readonly out: Tensor;
}
/**
 * Own-history path: logits[n, u] += sum_f weight[f, u] * feature_f(t, u), from this unit's spikes at bins <= t.
 * Features in order: `lags` bits x[t], x[t-1], ...; then one row per trace; then one row per age bucket.
 * Trace k: s[t] = decays[k] * s[t-1] + x[t]; its feature is scales[k] * s when logScale[k] is 0, else
 * scales[k] * ln(1 + logScale[k] * s).
 * Age = bins since the last spike (0 when x[t] = 1); its feature is one-hot over buckets: first j with age < ageEdges[j],
 * ages past the last edge fall in no bucket. State at the window's start comes from the true past of the recording, so
 * the path sees further back than the context.
 */
export interface OwnHistory {
  readonly op: 'ownHistory';
  readonly words: Tensor; // (batch * bins, wordsPerBin)
  readonly recent: Tensor; // (batch, lags, wordsPerBin) u32: bins -lags ... -1 before the window, oldest first
  readonly state: Tensor; // (batch, traces + 1, units): traces after bin -1, then age after bin -1 (in bins, capped 1e6)
  readonly weight: Tensor; // (lags + traces + buckets, units)
  readonly logits: Tensor; // (batch * bins, units), accumulates
  readonly batch: number;
  readonly bins: number;
  readonly lags: number;
  readonly decays: readonly number[];
  readonly logScale: readonly number[];
  /** Multiplies each trace's feature, so that all features vary about as much as a lag bit does. */
  readonly scales: readonly number[];
  readonly ageEdges: readonly number[];
}
export interface OwnHistoryBackward {
  readonly op: 'ownHistoryBackward';
  readonly forward: OwnHistory;
  readonly dLogits: Tensor;
  readonly dWeight: Tensor; // accumulates
}
/**
 * Loss over rows x units and its gradient. z = logits, y = bit of `targets`, p = sigmoid(z) (twice if doubleSigmoid).
 * Rows with rowMask 0 and units with unitMask 0 count for nothing. Means are over counted entries.
 *  bce:   mean of softplus(z) - y z.
 *  focal: mean of -(1 - p_t)^gamma ln p_t.
 *  dice:  D = 1 - (2 sum(p y) + smooth) / (sum p + sum y + smooth) over everything counted; value
 *         0.9 ln(1 + D) + 0.1 * 10 * relu(mean p - density), the last term detached (no gradient) when densityPenalty,
 *         value D otherwise. density = sum y / counted entries.
 *  dice-per-unit: the mean over counted units of D of that unit (densityPenalty does not apply).
 * With bceShare s: total = (1 - s) * (main + penalty) + s * bce. With doubleSigmoid every term, bce included, takes
 * sigmoid(z) in place of z. Nothing counted: values and gradients are 0.
 */
export interface Loss {
  readonly op: 'loss';
  readonly kind: LossKind;
  readonly logits: Tensor; // (rows, units)
  readonly targets: Tensor; // (rows, wordsPerBin) u32
  readonly unitMask: Tensor; // (wordsPerBin) u32
  readonly rowMask: Tensor; // (rows) f32, 0 or 1
  readonly value: Tensor; // (4): total, main term, bce term, penalty
  readonly dLogits: Tensor | null; // (rows, units), written; null = value only
  readonly gamma: number;
  readonly smooth: number;
  readonly bceShare: number;
  readonly doubleSigmoid: boolean;
  readonly densityPenalty: boolean;
}
/** p = sigmoid(z) (twice if doubleSigmoid), in place allowed. */
export interface Sigmoid {
  readonly op: 'sigmoid';
  readonly x: Tensor;
  readonly out: Tensor;
  readonly doubleSigmoid: boolean;
}
/** out = value everywhere. */
export interface Fill {
  readonly op: 'fill';
  readonly out: Tensor;
  readonly value: number;
}

/**
 * One direction of an LSTM over short sequences (Hochreiter and Schmidhuber, 1997). rows = batch * steps, row n = b * steps + t.
 * h' and c' are those of the step before in the direction (0 at its first): a = x[n] + h' recurrent, in blocks i, f, g, o of
 * `width`; i, f, o through sigmoid, g through tanh; c = f c' + i g, h = o tanh c, out[n, column + j] = h[j].
 * A row of mask 0 is passed over: h = h', c = c'. The product with x and every gradient of a weight are matMuls of their own:
 * that is what `before` is kept for.
 */
export interface Lstm {
  readonly op: 'lstm';
  readonly x: Tensor; // (rows, 4 * width)
  readonly recurrent: Tensor; // (width, 4 * width)
  readonly mask: Tensor | null; // (rows) f32, 0 or 1
  readonly out: Tensor; // (rows, columns): `width` of them from `column` on are written
  readonly gates: Tensor; // (rows, 4 * width): i, f, g, o, of rows passed over too
  readonly cells: Tensor; // (rows, width): c
  readonly before: Tensor; // (rows, width): h'
  readonly column: number;
  readonly steps: number;
  /** From the last step to the first. */
  readonly reverse: boolean;
}
export interface LstmBackward {
  readonly op: 'lstmBackward';
  readonly forward: Lstm;
  readonly dOut: Tensor; // (rows, columns)
  readonly dX: Tensor; // (rows, 4 * width), written; 0 in rows passed over
}
/**
 * Additive attention over the steps of each sequence (Bahdanau, Cho, Bengio, 2015): score[n] = query . tanh(keys[n]), weights =
 * softmax of a sequence's scores over its steps of mask 1 (0 elsewhere), out[b] = sum over t of weights[n] values[n].
 * No step of mask 1: weights and out are 0.
 */
export interface AttentionPool {
  readonly op: 'attentionPool';
  readonly keys: Tensor; // (rows, keyWidth)
  readonly query: Tensor; // (keyWidth)
  readonly values: Tensor; // (rows, width)
  readonly mask: Tensor | null; // (rows) f32, 0 or 1
  readonly weights: Tensor; // (rows)
  readonly out: Tensor; // (batch, width)
  readonly steps: number;
}
export interface AttentionPoolBackward {
  readonly op: 'attentionPoolBackward';
  readonly forward: AttentionPool;
  readonly dOut: Tensor; // (batch, width)
  readonly dKeys: Tensor; // (rows, keyWidth), written
  readonly dQuery: Tensor; // (keyWidth), accumulates
  readonly dValues: Tensor; // (rows, width), written
}
/** out[n] = x[n] * inverse[n], inverse = 1 / sqrt(sum of squares of the row + 1e-12): rows of length 1. */
export interface UnitRows {
  readonly op: 'unitRows';
  readonly x: Tensor; // (rows, width)
  readonly out: Tensor; // (rows, width)
  readonly inverse: Tensor; // (rows)
}
export interface UnitRowsBackward {
  readonly op: 'unitRowsBackward';
  readonly out: Tensor; // (rows, width)
  readonly inverse: Tensor; // (rows)
  readonly dOut: Tensor; // (rows, width)
  readonly dX: Tensor; // (rows, width)
  readonly accumulate: boolean;
}
/** out[outFirst + i * outStride] = x[xFirst + i * xStride], rows i = 0 ... count - 1: its own backward, with the sides exchanged. */
export interface CopyRows {
  readonly op: 'copyRows';
  readonly x: Tensor; // (rows of x, width)
  readonly out: Tensor; // (rows of out, width); other rows are left as they are
  readonly count: number;
  readonly xFirst: number;
  readonly xStride: number;
  readonly outFirst: number;
  readonly outStride: number;
}
/**
 * Cross-entropy of one label a row, and its gradient. z = scale * logits, but for the label y with a margin m (ArcFace: Deng et
 * al., 2019; logits are then cosines c): scale * (c cos m - sqrt(max(1 - c^2, 1e-6)) sin m), and scale * (c - m sin m) where
 * c <= -cos m. p = softmax of z; a row costs w[y] (1 - p_y)^gamma (-ln p_y), w = classWeights. value = share * sum of costs / sum
 * of w[y] over rows that count: those whose label is a class. Nothing counts: value and gradient are 0.
 */
export interface ClassLoss {
  readonly op: 'classLoss';
  readonly logits: Tensor; // (rows, classes)
  readonly labels: Tensor; // (rows) u32; `classes` and above: the row counts for nothing
  readonly classWeights: Tensor; // (classes), above 0
  readonly value: Tensor; // (1)
  readonly dLogits: Tensor | null; // (rows, classes), written; null = value only
  readonly gamma: number;
  readonly scale: number;
  readonly margin: number;
  readonly share: number;
}

export type OpCall =
  | BitEmbed
  | BitEmbedBackward
  | UnpackBits
  | AddPositions
  | AddPositionsBackward
  | Rotary
  | LayerNorm
  | LayerNormBackward
  | MatMul
  | ColumnSum
  | ActivationBackward
  | Attention
  | AttentionBackward
  | Dropout
  | DropoutBackward
  | Add
  | OwnHistory
  | OwnHistoryBackward
  | Loss
  | Sigmoid
  | Fill
  | Lstm
  | LstmBackward
  | AttentionPool
  | AttentionPoolBackward
  | UnitRows
  | UnitRowsBackward
  | CopyRows
  | ClassLoss;
export type OpName = OpCall['op'];

/**
 * Settings of one optimiser step, host-side; everything else of AdamW is in the parameter set. Per tensor, in this order
 * (as PyTorch's AdamW): g *= min(1, clip / (norm + 1e-6)) when clip > 0; w -= rate * weightDecay * w when `decay`;
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 * w -= rate / (1 - beta1^step) * m / (sqrt(v) / sqrt(1 - beta2^step) + epsilon), rate = learningRate * learningRateScale.
 * Tensors of learningRateScale 0 are left alone, moments included, and do not count in the norm.
 */
export interface OptimiserStep {
  /** 1 for the first step: bias correction uses it. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled (AdamW) decay; applied to tensors whose `decay` flag is set. */
  readonly weightDecay: number;
  /** Global gradient norm above which gradients are scaled down; 0 = no clipping. */
  readonly clip: number;
  /** mean = meanDecay * mean + (1 - meanDecay) * w, in float32, where a mean is kept; left out or 0 = the mean is the weights. */
  readonly meanDecay?: number;
}
