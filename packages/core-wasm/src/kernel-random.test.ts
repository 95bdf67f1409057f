// The counter generator in the kernels against the published vectors of Philox4x32-10 (Random123, kat_vectors), and the
// text of the hot loop, so that a lost SIMD lowering shows.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as opcodes from './generated/opcodes.ts';
import { KernelCore } from './kernel-core.ts';

/** Words of blocks 0 ... 3 whose second counter word counts up from `counter[1]`. */
async function blocks(counter: readonly number[], key: readonly number[]): Promise<string[]> {
  const core = await KernelCore.create({ deterministic: true });
  const out = core.memory.allocate(64);
  core.runOnce([{ opcode: opcodes.OP_PHILOX, ints: [out, 4, ...counter, ...key] }]);
  return Array.from(core.memory.words(out, 16), (word) => word.toString(16).padStart(8, '0'));
}

describe('Philox4x32-10', () => {
  it.each([
    ['zeros', [0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      'ones',
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      'digits of pi',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('gives the published words for %s', async (_, counter, key, expected) => {
    expect((await blocks(counter, key)).slice(0, 4).join(' ')).toBe(expected);
  });

  it('keeps the four blocks of a vector apart', async () => {
    const together = await blocks([5, 8, 1, 0], [9, 2]);
    for (let i = 0; i < 4; i++) {
      expect((await blocks([5, 8 + i, 1, 0], [9, 2])).slice(0, 4)).toEqual(together.slice(4 * i, 4 * i + 4));
    }
  });
});

describe('hot loop of the matrix product', () => {
  /** Instructions of the innermost loop of the 2 x 16 tile, one a line, with locals and indentation taken away. */
  function hotLoop(build: string): string[] {
    const text = readFileSync(new URL(`../build/kernels-${build}.wat`, import.meta.url), 'utf8');
    const start = text.indexOf('func $assembly/kernels/matmul/tile2x16');
    const body = text.slice(text.indexOf('loop', start), text.indexOf('(func', start + 1));
    return [...body.matchAll(/(v128|f32x4)\.[a-z0-9_]+( offset=\d+)?/g)].map(([name]) => name);
  }

  it.each([
    ['plain', ['f32x4.mul', 'f32x4.add']],
    ['relaxed', ['f32x4.relaxed_madd']],
  ])('%s: four panel loads, two splats, eight multiply-adds, nothing else', (build, arithmetic) => {
    const all = hotLoop(build);
    const loop = all.slice(0, all.indexOf('v128.store'));
    const count = (name: string) => loop.filter((found) => found.startsWith(name)).length;
    expect(count('v128.load32_splat')).toBe(2);
    expect(count('v128.load')).toBe(4 + 2);
    for (const name of arithmetic) expect(count(name)).toBe(8);
    expect(loop).toHaveLength(6 + 8 * arithmetic.length);
  });
});
