// What plans run on: memory, pipelines and the queue of one GPUDevice. Commands gather until something is read, or until the host
// writes to what they use, so that a training step is one submit; errors of the device come out as `GpuError` at the next read.
import type { Dispatch, Slice } from '../kernel.ts';
import { GpuError } from './gpu-error.ts';
import { Pipelines } from './pipelines.ts';
import { Profiler, type Timing } from './profiler.ts';
import { Program } from './program.ts';
import { Readback } from './readback.ts';

/** What a runtime holds and has done. */
export interface GpuCounters {
  readonly buffers: number;
  readonly bytes: number;
  readonly submits: number;
  readonly dispatches: number;
  readonly pipelines: number;
}

interface Request {
  readonly slice: Slice;
  readonly resolve: (bytes: ArrayBuffer) => void;
  readonly reject: (error: unknown) => void;
}

/** STORAGE | COPY_SRC | COPY_DST: the constants are no globals in every host. */
const STORAGE = 128 | 4 | 8;
const UNIFORM = 64 | 8;

export class GpuRuntime {
  readonly device: GPUDevice;
  readonly #pipelines: Pipelines;
  readonly #readback: Readback;
  readonly #run: GPUBuffer;
  readonly #runWords = new Uint32Array(4);
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  /** Buffers that commands not yet submitted use. The host may write to any other at once: the queue keeps that order. */
  readonly #pending = new Set<GPUBuffer>();
  #requests: Request[] = [];
  #flushScheduled = false;
  #profiler: Profiler | null = null;
  #checks: Promise<void>[] = [];
  #error: GpuError | null = null;
  #buffers = 0;
  #bytes = 0;
  #submits = 0;
  #dispatches = 0;
  #disposed = false;

