// `evaluate`, `predict` and `runs compare` on a small trained run: the document, its pairings and levels, the guards, the
// exported arrays, and requests that cannot be met.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { EvaluationDocument } from '@spikebridge/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, periodicCsv, repository, run, runtime, scratch, start, smallRun } from './harness.ts';

const folder = scratch();
afterAll(() => folder.remove());
const at = (name: string) => join(folder.path, name);
const csv = folder.file('source.csv', periodicCsv({ units: 3, seconds: 20 }));
const other = folder.file('other.csv', periodicCsv({ units: 4, seconds: 12 }));
const later = folder.file('later.csv', periodicCsv({ units: 3, seconds: 12 }));
const earlier = folder.file('earlier.csv', periodicCsv({ units: 4, seconds: 10 }));

const SMALL = smallRun(60);

/** Bits/spike of own rate by hand: the null model against itself is 0, whatever else is wrong. */
const bits = (document: EvaluationDocument, key: 'model' | 'own-rate' | 'own-history') =>
  document.pairs[0].scores[key]?.bitsPerSpike.value ?? NaN;

/** Few resamples: the intervals are not what these tests look at. */
const evaluate = async (...args: string[]) =>
  (await json(['evaluate', '--run', at('run'), '--replicates', '50', ...args])) as EvaluationDocument;

/** Shape and 32-bit floats of a version 1 .npy file. */
function floats(path: string): { shape: number[]; values: Float32Array } {
  const bytes = readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString('latin1');
  const shape = /\(([^)]*)\)/.exec(header)?.[1].split(',').map(Number) ?? [];
  return { shape, values: new Float32Array(new Uint8Array(bytes.subarray(10 + length)).buffer) };
}

