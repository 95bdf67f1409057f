// The heavy passes of the floors on the CPU kernels: SIMD, and as many threads as the core was made with.
import type { KernelCore } from '@spikebridge/core-wasm';
import type { DenseBlock, DenseHost } from './dense-host.ts';

/** Blocks of kernel memory, with their addresses. */
interface KernelBlock extends DenseBlock {
  readonly address: number;
}

function addressOf(block: DenseBlock): number {
  return (block as KernelBlock).address;
}

/** A host over `core`; it frees only what it allocated itself. */
export function kernelHost(core: KernelCore): DenseHost {
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
    logisticRows: (rows, width, x, y, weights, root, sums) => {
      const call = { rows, width, x: addressOf(x), y: addressOf(y), weights: addressOf(weights) };
      if (root === null) core.logisticRows(call, sums);
      else
        core.logisticRows({ ...call, root: { address: addressOf(root.block), stride: root.stride } }, sums);
    },
    logisticGrid: (rows, columns, z, y, sums) => {
      core.logisticGrid({ rows, columns, z: addressOf(z), y: addressOf(y) }, sums);
    },
    traceRows: (rows, units, lags, decays, spikes, state, out) => {
      const call = {
        ...{ rows, units, lags, traces: decays.length, decays: addressOf(decays) },
        ...{ spikes: addressOf(spikes), state: addressOf(state) },
      };
      core.traceRows(out === null ? call : { ...call, out: addressOf(out) });
    },
    trainRows: (rows, width, counts, decays, spikes, state, out) => {
      const call = {
        ...{ rows, width, ...counts, decays: addressOf(decays) },
        ...{ spikes: addressOf(spikes), state: addressOf(state) },
      };
      core.trainRows(out === null ? call : { ...call, out: addressOf(out) });
    },
    columnMoments: (rows, width, x, sums, squares) => {
      const moments = core.columnMoments({ rows, width, x: addressOf(x) });
      for (let j = 0; j < width; j++) {
        sums[j] += moments[j];
        squares[j] += moments[width + j];
      }
    },
    standardise: (rows, width, x, by) => {
      core.standardise({ rows, width, x: addressOf(x) }, addressOf(by));
    },
    release: () => region.release(),
  };
}
