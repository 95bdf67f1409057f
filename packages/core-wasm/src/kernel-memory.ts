// Places blocks in the memory of the kernels: 64-byte aligned, first fit, grown on demand. Kept in TypeScript because
// nothing is placed while a program runs.
import { MEMORY_START } from './generated/opcodes.ts';

const ALIGNMENT = 64;
const PAGE = 65536;

/** Bytes of a block that was asked for with `bytes`. */
function padded(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}

/** A first-fit allocator over one WebAssembly memory. Addresses are byte offsets; every block is padded to 64 bytes. */
export class KernelMemory {
  readonly memory: WebAssembly.Memory;
  readonly #maximumBytes: number;
  /** Free gaps by start, and sizes of blocks in use by start. `#top` is where untouched memory begins. */
  readonly #gaps = new Map<number, number>();
  readonly #blocks = new Map<number, number>();
  #top = MEMORY_START;
  #floats: Float32Array = new Float32Array(0);
  #words: Uint32Array = new Uint32Array(0);

  constructor(memory: WebAssembly.Memory, maximumBytes: number) {
    this.memory = memory;
    this.#maximumBytes = maximumBytes;
  }

  /** Bytes the memory holds now (it never shrinks). */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Bytes in blocks that are in use. */
  get bytesInUse(): number {
    let sum = 0;
    for (const size of this.#blocks.values()) sum += size;
    return sum;
  }

  /** A zeroed block of at least `bytes`; its address is a multiple of 64. Throws RangeError when the memory is full. */
  allocate(bytes: number): number {
    const size = padded(bytes);
    for (const [start, gap] of this.#gaps) {
      if (gap < size) continue;
      this.#gaps.delete(start);
      if (gap > size) this.#gaps.set(start + size, gap - size);
      this.#blocks.set(start, size);
      this.floats(start, size / 4).fill(0);
      return start;
    }
    const start = this.#top;
    const end = start + size;
    if (end > this.#maximumBytes) {
      throw new RangeError(
        `kernel memory is full: ${bytes} bytes asked for, ${this.#maximumBytes - start} of ${this.#maximumBytes} left`,
      );
    }
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    this.#top = end;
    this.#blocks.set(start, size);
    return start;
  }

  /** Gives a block back and joins it with free neighbours. */
  free(address: number): void {
    const size = this.#blocks.get(address);
    if (size === undefined) throw new RangeError(`no block starts at ${address}`);
    this.#blocks.delete(address);
    let start = address;
    let end = address + size;
    for (const [gapStart, gapSize] of [...this.#gaps]) {
      if (gapStart + gapSize === start || gapStart === end) {
        this.#gaps.delete(gapStart);
        start = Math.min(start, gapStart);
        end = Math.max(end, gapStart + gapSize);
      }
    }
    this.#gaps.set(start, end - start);
  }

  /** A view of `length` floats at `address`. Shared memory: valid for ever. Unshared: until the memory grows. */
  floats(address: number, length: number): Float32Array {
    this.#refresh();
    return this.#floats.subarray(address / 4, address / 4 + length);
  }

  /** A view of `length` unsigned words at `address`; see `floats`. */
  words(address: number, length: number): Uint32Array {
    this.#refresh();
    return this.#words.subarray(address / 4, address / 4 + length);
  }

  /** Reads one float without making a view. */
  float(address: number): number {
    this.#refresh();
    return this.#floats[address / 4];
  }

  setFloat(address: number, value: number): void {
    this.#refresh();
    this.#floats[address / 4] = value;
  }

  setWord(address: number, value: number): void {
    this.#refresh();
    this.#words[address / 4] = value;
  }

  #refresh(): void {
    if (this.#floats.buffer === this.memory.buffer) return;
    this.#floats = new Float32Array(this.memory.buffer);
    this.#words = new Uint32Array(this.memory.buffer);
  }
}

/** Blocks that live and die together: a plan's, or those of one computation. */
export class Region {
  readonly #memory: KernelMemory;
  readonly #addresses: number[] = [];
  #bytes = 0;

  constructor(memory: KernelMemory) {
    this.#memory = memory;
  }

  /** Bytes of its blocks, padding included. */
  get bytes(): number {
    return this.#bytes;
  }

  allocate(bytes: number): number {
    const address = this.#memory.allocate(bytes);
    this.#addresses.push(address);
    this.#bytes += padded(bytes);
    return address;
  }

  /** Frees every block of this region; it may be used again afterwards. */
  release(): void {
    for (const address of this.#addresses) this.#memory.free(address);
    this.#addresses.length = 0;
    this.#bytes = 0;
  }
}
