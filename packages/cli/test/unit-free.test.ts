// A unit-free net as a user meets it: trained on two recordings, judged on a third that holds other units and another number of
// them, at levels and calibration lengths; resumed with the same recordings only; sampled for its own units and for others; what has
// no meaning for it is refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, run, runtime, scratch } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);

/** Units of several rates that burst: a spike is followed by another after 4 ms in three of four cases. */
function burstingCsv(units: number, seconds: number, seed: number): string {
  let state = seed >>> 0;
  const draw = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const rows = ['unit,time_s'];
  for (let unit = 0; unit < units; unit++)
    for (let t = draw(); t < seconds; t += -Math.log(1 - draw()) / (3 + 2 * unit)) {
      let spike = t;
      do rows.push(`n${seed}-${unit},${spike.toFixed(4)}`);
      while (draw() < 0.75 && (spike += 0.004) < seconds);
    }
  return `${rows.join('\n')}\n`;
}

const source = folder.file('source.csv', burstingCsv(4, 60, 1));
const second = folder.file('second.csv', burstingCsv(6, 60, 2));
const target = folder.file('target.csv', burstingCsv(9, 60, 3));
const TINY = [
  ...['--set', 'data.units=10', '--set', 'training.context=64', '--set', 'training.batch=8'],
  ...['--set', 'training.steps=40', '--set', 'training.checkpointEverySteps=20'],
  ...[
    '--set',
    'rows={perExposure: 1000, timeScales: [1], longestSeconds: 20, judgedSeconds: 20, calibrations: [{seconds: 5, draws: 2}]}',
  ],
];
const trained = [
  'train',
  '--net',
  'unit-free',
  '--data',
  source,
  '--also',
  second,
  '--out',
  at('run'),
  ...TINY,
];

interface Judged {
  pairs: {
    level: string;
    pairing: string;
    targetTrainingSeconds: number;
    scored: { units: number };
    scores: Record<string, { bitsPerSpike: { value: number } }>;
  }[];
}
const evaluate = async (...more: string[]): Promise<Judged['pairs'][number]> =>
  ((await json(['evaluate', '--run', at('run'), '--replicates', '20', ...more])) as Judged).pairs[0];

