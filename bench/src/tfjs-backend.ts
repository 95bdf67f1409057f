// TensorFlow.js on one of its backends, the same way on every host, and what its device holds and refuses.
import * as tf from '@tensorflow/tfjs';
import { getThreadsCount, setThreadsCount } from '@tensorflow/tfjs-backend-wasm';

export type TfjsBackend = 'cpu' | 'wasm' | 'webgpu';

export interface StartedTfjs {
  readonly version: string;
  readonly threads: number;
}

/** Makes `backend` the one that computes, `wasm` on as many threads as asked for. @throws Error where it does not start here. */
export async function startTfjs(backend: TfjsBackend, threads = 1): Promise<StartedTfjs> {
  // Keeps the library's advice to install its native binding off the terminal.
  tf.env().set('IS_TEST', true);
  if (backend === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  if (backend === 'wasm') {
    // Both are heard once, when the backend starts. For one thread its build without threads is the faster.
    if (threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    else setThreadsCount(threads);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs backend ${backend} does not start here`);
  await tf.ready();
  if (backend !== 'wasm') return { version: tf.version.tfjs, threads: 1 };
  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true;
  const threaded = simd && (await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')) === true;
  return { version: `${tf.version.tfjs}${simd ? ', SIMD' : ''}`, threads: threaded ? getThreadsCount() : 1 };
}

/**
 * Hears what tfjs's device refuses: the library itself goes on with numbers that nothing computed. The answer is the first refusal
 * since the last call, or null. Call it with WebGPU as the backend.
 */
export function hearTfjsErrors(): () => string | null {
  let first: string | null = null;
  const { device } = tf.backend() as unknown as { readonly device: GPUDevice };
  device.addEventListener('uncapturederror', ({ error }) => {
    first ??= error.message;
    if (first === '') first = 'an error without words';
  });
  return () => {
    const heard = first;
    first = null;
    return heard;
  };
}

/** What tfjs holds on the device, buffers it keeps for later included. */
export function tfjsBytes(): number {
  const memory = tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU?: number };
  return memory.numBytesAllocatedInGPU ?? memory.numBytes;
}
