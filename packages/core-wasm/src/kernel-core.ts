// The loader and owner of the CPU kernels: one memory, one instance a thread, programs replayed on all of them.
import {
  CONTROL_EPOCH,
  CONTROL_SCRATCH,
  CONTROL_STOP,
  CONTROL_THREADS,
  MAP_EXP,
  MAP_LOG,
  MAP_LOG1P,
  MAP_SIGMOID,
  MAP_TANH,
  OP_MAP,
} from './generated/opcodes.ts';
import { compileKernels, hasRelaxedSimd, hasSharedMemory } from './kernel-build.ts';
import type { KernelBuild } from './kernel-build.ts';
import {
  addLogisticGrid,
  addLogisticRows,
  logisticGridFloats,
  logisticGridRecord,
  logisticRowsFloats,
  logisticRowsRecord,
} from './kernel-logistic.ts';
import type {
  LogisticGridCall,
  LogisticGridSums,
  LogisticRowsCall,
  LogisticRowsSums,
} from './kernel-logistic.ts';
import { matMulPartials, matMulRecords } from './kernel-matmul.ts';
import type { MatMulCall } from './kernel-matmul.ts';
import { KernelMemory, Region } from './kernel-memory.ts';
import { programBytes, writeRecords } from './kernel-program.ts';
import type { KernelRecord } from './kernel-program.ts';
import { traceRowsRecord } from './kernel-traces.ts';
import type { TraceRowsCall } from './kernel-traces.ts';
import { columnMomentsRecord, standardiseRecord, trainRowsRecord } from './kernel-train-rows.ts';
import type { ColumnsCall, TrainRowsCall } from './kernel-train-rows.ts';
import { workerSource } from './kernel-threads.ts';
import type { SpawnThread, ThreadPort } from './kernel-threads.ts';

const PAGE = 65536;
const MAXIMUM_PAGES = 49152;
const MAXIMUM_THREADS = 64;

export interface KernelOptions {
  /** Threads that share the work, the caller included; 1 by default. More than 1 needs `spawn` and SharedArrayBuffer. */
  readonly threads?: number;
  /** Starts a thread: `nodeThreads(Worker)` in Node, `webThreads()` in Deno and browsers. */
  readonly spawn?: SpawnThread;
  /** True: the plain SIMD build, bit-for-bit the same on every host. */
  readonly deterministic?: boolean;
  /** Overrides the choice of build, for tests: a compiled module that exports `run` and `work`. */
  readonly module?: WebAssembly.Module;
}

/** A program placed in kernel memory. */
export interface Program {
  readonly address: number;
  readonly count: number;
}

const MAPS = { exp: MAP_EXP, log1p: MAP_LOG1P, sigmoid: MAP_SIGMOID, tanh: MAP_TANH, log: MAP_LOG } as const;

/**
 * CPU kernels over one memory. Allocate blocks in `memory`, fill them through views, and run programs or the direct
 * calls (`matMul`, `map`) over their addresses. Synchronous; the calling thread works too. Dispose it to end its threads.
 */
export class KernelCore {
  readonly memory: KernelMemory;
  readonly build: KernelBuild;
  readonly threads: number;
  readonly #run: (program: number, count: number) => void;
  readonly #ports: readonly ThreadPort[];
  #scratchBytes = 0;
  #scratch: number[] = [];
  /** Where direct calls put their few records and partial sums; grown when a call needs more. */
  #direct = 0;
  #partials = 0;
  #partialFloats = 0;

  private constructor(
    memory: KernelMemory,
    build: KernelBuild,
    run: (program: number, count: number) => void,
    ports: readonly ThreadPort[],
  ) {
    this.memory = memory;
    this.build = build;
    this.#run = run;
    this.#ports = ports;
    this.threads = ports.length + 1;
  }

  /** Compiles the kernels and starts the threads. Falls back to one thread where memory cannot be shared. */
  static async create(options: KernelOptions = {}): Promise<KernelCore> {
    const build = options.deterministic === true || !hasRelaxedSimd() ? 'plain' : 'relaxed';
    const shared = hasSharedMemory();
    const module = options.module ?? (await compileKernels(build, shared));
    const memory = new WebAssembly.Memory({ initial: 16, maximum: MAXIMUM_PAGES, shared });
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    const wanted = Math.max(1, Math.min(MAXIMUM_THREADS, Math.floor(options.threads ?? 1)));
    const ports: ThreadPort[] = [];
    const { spawn } = options;
    if (spawn !== undefined && shared) {
      for (let index = 1; index < wanted; index++) ports.push(spawn(workerSource));
    }
    try {
      await Promise.all(
        ports.map(
          (port, i) =>
            new Promise<void>((resolve, reject) => {
              port.onMessage((message) => {
                if (message === 'ready') resolve();
                else reject(new Error(`a kernel thread did not start: ${String(message)}`));
              });
              port.post({ module, memory, index: i + 1 });
            }),
        ),
      );
    } catch (error) {
      for (const port of ports) port.terminate();
      throw error;
    }
    const run = instance.exports['run'];
    if (typeof run !== 'function') throw new Error('the kernel module exports no run');
    const core = new KernelCore(
      new KernelMemory(memory, MAXIMUM_PAGES * PAGE),
      build,
      run as (program: number, count: number) => void,
      ports,
    );
    core.memory.setWord(CONTROL_THREADS, core.threads);
    return core;
  }