describe(`on ${runtime}`, () => {
  beforeAll(async () => {
    await json(trained);
  }, 120_000);

  test('says in env.json what else it learnt from, and is finished already', async () => {
    const env = JSON.parse(readFileSync(at('run/env.json'), 'utf8')) as { also: { name: string }[] };
    expect(env.also.map(({ name }) => name)).toEqual(['second']);
    const again = await run([...trained, '--resume', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ status: 'finished', step: 40 });
    const others = await run([...trained.filter((word) => word !== '--also' && word !== second), '--resume']);
    expect(others.code).toBe(2);
    expect(others.stderr).toContain('E_DATA_CHANGED');
  });

  test('judged on units it has never seen: free pairing, its own level, floors that need no pairing', async () => {
    const pair = await evaluate('--data', target, '--floors', 'plug-in,coupled');
    expect(pair).toMatchObject({ level: 'statistics', pairing: 'free', scored: { units: 9 } });
    expect(Object.keys(pair.scores).sort()).toEqual(['model', 'own-rate', 'plug-in']);
    expect(pair.scores['model'].bitsPerSpike.value).toBeGreaterThan(0.5);
  });

  test('with three seconds of calibration it knows more than the plug-in', async () => {
    const pair = await evaluate('--data', target, '--floors', 'plug-in', '--calibration-seconds', '3');
    expect(pair.targetTrainingSeconds).toBe(3);
    const { model, 'plug-in': plugIn } = pair.scores;
    expect(model.bitsPerSpike.value).toBeGreaterThan(plugIn.bitsPerSpike.value + 0.05);
  });

  test('judged on its own held-out part, and by the guards', async () => {
    expect(await evaluate('--floors', 'plug-in')).toMatchObject({ level: 'statistics', pairing: 'within' });
    const guards = await run(['evaluate', '--run', at('run'), '--guards']);
    expect(guards.code).toBe(0);
  });

  test('mixed with a transformer of the target itself: level tuned, weights told, the own evaluation kept', async () => {
    const small = [
      '--set',
      'data.units=10',
      '--set',
      'training.steps=5',
      '--set',
      'net.width=16',
      '--set',
      'net.feedForward=16',
    ];
    const context = ['--set', 'training.context=64', '--set', 'training.batch=2'];
    await json(['train', '--data', target, '--out', at('own'), ...small, ...context]);
    const document = (await json([
      ...['evaluate', '--run', at('own'), '--with', at('run'), '--floors', 'plug-in', '--replicates', '20'],
    ])) as Judged & { pairs: { mixture: { runs: { source: string; weight: number }[] } }[] };
    const [pair] = document.pairs;
    expect(pair).toMatchObject({ level: 'tuned', pairing: 'within' });
    expect(pair.mixture.runs.map(({ source: name }) => name)).toEqual(['target', 'source']);
    // Five steps teach the transformer little: what the source says weighs most.
    expect(pair.mixture.runs[1].weight).toBeGreaterThan(0.5);
    expect(pair.scores['model'].bitsPerSpike.value).toBeGreaterThan(0.5);
    const refused = await run(['evaluate', '--run', at('run'), '--with', at('own')]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('E_MIXTURE_UNITS') as string]);
  }, 60_000);

  test.each([
    [['--data', target, '--pairing', 'rank'], 'E_PAIR_FREE'],
    [['--data', target, '--level', 'rates'], 'E_EVALUATION_LEVEL'],
    [['--data', target, '--level', 'none'], 'E_EVALUATION_LEVEL'],
  ])('evaluate %j is refused', async (words, code) => {
    const { code: exit, stderr } = await run(['evaluate', '--run', at('run'), ...words]);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(code) as string]);
  });

  test.each([
    [['--data', source, '--also', second, '--out', at('no'), ...TINY.slice(0, 2)], 'E_USAGE'],
    [['--net', 'unit-free', '--preset', 'small', '--data', source, '--out', at('no')], 'E_USAGE'],
    [['--net', 'unit-free', '--data', source, '--also', `${second},fs=no`, '--out', at('no')], 'E_USAGE'],
    [['--net', 'unit-free', '--data', source, '--out', at('no'), '--set', 'net.heads=2'], 'E_CONFIG'],
    [['--net', 'unit-free', '--data', source, '--out', at('no'), '--dry-run'], '--dry-run'],
  ])('train %j is refused', async (words, code) => {
    const { code: exit, stderr } = await run(['train', ...words]);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(code) as string]);
  });

  test('sampled: its own units, or those of another recording', async () => {
    const sample = (out: string, ...prompt: string[]) =>
      json(['generate', '--run', at('run'), ...prompt, '--bins', '2000', '--out', at(out)]);
    const own = (await sample('own.npz', '--prompt', 'silent')) as { units: string[]; spikes: number };
    expect(own.units).toEqual(['n1-0', 'n1-1', 'n1-2', 'n1-3']);
    expect(own.spikes).toBeGreaterThan(10);
    const others = (await sample('others.npz', '--prompt', target)) as { units: string[]; prompt: unknown };
    expect(others.units).toHaveLength(9);
    expect(others.prompt).toMatchObject({ pairing: 'free' });
  });

  test('its free run is held against the part that is scored', async () => {
    const document = (await json([
      ...['evaluate', '--run', at('run'), '--data', target, '--floors', 'none', '--replicates', '20'],
      ...['--statistics', '--bins', '5000'],
    ])) as { pairs: { freeRunning: { bins: number; statistics: { statistics: unknown[] } } }[] };
    expect(document.pairs[0].freeRunning.bins).toBe(5000);
    expect(document.pairs[0].freeRunning.statistics.statistics.length).toBeGreaterThan(5);
  });

  test('predict writes probabilities; export and interpret have nothing for it', async () => {
    const { shape } = (await json([
      ...['predict', '--run', at('run'), '--data', source, '--out', at('p.npy')],
    ])) as { shape: number[] };
    expect(shape[1]).toBe(10);
    const exported = await run(['export', '--run', at('run'), '--format', 'onnx', '--out', at('net.onnx')]);
    expect([exported.code, exported.stderr]).toEqual([2, expect.stringContaining('E_NET_KIND') as string]);
    const looked = await run(['interpret', '--run', at('run')]);
    expect([looked.code, looked.stderr]).toEqual([2, expect.stringContaining('E_NET_KIND') as string]);
  });
});
