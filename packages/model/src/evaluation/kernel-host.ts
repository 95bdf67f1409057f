// Matrix products of the floors on the CPU kernels: SIMD, and as many threads as the core was made with.
import type { KernelCore } from '@spikebridge/core-wasm';
import type { MatMulBlock, MatMulHost } from './linear-algebra.ts';

/** Blocks of kernel memory, with their addresses. */
interface KernelBlock extends MatMulBlock {
  readonly address: number;
}

function addressOf(block: MatMulBlock): number {
  return (block as KernelBlock).address;
}

/** A host over `core`; it frees only what it allocated itself. */
export function kernelMatMul(core: KernelCore): MatMulHost {
  const region = core.region();
  return {
    allocate: (length): KernelBlock => {
      const address = region.allocate(4 * length);
      return {
        length,
        address,
        get view() {
          return core.memory.floats(address, length);
        },
      };
    },
    matMul: (form, m, n, k, a, b, c, accumulate) => {
      core.matMul({ form, m, n, k, a: addressOf(a), b: addressOf(b), c: addressOf(c), accumulate });
    },
    release: () => region.release(),
  };
}
