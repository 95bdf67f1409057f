// Rates of the matrix products of a training step on the GPU, in both geometries, as the fastest of many turns taken by turns in one
// process, so that their ratio holds where the machine is busy. On a software adapter they say nothing about a GPU.
// Usage: node bench/dist/webgpu/product-rates.js
import { matMul, matMulChunks, type MatMulForm, type Slice } from '@spikebridge/kernels-wgsl';
import { openBenchGpu } from './device.ts';

interface Shape {
  readonly form: MatMulForm;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const gpu = await openBenchGpu();
const { runtime } = await gpu.backend();
const { software } = gpu.info;

/** (rows, out, in) of linear layers: presets `small` (8 x 512 bins) and, on a GPU, `base` (32 x 2,048 bins). */
const LAYERS: readonly (readonly [number, number, number])[] = software
  ? [[512, 384, 128]]
  : [
      [4096, 384, 128],
      [65_536, 256, 256],
      [65_536, 768, 256],
    ];
const SHAPES: readonly Shape[] = LAYERS.flatMap(([rows, out, width]): Shape[] => [
  { form: 'nn', m: rows, n: out, k: width },
  { form: 'nt', m: rows, n: width, k: out },
  { form: 'tn', m: width, n: out, k: rows },
]);
const TURNS = software ? 40 : 20;
/** Dispatches a turn: enough that the host's wait is lost among them. */
const REPETITIONS = software ? 1 : 50;

function filled(length: number): Slice {
  const slice = runtime.allocate(4 * length, 'operand');
  runtime.write(
    slice,
    Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i)),
  );
  return slice;
}

async function rates(shape: Shape): Promise<string[]> {
  const { form, m, n, k } = shape;
  const [a, b] = [filled(m * k), filled(n * k)];
  const entries = [true, false].map((tiled) => {
    const chunks = form === 'tn' ? matMulChunks({ ...shape, tiled }) : 1;
    const c = runtime.allocate(4 * m * n * chunks, 'result');
    const dispatch = matMul({
      ...{ ...shape, label: form, tiled, a, b, c, chunks },
      ...{ bias: null, activation: 'none', before: null, dropout: null, slope: null, residual: null },
      columns: null,
    });
    return { tiled, chunks, c, dispatch, program: runtime.program([dispatch]), best: Infinity };
  });
  for (let turn = 0; turn <= TURNS; turn++)
    for (const entry of entries) {
      const start = performance.now();
      for (let i = 0; i < REPETITIONS; i++) runtime.encode(entry.program);
      await runtime.read({ ...entry.c, size: 16 });
      const milliseconds = (performance.now() - start) / REPETITIONS;
      // The first turn compiles.
      if (turn > 0) entry.best = Math.min(entry.best, milliseconds);
    }
  const lines = entries.map(({ tiled, chunks, dispatch, best }) => {
    const cells = [
      `${form} ${m} x ${n} x ${k}`,
      tiled ? 'tiled' : 'direct',
      chunks,
      (dispatch.bytes / (4 * (m * k + n * k + m * n))).toFixed(2),
      `${best.toFixed(3)} ms`,
      `${(dispatch.flops / best / 1e6).toFixed(1)} GFLOP/s`,
    ];
    return `| ${cells.join(' | ')} |\n`;
  });
  for (const { c, program } of entries) {
    runtime.release(program);
    runtime.free(c);
  }
  for (const slice of [a, b]) runtime.free(slice);
  return lines;
}

process.stdout.write(`${gpu.name}\n\n`);
process.stdout.write(
  '| product | geometry | parts | bytes / least | fastest | rate |\n|---|---|---|---|---|---|\n',
);
for (const shape of SHAPES) for (const line of await rates(shape)) process.stdout.write(line);
process.exit(0);
