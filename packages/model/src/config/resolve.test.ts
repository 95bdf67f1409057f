// Plan: layers win in the order preset < file < --set; every fault is E_CONFIG_*, exit code 2, names the key and (for
// unknown ones) the nearest valid key; the hash depends on values alone; presets hold the published constants; what is
// written is read back the same.
import { describe, expect, it } from 'vitest';
import { SpikebridgeError } from '../errors.ts';
import { PRESETS, PRESET_NAMES } from './presets.ts';
import { parseResolvedConfig, resolveConfig } from './resolve.ts';

function fault(run: () => unknown): SpikebridgeError {
  try {
    run();
  } catch (error) {
    if (error instanceof SpikebridgeError) return error;
    throw error;
  }
  throw new Error('expected a SpikebridgeError, nothing was thrown');
}

const file = (text: string): { name: string; text: string } => ({ name: 'my.yaml', text });

describe('resolveConfig', () => {
  it.each(PRESET_NAMES)('resolves the preset %s unchanged', (preset) => {
    expect(resolveConfig({ preset }).config).toEqual(PRESETS[preset]);
  });

  it('takes small when nobody says', () => {
    expect(resolveConfig().config.preset).toBe('small');
  });

  it('layers preset < file < sets, key by key', () => {
    const { config } = resolveConfig({
      preset: 'small',
      file: file('training:\n  batch: 3\n  context: 64\nseed: 5\n'),
      sets: ['training.context=128', 'loss.kind=focal', 'training.context=256'],
    });
    expect(config.training.batch).toBe(3);
    expect(config.training.context).toBe(256);
    expect(config.seed).toBe(5);
    expect(config.loss).toEqual({ ...PRESETS.small.loss, kind: 'focal' });
    expect(config.training.learningRate).toBe(PRESETS.small.training.learningRate);
  });

  it('lets the asked preset win over the preset of the file, and --set over both when none is asked', () => {
    expect(resolveConfig({ file: file('preset: paper') }).config.preset).toBe('paper');
    expect(resolveConfig({ preset: 'base', file: file('preset: paper') }).config).toEqual(PRESETS.base);
    expect(resolveConfig({ file: file('preset: paper'), sets: ['preset=base'] }).config.preset).toBe('base');
  });

  it('merges branches, replaces lists, and takes null and new branches', () => {
    expect(resolveConfig({ sets: ['net={layers: 2}'] }).config.net).toEqual({
      ...PRESETS.small.net,
      layers: 2,
    });
    expect(resolveConfig({ sets: ['net.history=null'] }).config.net).toHaveProperty('history', null);
    expect(resolveConfig({ sets: ['data.split=[80,20,0]'] }).config.data.split).toEqual([80, 20, 0]);
    const history = '{lags: 2, taus: [4], logScale: [0], ageEdges: []}';
    expect(resolveConfig({ preset: 'paper', sets: [`net.history=${history}`] }).config.net).toHaveProperty(
      'history.taus',
      [4],
    );
  });

  it('lets steps and epochs replace one another across layers, and refuses both in one', () => {
    const stepped = resolveConfig({ preset: 'paper', sets: ['training.steps=10'] }).config.training;
    expect([stepped.steps, stepped.epochs]).toEqual([10, null]);
    const both = fault(() => resolveConfig({ file: file('training: {steps: 1, epochs: 1}') }));
    expect(both).toMatchObject({ code: 'E_CONFIG_VALUE', where: 'training.steps', exitCode: 2 });
  });

  it('has the published constants in paper', () => {
    const { net, training, loss } = resolveConfig({ preset: 'paper' }).config;
    expect(net).toMatchObject({
      layers: 1,
      width: 128,
      heads: 16,
      feedForward: 128,
      activation: 'relu',
      norm: 'post',
    });
    expect(net).toMatchObject({ positions: 'none', embedding: 'identity', dropout: 0.1, history: null });
    expect(training).toMatchObject({
      batch: 16,
      context: 15625,
      learningRate: 0.005,
      epochs: 200,
      optimiser: 'adam',
    });
    expect(training.schedule).toEqual({ kind: 'step', factor: 0.9, everyEpochs: 5, floor: 2.5e-5 });
    expect(loss).toMatchObject({ kind: 'dice', smooth: 1, doubleSigmoid: false, densityPenalty: true });
  });
});

