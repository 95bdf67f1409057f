// Plan: it learns a planted structure; stopping and resuming at any step, by signal or by a kill between any two writes, gives
// the files of an uninterrupted run byte for byte, and so does a backend that answers later; early stop, best and pruning; a
// diverging run says what went wrong and where to go on, and keeps nothing of it; nothing is overwritten.
import { describe, expect, it } from 'vitest';
import type { ResolvedConfig } from '../config/resolve.ts';
import { ReferenceBackend, ReferenceParameters } from '../engine/reference/backend.ts';
import { LaterBackend } from '../engine/testing/later-backend.ts';
import { readScalarEvents } from '../formats/tensorboard.ts';
import { stillClock } from './testing/still-clock.ts';
import { weightsOf } from './checkpoint.ts';
import { EVENTS_FILE, METRICS_FILE, RunFolder } from './run-folder.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { chainRaster } from './testing/rasters.ts';
import { tinyConfig } from './testing/tiny-config.ts';
import { Trainer } from './trainer.ts';
import type { TrainerOptions, TrainingProgress, TrainingResult } from './trainer-types.ts';

const raster = chainRaster(500, 5, 1, [
  { start: 0, stop: 240 },
  { start: 260, stop: 500 },
]);
const data = { raster, train: [{ start: 0, stop: 400 }], validation: [{ start: 412, stop: 500 }] };
const clock = stillClock();

async function newRun(config: ResolvedConfig, store = new MemoryStore()): Promise<MemoryStore> {
  await RunFolder.create(store, { config, env: { device: 'reference' } });
  return store;
}

async function train(
  store: MemoryStore,
  resume = false,
  extra: Partial<TrainerOptions> = {},
): Promise<TrainingResult> {
  const folder = await RunFolder.open(store);
  return new Trainer({ folder, backend: new ReferenceBackend(), data, clock, ...extra }).run({ resume });
}

/** An abort at the end of step `at`. */
function stopAfter(at: number): Partial<TrainerOptions> {
  const controller = new AbortController();
  const onProgress = ({ step }: TrainingProgress): void => {
    if (step === at - 1) controller.abort();
  };
  if (at === 1) controller.abort();
  return { signal: controller.signal, onProgress };
}

/** Whether both stores hold the file with equal bytes; a plain boolean, since a difference of 12,000 bytes tells nobody more. */
function same(a: MemoryStore, b: MemoryStore, path: string): boolean {
  const [left, right] = [a.files.get(path), b.files.get(path)];
  return left !== undefined && right !== undefined && Buffer.compare(left, right) === 0;
}

const config = tinyConfig();
const straight = newRun(config).then(async (store) => ({ store, result: await train(store) }));

