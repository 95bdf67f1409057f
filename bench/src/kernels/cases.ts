// The kernels of a training step, as rows against tfjs.
import { attentionCase } from './attention.ts';
import { bitEmbeddingCase } from './bit-embedding.ts';
import type { KernelCase } from './contender.ts';
import { lossCase } from './losses.ts';
import { optimiserCase } from './optimiser.ts';
import { productCase } from './products.ts';

export const KERNELS = ['attention', 'matMul', 'losses', 'bit embedding', 'optimiser'] as const;
export type KernelName = (typeof KERNELS)[number];

/** `quick`: shapes that tfjs's plain JavaScript takes no time for. The largest shapes come last: a peer may not survive them. */
export function kernelCases(name: KernelName, quick: boolean): readonly KernelCase[] {
  const rows = quick ? 256 : 4096;
  switch (name) {
    case 'attention':
      return (quick ? [64] : [1000, 2000]).flatMap((bins) => [
        attentionCase(bins, 'forward'),
        attentionCase(bins, 'forward and backward'),
      ]);
    case 'matMul':
      return quick
        ? [productCase({ form: 'nn', m: 256, n: 384, k: 128 })]
        : [
            productCase({ form: 'nn', m: 4096, n: 384, k: 128 }),
            productCase({ form: 'nt', m: 4096, n: 128, k: 384 }),
            productCase({ form: 'tn', m: 128, n: 384, k: 4096 }),
            productCase({ form: 'nn', m: 1024, n: 1024, k: 1024 }),
          ];
    case 'losses':
      return (['Dice', 'BCE', 'focal'] as const).map((loss) => lossCase(loss, rows));
    case 'bit embedding':
      return [bitEmbeddingCase(rows)];
    case 'optimiser':
      return [optimiserCase(quick ? 16_384 : 262_144)];
  }
}
