// What goes into a training run and what comes out of it, as hosts see it.
import type { Backend } from '../engine/backend.ts';
import type { SpikeNet } from '../nets/types.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import type { TrainingState } from './checkpoint.ts';
import type { HostClock } from './clock.ts';
import type { RunFolder } from './run-folder.ts';
import type { TrainingTask } from './task.ts';
import type { ValidationScore } from './validation.ts';

/** What a run learns from: one raster and its chronological parts. */
export interface TrainingData {
  readonly raster: Raster;
  readonly train: readonly BinSpan[];
  /** Empty: nothing is evaluated, and the last step is the result. */
  readonly validation: readonly BinSpan[];
  /** Units that count, bit-packed (wordsPerBin); all when left out. */
  readonly unitMask?: Uint32Array;
}

export interface TrainingProgress {
  /** Steps done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  /** Of the latest step. */
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** The latest evaluation on source validation, if there was one in this process. */
  readonly validation: ValidationScore | null;
  readonly bestStep: number | null;
  readonly binsPerSecond: number;
  readonly secondsLeft: number;
}

export type TrainingStatus = 'finished' | 'early-stop' | 'interrupted';

export interface TrainingResult {
  readonly status: TrainingStatus;
  readonly step: number;
  readonly steps: number;
  /** Model selection's choice; null when nothing was evaluated. */
  readonly best: TrainingState['best'];
  /** Folder of the newest checkpoint, relative to the run. */
  readonly checkpoint: string;
}

export type TrainerOptions = TrainerHost & (WindowLearning | { readonly task: TrainingTask });

/** Windows of one raster, and the configuration's transformer over its units. */
interface WindowLearning {
  readonly task?: undefined;
  readonly data: TrainingData;
  /** Another net than the configuration's: only tests of the leak guards want one. */
  readonly net?: SpikeNet;
}

interface TrainerHost {
  readonly folder: RunFolder;
  readonly backend: Backend;
  /** Aborted = write a checkpoint and stop. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  readonly clock?: HostClock;
}
