// Plan: create, open and refuse; checkpoints whole or nothing, through every cut of a write or a removal; pruning; best and
// newest; damage and foreign checkpoints are errors with codes; no absolute path reaches a file.
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../formats/safetensors.ts';
import { describeNet } from '../interop/net-description.ts';
import { readCheckpoint, removeUnfinished, weightsOf, writeCheckpoint } from './checkpoint.ts';
import type { Checkpoint, TrainingState } from './checkpoint.ts';
import { netOfConfig } from './learner.ts';
import { refusePrivateText } from './privacy.ts';
import { EVALUATION_FILE, METRICS_FILE, RunFolder } from './run-folder.ts';
import { readText, writeText } from './store.ts';
import { MemoryStore } from './testing/memory-store.ts';
import { tinyConfig } from './testing/tiny-config.ts';

const config = tinyConfig();
const description = describeNet(netOfConfig(config.config).config, config.config.loss);
const env = { device: 'reference', node: 'v20.20.2' };

function checkpointOf(step: number, best: TrainingState['best'] = null, averaged = true): Checkpoint {
  const current = Float32Array.of(step, 1, 2, 3);
  const weights = averaged ? Float32Array.of(step, 9, 9, 9) : current;
  const parameter = { name: 'a', shape: [2, 2], weights, current };
  return {
    state: {
      ...{ step, status: 'running', configHash: config.hash, best, evaluationsWithoutGain: 0 },
      ...{ metricsBytes: 0, eventsBytes: 0, lossSum: 0.1 + step, lossCount: 1 },
    },
    parameters: [{ ...parameter, m: Float32Array.of(4, 5, 6, 7), v: Float32Array.of(8, 9, 10, 11) }],
  };
}

async function runWith(...checkpoints: Checkpoint[]): Promise<{ store: MemoryStore; folder: RunFolder }> {
  const store = new MemoryStore();
  const folder = await RunFolder.create(store, { config, env });
  for (const checkpoint of checkpoints) await writeCheckpoint(store, checkpoint, description);
  return { store, folder };
}

describe('RunFolder', () => {
  it('is opened with the configuration and environment it was made with', async () => {
    const { store } = await runWith();
    const opened = await RunFolder.open(store);
    expect(opened.resolved).toEqual(config);
    expect(opened.env).toEqual(env);
    expect([...store.files.keys()].sort()).toEqual(['config.resolved.yaml', 'env.json']);
  });

  it('does not replace a run unless told, and then leaves nothing of it', async () => {
    const { store } = await runWith(checkpointOf(3));
    await writeText(store, METRICS_FILE, '{"step":1}\n');
    await writeText(store, 'notes.txt', 'mine');
    const again = RunFolder.create(store, { config, env });
    await expect(again).rejects.toMatchObject({ code: 'E_RUN_EXISTS', exitCode: 2 });
    await RunFolder.create(store, { config, env, force: true });
    expect([...store.files.keys()].sort()).toEqual(['config.resolved.yaml', 'env.json', 'notes.txt']);
  });

  it('goes on from a start that was cut short before its configuration was written, and from nothing else', async () => {
    const cut = new MemoryStore();
    await writeText(cut, 'env.json', '{"a":1}');
    await expect(RunFolder.create(cut, { config, env })).rejects.toMatchObject({ code: 'E_RUN_EXISTS' });
    const begun = await RunFolder.create(cut, { config, env, resume: true });
    expect(begun.env).toEqual(env);
    expect((await RunFolder.open(cut)).env).toEqual(env);
    await cut.remove('config.resolved.yaml');
    await writeText(cut, METRICS_FILE, '{"step":1}\n');
    await expect(RunFolder.create(cut, { config, env, resume: true })).rejects.toMatchObject({
      code: 'E_RUN_EXISTS',
    });
  });

  it('says when there is no run, and when it has no checkpoint yet', async () => {
    await expect(RunFolder.open(new MemoryStore())).rejects.toMatchObject({
      code: 'E_RUN_MISSING',
      exitCode: 2,
    });
    const { folder } = await runWith();
    expect(await folder.latest()).toBeNull();
    await expect(folder.best()).rejects.toMatchObject({ code: 'E_CHECKPOINT_MISSING' });
  });

  it('finds the newest by number, and the best that it names', async () => {
    const best = { step: 20, value: 0.5, bitsPerSpike: 0.2 };
    const { folder } = await runWith(checkpointOf(20), checkpointOf(100, best), checkpointOf(99));
    expect(await folder.steps()).toEqual([20, 99, 100]);
    expect((await folder.latest())?.state.step).toBe(100);
    expect((await folder.best()).state.step).toBe(20);
  });

  it('prunes all but the newest and the best', async () => {
    const { folder } = await runWith(...[1, 2, 3, 4, 5].map((step) => checkpointOf(step)));
    await folder.prune(2, 1);
    expect(await folder.steps()).toEqual([1, 4, 5]);
    await folder.prune(9, null);
    expect(await folder.steps()).toEqual([1, 4, 5]);
  });

  it('refuses a checkpoint of another configuration', async () => {
    const foreign = checkpointOf(2);
    const { folder } = await runWith({ ...foreign, state: { ...foreign.state, configHash: 'x' } });
    await expect(folder.latest()).rejects.toMatchObject({ code: 'E_CHECKPOINT_CONFIG' });
  });

  it('reads metrics without a last line cut short', async () => {
    const { store, folder } = await runWith();
    await writeText(store, METRICS_FILE, '{"step":1,"loss":0.5}\n{"step":2,"lo');
    expect(await folder.metrics()).toEqual([{ step: 1, loss: 0.5 }]);
  });

  it('writes an evaluation once unless told', async () => {
    const { folder } = await runWith();
    expect(await folder.readEvaluation()).toBeNull();
    await folder.writeEvaluation({ schema: 'x', value: 1 });
    await expect(folder.writeEvaluation({})).rejects.toMatchObject({
      code: 'E_RUN_EXISTS',
      where: EVALUATION_FILE,
    });
    await folder.writeEvaluation({ schema: 'y' }, true);
    expect(await folder.readEvaluation()).toEqual({ schema: 'y' });
  });
});