  constructor(device: GPUDevice) {
    this.device = device;
    this.#pipelines = new Pipelines(device);
    this.#readback = new Readback(device);
    this.#run = device.createBuffer({ label: 'run', size: 16, usage: UNIFORM });
    void device.lost.then(({ message, reason }) => {
      if (!this.#disposed)
        this.#fail(new GpuError('E_GPU_LOST', `the device was lost (${reason}): ${message}`));
    });
    device.addEventListener('uncapturederror', ({ error }) => this.#fail(asGpuError(error)));
  }

  get counters(): GpuCounters {
    return {
      buffers: this.#buffers + this.#readback.count,
      bytes: this.#bytes + this.#readback.bytes,
      submits: this.#submits,
      dispatches: this.#dispatches,
      pipelines: this.#pipelines.count,
    };
  }

  /**
   * A buffer of its own, zeroed. @throws GpuError E_GPU_LIMIT where the device allows no buffer of that size; a device that is out
   * of memory says so at the next read.
   */
  allocate(bytes: number, label: string): Slice {
    const { maxBufferSize } = this.device.limits;
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    if (size > maxBufferSize)
      throw new GpuError(
        'E_GPU_LIMIT',
        `${label} holds ${size} bytes, the device's buffers ${maxBufferSize}`,
      );
    const buffer = this.#checked(() => this.device.createBuffer({ label, size, usage: STORAGE }));
    this.#buffers += 1;
    this.#bytes += size;
    return { buffer, offset: 0, size };
  }

  /** Frees what `allocate` gave. */
  free({ buffer }: Slice): void {
    this.flush();
    this.#buffers -= 1;
    this.#bytes -= buffer.size;
    buffer.destroy();
  }

  /**
   * Compiles what is not compiled yet, and binds. @throws GpuError E_GPU_LIMIT for a binding larger than the device allows; a shader
   * that does not compile says so at the next read.
   */
  program(dispatches: readonly Dispatch[]): Program {
    const { maxStorageBufferBindingSize: most } = this.device.limits;
    for (const { label, storage } of dispatches)
      for (const [name, { size }] of Object.entries(storage))
        if (size > most)
          throw new GpuError('E_GPU_LIMIT', `${label}: ${name} holds ${size} bytes, one binding ${most}`);
    const program = this.#checked(() => new Program(this.device, this.#pipelines, dispatches, this.#run));
    this.#buffers += 1;
    this.#bytes += program.bytes;
    return program;
  }

  release(program: Program): void {
    this.flush();
    this.#buffers -= 1;
    this.#bytes -= program.bytes;
    program.dispose();
  }

  /** The key of every random number of what is encoded from here on. */
  key({ seed, step }: { readonly seed: number; readonly step: number }): void {
    if (this.#runWords[0] === seed >>> 0 && this.#runWords[1] === step >>> 0) return;
    this.#runWords[0] = seed;
    this.#runWords[1] = step;
    this.#send(this.#run, 0, this.#runWords);
  }

  /**
   * Host to device, in order with what was encoded before. It submits what is pending only where that uses the same buffer, so small
   * values of each step (inputs, settings) belong in buffers that are written before they are used.
   */
  write(slice: Slice, values: Float32Array | Uint32Array, offset = 0): void {
    this.#send(slice.buffer, slice.offset + offset, values);
  }

  /** Zeros, in order. */
  clear({ buffer, offset, size }: Slice): void {
    this.#pending.add(buffer);
    this.#commands().clearBuffer(buffer, offset, size);
  }

  /** Device to device, in order. */
  copy(from: Slice, to: Slice): void {
    this.#pending.add(from.buffer).add(to.buffer);
    this.#commands().copyBufferToBuffer(
      from.buffer,
      from.offset,
      to.buffer,
      to.offset,
      Math.min(from.size, to.size),
    );
  }

  /** Adds dispatches [start, stop) of a program to what is pending. */
  encode(program: Program, start = 0, stop = program.dispatches.length): void {
    this.#dispatches += stop - start;
    for (const buffer of program.buffers) this.#pending.add(buffer);
    if (this.#profiler !== null) {
      this.#endPass();
      const encoder = this.#commandEncoder();
      for (let i = start; i < stop; i++) {
        const pass = encoder.beginComputePass(this.#profiler.pass(program.dispatches[i]));
        program.encode(pass, i, i + 1);
        pass.end();
      }
      return;
    }
    this.#pass ??= this.#commandEncoder().beginComputePass();
    program.encode(this.#pass, start, stop);
  }

  /**
   * The bytes of a slice once everything encoded in this turn has run. Reads asked for in one turn travel together, with what is
   * encoded between them: a training step, its loss and its gradient norm are one submit.
   */
  read(slice: Slice): Promise<ArrayBuffer> {
    return new Promise((resolve, reject) => {
      this.#requests.push({ slice, resolve, reject });
      if (this.#flushScheduled) return;
      this.#flushScheduled = true;
      void Promise.resolve().then(() => {
        this.#flushScheduled = false;
        return this.#answer(this.#requests.splice(0));
      });
    });
  }

  async floats(slice: Slice): Promise<Float32Array> {
    return new Float32Array(await this.read(slice));
  }

  /** Submits what is pending. */
  flush(): void {
    this.#endPass();
    if (this.#encoder === null) return;
    const commands = this.#encoder.finish();
    this.#encoder = null;
    this.#pending.clear();
    this.device.queue.submit([commands]);
    this.#submits += 1;
  }

  /** Times every dispatch that `work` encodes, with the device's own clock. @throws GpuError E_GPU_LIMIT without timestamps. */
  async profile(work: () => void | Promise<void>, most: number): Promise<readonly Timing[]> {
    if (!this.device.features.has('timestamp-query'))
      throw new GpuError('E_GPU_LIMIT', 'the device has no timestamp queries: it cannot be profiled');
    this.flush();
    const profiler = new Profiler(this.device, most);
    this.#profiler = profiler;
    try {
      await work();
      this.#endPass();
      profiler.resolve(this.#commandEncoder());
      this.flush();
      return await profiler.timings();
    } finally {
      this.#profiler = null;
      profiler.dispose();
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.flush();
    this.#readback.dispose();
    this.#run.destroy();
  }

  #send(buffer: GPUBuffer, offset: number, values: Float32Array | Uint32Array): void {
    if (this.#pending.has(buffer)) this.flush();
    this.device.queue.writeBuffer(buffer, offset, values.buffer, values.byteOffset, values.byteLength);
  }

  /** Runs a step that makes GPU objects and keeps what the device says of it for the next read. */
  #checked<T>(make: () => T): T {
    this.device.pushErrorScope('validation');
    this.device.pushErrorScope('out-of-memory');
    try {
      return make();
    } finally {
      for (let scope = 0; scope < 2; scope++) {
        this.#checks.push(
          this.device.popErrorScope().then(
            (error) => {
              if (error !== null) this.#fail(asGpuError(error));
            },
            () => undefined, // a lost device tells through `lost`
          ),
        );
      }
    }
  }

  async #answer(requests: readonly Request[]): Promise<void> {
    if (requests.length === 0) return;
    const offsets: number[] = [];
    let bytes = 0;
    for (const { slice } of requests) {
      offsets.push(bytes);
      bytes += Math.ceil(slice.size / 8) * 8;
    }
    try {
      const buffer = this.#readback.take(bytes);
      const commands = this.#commands();
      requests.forEach(({ slice }, i) => {
        commands.copyBufferToBuffer(slice.buffer, slice.offset, buffer, offsets[i], slice.size);
      });
      this.flush();
      await buffer.mapAsync(1, 0, bytes); // READ
      const mapped = buffer.getMappedRange(0, bytes);
      const copies = requests.map(({ slice }, i) => mapped.slice(offsets[i], offsets[i] + slice.size));
      buffer.unmap();
      this.#readback.give(buffer);
      await this.#settled();
      requests.forEach(({ resolve }, i) => resolve(copies[i]));
    } catch (error) {
      // What the device said earlier is nearer to the cause than a buffer that could not be mapped.
      await this.#settled().catch(() => undefined);
      const cause = this.#error ?? new GpuError('E_GPU_LOST', `the device did not answer: ${String(error)}`);
      for (const { reject } of requests) reject(cause);
    }
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#checks.splice(0));
    if (this.#error !== null) throw this.#error;
  }

  #fail(error: GpuError): void {
    // A lost device explains everything else that fails after it.
    if (this.#error === null || error.code === 'E_GPU_LOST') this.#error = error;
  }

  #commandEncoder(): GPUCommandEncoder {
    this.#encoder ??= this.device.createCommandEncoder();
    return this.#encoder;
  }

  /** The encoder outside any pass, for copies. */
  #commands(): GPUCommandEncoder {
    this.#endPass();
    return this.#commandEncoder();
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }
}

function asGpuError(error: GPUError): GpuError {
  const memory = error.constructor.name === 'GPUOutOfMemoryError';
  return new GpuError(memory ? 'E_GPU_MEMORY' : 'E_GPU_VALIDATION', error.message);
}
