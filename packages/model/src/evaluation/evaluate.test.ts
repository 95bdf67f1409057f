// Plan: a within-domain and a cross-domain evaluation on small recordings; the document satisfies its schema; levels and
// pairings mean what they say; every predictor scores the same bins; the null scores zero; exports hold what was scored.
import { KernelCore } from '@spikebridge/core-wasm';
import { describe, expect, it } from 'vitest';
import { SpikebridgeError } from '../errors.ts';
import { binGrid } from '../recording/grid.ts';
import { splitBins } from '../recording/split.ts';
import { evaluationTable } from '../report/evaluation-table.ts';
import { evaluationDocumentSchema, type EvaluationPair } from './document.ts';
import {
  calibrateSource,
  evaluateRecordings,
  scoreRecording,
  type EvaluationOptions,
  type EvaluationSource,
  type EvaluationTarget,
} from './evaluate.ts';
import { spikeAt } from './features/cursor.ts';
import { fitFloors } from './floors/fit.ts';
import { trainingProbabilities } from './floors/rates.ts';
import { kernelHost } from './kernel-host.ts';
import { scoredEntriesFromText, scoredEntriesToText } from './scored-entries.ts';
import { laterFactory } from './testing/later-predictor.ts';
import { drawRaster, thirds } from './testing/synthetic.ts';
import type { PredictorFactory, PredictorKey, TargetView } from './types.ts';

const law =
  (rates: readonly number[]) =>
  (_: number, unit: number, past: (lag: number, unit: number) => number): number =>
    past(1, unit) + past(2, unit) > 0 ? rates[unit] / 50 : rates[unit];
const sourceRates = [0.05, 0.1, 0.2];
const raster = drawRaster(30_000, 3, 101, law(sourceRates));
const split = thirds(raster);
const host = kernelHost(await KernelCore.create({ deterministic: true }));
const floors = fitFloors({ raster, split, host });

/** Knows the law: the oracle. */
const oracle: PredictorFactory = ({ raster: r }) => ({
  key: 'model',
  predict: (start, stop, out): undefined => {
    const past = (bin: number, u: number): number => (bin < 0 ? 0 : spikeAt(r, bin, u));
    for (let bin = start, at = 0; bin < stop; bin++) {
      for (let u = 0; u < 3; u++, at++) {
        out[at] = past(bin - 1, u) + past(bin - 2, u) > 0 ? sourceRates[u] / 50 : sourceRates[u];
      }
    }
  },
});
const source: EvaluationSource = { name: 'source', raster, split, floors, model: oracle, configHash: 'abc' };
const within: EvaluationTarget = {
  name: 'source (test part)',
  raster,
  test: split.test,
  rates: floors.rates,
  train: split.train,
  pairing: 'within',
};
const base: EvaluationOptions = {
  source,
  targets: [within],
  level: 'rates',
  seed: 1,
  context: 64,
  replicates: 100,
  host,
};

