// What a conformance case is: plain data, one row a line of the report, the same on every host and backend.
import type { ClassLoss, Loss, MatMul, OpName } from '../ops.ts';

/** What spikes a case holds. */
export type SpikePattern = 'drawn' | 'silent' | 'all';

interface Common {
  /** Seed of everything drawn for the case. */
  readonly seed: number;
  /** Largest number of products that one output element sums: sets the tolerance (see tolerance.ts). */
  readonly terms: number;
  /** Extra rounding units where an op amplifies errors beyond its sums; each use says why. */
  readonly amplification?: number;
}

export interface SpikeRows {
  readonly rows: number;
  readonly units: number;
  readonly spikes: SpikePattern;
}

export interface MatMulCase
  extends Common, Pick<MatMul, 'form' | 'm' | 'n' | 'k' | 'activation' | 'accumulate'> {
  readonly op: 'matMul';
  readonly bias: boolean;
  readonly residual: 'none' | 'other' | 'itself';
}
export interface EmbeddingCase extends Common, SpikeRows {
  readonly op: 'bitEmbed' | 'bitEmbedBackward';
  readonly width: number;
  readonly bias: boolean;
}
export interface UnpackCase extends Common, SpikeRows {
  readonly op: 'unpackBits';
}
export interface PositionsCase extends Common {
  readonly op: 'addPositions' | 'addPositionsBackward';
  readonly batch: number;
  readonly bins: number;
  readonly width: number;
}
export interface RotaryCase extends Common {
  readonly op: 'rotary';
  readonly batch: number;
  readonly bins: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly inverse: boolean;
}
export interface LayerNormCase extends Common {
  readonly op: 'layerNorm' | 'layerNormBackward';
  readonly rows: number;
  readonly width: number;
  /** Every row constant: variance 0. */
  readonly flat: boolean;
  readonly accumulate: boolean;
}
export interface MatrixCase extends Common {
  readonly op: 'columnSum' | 'add' | 'fill';
  readonly rows: number;
  readonly width: number;
}
export interface ActivationCase extends Common {
  readonly op: 'activationBackward';
  readonly rows: number;
  readonly width: number;
  readonly activation: 'relu' | 'gelu';
  readonly inPlace: boolean;
}
export interface AttentionCase extends Common {
  readonly op: 'attention' | 'attentionBackward';
  readonly batch: number;
  readonly bins: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly window: number;
  readonly causal: boolean;
  readonly dropout: number;
}
export interface DropoutCase extends Common {
  readonly op: 'dropout' | 'dropoutBackward';
  readonly rows: number;
  readonly width: number;
  readonly probability: number;
  /** Forward: a residual is added; backward: the result is added to what is there. */
  readonly onto: boolean;
  readonly inPlace: boolean;
}
export interface OwnHistoryCase extends Common {
  readonly op: 'ownHistory' | 'ownHistoryBackward';
  readonly batch: number;
  readonly bins: number;
  readonly units: number;
  readonly spikes: SpikePattern;
  readonly lags: number;
  readonly decays: readonly number[];
  readonly logScale: readonly number[];
  readonly scales: readonly number[];
  readonly ageEdges: readonly number[];
}
export interface LossCase
  extends
    Common,
    SpikeRows,
    Pick<Loss, 'kind' | 'gamma' | 'smooth' | 'bceShare' | 'doubleSigmoid' | 'densityPenalty'> {
  readonly op: 'loss';
  /** Standard deviation of the logits. */
  readonly spread: number;
  readonly masks: 'none' | 'holes' | 'nothing';
  readonly gradient: boolean;
}
export interface SigmoidCase extends Common {
  readonly op: 'sigmoid';
  readonly rows: number;
  readonly width: number;
  readonly spread: number;
  readonly doubleSigmoid: boolean;
  readonly inPlace: boolean;
}
export interface LstmCase extends Common {
  readonly op: 'lstm' | 'lstmBackward';
  readonly batch: number;
  readonly steps: number;
  readonly width: number;
  readonly reverse: boolean;
  /** Columns of the output on either side of those that are written. */
  readonly beside: number;
  /** Whether rows are passed over, among them all of the first sequence. */
  readonly holes: boolean;
}
export interface AttentionPoolCase extends Common {
  readonly op: 'attentionPool' | 'attentionPoolBackward';
  readonly batch: number;
  readonly steps: number;
  readonly width: number;
  readonly keyWidth: number;
  /** Whether steps are left out, among them all of the first sequence. */
  readonly holes: boolean;
}
export interface UnitRowsCase extends Common {
  readonly op: 'unitRows' | 'unitRowsBackward';
  readonly rows: number;
  readonly width: number;
  readonly accumulate: boolean;
}
export interface CopyRowsCase extends Common {
  readonly op: 'copyRows';
  readonly rows: number;
  readonly width: number;
  readonly xStride: number;
  readonly outStride: number;
}
export interface ClassLossCase extends Common, Pick<ClassLoss, 'gamma' | 'scale' | 'margin' | 'share'> {
  readonly op: 'classLoss';
  readonly rows: number;
  readonly classes: number;
  /** Logits are normal with this deviation, but for a margin: then they are cosines. */
  readonly spread: number;
  readonly labels: 'all' | 'some' | 'none';
  readonly gradient: boolean;
}
/** Three optimiser steps on tensors of these sizes. */
export interface AdamWCase extends Common {
  readonly op: 'adamw';
  readonly sizes: readonly number[];
  readonly clip: number;
  readonly weightDecay: number;
  /** 0 = no mean is kept. */
  readonly meanDecay: number;
}

export type PlanCase =
  | MatMulCase
  | EmbeddingCase
  | UnpackCase
  | PositionsCase
  | RotaryCase
  | LayerNormCase
  | MatrixCase
  | ActivationCase
  | AttentionCase
  | DropoutCase
  | OwnHistoryCase
  | LossCase
  | SigmoidCase
  | LstmCase
  | AttentionPoolCase
  | UnitRowsCase
  | CopyRowsCase
  | ClassLossCase;
export type ConformanceCase = PlanCase | AdamWCase;
export type ConformanceOp = OpName | 'adamw';

/** One line of the report. */
export interface ConformanceRow {
  readonly op: ConformanceOp;
  /** The case in words: every field that is not a default. */
  readonly name: string;
  /** Largest |got - wanted| / max(|wanted|, root mean square of what is wanted) over all outputs. */
  readonly worst: number;
  readonly tolerance: number;
  readonly pass: boolean;
  /** Where the largest error is. */
  readonly at: {
    readonly tensor: string;
    readonly index: number;
    readonly got: number;
    readonly wanted: number;
  } | null;
  /** Message of an error thrown instead of a result. */
  readonly error: string | null;
}
