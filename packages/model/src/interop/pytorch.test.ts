// Plan: docs/interop/spike_transformer.py rebuilds every kind of net from its two files and gives our logits:
// drawn weights in each preset, the checkpoint of a trained run with averaged weights and a window that begins in silence (run as the script
// says); a wrong tensor shows. Skipped by name where no Python has PyTorch.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../engine/backend.ts';
import { createWasmBackend } from '../engine/wasm/index.ts';
import { memorySource } from '../formats/bytes.ts';
import { readNpyNumbers } from '../formats/npy.ts';
import { encodeNpy, encodeNpz } from '../formats/npyWrite.ts';
import type { SpikeNet } from '../nets/types.ts';
import { checkpointFolder, weightsOf } from '../training/checkpoint.ts';
import { netOfConfig } from '../training/learner.ts';
import { RunFolder } from '../training/run-folder.ts';
import { MemoryStore } from '../training/testing/memory-store.ts';
import { chainRaster } from '../training/testing/rasters.ts';
import { stillClock } from '../training/testing/still-clock.ts';
import { tinyConfig } from '../training/testing/tiny-config.ts';
import { Trainer } from '../training/trainer.ts';
import { netFiles } from './net-files.ts';
import { INTEROP_NETS, engineScores, errorInRms, interopInputs, interopWeights } from './testing/nets.ts';
import type { InteropInputs, InteropNet } from './testing/nets.ts';

const script = fileURLToPath(new URL('../../../../docs/interop/spike_transformer.py', import.meta.url));
/** Importing PyTorch takes seconds; whether it is there takes none. */
const FIND =
  'import sys; from importlib.util import find_spec as f; sys.exit(not (f("torch") and f("numpy")))';
const candidates = [process.env['SPIKEBRIDGE_PYTHON'], 'python3', '/usr/bin/python3'];
const python = candidates
  .filter((command) => command !== undefined)
  .find((command) => spawnSync(command, ['-c', FIND]).status === 0);

/**
 * Of the logits' root mean square. Both sides compute in float32, whose unit is 6e-8: sums of a few hundred terms, norms and a
 * softmax on either side keep each within 1.2e-6 of float64 (as measured here), whatever order they add in. 1e-5 leaves room
 * for another BLAS; a swapped axis, a wrong scale or a missing term shows at 1e-2 and up.
 */
const TOLERANCE = 1e-5;