describe('within a domain', async () => {
  const document = await evaluateRecordings(base);
  const [pair] = document.pairs;

  it('gives a document that satisfies its schema and survives JSON', () => {
    expect(evaluationDocumentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    expect(document.schema).toBe('spikebridge.evaluation/1');
    expect(pair.configHash).toBe('abc');
  });

  it('has every predictor, the null at zero and the oracle on top', () => {
    expect(Object.keys(pair.scores)).toEqual([
      'model',
      'own-rate',
      'recent-rate',
      'own-history',
      'population',
      'coupled',
      'shared-kernel',
      'plug-in',
    ]);
    expect(pair.scores['own-rate']?.bitsPerSpike.value).toBeCloseTo(0, 6);
    expect(pair.scores['own-rate']?.rocAucPerUnit.value).toBe(0.5);
    const own = pair.scores['own-history']?.bitsPerSpike.value ?? NaN;
    expect(own).toBeGreaterThan(0.2);
    expect(pair.scores.model?.bitsPerSpike.value ?? NaN).toBeGreaterThan(own - 0.01);
    expect(pair.bestFloor).not.toBe('own-rate');
  });

  it('puts every point inside its interval and prints what was scored', () => {
    for (const [key, scores] of Object.entries(pair.scores)) {
      for (const metric of ['bitsPerSpike', 'rocAuc', 'averagePrecision', 'dice', 'f1', 'ece'] as const) {
        const { value, low, high } = scores[metric];
        expect(low ?? NaN, `${key} ${metric}`).toBeLessThanOrEqual((value ?? NaN) + 1e-9);
        // ECE is an absolute value: resamples of a perfect predictor lie above the point.
        if (metric !== 'ece')
          expect(high ?? NaN, `${key} ${metric}`).toBeGreaterThanOrEqual((value ?? NaN) - 1e-9);
      }
    }
    expect(pair.scored).toMatchObject({ bins: 6000, units: 3, unpairedSource: 0 });
    expect(pair.blocks).toMatchObject({ count: 20, bins: 300, shortened: true, intervals: true });
    expect(pair.targetTrainingSeconds).toBe(18);
  });

  it('pairs each predictor with the best floor', () => {
    const difference = pair.differences['own-rate']?.bitsPerSpike;
    expect(difference?.high ?? NaN).toBeLessThan(0);
    expect(difference?.pHolm ?? NaN).toBeGreaterThanOrEqual(difference?.p ?? NaN);
    expect(pair.differences[pair.bestFloor]).toBeUndefined();
  });

  it('recalibrates a model on source validation, unless it says that it is calibrated', async () => {
    // Says half of what the oracle says, so that a slope near 1 and an offset near ln 2 mend it.
    const half: PredictorFactory = (view) => {
      const inner = oracle(view);
      return {
        key: 'model',
        predict: (start, stop, out) => {
          const answer = inner.predict(start, stop, out);
          out.forEach((p, i) => (out[i] = p / 2));
          return answer;
        },
      };
    };
    const judged = async (model: PredictorFactory) =>
      (await evaluateRecordings({ ...base, source: { ...source, model }, only: ['model'] })).pairs[0].scores
        .model;
    const mended = await judged(half);
    expect(mended?.calibration.offset).toBeGreaterThan(0.5);
    expect(mended?.bitsPerSpike.value).toBeGreaterThan((mended?.bitsPerSpikeRaw.value ?? 0) + 0.1);
    const left = await judged(Object.assign((view: TargetView) => half(view), { calibrated: true }));
    expect(left?.calibration).toMatchObject({ slope: 1, offset: 0 });
    expect(left?.bitsPerSpike.value).toBe(left?.bitsPerSpikeRaw.value);
  });

  it('leaves floors tied to units out where nothing is paired', async () => {
    const { pairs } = await evaluateRecordings({ ...base, targets: [{ ...within, pairing: 'free' }] });
    expect(Object.keys(pairs[0].scores)).toEqual([
      ...['model', 'own-rate', 'recent-rate', 'shared-kernel', 'plug-in'],
    ]);
  });

  it('is repeatable to the last digit, and reuses calibrations', async () => {
    const calibrations = await calibrateSource(base);
    expect(await evaluateRecordings({ ...base, calibrations })).toEqual(document);
  });

  it('waits for a model that answers later, and changes no digit for it', async () => {
    expect(await evaluateRecordings({ ...base, source: { ...source, model: laterFactory(oracle) } })).toEqual(
      document,
    );
  });

  it('prints as a table', () => {
    const table = evaluationTable(document);
    expect(table).toContain('own-history');
    expect(table).toContain('bits/spike');
    expect(table.split('\n').every((line) => line.length < 140)).toBe(true);
    expect(table).toContain('rates of the null model from the target (s): 0.000-18.000');
  });
});

describe('across domains', async () => {
  const targetRaster = drawRaster(30_000, 3, 103, law([0.2, 0.05, 0.1]));
  const target: EvaluationTarget = {
    name: 'target',
    raster: targetRaster,
    test: split.test,
    rates: trainingProbabilities(targetRaster, split.train),
    train: split.train,
    units: Uint8Array.of(1, 1, 0),
    pairing: 'index',
    unpairedSource: 1,
    unpairedTarget: 2,
  };
  const run = async (level: 'none' | 'rates'): Promise<EvaluationPair> =>
    (await evaluateRecordings({ ...base, targets: [target], level })).pairs[0];
  const rates = await run('rates');
  const none = await run('none');

  it('lets only what knows the rates at level `rates` keep above zero', () => {
    const value = (pair: typeof rates, key: PredictorKey): number =>
      pair.scores[key]?.bitsPerSpikeRaw.value ?? NaN;
    expect(value(rates, 'shared-kernel')).toBeGreaterThan(0.1);
    expect(value(rates, 'plug-in')).toBeCloseTo(0, 6);
    expect(value(rates, 'own-rate')).toBeLessThan(-0.1);
    expect(value(none, 'shared-kernel')).toBeLessThan(value(rates, 'shared-kernel') - 0.1);
    expect(value(none, 'plug-in')).toBeLessThan(0);
    expect(none.targetTrainingSeconds).toBe(0);
  });

  it('scores paired units only and counts the others', () => {
    expect(rates.scored).toMatchObject({ units: 2, unpairedSource: 1, unpairedTarget: 2 });
    let spikes = 0;
    for (let bin = 24_000; bin < 30_000; bin++)
      spikes += spikeAt(targetRaster, bin, 0) + spikeAt(targetRaster, bin, 1);
    expect(rates.scored.spikes).toBe(spikes);
  });
});

describe('what the document says of the splits', async () => {
  /** Every fourth second is missing, and the clock begins at 100 s. */
  const grid = binGrid(
    {
      name: 'gaps',
      format: 'csv',
      clock: { numerator: 1000, denominator: 1 },
      units: [{ id: 'a' }],
      times: Float64Array.of(100_500),
      offsets: Uint32Array.of(0, 1),
      observed: Array.from({ length: 8 }, (_, i) => ({
        start: 100_000 + 4000 * i,
        stop: 103_000 + 4000 * i,
      })),
      assumptions: [],
      warnings: [],
    },
    { binMilliseconds: 1 },
  );
  const { segments } = splitBins(grid, [60, 20, 20], { context: 64 });
  const judged = await evaluateRecordings({
    ...base,
    only: ['own-rate'],
    replicates: 2,
    source: { ...source, segments },
    targets: [
      {
        ...within,
        segments,
        ratesFrom: 'calibration',
        calibration: { name: 'morning', segments },
        pairing: 'index',
      },
      { ...within, segments, ratesFrom: 'target' },
    ],
  });
  const [pair] = judged.pairs;
  const text = evaluationTable({ schema: 'spikebridge.evaluation/1', pairs: [pair] });

  it("prints every segment by the recording's own clock", () => {
    expect(segments.length).toBeGreaterThan(8);
    expect(segments.map(({ part }) => part)).toContain('gap');
    expect(pair.splits.source.segments).toEqual(segments);
    expect(pair.splits.target.segments).toEqual(segments);
    const flat = text.replace(/\s+/g, ' ');
    const all = segments
      .map((s) => `${s.part} ${s.startSeconds.toFixed(3)}-${s.stopSeconds.toFixed(3)}`)
      .join(', ');
    expect(flat).toContain(`source split (s): ${all} target split (s): ${all}`);
    expect(all.startsWith('train 100.000-103.000, train 104.000-107.000')).toBe(true);
    // Scored bins are those of the same clock: bin 24,000 is 124 s.
    expect(flat).toContain('scored (s): 124.000-130.000');
    expect(text.split('\n').every((line) => line.length < 140)).toBe(true);
  });

  it('names where the rates come from', async () => {
    expect(pair.splits.target).toMatchObject({ ratesFrom: 'calibration', calibration: 'morning' });
    expect(text).toContain('from the calibration recording morning (s): 100.000-118.000');
    const short = { ...base, only: ['own-rate'], replicates: 2 } as const;
    const [plain] = (await evaluateRecordings(short)).pairs;
    expect(plain.splits.target).toMatchObject({ ratesFrom: 'target', calibration: null });
    const own = { ...within, train: [] };
    const [again] = (await evaluateRecordings({ ...short, targets: [own] })).pairs;
    expect(again.splits.target.ratesFrom).toBe('source');
    expect(evaluationTable({ schema: 'spikebridge.evaluation/1', pairs: [again] })).toContain(
      "rates of the null model: the source's training part",
    );
  });
});

describe('exports and refusals', () => {
  it('streams every predictor over the same bins', async () => {
    const rows = new Map<PredictorKey, number>();
    let begun = 0;
    await evaluateRecordings({
      ...base,
      replicates: 2,
      only: ['model', 'recent-rate'],
      sink: {
        begin: ({ bins, units }) => {
          begun = bins * units;
        },
        scores: (key, block, first) => {
          expect(first * 3).toBe(rows.get(key) ?? 0);
          rows.set(key, (rows.get(key) ?? 0) + block.length);
        },
      },
    });
    expect([...rows.keys()]).toEqual(['model', 'own-rate', 'recent-rate']);
    for (const count of rows.values()) expect(count).toBe(begun);
  });

  it('disposes the predictors it set up', async () => {
    let held = 0;
    const model: PredictorFactory = (view) => {
      held++;
      return {
        ...oracle(view),
        dispose: () => {
          held--;
        },
      };
    };
    await evaluateRecordings({ ...base, source: { ...source, model }, replicates: 2, only: ['model'] });
    expect(held).toBe(0);
  });

  it('gives no interval under 20 blocks', async () => {
    const judged = await evaluateRecordings({
      ...base,
      only: ['own-rate'],
      targets: [{ ...within, test: [{ start: 29_990, stop: 30_000 }] }],
    });
    const [pair] = judged.pairs;
    expect(pair.blocks.intervals).toBe(false);
    expect(pair.scores['own-rate']?.dice.low).toBeNull();
  });

  it('says why it cannot go on', async () => {
    const code = async (change: Partial<EvaluationOptions>): Promise<string> => {
      try {
        await evaluateRecordings({ ...base, only: ['own-rate'], ...change });
      } catch (error) {
        if (error instanceof SpikebridgeError) return error.code;
      }
      return 'none';
    };
    expect(await code({ targets: [{ ...within, test: [] }] })).toBe('E_EVALUATION_SPLIT');
    expect(await code({ level: 'none', targets: [{ ...within, pairing: 'rank' }] })).toBe(
      'E_EVALUATION_LEVEL',
    );
    expect(await code({ level: 'rates', targets: [{ ...within, pairing: 'rank' }] })).toBe('none');
    expect(await code({ source: { ...source, split: { ...split, validation: [] } } })).toBe(
      'E_EVALUATION_SPLIT',
    );
    expect(await code({ targets: [{ ...within, raster: { ...raster, binMilliseconds: 2 } }] })).toBe(
      'E_EVALUATION_BINS',
    );
  });
});

describe('floors scored earlier', async () => {
  const seeds = { seed: 7, resampleSeed: 3 };
  const { model: _, ...bare } = source;
  const alone: EvaluationOptions = { ...base, ...seeds, source: bare };
  const entries = await scoreRecording(alone, within, await calibrateSource(alone));
  const readBack = scoredEntriesFromText(scoredEntriesToText(entries), 'file');

  it('give the very document of one evaluation, through a file too', async () => {
    const asked: PredictorKey[] = [];
    const reused = await evaluateRecordings({
      ...{ ...base, ...seeds, targets: [{ ...within, scored: readBack }] },
      onProgress: ({ predictor }) => asked.push(predictor),
    });
    expect(reused).toEqual(await evaluateRecordings({ ...base, ...seeds }));
    // The order of keys is the order of tables.
    expect(Object.keys(reused.pairs[0].scores)[0]).toBe('model');
    expect(new Set(asked)).toEqual(new Set(['model']));
  });

  it('are drawn from the resample seed: another one gives other intervals and the same points', async () => {
    const other = await scoreRecording(
      { ...alone, resampleSeed: 4 },
      within,
      await calibrateSource({ ...alone, resampleSeed: 4 }),
    );
    expect(other.map(({ points }) => points)).toEqual(entries.map(({ points }) => points));
    expect(other[1].replicates.values.dice).not.toEqual(entries[1].replicates.values.dice);
  });

  it('are refused where the file is cut', () => {
    const text = scoredEntriesToText(entries);
    expect(() => scoredEntriesFromText(text.slice(0, -10), 'pair.json')).toThrow(SpikebridgeError);
    expect(() =>
      scoredEntriesFromText('{"schema":"spikebridge.scored/0","entries":[]}', 'pair.json'),
    ).toThrow(SpikebridgeError);
  });
});
