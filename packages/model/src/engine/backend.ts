// What a backend is: it owns parameters, compiles plans over them and replays them. Hosts choose one; nets never know which.
import type { OpCall, OptimiserStep, Tensor } from './ops.ts';

/** A parameter as a net declares it. Values are set through `ParameterSet.write`. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether AdamW's decoupled decay applies (weights yes; biases, gains, positions no). */
  readonly decay: boolean;
  /** Multiplies the learning rate of this tensor; 1 by default. 0 = frozen. */
  readonly learningRateScale: number;
}

/**
 * One mode at one shape: a fixed list of calls. `forward` fills outputs; `backward` follows it when training.
 * Inputs are written before a run, outputs read after it, by tensor.
 */
export interface Plan {
  readonly tensors: readonly Tensor[];
  /** tensors[i] for role `parameter` names the spec it aliases; role `gradient` likewise. */
  readonly parameterOf: ReadonlyMap<number, string>;
  readonly forward: readonly OpCall[];
  readonly backward: readonly OpCall[];
  /** Values of tensors of role `constant`, by id: the backend copies them in once, at compile. */
  readonly constants: ReadonlyMap<number, Float32Array | Uint32Array>;
  /** Activations that the caller reads after a run: their memory may not be reused before its end. */
  readonly outputs: readonly Tensor[];
}

/**
 * What a backend gives at once where the memory is the host's own, and later where a device has to answer. Everything that reads
 * awaits it. Reads that are asked for in one turn travel together.
 */
export type Eventually<T> = T | Promise<T>;

/** First and second moments of a parameter. */
export interface Moments {
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** Weights, gradients, optimiser moments and (where kept) a running mean of the weights, outside any plan, shared by several. */
export interface ParameterSet {
  readonly specs: readonly ParameterSpec[];
  read(name: string): Eventually<Float32Array>;
  readGradient(name: string): Eventually<Float32Array>;
  write(name: string, values: Float32Array): void;
  /** For checkpoints. */
  readMoments(name: string): Eventually<Moments>;
  writeMoments(name: string, m: Float32Array, v: Float32Array): void;
  /** Begins a running mean at the weights as they are; later optimiser steps update it (`OptimiserStep.meanDecay`). */
  keepMean(): void;
  readMean(name: string): Eventually<Float32Array>;
  writeMean(name: string, values: Float32Array): void;
  /** Exchanges weights and mean: predictions are made with the mean. A second call puts them back. */
  swapMean(): void;
  zeroGradients(): void;
  /** AdamW over all parameters, then the mean; returns the global gradient norm before clipping. */
  optimiserStep(settings: OptimiserStep): Eventually<number>;
  /** Frees their memory; plans over them may not run again. */
  dispose(): void;
}

export interface CompiledPlan {
  /** A view: write inputs into it before `run`. f32 or u32 by dtype. */
  input(tensor: Tensor): Float32Array | Uint32Array;
  /** What the last run left; the next one overwrites it. */
  output(tensor: Tensor): Eventually<Float32Array>;
  /** Replays the forward list, then (train) the backward list. `seed` and `step` key every dropout. */
  run(mode: 'forward' | 'train', key: { readonly seed: number; readonly step: number }): void;
  /** Bytes this plan holds beside the parameters. */
  readonly bytes: number;
  dispose(): void;
}

export interface Backend {
  readonly name: 'reference' | 'wasm' | 'webgpu';
  /** One line for `env.json` and reports: build, SIMD, threads. */
  readonly description: string;
  parameters(specs: readonly ParameterSpec[]): ParameterSet;
  compile(plan: Plan, parameters: ParameterSet): CompiledPlan;
  dispose(): void;
}
