// Loader of the spike core: the module is compiled once, every caller gets an instance (and so a memory) of its own, which
// is freed with it. Apart because binner, ranking and histograms share it.
import { decodeBase64 } from './base64.ts';
import { spikes } from './generated/spikes.ts';

/** Error of the spike core. `code` is stable: `E_BIN_*`, `E_RANK_*`. */
export class SpikeCoreError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SpikeCoreError';
    this.code = code;
  }
}

/** Calls of assembly/spikes/index.ts. Pointers are byte offsets, i64 are bigint. */
export interface SpikeExports {
  readonly memory: WebAssembly.Memory;
  version(): number;
  heapBase(): number;
  binConfigure(
    p: bigint,
    q: bigint,
    multiplier: bigint,
    shift: bigint,
    startTick: bigint,
    stopTick: bigint,
    firstBin: bigint,
    units: number,
    rowBytes: number,
    layout: number,
    output: number,
    ticksPerSecond: number,
  ): void;
  readonly binTicksU32: (times: number, units: number, unitStep: number, n: number) => void;
  readonly binTicksI64: (times: number, units: number, unitStep: number, n: number) => void;
  readonly binTicksF64: (times: number, units: number, unitStep: number, n: number) => void;
  readonly binSeconds: (times: number, units: number, unitStep: number, n: number) => void;
  binBefore(): number;
  binAfter(): number;
  binMerged(): number;
  binSaturated(): number;
  binBadUnits(): number;
  binBadTimes(): number;
  rankIngest(
    scores: number,
    labels: number,
    labelRow: number,
    packed: number,
    rows: number,
    rowUnits: number,
    columns: number,
    kept: number,
    keys: number,
    capacity: number,
    at: number,
  ): void;
  rankBadScores(): number;
  rankSort(keys: number, spare: number, n: number, counts: number): void;
  rankScan(keys: number, n: number): void;
  rankRocAuc(): number;
  rankAveragePrecision(): number;
  rankMaxF1(): number;
  rankMaxF1Key(): number;
  rankPositives(): number;
  histogramIngest(
    scores: number,
    labels: number,
    labelRow: number,
    packed: number,
    rows: number,
    rowUnits: number,
    columns: number,
    kept: number,
    shift: number,
    lowest: number,
    histogram: number,
  ): number;
}

const VERSION = 2;
const PAGE = 65536;
/** wasm32 addresses 4 GiB; the last page stays unused so that no end pointer wraps to 0. */
const LARGEST = 65535 * PAGE;

let compiled: WebAssembly.Module | undefined;

/** One instance of the spike core with an arena over its memory. */
export class SpikeCore {
  readonly calls: SpikeExports;
  private top: number;

  /** @param bytes another build of the same core (the debug one, in tests); the embedded release build by default. */
  constructor(bytes?: Uint8Array<ArrayBuffer>) {
    compiled ??= new WebAssembly.Module(decodeBase64(spikes));
    const module = bytes === undefined ? compiled : new WebAssembly.Module(bytes);
    const abort = (): never => {
      throw new SpikeCoreError('E_SPIKE_CORE', 'the spike core stopped at an assertion');
    };
    const instance = new WebAssembly.Instance(module, { env: { abort } });
    this.calls = instance.exports as unknown as SpikeExports;
    if (this.calls.version() !== VERSION) {
      throw new SpikeCoreError(
        'E_SPIKE_CORE',
        `the embedded spike core is version ${this.calls.version()}, the loader expects ${VERSION}: build core-wasm again`,
      );
    }
    this.top = this.calls.heapBase();
  }

  /**
   * Reserves `bytes` zeroed bytes, 64-byte aligned, and returns their offset. Memory may move: take views afterwards.
   * @throws SpikeCoreError E_SPIKE_MEMORY past 4 GiB or where the host refuses.
   */
  reserve(bytes: number): number {
    const at = Math.ceil(this.top / 64) * 64;
    const end = at + bytes;
    const have = this.calls.memory.buffer.byteLength;
    if (end > LARGEST) {
      throw new SpikeCoreError(
        'E_SPIKE_MEMORY',
        `${(end / 2 ** 30).toFixed(2)} GiB asked for; one WebAssembly memory holds 4 GiB: take fewer bins or units at a time`,
      );
    }
    if (end > have) {
      try {
        this.calls.memory.grow(Math.ceil((end - have) / PAGE));
      } catch {
        throw new SpikeCoreError(
          'E_SPIKE_MEMORY',
          `the host refused ${(end / 2 ** 20).toFixed(0)} MiB of memory: take fewer bins or units at a time`,
        );
      }
    }
    this.top = end;
    return at;
  }

  get buffer(): ArrayBuffer {
    return this.calls.memory.buffer;
  }
}