describe('faults of a request', () => {
  it('names an unknown key of --set and the nearest valid one', () => {
    const error = fault(() => resolveConfig({ sets: ['training.learningrat=1'] }));
    expect(error).toMatchObject({ code: 'E_CONFIG_UNKNOWN_KEY', exitCode: 2 });
    expect(error.message).toContain('training.learningrat');
    expect(error.fix).toContain('training.learningRate');
  });

  it('names an unknown key of the file, also inside a branch that the preset leaves out', () => {
    expect(fault(() => resolveConfig({ file: file('los: {kind: bce}') })).fix).toContain('loss');
    const inner = fault(() => resolveConfig({ preset: 'paper', sets: ['net.history={lag: 1}'] }));
    expect(['E_CONFIG_UNKNOWN_KEY', 'E_CONFIG_VALUE']).toContain(inner.code);
    expect(inner.message).toContain('net.history.');
  });

  it.each([
    ['training.batch=0', 'training.batch'],
    ['training.batch=eight', 'training.batch'],
    ['training.batch=1.5', 'training.batch'],
    ['loss.kind=hinge', 'loss.kind'],
    ['loss.bceShare=1.5', 'loss.bceShare'],
    ['data.split=[50,20,20]', 'data.split'],
    ['data.split=[0,50,50]', 'data.split'],
    ['data.split=[50,50]', 'data.split'],
    ['net.heads=3', 'net.heads'],
    ['training=5', 'training'],
    ['seed=-1', 'seed'],
    ['training.averaging=1', 'training.averaging'],
    ['training.betas=[0.9,1]', 'training.betas'],
    ['training.optimiser=adam', 'training.optimiser'],
    ['net.history.logScale=[1]', 'net.history.logScale'],
    ['net.history.ageEdges=[4,2]', 'net.history.ageEdges'],
    ['net.embedding=identity', 'net.embedding'],
    ['data.stop=.nan', 'data.stop'],
  ])('refuses --set %s, naming %s', (set, where) => {
    const error = fault(() => resolveConfig({ sets: ['net.width=64', set] }));
    expect(error).toMatchObject({ code: 'E_CONFIG_VALUE', exitCode: 2 });
    expect(error.where ?? '').toContain(where);
  });

  it('refuses what is not YAML, not keys and values, not key=value, not a preset', () => {
    expect(fault(() => resolveConfig({ file: file('a: [1') }))).toMatchObject({
      code: 'E_CONFIG_FILE',
      where: 'my.yaml',
    });
    expect(fault(() => resolveConfig({ file: file('- 1') })).code).toBe('E_CONFIG_FILE');
    expect(fault(() => resolveConfig({ sets: ['training.batch'] })).code).toBe('E_CONFIG_SET');
    expect(fault(() => resolveConfig({ sets: ['training..batch=1'] })).code).toBe('E_CONFIG_SET');
    expect(fault(() => resolveConfig({ sets: ['seed=[1'] })).code).toBe('E_CONFIG_SET');
    expect(fault(() => resolveConfig({ preset: 'tiny' }))).toMatchObject({
      code: 'E_CONFIG_PRESET',
      exitCode: 2,
    });
    expect(resolveConfig({ file: file('') }).config).toEqual(PRESETS.small);
  });
});

describe('the resolved configuration', () => {
  it('has a hash that follows values, not how they were given', () => {
    const bySet = resolveConfig({ sets: ['seed=7', 'training.batch=4'] });
    const byFile = resolveConfig({ file: file('training: {batch: 4}\nseed: 7') });
    expect(bySet.hash).toBe(byFile.hash);
    expect(bySet.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(resolveConfig({ sets: ['seed=8', 'training.batch=4'] }).hash).not.toBe(bySet.hash);
  });

  it('is read back from its own YAML with the same hash, and refuses a file with a key missing', () => {
    const resolved = resolveConfig({ preset: 'paper', sets: ['seed=3', 'data.selection.ids=["7","0x1"]'] });
    const again = parseResolvedConfig(resolved.yaml);
    expect(again).toEqual(resolved);
    const without = resolved.yaml.replace(/^seed: 3\n/m, '');
    expect(fault(() => parseResolvedConfig(without))).toMatchObject({
      code: 'E_CONFIG_VALUE',
      where: 'seed',
    });
  });
});