  /** One line for logs: build, SIMD and threads. */
  get description(): string {
    return `${this.build} SIMD, ${this.threads} thread${this.threads === 1 ? '' : 's'}`;
  }

  /** A set of blocks that are freed together. */
  region(): Region {
    return new Region(this.memory);
  }

  /** Places a program in `region` and makes sure that each thread's scratch suffices. */
  place(records: readonly KernelRecord[], region: Region): Program {
    const address = region.allocate(programBytes(records.length));
    this.#write(records, address);
    return { address, count: records.length };
  }

  /** Replays a program on all threads; returns when it is done. */
  run(program: Program): void {
    this.#run(program.address, program.count);
  }

  /** c = a b (or c += a b) at once, over addresses; see `MatMulCall`. */
  matMul(call: MatMulCall): void {
    this.#runDirect(matMulRecords(call, this.#room(matMulPartials(call))));
  }

  /** One pass of a logistic regression over rows: adds loss, curvature and gradient to `sums`. */
  logisticRows(call: LogisticRowsCall, sums: LogisticRowsSums): void {
    const room = this.#room(logisticRowsFloats(call));
    this.#runDirect([logisticRowsRecord(call, room)]);
    addLogisticRows(call, this.memory, room, sums);
  }

  /** One pass of many logistic regressions whose logits are known: `z` becomes p - y, and `sums` grow. */
  logisticGrid(call: LogisticGridCall, sums: LogisticGridSums): void {
    const room = this.#room(logisticGridFloats(call));
    this.#runDirect([logisticGridRecord(call, room)]);
    addLogisticGrid(call, this.memory, room, sums);
  }

  /** Lags and traces of many units before each of many bins. */
  traceRows(call: TraceRowsCall): void {
    this.#runDirect([traceRowsRecord(call)]);
  }

  /** Lags, traces and log traces of one spike train before each of many bins, a row each. */
  trainRows(call: TrainRowsCall): void {
    this.#runDirect([trainRowsRecord(call)]);
  }

  /** Sums and sums of squares of columns, float32: (2, width), valid until the next call of anything. */
  columnMoments(call: ColumnsCall): Float32Array {
    const room = this.#room(2 * call.width);
    this.#runDirect([columnMomentsRecord(call, room)]);
    return this.memory.floats(room, 2 * call.width);
  }

  /** x = (x - mean) / scale in place; `by` (2, width) holds the means, then 1 / scale. */
  standardise(call: ColumnsCall, by: number): void {
    this.#runDirect([standardiseRecord(call, by)]);
  }

  /** out[i] = f(x[i]) for `length` floats; in place allowed. Both blocks are padded to whole vectors by `allocate`. */
  map(f: keyof typeof MAPS, x: number, out: number, length: number): void {
    this.#runDirect([{ opcode: OP_MAP, ints: [out, length, x, MAPS[f]] }]);
  }

  /** Runs a few records once, outside any program. */
  runOnce(records: readonly KernelRecord[]): void {
    this.#runDirect(records);
  }

  /** Ends the threads. The memory stays readable. */
  dispose(): void {
    if (this.#ports.length === 0) return;
    this.memory.setWord(CONTROL_STOP, 1);
    const epoch = new Int32Array(this.memory.memory.buffer, CONTROL_EPOCH, 1);
    Atomics.add(epoch, 0, 1);
    Atomics.notify(epoch, 0);
    for (const port of this.#ports) port.terminate();
  }

  /** Address of at least `floats` floats for partial sums of a direct call. */
  #room(floats: number): number {
    if (floats > this.#partialFloats) {
      if (this.#partials !== 0) this.memory.free(this.#partials);
      this.#partials = this.memory.allocate(4 * floats);
      this.#partialFloats = floats;
    }
    return this.#partials;
  }

  #runDirect(records: readonly KernelRecord[]): void {
    const most = 8;
    if (records.length > most) throw new RangeError(`at most ${most} records at once, got ${records.length}`);
    if (this.#direct === 0) this.#direct = this.memory.allocate(programBytes(most));
    this.#write(records, this.#direct);
    this.#run(this.#direct, records.length);
  }

  #write(records: readonly KernelRecord[], address: number): void {
    let scratch = 256;
    for (const record of records) scratch = Math.max(scratch, record.scratch ?? 0);
    if (scratch > this.#scratchBytes) {
      for (const block of this.#scratch) this.memory.free(block);
      this.#scratch = [];
      for (let i = 0; i < this.threads; i++) {
        const block = this.memory.allocate(scratch);
        this.#scratch.push(block);
        this.memory.setWord(CONTROL_SCRATCH + 4 * i, block);
      }
      this.#scratchBytes = scratch;
    }
    const length = programBytes(records.length) / 4;
    writeRecords(records, this.memory.words(address, length), this.memory.floats(address, length));
  }
}
