// Times of dispatches by the device's own clock: one pass a dispatch, a timestamp before and after.
import type { Dispatch } from '../kernel.ts';

export interface Timing {
  readonly label: string;
  readonly kernel: string;
  /** On the device's clock, nanoseconds. */
  readonly start: number;
  readonly nanoseconds: number;
  readonly flops: number;
  readonly bytes: number;
}

export class Profiler {
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #mappable: GPUBuffer;
  readonly #dispatches: Dispatch[] = [];

  /** @param most dispatches that can be timed; a query set holds 4,096 timestamps at most */
  constructor(device: GPUDevice, most: number) {
    const count = Math.min(4096, 2 * most);
    this.#queries = device.createQuerySet({ type: 'timestamp', count });
    this.#resolved = device.createBuffer({ size: 8 * count, usage: 512 | 4 }); // QUERY_RESOLVE | COPY_SRC
    this.#mappable = device.createBuffer({ size: 8 * count, usage: 1 | 8 }); // MAP_READ | COPY_DST
  }

  /** The descriptor of the pass that holds one dispatch alone. */
  pass(dispatch: Dispatch): GPUComputePassDescriptor {
    const first = 2 * this.#dispatches.length;
    if (first + 1 >= this.#queries.count) return {};
    this.#dispatches.push(dispatch);
    return {
      label: dispatch.label,
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: first,
        endOfPassWriteIndex: first + 1,
      },
    };
  }

  /** To be encoded after the last pass. */
  resolve(encoder: GPUCommandEncoder): void {
    const count = 2 * this.#dispatches.length;
    if (count === 0) return;
    encoder.resolveQuerySet(this.#queries, 0, count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#mappable, 0, 8 * count);
  }

  async timings(): Promise<readonly Timing[]> {
    if (this.#dispatches.length === 0) return [];
    await this.#mappable.mapAsync(1); // READ
    const ticks = new BigUint64Array(this.#mappable.getMappedRange());
    const zero = ticks[0];
    const timings = this.#dispatches.map(({ label, kernel, flops, bytes }, i) => {
      const start = Number(ticks[2 * i] - zero);
      const stop = Number(ticks[2 * i + 1] - zero);
      return { label, kernel: kernel.name, start, nanoseconds: Math.max(0, stop - start), flops, bytes };
    });
    this.#mappable.unmap();
    return timings;
  }

  dispose(): void {
    this.#queries.destroy();
    this.#resolved.destroy();
    this.#mappable.destroy();
  }
}
