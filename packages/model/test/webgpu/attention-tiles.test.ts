// Plan: attention's three kernels in the geometries that long sequences take, which no problem that a test can run would choose by
// itself: a workgroup owns two to four times the rows. Traffic: what each moves is counted and held against what its dispatch says
// and against an ideal tiling with 16 KiB (tile-model.ts), there and at the short sequences and wide heads that choose for themselves;
// and what the dispatches say at full sizes is held against that too. Values: against the float64 reference, with a window that
// cuts tiles, rows past the end, and blocks of dropout across them.
import { attention, attentionBackward, type AttentionShape, type Dispatch } from '@spikebridge/kernels-wgsl';
import { describe, expect, it } from 'vitest';
import { problemOf } from '../../src/engine/conformance/problems.ts';
import { toleranceOf, worstElement } from '../../src/engine/conformance/tolerance.ts';
import { dropoutThreshold } from '../../src/engine/random.ts';
import { ReferenceBackend } from '../../src/engine/reference/backend.ts';
import type { WebGpuBackend } from '../../src/engine/webgpu/index.ts';
import { COUNTING_LIMITS, countTraffic } from './count-traffic.ts';
import { onDawn } from './dawn.ts';
import { attentionModel } from './tile-model.ts';

const MOST = 1.5;
const KEY = { seed: 5, step: 2 };
const NAMES = ['forward', 'queries', 'keys'] as const;
const HEAD = { heads: 2, headWidth: 8, window: 0, causal: true } as const;
const TILED = { scale: 8 ** -0.5, dropout: null, tiled: true } as const;

/** What a kernel is told of its geometry; nothing where it chooses for itself. */
type Told = Pick<AttentionShape, 'lanes' | 'rows'>;
type Geometry = readonly [forward: Told, queries: Told, keys: Told];
const ITSELF: Geometry = [{}, {}, {}];
/** With sixteen heads of 8: of the published net's sequences of 15,625 bins, and of one sequence of 5,000. */
const MANY: Geometry = [{ lanes: 128 }, { lanes: 128 }, { lanes: 64 }];
const ONE: Geometry = [{ lanes: 32, rows: 5 }, { lanes: 64 }, { lanes: 64 }];

describe('attention', () => {
  let backend: WebGpuBackend;
  onDawn((opened) => (backend = opened), {}, COUNTING_LIMITS);

  /** Forward, queries and keys on memory of their own, and that memory. */
  function make(shape: AttentionShape, [forward, queries, keys]: Geometry) {
    const { batch, bins, heads, headWidth } = shape;
    const rows = batch * bins * heads;
    const room = (floats: number) => ({ ...backend.runtime.allocate(4 * floats, 'test'), size: 4 * floats });
    const [out, dOut] = [0, 1].map(() => room(rows * headWidth));
    const [logSumExp, delta] = [0, 1].map(() => room(rows));
    const [qkv, dQkv] = [0, 1].map(() => room(3 * rows * headWidth));
    const slices = { qkv, dOut, out, logSumExp, delta, dQkv };
    const call = { ...shape, ...slices };
    const dispatches: readonly Dispatch[] = [
      attention({ ...call, ...forward }),
      attentionBackward({ ...call, ...queries })[0],
      attentionBackward({ ...call, ...keys })[1],
    ];
    return { slices, dispatches };
  }

  it.each([
    ['many sequences', { bins: 1024 }, MANY],
    ['one sequence', { bins: 5000, heads: 1 }, ONE],
    ['short sequences and heads of 32', { bins: 512, headWidth: 32 }, ITSELF],
  ])('moves what its tiles say: %s', async (_, change, geometry) => {
    const shape = { ...HEAD, ...TILED, batch: 1, ...change };
    const { slices, dispatches } = make(shape, geometry);
    const model = attentionModel(shape);
    for (const [i, { bytes, counted, bindings }] of (
      await countTraffic(backend.runtime, dispatches)
    ).entries()) {
      const least = model[NAMES[i]];
      const said = `${NAMES[i]}: ${counted} bytes, said ${bytes}, tile model ${least}: ${(counted / least).toFixed(3)} ${JSON.stringify(bindings)}`;
      // Each owned row once, whatever number of parts owns it, but for the statistics of queries.
      expect(counted, said).toBeLessThanOrEqual(1.02 * bytes);
      expect(counted, said).toBeGreaterThanOrEqual(0.95 * bytes);
      expect(counted, said).toBeLessThanOrEqual(MOST * least);
    }
    for (const slice of Object.values(slices)) backend.runtime.free(slice);
  });

  it.each([
    ['many sequences', MANY],
    ['one sequence', ONE],
  ])('gives what the reference gives: %s', async (_, geometry) => {
    const one = { ...HEAD, op: 'attentionBackward', batch: 2, bins: 301, window: 200, dropout: 0.1 } as const;
    const { plan, inputs, compared } = problemOf({ ...one, terms: 309, seed: 5 });
    const reference = new ReferenceBackend();
    const wanted = reference.compile(plan, reference.parameters([]));
    const dropout = { threshold: dropoutThreshold(0.1), stream: 3, factor: 1 / 0.9 };
    const { slices, dispatches } = make({ ...one, ...TILED, dropout }, geometry);
    const { runtime } = backend;
    for (const [tensor, values] of inputs) {
      wanted.input(tensor).set(values);
      runtime.write(tensor.name === 'qkv' ? slices.qkv : slices.dOut, values);
    }
    wanted.run('forward', KEY);
    const program = runtime.program(dispatches);
    runtime.key(KEY);
    runtime.encode(program);
    for (const tensor of compared) {
      const { error, index } = worstElement(
        await runtime.floats(slices[tensor.name as keyof typeof slices]),
        wanted.values(tensor),
      );
      expect(error, `${tensor.name} at ${index}`).toBeLessThanOrEqual(toleranceOf({ terms: 309 }));
    }
    runtime.release(program);
    for (const slice of Object.values(slices)) runtime.free(slice);
  });
});

it.each([
  ['the preset paper', { batch: 16, bins: 15_625, heads: 16, headWidth: 8 }, MANY],
  ['one sequence', { batch: 1, bins: 5000, heads: 16, headWidth: 8 }, ONE],
  ['the preset small', { batch: 8, bins: 512, heads: 4, headWidth: 32 }, null],
  ['the preset base', { batch: 32, bins: 2048, heads: 8, headWidth: 32 }, null],
])('attention of %s says no more than an ideal tiling allows', (_, size, geometry) => {
  const shape = { ...HEAD, ...TILED, ...size };
  const slice = { buffer: {} as GPUBuffer, offset: 0, size: 16 };
  const call = { ...shape, qkv: slice, out: slice, logSumExp: slice, dOut: slice, delta: slice, dQkv: slice };
  const model = attentionModel(shape);
  const dispatches = [attention(call), ...attentionBackward(call)];
  dispatches.forEach(({ bytes, flags }, i) => {
    const ratio = bytes / model[NAMES[i]];
    expect(ratio, NAMES[i]).toBeLessThanOrEqual(MOST);
    expect(ratio, NAMES[i]).toBeGreaterThan(0.4);
    if (geometry === null) return;
    const { lanes, rows = 2 } = geometry[i];
    expect(flags, NAMES[i]).toMatchObject({ LANES: lanes, ROWS: rows });
  });
});
