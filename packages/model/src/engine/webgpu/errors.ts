// Errors of the device in the project's own form.
import { GpuError, type GpuErrorCode } from '@spikebridge/kernels-wgsl';
import { SpikebridgeError } from '../../errors.ts';

const FIXES: Readonly<Record<GpuErrorCode, string>> = {
  E_GPU_LOST: 'train on with --resume: the last checkpoint is whole',
  E_GPU_MEMORY: 'lower training.batch or training.context, or use --device wasm',
  E_GPU_LIMIT: 'lower training.batch or training.context, or use --device wasm',
  E_GPU_VALIDATION: 'run `spikebridge doctor` and report what it prints; --device wasm does without the GPU',
};

/** The error as callers know errors; anything else as it is. */
export function asSpikebridgeError(error: unknown): unknown {
  if (!(error instanceof GpuError)) return error;
  return new SpikebridgeError(error.code, error.message, { where: 'device webgpu', fix: FIXES[error.code] });
}

/** Runs `work` and turns errors of the device into the project's own. */
export async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asSpikebridgeError(error);
  }
}

/** The same for what answers at once. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asSpikebridgeError(error);
  }
}
