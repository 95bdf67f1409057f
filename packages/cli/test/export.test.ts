// `export` as a user meets it: the ONNX file gives in onnxruntime what `predict` writes, the folder holds the averaged weights of
// the best checkpoint with what describes them, nothing is replaced unasked, and nothing private is in either.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readSafetensors } from '@spikebridge/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, periodicCsv, repository, run, runtime, scratch } from './harness.ts';
import { TINY_RUN } from './kill.ts';

const folder = scratch();
afterAll(() => folder.remove());
const csv = folder.file('trains.csv', periodicCsv({ units: 3, seconds: 20 }));
const at = (name: string) => join(folder.path, name);
const exported = (format: string, out: string, ...more: string[]) => [
  ...['export', '--run', at('run'), '--format', format, '--out', at(out)],
  ...more,
];

/** Shape and data of a version 1 .npy file. */
function readNpy(path: string): { shape: number[]; data: Buffer } {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString('latin1');
  return {
    shape: /\(([^)]*)\)/.exec(header)?.[1].split(',').map(Number) ?? [],
    data: bytes.subarray(10 + length),
  };
}

interface ExportDocument {
  step: number;
  weights: number;
  bytes: number;
  config: {
    num_units: number;
    max_position_embeddings: number;
    own_history: { lags: number; decays: number[]; age_limit: number };
    training: { recording: { slots: number[] } };
  };
}

describe(`on ${runtime}`, () => {
  let document: ExportDocument;
  beforeAll(async () => {
    await json(['train', '--data', csv, '--out', at('run'), ...TINY_RUN]);
    document = (await json(exported('onnx', 'model.onnx'))) as ExportDocument;
  }, 120_000);

  test('onnx: onnxruntime gives what predict writes, from the silence before the recording on', async () => {
    const { config } = document;
    expect(document).toMatchObject({ schema: 'spikebridge.export/1', format: 'onnx' });
    expect(readFileSync(at('model.onnx')).length).toBe(document.bytes);
    await json(['predict', '--run', at('run'), '--data', csv, '--out', at('p.npy')]);
    await json(['bin', csv, '--out', at('raster.npy'), '--layout', 'bytes']);
    const predicted = readNpy(at('p.npy'));
    const raster = readNpy(at('raster.npy'));

    const units = config.num_units;
    const bins = config.max_position_embeddings;
    const { slots } = config.training.recording;
    expect(slots).toHaveLength(units);
    // A predictor's first window: one silent bin, then the recording from its start; column u is unit slots[u].
    const spikes = new Float32Array(bins * units);
    for (let bin = 1; bin < bins; bin += 1)
      for (let unit = 0; unit < units; unit += 1)
        if (slots[unit] >= 0)
          spikes[bin * units + unit] = raster.data[(bin - 1) * raster.shape[1] + slots[unit]];
    const { lags, decays, age_limit } = config.own_history;
    const state = new Float32Array((decays.length + 1) * units).fill(age_limit, decays.length * units);
    const session = await InferenceSession.create(at('model.onnx'), { logSeverityLevel: 4 });
    const out = await session.run({
      spikes: new Tensor('float32', spikes, [1, bins, units]),
      recent: new Tensor('float32', new Float32Array(lags * units), [1, lags, units]),
      state: new Tensor('float32', state, [1, decays.length + 1, units]),
    });
    await session.release();
    const got = out['probabilities'].data as Float32Array;
    expect(predicted.shape[1]).toBe(units);
    let worst = 0;
    let fired = 0;
    for (let i = 0; i < got.length; i += 1) {
      worst = Math.max(worst, Math.abs(got[i] - predicted.data.readFloatLE(4 * i)));
      fired += spikes[i];
    }
    expect(fired).toBeGreaterThan(5);
    // Probabilities of some hundredths, from logits that agree to 1e-5 of a few units (packages/model/src/interop).
    expect(worst).toBeLessThan(1e-5);
  });

  test('safetensors: the averaged weights of the best checkpoint, and what rebuilds the net', async () => {
    const result = (await json(exported('safetensors', 'model'))) as ExportDocument;
    expect(readdirSync(at('model')).sort()).toEqual(['config.json', 'model.safetensors']);
    expect(JSON.parse(readFileSync(join(at('model'), 'config.json'), 'utf8'))).toEqual(result.config);
    expect(result.config).toEqual(document.config);
    const file = (...path: string[]) => readSafetensors(readFileSync(join(folder.path, ...path)));
    const checkpoint = ['run', 'checkpoints', `step-${String(result.step).padStart(8, '0')}`];
    const written = file('model', 'model.safetensors');
    expect(written.metadata).toEqual({ format: 'pt' });
    expect(written.arrays).toEqual(file(...checkpoint, 'model.safetensors').arrays);
    const latest = file(...checkpoint, 'optimizer.safetensors').arrays.get('current.output.weight');
    expect(written.arrays.get('output.weight')?.values).not.toEqual(latest?.values);
    const count = [...written.arrays.values()].reduce((sum, { values }) => sum + values.length, 0);
    expect(result.weights).toBe(count);
  });

  test('nothing is replaced without --force, and then only what belongs to the export', async () => {
    const before = readFileSync(at('model.onnx'));
    writeFileSync(join(at('model'), 'notes.txt'), 'mine');
    for (const [format, out] of [
      ['onnx', 'model.onnx'],
      ['safetensors', 'model'],
    ]) {
      const refused = await run(exported(format, out));
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/^error E_OUTPUT_EXISTS: /m);
      const replaced = await run(exported(format, out, '--force'));
      expect(replaced.code).toBe(0);
      expect(replaced.stdout).toMatch(/weights of step \d+/);
    }
    expect(Buffer.compare(readFileSync(at('model.onnx')), before)).toBe(0);
    expect(readdirSync(at('model')).sort()).toEqual(['config.json', 'model.safetensors', 'notes.txt']);
  });

  test('a folder is no file, a file no folder, and a run without a checkpoint no net', async () => {
    for (const [format, out] of [
      ['onnx', 'model'],
      ['safetensors', 'model.onnx'],
    ]) {
      const refused = await run(exported(format, out, '--force'));
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(/^error E_OUTPUT_KIND: /m);
    }
    mkdirSync(at('begun'));
    for (const name of ['config.resolved.yaml', 'env.json'])
      writeFileSync(join(at('begun'), name), readFileSync(join(at('run'), name)));
    const none = await run(['export', '--run', at('begun'), '--format', 'onnx', '--out', at('none.onnx')]);
    expect(none.stderr).toMatch(/^error E_CHECKPOINT_MISSING: /m);
    expect(existsSync(at('none.onnx'))).toBe(false);
    for (const format of [[], ['--format', 'pickle']]) {
      const usage = await run(['export', '--run', at('run'), ...format, '--out', at('none')]);
      expect(usage.code).toBe(2);
      expect(usage.stderr).toMatch(/^error E_USAGE: .*--format/m);
    }
    rmSync(at('begun'), { recursive: true });
  });

  test('an export says nothing of the user and where things lie', () => {
    for (const path of ['model.onnx', join('model', 'config.json'), join('model', 'model.safetensors')]) {
      const content = readFileSync(at(path), 'latin1');
      for (const secret of [folder.path, repository, homedir()].filter((name) => name.length > 1))
        expect(content.includes(secret), `${path} holds ${secret}`).toBe(false);
      expect(new RegExp(`\\b${userInfo().username}\\b`).test(content), `${path} names the user`).toBe(false);
    }
  });
});
