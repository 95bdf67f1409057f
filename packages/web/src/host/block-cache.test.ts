import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { blockSource } from './block-cache.ts';

const content = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7919) % 251);

function source(blockBytes: number, blocks: number) {
  const asked: [number, number][] = [];
  const made = blockSource({
    ...{ name: 'x', size: content.length, blockBytes, blocks },
    fetch(offset, length) {
      asked.push([offset, length]);
      expect(offset + length).toBeLessThanOrEqual(content.length);
      return content.slice(offset, offset + length);
    },
  });
  return { made, asked };
}

describe('ranges through blocks', () => {
  test('are the bytes of the file, whatever was read before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -10, max: 1100 }), fc.integer({ min: 0, max: 700 })), {
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 6 }),
        (reads, blockBytes, blocks) => {
          const { made } = source(blockBytes, blocks);
          for (const [offset, length] of reads) {
            const start = Math.min(Math.max(0, offset), 1000);
            expect([...made.read(offset, length)]).toEqual([
              ...content.slice(start, Math.min(1000, start + length)),
            ]);
          }
        },
      ),
    );
  });

  test('what was fetched once is not asked for again, until others took its place', () => {
    const { made, asked } = source(100, 2);
    made.read(10, 20);
    made.read(50, 40);
    expect(asked).toEqual([[0, 100]]);
    made.read(150, 10);
    made.read(250, 10);
    made.read(10, 1);
    expect(asked).toEqual([
      [0, 100],
      [100, 100],
      [200, 100],
      [0, 100],
    ]);
  });

  test('what was used last stays, whenever it was fetched', () => {
    const { made, asked } = source(100, 2);
    for (const offset of [0, 100, 0, 200, 0]) made.read(offset, 10);
    expect(asked.map(([offset]) => offset)).toEqual([0, 100, 200]);
  });

  test('a read longer than what is kept goes straight through and pushes nothing out', () => {
    const { made, asked } = source(100, 4);
    made.read(0, 10);
    made.read(100, 600);
    made.read(5, 10);
    expect(asked).toEqual([
      [0, 100],
      [100, 600],
    ]);
    expect(made.fetchedBytes()).toBe(700);
  });
});
