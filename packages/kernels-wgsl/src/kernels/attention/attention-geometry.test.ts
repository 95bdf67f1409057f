// Plan, without a device: every workgroup fits the memory and the invocations of every device, at any head width, with dropout too;
// its parts share what streams past without a rest; narrow heads own as many rows as 16 KiB would hold where sequences are many and
// long, two thirds of them where they are few and long, and the fewest elsewhere; tiles cover the bins once.
import { describe, expect, it } from 'vitest';
import type { Dispatch, Slice } from '../../kernel.ts';
import { attentionBackward } from './attention-backward.ts';
import type { AttentionShape } from './attention-geometry.ts';
import { attention } from './attention.ts';

const slice: Slice = { buffer: {} as GPUBuffer, offset: 0, size: 256 };
const dropout = { threshold: 1, stream: 1, factor: 2 };

function dispatches(change: Partial<AttentionShape>): readonly [Dispatch, Dispatch, Dispatch] {
  const shape = { batch: 1, bins: 512, heads: 4, headWidth: 32, window: 0, causal: true, scale: 1 };
  const call = { ...shape, dropout: null, tiled: true, ...change, qkv: slice, out: slice, logSumExp: slice };
  return [attention(call), ...attentionBackward({ ...call, dOut: slice, delta: slice, dQkv: slice })];
}
const flag = ({ flags }: Dispatch, name: string): number => Number(flags[name]);
const owned = (dispatch: Dispatch): number => flag(dispatch, 'LANES') * flag(dispatch, 'ROWS');

const SIZES = [1, 4, 5, 8, 16, 30, 32, 64, 100, 128, 256].flatMap((headWidth) =>
  [
    { batch: 1, bins: 301 },
    { batch: 2000, bins: 301 },
    { batch: 4, bins: 5001 },
    { batch: 64, bins: 5001 },
  ].flatMap((size) => [null, dropout].map((drop) => ({ headWidth, ...size, dropout: drop }))),
);

describe('attention geometry', () => {
  it.each(SIZES)(
    'fits every device: $headWidth wide, $batch sequences of $bins bins, dropout $dropout',
    (size) => {
      for (const dispatch of dispatches(size)) {
        const [lanes, parts, streamed, group] = ['LANES', 'PARTS', 'STREAMED', 'GROUP'].map((name) =>
          flag(dispatch, name),
        );
        const vectors = Math.ceil(size.headWidth / 4);
        const drawn =
          size.dropout === null ? 0 : flag(dispatch, 'DRAWN_ROWS') * flag(dispatch, 'DRAWN_BLOCKS');
        const statistics = dispatch.label === 'attentionBackward keys' ? 2 * streamed : 0;
        expect(16 * 512 + 4 * (drawn + statistics), dispatch.label).toBeLessThanOrEqual(16_384);
        expect(2 * streamed * vectors, 'both sides of the tile').toBeLessThanOrEqual(512);
        expect(lanes * parts).toBeLessThanOrEqual(256);
        expect((streamed / parts) % group).toBe(0);
        expect(dispatch.uniforms['tiles'] * owned(dispatch)).toBeGreaterThanOrEqual(size.bins);
        expect((dispatch.uniforms['tiles'] - 1) * owned(dispatch)).toBeLessThan(size.bins);
      }
    },
  );

  it.each([
    ['the published net', { batch: 16, bins: 15_625, heads: 16, headWidth: 8 }, [256, 256, 128]],
    [
      'its heads with a window',
      { batch: 16, bins: 15_625, heads: 16, headWidth: 8, window: 2048 },
      [128, 128, 128],
    ],
    ['many heads of 16', { batch: 64, bins: 2048, heads: 8, headWidth: 16 }, [128, 128, 64]],
    ['base', { batch: 32, bins: 2048, heads: 8, headWidth: 32 }, [64, 64, 32]],
    ['small: a short past', { batch: 8, bins: 512, heads: 4, headWidth: 32 }, [64, 32, 32]],
    ['one sequence', { batch: 1, bins: 5000, heads: 16, headWidth: 8 }, [160, 128, 128]],
    ['one sequence of few heads', { batch: 1, bins: 5000, heads: 4, headWidth: 8 }, [64, 64, 64]],
  ])('owns what 16 KiB would hold, where workgroups stay many: %s', (_, shape, rows) => {
    expect(dispatches(shape).map(owned)).toEqual(rows);
  });
});
