// Plan: every access of a storage binding is counted with its size, those inside other indices too; declarations, lengths, fields and
// locals of the same name are left alone; every way out of main is counted; what cannot be counted is refused; the run uniform makes room for the counters.
import { describe, expect, it } from 'vitest';
import { instrument, instrumented } from './instrument.ts';
import { dispatchOf, type Kernel, type Slice } from './kernel.ts';

const DECLARED = `
alias Value = vec4<f32>;
struct Call { words: u32 }
@group(0) @binding(0) var<uniform> call: Call;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> x: array<Value>;
@group(0) @binding(3) var<storage, read_write> out: array<f32, 8>;
`;

const MAIN =
  '@compute @workgroup_size(64)\nfn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32)';

/** What the text of one statement becomes. */
function statement(text: string): string {
  const { source } = instrument(`${DECLARED}${MAIN} {\n${text}\n}`, 4);
  return source.slice(source.lastIndexOf('{') + 2, source.lastIndexOf('}') - 1);
}

describe('instrument', () => {
  it('counts reads and writes with the size of an element', () => {
    expect(statement('out[i] = 1.0;')).toBe('out[tally(2u, 1u, u32(i))] = 1.0;');
    expect(statement('let v = x[i * 2u] + x[j];')).toBe(
      'let v = x[tally(1u, 4u, u32(i * 2u))] + x[tally(1u, 4u, u32(j))];',
    );
  });

  it('counts an index that is read from memory', () => {
    expect(statement('let v = x[words[at[i]]];')).toBe(
      'let v = x[tally(1u, 4u, u32(words[tally(0u, 1u, u32(at[i]))]))];',
    );
  });

  it('counts what is read and written at once twice', () => {
    for (const after of [' += 1.0;', ' -= 1.0;', ' *= 2.0;', '++;', ' <<= 1u;'])
      expect(statement(`out[i]${after}`)).toBe(`out[tally(2u, 2u, u32(i))]${after}`);
    for (const after of [' == 1.0', ' <= 1.0', ' >= 1.0', ' - 1.0', ' << 1u'])
      expect(statement(`let b = out[i]${after};`)).toBe(`let b = out[tally(2u, 1u, u32(i))]${after};`);
  });

  it('counts one component of a vector as one', () => {
    expect(statement('let v = x[i].y + x[i][1];')).toBe(
      'let v = x[tally(1u, 1u, u32(i))].y + x[tally(1u, 1u, u32(i))][1];',
    );
    expect(statement('x[i].y += 1.0;')).toBe('x[tally(1u, 2u, u32(i))].y += 1.0;');
    expect(statement('let v = x[i].xy;')).toBe('let v = x[tally(1u, 4u, u32(i))].xy;');
  });

  it('leaves alone what only has the name', () => {
    for (const text of [
      'let n = arrayLength(&words);',
      'let n = call.words;',
      'let other_words = my_x[i] + xs[i];',
      'let y = f(x);',
    ])
      expect(statement(text)).toBe(text);
    expect(statement('let a = 1u; // words[0]')).toBe('let a = 1u; ');
  });

  it('puts the counters where they are told to be', () => {
    const { source, names } = instrument(`${DECLARED}${MAIN} {}`, 7);
    expect(names).toEqual(['words', 'x', 'out']);
    expect(source).toContain('@group(0) @binding(7) var<storage, read_write> traffic: array<atomic<u32>>;');
  });

  it('adds up what each invocation counted, whatever way it leaves', () => {
    const { source } = instrument(`${DECLARED}${MAIN} {\n  if (lane > 3u) { return; }\n}`, 4);
    const totals = [0, 1, 2].map((i) => `  atomicAdd(&traffic[${i}], tallied[${i}]);\n`).join('');
    expect(source).toContain(`${MAIN} {\n  counted_main(id, lane);\n${totals}}`);
    expect(source).toContain('fn counted_main(id: vec3<u32>, lane: u32) {\n  if (lane > 3u) { return; }');
    expect(source.match(/@compute/g)).toHaveLength(1);
    expect(() => instrument(DECLARED, 4)).toThrow('no entry point');
  });

  it('refuses what it could not count', () => {
    expect(() => statement('let y = f(&x);')).toThrow('x is passed on');
    expect(() => instrument('var<storage, read_write> a: array<Pair>;', 1)).toThrow('a is array<Pair>');
    expect(() => instrument('var<storage, read_write> a: f32;', 1)).toThrow('a is f32');
  });

  it('moves the run uniform up by one', () => {
    const kernel = {
      name: 'one',
      source: () =>
        `@group(0) @binding(1) var<storage, read_write> out: array<f32>;\n@group(0) @binding(2) var<uniform> run: Run;\n${MAIN} {}`,
      storage: ['out'],
      uniforms: {},
      run: true,
    } as const satisfies Kernel;
    const slice: Slice = { buffer: {} as GPUBuffer, offset: 0, size: 16 };
    const call = { flags: {}, storage: { out: slice }, uniforms: {}, flops: 0, bytes: 0 };
    const counting = instrumented(dispatchOf(kernel, { ...call, groups: [1, 1, 1] }), {
      ...slice,
      offset: 256,
    });
    expect(counting.source).toContain('@binding(2) var<storage, read_write> traffic');
    expect(counting.source).toContain('@binding(3) var<uniform> run');
    expect(counting.kernel.storage).toEqual(['out', 'traffic']);
    expect(counting.storage.traffic.offset).toBe(256);
  });
});