const scratch = mkdtempSync(join(tmpdir(), 'spikebridge-pytorch-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A folder as a checkpoint has it. */
function folderOf(name: string, files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = join(scratch, name.replaceAll(/\W+/g, '-'));
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  return folder;
}

/** The exported files of a net. */
function drawnFolder(
  name: string,
  { net, doubleSigmoid }: InteropNet,
  weights: ReadonlyMap<string, Float32Array>,
): string {
  return folderOf(name, Object.fromEntries(netFiles(net, { weights, doubleSigmoid, extra: {} })));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Inputs as the script takes them: bytes of 8 units. */
function npzOf(net: SpikeNet, { batch, bins, words, recent, state }: InteropInputs): Uint8Array {
  const bytes = 4 * net.wordsPerBin;
  const traces = net.history?.decays.length ?? 0;
  return encodeNpz({
    spikes: encodeNpy(bytesOf(words), [batch, bins, bytes]),
    ...(net.history === null
      ? {}
      : {
          recent: encodeNpy(bytesOf(recent), [batch, net.history.lags, bytes]),
          state: encodeNpy(state, [batch, traces + 1, net.units]),
        }),
  });
}

/** Several calls of the script in one Python, since PyTorch takes seconds to load. */
const MANY = `
import json, sys
sys.path.insert(0, sys.argv[1])
import spike_transformer
for words in json.load(sys.stdin):
    spike_transformer.main(words)
`;

function runPython(args: readonly string[], input = ''): void {
  const env = {
    ...process.env,
    OMP_NUM_THREADS: '1',
    OPENBLAS_NUM_THREADS: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  execFileSync(python ?? '', args, { env, input });
}

function readLogits(path: string): { readonly shape: readonly number[]; readonly data: Float64Array } {
  const { shape, data } = readNpyNumbers(memorySource('logits.npy', readFileSync(path)));
  return { shape, data: Float64Array.from(data) };
}

async function train(backend: Backend): Promise<{ store: MemoryStore; net: SpikeNet; folder: RunFolder }> {
  const store = new MemoryStore();
  const config = tinyConfig();
  const folder = await RunFolder.create(store, { config, env: {} });
  const data = {
    raster: chainRaster(300, 5),
    train: [{ start: 0, stop: 200 }],
    validation: [{ start: 212, stop: 300 }],
  };
  await new Trainer({ folder, backend, data, clock: stillClock() }).run();
  return { store, net: netOfConfig(config.config), folder };
}

describe.skipIf(python === undefined)('in PyTorch (needs a python3 that has torch and numpy)', () => {
  let backend: Backend;
  const BINS = 33;
  const logitsOf = (name: string): string => join(folderOf(name, {}), 'logits.npy');

  beforeAll(async () => {
    backend = await createWasmBackend({ threads: 1, deterministic: true });
    const calls = [...Object.entries(INTEROP_NETS), ['swapped', INTEROP_NETS['narrow base']] as const].map(
      ([name, drawn]) => {
        const { net } = drawn;
        const weights = name === 'swapped' ? swapped(net) : interopWeights(net);
        const folder = drawnFolder(name, drawn, weights);
        const input = join(folder, 'input.npz');
        writeFileSync(input, npzOf(net, interopInputs(net, BINS)));
        return [folder, input, logitsOf(name)];
      },
    );
    runPython(['-c', MANY, dirname(script)], JSON.stringify(calls));
  }, 180_000);

  it.each(Object.keys(INTEROP_NETS))('%s: the same logits', async (name) => {
    const { net } = INTEROP_NETS[name];
    const { shape, data } = readLogits(logitsOf(name));
    expect(shape).toEqual([3, BINS, net.units]);
    const { logits: wanted } = await engineScores(
      backend,
      net,
      interopWeights(net),
      interopInputs(net, BINS),
    );
    expect(errorInRms(data, wanted)).toBeLessThan(TOLERANCE);
  });

  it('two heads taken for one another are far from the tolerance', async () => {
    const { net } = INTEROP_NETS['narrow base'];
    const { logits: wanted } = await engineScores(
      backend,
      net,
      interopWeights(net),
      interopInputs(net, BINS),
    );
    expect(errorInRms(readLogits(logitsOf('swapped')).data, wanted)).toBeGreaterThan(0.01);
  });

  it('a trained checkpoint, as the script says: averaged weights, a raster that begins in silence', async () => {
    const { store, net, folder } = await train(backend);
    const best = await folder.best();
    const files = ['config.json', 'model.safetensors'].map((file) => {
      const bytes = store.files.get(`${checkpointFolder(best.state.step)}/${file}`);
      if (bytes === undefined) throw new Error(`the checkpoint has no ${file}`);
      return [file, bytes] as const;
    });
    const path = folderOf('trained', Object.fromEntries(files));
    const { words } = interopInputs(net, BINS, ['drawn']);
    const input = join(path, 'raster.npy');
    writeFileSync(input, encodeNpy(bytesOf(words), [BINS, 4 * net.wordsPerBin]));
    runPython([script, path, input, logitsOf('trained')]);
    const inputs = { ...interopInputs(net, BINS, ['silent']), words };
    const { logits: wanted } = await engineScores(backend, net, weightsOf(best), inputs);
    expect(errorInRms(readLogits(logitsOf('trained')).data, wanted)).toBeLessThan(TOLERANCE);
  }, 180_000);
});

/** Drawn weights with the first two heads of the last layer's output swapped. */
function swapped(net: SpikeNet): Map<string, Float32Array> {
  const weights = interopWeights(net);
  const { width, heads, layers } = net.config;
  const rows = weights.get(`layers.${layers - 1}.attention.output.weight`) ?? new Float32Array(); // (width, width)
  const each = (width * width) / heads;
  rows.set([...rows.subarray(each, 2 * each), ...rows.subarray(0, each)]);
  return weights;
}
