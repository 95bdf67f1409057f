// Buffers that the host can map, kept by size and used again, so that reading a loss every step allocates nothing.

export class Readback {
  readonly #device: GPUDevice;
  readonly #free = new Map<number, GPUBuffer[]>();
  /** Buffers made so far. */
  count = 0;
  bytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A mappable buffer of at least `bytes`; sizes are powers of two from 256 on. */
  take(bytes: number): GPUBuffer {
    const size = 2 ** Math.max(8, Math.ceil(Math.log2(bytes)));
    const kept = this.#free.get(size)?.pop();
    if (kept !== undefined) return kept;
    this.count += 1;
    this.bytes += size;
    return this.#device.createBuffer({ label: 'readback', size, usage: 1 | 8 }); // MAP_READ | COPY_DST
  }

  /** Gives an unmapped buffer back. */
  give(buffer: GPUBuffer): void {
    const list = this.#free.get(buffer.size) ?? [];
    list.push(buffer);
    this.#free.set(buffer.size, list);
  }

  dispose(): void {
    for (const list of this.#free.values()) for (const buffer of list) buffer.destroy();
    this.#free.clear();
  }
}
