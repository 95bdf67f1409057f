// Causal attention alone, forward and backward, at lengths where a stored score matrix no longer fits: ours streams, tfjs stores.
import * as tf from '@tensorflow/tfjs';
import { PlanBuilder, type WebGpuBackend } from '@spikebridge/model';

export const HEADS = 16;
export const HEAD_WIDTH = 8;
const WIDTH = HEADS * HEAD_WIDTH;

export interface AttentionRun {
  /** One forward and backward pass, to its end. */
  run(): Promise<void>;
  /** Bytes on the device at the largest. */
  bytes(): number;
  dispose(): void;
}

export function ourAttention(backend: WebGpuBackend, bins: number): AttentionRun {
  const builder = new PlanBuilder([], { training: true });
  const qkv = builder.input('qkv', [bins, 3 * WIDTH]);
  const dOut = builder.input('dOut', [bins, WIDTH]);
  const forward = {
    op: 'attention',
    qkv,
    out: builder.activation('out', [bins, WIDTH]),
    logSumExp: builder.activation('logSumExp', [1, HEADS, bins]),
    batch: 1,
    bins,
    heads: HEADS,
    window: 0,
    scale: 1 / Math.sqrt(HEAD_WIDTH),
    causal: true,
    dropout: 0,
    stream: 0,
  } as const;
  builder.append(forward);
  const delta = builder.activation('delta', [1, HEADS, bins]);
  const dQkv = builder.output(builder.activation('dQkv', [bins, 3 * WIDTH]));
  builder.append({ op: 'attentionBackward', forward, dOut, delta, dQkv });
  const probe = builder.output(builder.activation('probe', [1]));
  builder.append({ op: 'fill', out: probe, value: 1 });
  const parameters = backend.parameters([]);
  const compiled = backend.compile(builder.build(), parameters);
  for (const tensor of [qkv, dOut]) fillWaves(compiled.input(tensor) as Float32Array);
  return {
    run: async () => {
      compiled.run('forward', { seed: 1, step: 1 });
      await compiled.output(probe);
    },
    bytes: () => backend.runtime.counters.bytes,
    dispose: () => {
      compiled.dispose();
      parameters.dispose();
    },
  };
}

/** The same in core ops of tfjs, whose gradient keeps the (heads, bins, bins) matrix. */
export function tfjsAttention(bins: number): AttentionRun {
  const values = fillWaves(new Float32Array(HEADS * bins * HEAD_WIDTH));
  const make = () => tf.variable(tf.tensor3d(values, [HEADS, bins, HEAD_WIDTH]));
  const [query, key, value] = [make(), make(), make()];
  const mask = tf.tidy(() =>
    tf.linalg
      .bandPart(tf.ones([bins, bins]), -1, 0)
      .sub(1)
      .mul(1e9),
  );
  let most = 0;
  const loss = (): tf.Scalar => {
    const scores = tf.matMul(query.mul(1 / Math.sqrt(HEAD_WIDTH)), key, false, true).add(mask);
    return tf.sum(tf.matMul(tf.softmax(scores), value));
  };
  return {
    run: async () => {
      const { value: sum, grads } = tf.variableGrads(loss, [query, key, value]);
      await sum.data();
      for (const gradient of Object.values(grads)) await gradient.data();
      most = Math.max(most, gpuBytes());
      tf.dispose([sum, grads]);
    },
    bytes: () => most,
    dispose: () => tf.dispose([query, key, value, mask]),
  };
}

/**
 * Hears what tfjs's device refuses: the library itself goes on with numbers that nothing computed. The answer is the first refusal
 * since the last call, or null.
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
export function gpuBytes(): number {
  const memory = tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU?: number };
  return memory.numBytesAllocatedInGPU ?? memory.numBytes;
}

function fillWaves(values: Float32Array): Float32Array {
  for (let i = 0; i < values.length; i++) values[i] = Math.sin(0.37 * i) * 0.5;
  return values;
}