describe('checkpoints', () => {
  it('come back as they were, with and without a running mean', async () => {
    for (const averaged of [true, false]) {
      const { store } = await runWith(checkpointOf(7, null, averaged));
      const read = await readCheckpoint(store, 7);
      expect(read).toEqual(checkpointOf(7, null, averaged));
      expect(weightsOf(read).get('a')?.[1]).toBe(averaged ? 9 : 1);
      const { arrays } = readSafetensors(
        store.files.get('checkpoints/step-00000007/optimizer.safetensors') ?? new Uint8Array(),
      );
      expect([...arrays.keys()]).toEqual(averaged ? ['current.a', 'm.a', 'v.a'] : ['m.a', 'v.a']);
    }
  });

  it('say to other tools what net their weights belong to, and are read without it, as older ones are', async () => {
    const { store } = await runWith(checkpointOf(7));
    const path = 'checkpoints/step-00000007/config.json';
    expect(JSON.parse(store.text(path))).toEqual(description);
    const weights = store.files.get('checkpoints/step-00000007/model.safetensors') ?? new Uint8Array();
    expect(readSafetensors(weights).metadata).toMatchObject({ format: 'pt', step: '7' });
    await store.remove(path);
    expect(await readCheckpoint(store, 7)).toEqual(checkpointOf(7));
  });

  it('write DONE last and read as whole only with it, wherever a first write or a rewrite is cut', async () => {
    const { store: complete } = await runWith(checkpointOf(7));
    expect(complete.journal.at(-1)).toBe('write checkpoints/step-00000007/DONE');
    for (const rewrite of [false, true]) {
      for (let cut = 0; cut < 7; cut++) {
        const { store, folder } = await runWith(checkpointOf(3), ...(rewrite ? [checkpointOf(7)] : []));
        store.diesAt = store.journal.length + cut;
        await expect(writeCheckpoint(store, checkpointOf(7), description)).rejects.toThrow('killed');
        const fresh = store.copy();
        const opened = await RunFolder.open(fresh);
        const untouched = rewrite && cut === 0;
        expect(await opened.steps(), `cut at call ${cut}`).toEqual(untouched ? [3, 7] : [3]);
        await removeUnfinished(fresh);
        expect(await fresh.list('checkpoints')).toHaveLength(untouched ? 2 : 1);
        expect(folder.resolved).toEqual(config);
      }
    }
  });

  it('are errors with a code when missing or damaged', async () => {
    const { store } = await runWith(checkpointOf(7));
    await expect(readCheckpoint(store, 8)).rejects.toMatchObject({ code: 'E_CHECKPOINT_MISSING' });
    const path = (name: string): string => `checkpoints/step-00000007/${name}`;
    const damage: readonly [string, (copy: MemoryStore) => Promise<void>, string][] = [
      ['no state', (copy) => copy.remove(path('state.json')), 'E_CHECKPOINT_DAMAGED'],
      [
        'state of another schema',
        (copy) => writeText(copy, path('state.json'), '{"schema":"other/1"}'),
        'E_CHECKPOINT_DAMAGED',
      ],
      ['no weights', (copy) => copy.remove(path('model.safetensors')), 'E_CHECKPOINT_DAMAGED'],
      ['half the moments', (copy) => copy.truncate(path('optimizer.safetensors'), 150), 'E_SAFETENSORS'],
      [
        'weights for moments',
        async (copy) =>
          copy.write(
            path('optimizer.safetensors'),
            (await copy.read(path('model.safetensors'))) ?? new Uint8Array(),
          ),
        'E_CHECKPOINT_DAMAGED',
      ],
    ];
    for (const [what, harm, code] of damage) {
      const copy = store.copy();
      await harm(copy);
      await expect(readCheckpoint(copy, 7), what).rejects.toMatchObject({ code });
    }
  });
});

describe('privacy', () => {
  it.each([
    { file: '/home/ana/data/asdf.mat' },
    { nested: [{ command: 'train --data=/mnt/disk/x.nwb' }] },
    { file: 'C:\\Users\\ana\\x.mat' },
    { file: '~ana/x' },
    { file: 'file:///x' },
    { '/srv/key/name': 1 },
  ])('refuses %j', async (value) => {
    expect(() => refusePrivateText(value, 'env.json')).toThrow(
      expect.objectContaining({ code: 'E_RUN_PRIVATE' }),
    );
    const store = new MemoryStore();
    await expect(RunFolder.create(store, { config, env: value })).rejects.toMatchObject({
      code: 'E_RUN_PRIVATE',
    });
    expect(store.files.size).toBe(0);
  });

  it.each([
    {
      file: 'data/asdf_bh.mat',
      unit: '30000 Hz',
      ratio: '1/30000 s',
      speed: 'bins/s',
      range: 'a / b',
      empty: null,
    },
    { schema: 'spikebridge.evaluation/1', url: 'see https://example.org/x', flags: [true, 3] },
  ])('lets %j pass', (value) => {
    expect(() => refusePrivateText(value, 'env.json')).not.toThrow();
  });

  it('is kept by everything a run writes', async () => {
    const { store } = await runWith(checkpointOf(1));
    for (const path of store.files.keys()) {
      expect(path.startsWith('/')).toBe(false);
      expect((await readText(store, path)) ?? '').not.toMatch(/\/(home|root|tmp|Users)\//);
    }
  });
});