describe('training', () => {
  it('learns that a spike calls for one of the next unit in the next bin', async () => {
    const store = await newRun(
      tinyConfig(
        ...[
          'net.layers=0',
          'net.history=null',
          'net.dropout=0',
          'training.averaging=0',
          'training.evaluateWindows=0',
        ],
        ...[
          'training.steps=120',
          'training.learningRate=0.05',
          'training.batch=8',
          'training.evaluateEverySteps=40',
        ],
      ),
    );
    const result = await train(store, false, {
      data: { ...data, raster: chainRaster(500, 5, 1, undefined, 1) },
    });
    expect(result.status).toBe('finished');
    // Rate p = 0.1 + 0.4 p = 1/6, so the rule is worth (H(1/6) - H(0.5) / 6 - 5 H(0.1) / 6) / (1/6) = 0.55 bits/spike.
    expect(result.best?.bitsPerSpike).toBeGreaterThan(0.3);
    expect(result.best?.bitsPerSpike).toBeLessThan(0.7);
    const metrics = await (await RunFolder.open(store)).metrics();
    const losses = metrics.filter(({ kind }) => kind === 'train').map(({ loss }) => Number(loss));
    expect(losses.length).toBe(40);
    expect(losses[39]).toBeLessThan(losses[0]);
  }, 20_000);

  it('writes rows every so many steps, evaluations, events, and a whole newest checkpoint', async () => {
    const { store, result } = await straight;
    expect(result).toMatchObject({
      status: 'finished',
      step: 10,
      steps: 10,
      checkpoint: 'checkpoints/step-00000010',
    });
    const folder = await RunFolder.open(store);
    const metrics = await folder.metrics();
    expect(metrics.filter(({ kind }) => kind === 'train').map(({ step }) => step)).toEqual([3, 6, 9, 10]);
    expect(metrics.filter(({ kind }) => kind === 'validation').map(({ step }) => step)).toEqual([
      2, 4, 6, 8, 10,
    ]);
    const events = readScalarEvents(store.files.get(EVENTS_FILE) ?? new Uint8Array());
    const loss = events.filter(({ tag }) => tag === 'train/loss');
    expect(loss.map(({ step }) => step)).toEqual([3, 6, 9, 10]);
    expect(loss[0].value).toBeCloseTo(Number(metrics.find(({ step }) => step === 3)?.['loss']), 6);
    expect((await folder.latest())?.state).toMatchObject({ step: 10, status: 'finished', best: result.best });
    expect((await folder.best()).state.step).toBe(result.best?.step);
  });

  it('is a pure function of configuration and data', async () => {
    const again = await newRun(config);
    await train(again);
    expect(again.files).toEqual((await straight).store.files);
    const later = await newRun(config);
    await train(later, false, { backend: new LaterBackend() });
    expect(later.files).toEqual(again.files);
    const otherSeed = await newRun(tinyConfig('seed=12'));
    await train(otherSeed);
    const weights = async (store: MemoryStore): Promise<unknown> =>
      weightsOf(await (await RunFolder.open(store)).best());
    expect(await weights(otherSeed)).not.toEqual(await weights(again));
  });

  it('keeps the newest checkpoints and the best', async () => {
    const { store, result } = await straight;
    const steps = await (await RunFolder.open(store)).steps();
    expect(steps.slice(-1)).toEqual([10]);
    expect(steps).toContain(result.best?.step);
    expect(steps.length).toBeLessThanOrEqual(3);
  });

  it('calls back with plain finite numbers', async () => {
    const seen: TrainingProgress[] = [];
    const running = stillClock();
    await train(await newRun(tinyConfig('training.steps=4')), false, {
      onProgress: (progress) => seen.push(progress),
      clock: { ...running, milliseconds: () => 1000 * seen.length },
    });
    expect(seen.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(seen[3]).toMatchObject({ steps: 4, secondsLeft: 0 });
    // After the third step 72 bins took two seconds on this clock; one step of 24 bins is left.
    expect(seen[2].binsPerSecond).toBe(36);
    expect(seen[2].secondsLeft).toBeCloseTo(24 / 36, 12);
    expect(seen[3].validation?.bins).toBeGreaterThan(0);
  });
});

describe('stopping and resuming', () => {
  it.each([1, 2, 5, 7, 9])('after step %i equals never having stopped, byte for byte', async (at) => {
    const store = await newRun(config);
    const stopped = await train(store, false, stopAfter(at));
    expect(stopped).toMatchObject({ status: 'interrupted', step: at });
    const fresh = store.copy();
    const resumed = await train(fresh, true);
    const { store: whole, result } = await straight;
    expect(resumed).toEqual(result);
    for (const name of ['model.safetensors', 'optimizer.safetensors', 'state.json']) {
      const path = `checkpoints/step-00000010/${name}`;
      expect(same(fresh, whole, path), name).toBe(true);
    }
    expect(fresh.text(METRICS_FILE)).toBe(whole.text(METRICS_FILE));
    expect(same(fresh, whole, EVENTS_FILE)).toBe(true);
  });

  it('survives a kill between any two writes', async () => {
    const { store: whole } = await straight;
    const calls = whole.journal.length;
    for (let diesAt = 3; diesAt < calls; diesAt += 4) {
      const store = await newRun(config);
      store.diesAt = diesAt;
      await expect(train(store)).rejects.toThrow('killed');
      const fresh = store.copy();
      await train(fresh, true);
      const path = 'checkpoints/step-00000010/optimizer.safetensors';
      expect(same(fresh, whole, path), `killed at call ${diesAt}`).toBe(true);
      expect(fresh.text(METRICS_FILE)).toBe(whole.text(METRICS_FILE));
    }
  }, 30_000);

  it('never resumes a folder without DONE, and starts over when there is no whole checkpoint', async () => {
    const { store: whole } = await straight;
    const store = whole.copy();
    for (const path of [...store.files.keys()]) if (path.endsWith('/DONE')) store.files.delete(path);
    const steps: number[] = [];
    await train(store, true, { onProgress: ({ step }) => steps.push(step) });
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(store.text(METRICS_FILE)).toBe(whole.text(METRICS_FILE));
  });

  it('does nothing more once finished, and overwrites nothing without being told', async () => {
    const { store: whole, result } = await straight;
    const store = whole.copy();
    expect(await train(store, true)).toEqual(result);
    expect(store.files).toEqual(whole.files);
    await expect(train(store)).rejects.toMatchObject({ code: 'E_RUN_EXISTS', exitCode: 2 });
  });
});

describe('early stop and divergence', () => {
  it('stops after `patience` evaluations without gain and keeps the best', async () => {
    const store = await newRun(
      tinyConfig(
        'training.steps=200',
        'training.patience=2',
        'training.learningRate=0.5',
        'training.averaging=0',
      ),
    );
    const result = await train(store);
    expect(result.status).toBe('early-stop');
    expect(result.step).toBe((result.best?.step ?? 0) + 4);
    const folder = await RunFolder.open(store);
    const scores = (await folder.metrics()).filter(({ kind }) => kind === 'validation');
    const lowest = Math.min(...scores.map(({ loss }) => Number(loss)));
    expect(scores.find(({ loss }) => loss === lowest)?.['step']).toBe(result.best?.step);
    expect((await folder.best()).state.step).toBe(result.best?.step);
    expect(await train(store, true)).toEqual(result);
  });

  it('monitors bits/spike when asked to', async () => {
    const store = await newRun(
      tinyConfig('training.monitor=bits-per-spike', 'loss.kind=focal', 'training.steps=4'),
    );
    const { best } = await train(store);
    const rows = (await (await RunFolder.open(store)).metrics()).filter(({ kind }) => kind === 'validation');
    expect(best?.value).toBe(Math.min(...rows.map(({ crossEntropy }) => Number(crossEntropy))));
    expect(rows[0]['loss']).not.toBe(rows[0]['crossEntropy']);
  });

  const NONE = Float32Array.of(NaN, 0, 0, 0);
  it.each([
    {
      what: 'loss',
      spoilt: 'the loss alone',
      output: (name: string) => (name === 'loss' ? NONE : null),
    },
    {
      what: 'loss',
      spoilt: 'weights, and with them loss, gradients and all that follows',
      before: (parameters: ReferenceParameters) => parameters.values('output.bias').fill(NaN),
    },
    {
      what: 'gradient norm',
      spoilt: 'one gradient',
      after: (parameters: ReferenceParameters) => parameters.gradient('output.bias').fill(NaN, 0, 1),
    },
  ])('names the $what, the step and the last checkpoint where $spoilt went wrong', async (spoil) => {
    const store = await newRun(config);
    const backend = new ReferenceBackend();
    const folder = await RunFolder.open(store);
    let runs = 0;
    const spoiled: TrainerOptions['backend'] = {
      name: 'reference',
      description: 'a reference whose seventh training step goes wrong',
      parameters: (specs) => backend.parameters(specs),
      dispose: () => backend.dispose(),
      compile: (plan, parameters) => {
        const compiled = backend.compile(plan, parameters);
        if (!(parameters instanceof ReferenceParameters)) throw new TypeError('not the reference');
        return {
          bytes: compiled.bytes,
          input: (tensor) => compiled.input(tensor),
          dispose: () => compiled.dispose(),
          output: (tensor) => (runs === 7 ? spoil.output?.(tensor.name) : null) ?? compiled.output(tensor),
          run: (mode, key) => {
            const spoils = mode === 'train' && ++runs === 7;
            if (spoils) spoil.before?.(parameters);
            compiled.run(mode, key);
            if (spoils) spoil.after?.(parameters);
          },
        };
      },
    };
    const failure = new Trainer({ folder, backend: spoiled, data, clock }).run();
    await expect(failure).rejects.toMatchObject({
      code: 'E_TRAINING_DIVERGED',
      where: 'checkpoints/step-00000006',
    });
    await expect(failure).rejects.toThrow(`the ${spoil.what} is NaN at step 7`);
    const after = await RunFolder.open(store);
    expect((await after.latest())?.state.step).toBe(6);
    expect((await after.metrics()).map(({ step }) => step)).toEqual([2, 3, 4, 6, 6]);
    // Nothing of the seventh step was saved: from here a sound backend gives the files of a run that never went wrong.
    await train(store, true);
    expect(store.files).toEqual((await straight).store.files);
  });

  it('trains without validation, by epochs, with Dice and without averaging', async () => {
    const sets = [
      'training.epochs=0.5',
      'loss.kind=dice',
      'loss.densityPenalty=true',
      'training.averaging=0',
      'net.history=null',
    ];
    const store = await newRun(tinyConfig(...sets));
    const result = await train(store, false, { data: { ...data, validation: [] } });
    // 240 + 140 bins in tiles of 12: 21 + 13 windows; half of 34 in batches of 2.
    expect(result).toMatchObject({ status: 'finished', best: null, steps: 9, step: 9 });
    expect((await (await RunFolder.open(store)).best()).state.step).toBe(9);
  });

  it('gives no weight to units outside the mask', async () => {
    const unitMask = Uint32Array.of(0b01011);
    const loud = { ...raster, words: raster.words.map((word) => word ^ 0b10100) };
    const losses: unknown[] = [];
    for (const it of [raster, loud]) {
      const store = await newRun(
        tinyConfig('training.steps=1', 'net.outputBias=zero', 'net.layers=0', 'net.outputWeight=zero'),
      );
      await train(store, false, { data: { ...data, raster: it, unitMask } });
      losses.push((await (await RunFolder.open(store)).metrics())[0]['loss']);
    }
    expect(losses[0]).toBe(losses[1]);
  });
});