describe(`on ${runtime}`, () => {
  beforeAll(async () => {
    await json(['train', '--data', csv, '--out', at('run'), ...SMALL]);
  });

  test('without --data: the held-out part, every predictor on the same bins, kept in the run folder', async () => {
    const document = await evaluate();
    expect(document.schema).toBe('spikebridge.evaluation/1');
    const [pair] = document.pairs;
    expect(pair).toMatchObject({
      source: 'source',
      target: 'source',
      pairing: 'within',
      level: 'none',
      seed: 1,
    });
    expect(Object.keys(pair.scores).sort()).toEqual(
      [
        'coupled',
        'model',
        'own-history',
        'own-rate',
        'plug-in',
        'population',
        'recent-rate',
        'shared-kernel',
      ].sort(),
    );
    expect(bits(document, 'own-rate')).toBeCloseTo(0, 6);
    // Units that repeat their own interval: their own past tells nearly everything.
    expect(bits(document, 'own-history')).toBeGreaterThan(1);
    expect(bits(document, 'model')).toBeGreaterThan(0);
    const scored = pair.splits.target.scored[0];
    expect(scored.start).toBeGreaterThanOrEqual(pair.splits.source.validation[0].stop);
    expect(JSON.parse(readFileSync(at('run/evaluation.json'), 'utf8'))).toEqual(document);
    expect(existsSync(at('.floors'))).toBe(true);
  });

  test('report.html holds the same figures, and nothing of this machine', () => {
    const html = readFileSync(at('run/report.html'), 'utf8');
    const document = JSON.parse(readFileSync(at('run/evaluation.json'), 'utf8')) as EvaluationDocument;
    for (const scores of Object.values(document.pairs[0].scores))
      expect(html).toContain(`<data value="${String(scores.bitsPerSpike.value)}">`);
    expect(html).toContain(document.pairs[0].configHash);
    expect(html).toContain('Loss over training');
    for (const secret of [folder.path, homedir(), repository].filter((path) => path.length > 1))
      expect(html.includes(secret), secret).toBe(false);
    expect(new RegExp(`\\b${userInfo().username}\\b`).test(html)).toBe(false);
    expect(html).not.toMatch(/<script|https?:/);
  });

  test('for people: a table on stdout', async () => {
    const { code, stdout } = await run([
      'evaluate',
      '--run',
      at('run'),
      '--floors',
      'own-history',
      '--quiet',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^own-history +\d/m);
    expect(stdout).toMatch(/^model +-?\d/m);
    expect(stdout).not.toMatch(/^coupled/m);
  });

  test('another recording: pairing names the level, and what is known of the target is stated', async () => {
    const index = await evaluate('--data', other, '--floors', 'own-history');
    expect(index.pairs[0]).toMatchObject({
      target: 'other',
      pairing: 'index',
      level: 'none',
      targetTrainingSeconds: 0,
    });
    expect(index.pairs[0].scored).toMatchObject({ units: 3, unpairedSource: 0, unpairedTarget: 1 });
    const rank = await evaluate('--data', other, '--pairing', 'rank', '--floors', 'shared-kernel,plug-in');
    expect(rank.pairs[0]).toMatchObject({ pairing: 'rank', level: 'rates' });
    expect(rank.pairs[0].targetTrainingSeconds).toBeGreaterThan(6);
    const random = await evaluate('--data', other, '--pairing', 'random', '--floors', 'none');
    expect(random.pairs[0]).toMatchObject({ pairing: 'random', level: 'none' });
    expect(readdirSync(at('run')).filter((name) => name.startsWith('evaluation.other.'))).toHaveLength(3);
  });

  test('a level and seconds say what of the target is known, and the plug-in makes the most of it', async () => {
    const at4 = ['--calibration-seconds', '4', '--floors', 'plug-in'];
    const judged = async (level: string) =>
      (await evaluate('--data', other, '--pairing', 'rank', '--level', level, ...at4)).pairs[0];
    const rates = await judged('rates');
    const statistics = await judged('statistics');
    expect([rates.level, statistics.level]).toEqual(['rates', 'statistics']);
    expect(statistics.targetTrainingSeconds).toBeCloseTo(4, 6);
    // The null is the rate over all of the training part, whatever is known of it.
    expect(statistics.splits.target.train).toEqual(rates.splits.target.train);
    const gain = (pair: EvaluationDocument['pairs'][number]) =>
      pair.scores['plug-in']?.bitsPerSpike.value ?? NaN;
    // These trains are periodic: a hazard tells them, a rate does not.
    expect(gain(rates)).toBeLessThan(0.05);
    expect(gain(statistics)).toBeGreaterThan(gain(rates) + 0.3);
  });

  test('all of another recording: the same units, or rates from a calibration', async () => {
    const within = await evaluate(
      '--data',
      later,
      '--pairing',
      'within',
      '--part',
      'all',
      '--floors',
      'none',
    );
    expect(within.pairs[0].scored.bins).toBeGreaterThan(11_000);
    const refused = await run([
      'evaluate',
      '--run',
      at('run'),
      '--data',
      other,
      '--pairing',
      'rank',
      '--part',
      'all',
    ]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^error E_PAIR_RATES: .*\n +what to do: add --calibrate/m);
    const calibrated = await evaluate(
      ...['--data', other, '--pairing', 'rank', '--part', 'all', '--calibrate', earlier, '--floors', 'none'],
    );
    expect(calibrated.pairs[0].targetTrainingSeconds).toBeCloseTo(10, 0);
  });

  test('--statistics: what the run makes by itself beside the scored part, kept until the weights change', async () => {
    const file = at('run/evaluation.json');
    rmSync(file, { force: true });
    const document = await evaluate('--floors', 'none', '--statistics');
    const [{ freeRunning, splits }] = document.pairs;
    if (freeRunning === undefined) throw new Error('nothing was generated');
    const { statistics, prompt, bins } = freeRunning;
    // The prompt is the training part, of less than a minute; the comparison is with the test part, in halves.
    const train = splits.source.train[0];
    expect(prompt).toEqual({ from: 'source', start: train.start, bins: train.stop - train.start });
    expect(freeRunning.matchRates).toBe(false);
    const test = statistics.real.spans;
    expect(test).toHaveLength(1);
    expect(test[0].start).toBeGreaterThanOrEqual(splits.source.validation[0].stop);
    expect(bins).toBe(Math.floor((test[0].stop - test[0].start) / 2));
    expect(statistics.compared.bins).toBe(bins);
    // In the order of columns: units by rate.
    expect(statistics.units.map(({ id }) => id)).toEqual(['u0', 'u1', 'u2']);
    const rates = statistics.units.map(({ real }) => real['rate'] ?? NaN);
    [1 / 0.022, 1 / 0.033, 1 / 0.044].forEach((rate, unit) => expect(rates[unit] / rate).toBeCloseTo(1, 1));
    for (const { generated } of statistics.units) expect(generated?.['rate'] ?? 0).toBeGreaterThan(1);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(document);
    expect(readFileSync(at('run/report.html'), 'utf8')).toContain('Statistics of generated spike trains');

    // Seeded; scoring anew keeps it; its length can be chosen, and the table says what stands in it.
    expect((await evaluate('--floors', 'none')).pairs[0].freeRunning).toEqual(freeRunning);
    const shorter = await run([
      ...['evaluate', '--run', at('run'), '--replicates', '20', '--floors', 'none'],
      ...['--statistics', '--bins', '500'],
    ]);
    expect(shorter.code, shorter.stderr).toBe(0);
    expect(shorter.stdout).toContain(
      `500 bins that the run made by itself after the last ${prompt.bins} bins`,
    );
    expect(shorter.stdout).toMatch(/^statistic +real +generated +distance/m);
    // Wider scores stay, and what was generated goes with them.
    await evaluate('--floors', 'own-history', '--force');
    await evaluate('--floors', 'none', '--statistics');
    const [wider] = (JSON.parse(readFileSync(file, 'utf8')) as EvaluationDocument).pairs;
    expect([Object.keys(wider.scores), wider.freeRunning]).toEqual([
      ['model', 'own-rate', 'own-history'],
      freeRunning,
    ]);
    rmSync(file);
    expect((await evaluate('--floors', 'none', '--statistics')).pairs[0].freeRunning).toEqual(freeRunning);
  });

  test('--statistics on another recording: after its training part, the units that both have', async () => {
    const document = await evaluate('--data', other, '--floors', 'none', '--statistics');
    const [{ freeRunning, splits }] = document.pairs;
    const [train] = splits.target.train;
    expect(freeRunning?.prompt).toEqual({
      from: 'target',
      start: train.start,
      bins: train.stop - train.start,
    });
    expect(freeRunning?.statistics.real.name).toBe('other');
    expect(freeRunning?.statistics.units.map(({ id }) => id).toSorted()).toEqual(['u0', 'u1', 'u2']);
    for (const [args, where] of [
      [['--statistics', '--guards'], /--statistics/],
      [['--bins', '100'], /--bins/],
      [['--match-rates'], /--match-rates/],
    ] as const) {
      const refused = await run(['evaluate', '--run', at('run'), ...args]);
      expect([refused.code, refused.stdout]).toEqual([2, '']);
      expect(refused.stderr).toMatch(where);
    }
  });

  test('--match-rates draws the trains to what is known of the target, which a minute of it prompts', async () => {
    // The same trains at half the pace, so that the run fires too often by itself.
    const slow = folder.file(
      'slow.csv',
      periodicCsv({ units: 3, seconds: 80 }).replace(/[\d.]+$/gm, (time) => (2 * Number(time)).toFixed(6)),
    );
    const drawn = async (...args: string[]) => {
      const [{ freeRunning, splits }] = (
        await evaluate('--data', slow, '--split', '50,0,50', '--floors', 'none', '--statistics', ...args)
      ).pairs;
      const { stop } = splits.target.train[0];
      expect(freeRunning?.prompt).toEqual({ from: 'target', start: stop - 60_000, bins: 60_000 });
      const rate = freeRunning?.statistics.statistics.find(({ key }) => key === 'populationRate');
      return { matched: freeRunning?.matchRates, apart: rate?.generated?.distance.value ?? NaN };
    };
    const [free, matched] = [await drawn(), await drawn('--match-rates')];
    expect([free.matched, matched.matched]).toEqual([false, true]);
    expect(matched.apart).toBeLessThan(free.apart / 2);
  }, 60_000);

  test('a wider evaluation replaces a narrower one, a narrower one is kept out', async () => {
    const kept = () => {
      const { pairs } = JSON.parse(readFileSync(at('run/evaluation.json'), 'utf8')) as EvaluationDocument;
      return Object.keys(pairs[0].scores).sort();
    };
    rmSync(at('run/evaluation.json'), { force: true });
    await evaluate('--floors', 'none');
    expect(kept()).toEqual(['model', 'own-rate']);
    await evaluate('--floors', 'own-history');
    expect(kept()).toEqual(['model', 'own-history', 'own-rate']);
    const narrow = await run(['evaluate', '--run', at('run'), '--floors', 'none']);
    expect(narrow.code).toBe(0);
    expect(narrow.stderr).toMatch(
      /evaluation\.json is there already, with own-history too, and was kept; --force/,
    );
    expect(kept()).toEqual(['model', 'own-history', 'own-rate']);
  });

  test('guards pass on an honest model and catch the controls', async () => {
    const report = await json(['evaluate', '--run', at('run'), '--guards']);
    expect(report).toMatchObject({ schema: 'spikebridge.guards/1', passed: true });
    const { predictors, controls } = report as {
      predictors: { key: string; future: { passed: boolean } }[];
      controls: { name: string; caught: boolean }[];
    };
    expect(predictors.map(({ key }) => key)).toContain('model');
    expect(controls).toHaveLength(2);
    expect(controls.every(({ caught }) => caught)).toBe(true);
  });

  test('exported scores give the reported bits/spike again, by a formula written here', async () => {
    const document = await evaluate('--floors', 'own-history', '--export', at('scores'));
    const targets = readFileSync(at('scores/targets.npy'));
    const model = floats(at('scores/model.npy'));
    const [bins, units] = model.shape;
    const spikes = targets.subarray(targets.length - bins * units);
    const own = floats(at('scores/own-rate.npy'));
    let gain = 0;
    let count = 0;
    for (let bin = 0; bin < bins; bin += 1)
      for (let unit = 0; unit < 3; unit += 1) {
        const index = bin * units + unit;
        const clip = (p: number) => Math.min(1 - 1e-6, Math.max(1e-6, p));
        const likelihood = (p: number) => (spikes[index] === 1 ? Math.log(clip(p)) : Math.log(1 - clip(p)));
        gain += likelihood(model.values[index]) - likelihood(own.values[index]);
        count += spikes[index];
      }
    expect(document.pairs[0].scored.spikes).toBe(count);
    const reported = document.pairs[0].scores.model?.bitsPerSpikeRaw.value ?? NaN;
    expect(gain / (count * Math.LN2)).toBeCloseTo(reported, 4);
    expect(readdirSync(at('scores')).sort()).toEqual(
      ['model.npy', 'own-history.npy', 'own-rate.npy', 'scores.json', 'targets.npy'].sort(),
    );
    const again = await run(['evaluate', '--run', at('run'), '--floors', 'none', '--export', at('scores')]);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/^error E_OUTPUT_EXISTS: /m);
  });

  test('predict writes (bins, units) and the same probabilities as evaluation scores', async () => {
    const document = (await json(['predict', '--run', at('run'), '--data', csv, '--out', at('p.npy')])) as {
      shape: number[];
      units: (string | null)[];
    };
    const predicted = floats(at('p.npy'));
    expect(predicted.shape).toEqual(document.shape);
    expect(document.units.filter((id) => id !== null).sort()).toEqual(['u0', 'u1', 'u2']);
    const exported = floats(at('scores/model.npy'));
    const { spans } = JSON.parse(readFileSync(at('scores/scores.json'), 'utf8')) as {
      spans: { start: number }[];
    };
    const first = spans[0].start * document.shape[1];
    expect([...predicted.values.subarray(first, first + 400)]).toEqual([...exported.values.subarray(0, 400)]);
    expect((await run(['predict', '--run', at('run'), '--data', csv, '--out', at('p.npy')])).code).toBe(2);
  });

  test('runs compare shows scores side by side and what differs', async () => {
    await json(['train', '--data', csv, '--out', at('dice'), ...SMALL, '--loss', 'dice']);
    const document = (await json(['runs', 'compare', at('run'), at('dice')])) as {
      runs: { bitsPerSpike: number | null; loss: string }[];
      differences: { key: string; values: string[] }[];
    };
    expect(document.runs.map(({ loss }) => loss)).toEqual(['bce', 'dice']);
    expect(document.runs[0].bitsPerSpike).not.toBeNull();
    expect(document.runs[1].bitsPerSpike).toBeNull();
    expect(document.differences).toContainEqual({ key: 'loss.kind', values: ['"bce"', '"dice"'] });
    const { directions } = document as unknown as {
      directions: {
        target: string;
        comparable: boolean;
        scores: { predictor: string; metric: string; values: ({ value: number; low: number } | null)[] }[];
      }[];
    };
    const own = JSON.parse(readFileSync(at('run/evaluation.json'), 'utf8')) as EvaluationDocument;
    expect(directions[0]).toMatchObject({ target: 'source', comparable: true });
    const [model] = directions[0].scores;
    expect(model).toMatchObject({ predictor: 'model', metric: 'bitsPerSpike' });
    expect(model.values[0]?.value).toBe(own.pairs[0].scores.model?.bitsPerSpike.value);
    expect(model.values[1]).toBeNull();
    const shown = await run(['runs', 'compare', at('run'), at('dice')]);
    expect(shown.stdout).toMatch(/^judged on source \(within, level none\)$/m);
    expect(shown.stdout).toMatch(/^model bitsPerSpike +-?\d\.\d{4} \[.*\] +-$/m);
    // A damaged run does not hide the others.
    mkdirSync(at('damaged'));
    writeFileSync(at('damaged/config.resolved.yaml'), 'seed: [');
    const listed = await run(['runs', '--folder', folder.path, '--json']);
    rmSync(at('damaged'), { recursive: true });
    expect(listed.code).toBe(0);
    expect(listed.stderr).toMatch(/damaged is left out: [^]*\(E_[A-Z_]+\)/);
    expect((JSON.parse(listed.stdout) as { runs: unknown[] }).runs.length).toBeGreaterThanOrEqual(2);
    expect((await run(['runs', 'compare', at('run')])).code).toBe(2);
  });

  test('Ctrl-C while floors are fitted: exit 130, what was kept is said, the next call goes on with it', async () => {
    mkdirSync(at('cut'));
    const large = folder.file('cut/large.csv', periodicCsv({ units: 8, seconds: 30 }));
    await json(['train', '--data', large, '--out', at('cut/run'), ...SMALL, '--set', 'data.units=8']);
    const args = ['evaluate', '--run', at('cut/run'), '--replicates', '50'];
    const started = start([...args, '--json']);
    await started.seen(/^floor own-history: fitted in/m);
    started.child.kill('SIGINT');
    const ended = await started.finished;
    expect(ended.code).toBe(130);
    const { kept, interrupted } = JSON.parse(ended.stdout) as { kept: string[]; interrupted: boolean };
    expect(interrupted).toBe(true);
    expect(kept.slice(0, 2)).toEqual(['floor recent-rate', 'floor own-history']);
    const pieces = readdirSync(at('cut/.floors'));
    expect(pieces.filter((name) => /\.own-history\.(json|bin)$/.test(name))).toHaveLength(2);
    expect(pieces.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(existsSync(at('cut/run/evaluation.json'))).toBe(false);
    const before = statSync(join(at('cut/.floors'), pieces[0])).mtimeMs;
    const again = await run([...args, '--floors', 'own-history,population']);
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/floors: read back, fitted earlier: recent-rate, own-history/);
    expect(again.stderr).not.toMatch(/^floor own-history: fitted/m);
    expect(again.stderr).toMatch(/^judging: 8\/8 passes, .* left/m);
    expect(statSync(join(at('cut/.floors'), pieces[0])).mtimeMs).toBe(before);
  });

  test('a moved run still finds its recording, though it holds no path to it', async () => {
    mkdirSync(at('deep/er'), { recursive: true });
    cpSync(at('run'), at('deep/er/run'), { recursive: true });
    const { code, stderr } = await run(['evaluate', '--run', at('deep/er/run'), '--floors', 'none']);
    expect(stderr).not.toMatch(/E_DATA_MISSING/);
    expect(code).toBe(0);
  });

  test('a moved recording is asked for, a changed one refused', async () => {
    mkdirSync(at('elsewhere'));
    renameSync(csv, at('elsewhere/source.csv'));
    const missing = await run(['evaluate', '--run', at('run'), '--floors', 'none']);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(
      /^error E_DATA_MISSING: .*\n +what to do: say where it lies now with --source/m,
    );
    const changed = await run(['evaluate', '--run', at('run'), '--floors', 'none', '--source', other]);
    expect(changed.code).toBe(1);
    expect(changed.stderr).toMatch(/^error E_DATA_CHANGED: /m);
    expect(
      (
        await run([
          'evaluate',
          '--run',
          at('run'),
          '--floors',
          'none',
          '--source',
          at('elsewhere/source.csv'),
        ])
      ).code,
    ).toBe(0);
  });

  test.each([
    [['--run', 'no-such-run'], 'E_RUN_MISSING'],
    [['--run', 'RUN', '--floors', 'magic'], 'E_FLOOR_NAME'],
    [['--run', 'RUN', '--part', 'half'], 'E_USAGE'],
    [['--run', 'RUN', '--source', 'SOURCE', '--part', 'all'], 'E_EVALUATION_TRAINED'],
    [['--run', 'RUN', '--source', 'SOURCE', '--split', '20,20,60'], 'E_USAGE'],
    [['--run', 'RUN', '--source', 'SOURCE', '--calibration-seconds', '5'], 'E_USAGE'],
    [
      [
        '--run',
        'RUN',
        '--source',
        'SOURCE',
        '--data',
        'OTHER',
        '--level',
        'rates',
        '--calibration-seconds',
        '99',
      ],
      'E_CALIBRATION_SHORT',
    ],
    [['--run', 'RUN', '--source', 'SOURCE', '--level', 'all'], 'E_USAGE'],
    [
      ['--run', 'RUN', '--source', 'SOURCE', '--data', 'OTHER', '--pairing', 'rank', '--calibrate', 'OTHER'],
      'E_CALIBRATION_LEAK',
    ],
  ])('a request that cannot be met exits 2: %j', async (args, code) => {
    const words = new Map([
      ['RUN', at('run')],
      ['SOURCE', at('elsewhere/source.csv')],
      ['OTHER', other],
    ]);
    const refused = await run(['evaluate', ...args.map((word) => words.get(word) ?? word)]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`error ${code}: `);
  });
});
