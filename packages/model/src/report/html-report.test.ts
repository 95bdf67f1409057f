// Plan: the report says what the documents say, figure for figure; it is one file that fetches and runs nothing; it is well
// formed, can be read without seeing it, names nobody, and the same data give the same bytes.
import { beforeAll, describe, expect, test } from 'vitest';
import type { EvaluationPair, PredictorScores } from '../evaluation/document.ts';
import { evaluationPairSchema } from '../evaluation/document.ts';
import { PREDICTOR_KEYS } from '../evaluation/types.ts';
import { METRIC_KEYS } from '../evaluation/uncertainty/bootstrap.ts';
import { htmlReport } from './html-report.ts';
import type { ReportInput } from './html-report.ts';

/** Another number each time, with digits that rounding would lose. */
let drawn = 0;
const next = (): number => Math.fround(0.05 + ((drawn += 1) * 0.0137139) / 10);

const estimate = () => {
  const value = next();
  return { value, low: value - 0.01234567, high: value + 0.0211111, n: 30 };
};
const metrics = <T>(make: () => T) =>
  Object.fromEntries(METRIC_KEYS.map((key) => [key, make()])) as Record<(typeof METRIC_KEYS)[number], T>;
const spread = { median: 0.5, q25: 0.4, q75: 0.6 };
const scores = (): PredictorScores => ({
  ...metrics(estimate),
  perUnit: {
    units: 3,
    fewestSpikes: 300,
    bitsPerSpike: spread,
    rocAuc: spread,
    averagePrecisionLift: spread,
  },
  calibration: { slope: 1, offset: 0, threshold: 0.5 },
  reliability: [],
});

const pair = (target: string): EvaluationPair => ({
  source: 'slice <1> & "co"',
  target,
  pairing: 'rank',
  level: 'rates',
  seed: 7,
  configHash: 'c0ffee'.repeat(8),
  binMilliseconds: 1,
  context: 512,
  splits: {
    source: { train: [{ start: 0, stop: 60_000 }], validation: [{ start: 60_512, stop: 80_000 }] },
    target: {
      train: [{ start: 0, stop: 30_000 }],
      scored: [
        { start: 90_000, stop: 95_000 },
        { start: 96_000, stop: 99_123 },
      ],
    },
  },
  targetTrainingSeconds: 30,
  scored: { bins: 8123, units: 64, unpairedSource: 3, unpairedTarget: 5, spikes: 4321, density: 0.008312 },
  blocks: { count: 20, bins: 406, shortened: true, intervals: true, replicates: 1000 },
  exactRanking: true,
  scores: Object.fromEntries(PREDICTOR_KEYS.map((key) => [key, scores()])),
  bestFloor: 'coupled',
  differences: Object.fromEntries(
    PREDICTOR_KEYS.map((key) => [key, metrics(() => ({ ...estimate(), p: 0.0123, pHolm: 0.0456 }))]),
  ),
});

const first = pair('probe A');
const undefinedHere = { value: null, low: null, high: null, n: 4 };
const bare = pair('probe B');
const second: EvaluationPair = {
  ...bare,
  blocks: { ...bare.blocks, count: 4, intervals: false },
  scores: {
    'own-rate': { ...scores(), bitsPerSpike: undefinedHere },
    coupled: { ...scores(), rocAuc: { value: 0.75, low: null, high: null, n: 4 } },
  },
  differences: {},
};
const input: ReportInput = {
  title: 'Run <b>first</b>',
  runs: [
    {
      name: 'first',
      facts: [
        ['loss', 'bce'],
        ['device', 'wasm: relaxed SIMD, 2 threads'],
        ['configuration', 'c0ffee'.repeat(8)],
      ],
      metrics: [
        { kind: 'train', step: 10, loss: 0.0912, learningRate: 0.001 },
        { kind: 'train', step: 20, loss: 0.0833, learningRate: 0.001 },
        { kind: 'validation', step: 20, loss: 0.0841, bitsPerSpike: 0.1234, best: true },
        { kind: 'validation', step: 30, loss: null, bitsPerSpike: null, best: false },
      ],
      pairs: [first, second],
    },
  ],
};
/** The report of the same run, judged otherwise. */
const withPairs = (...pairs: EvaluationPair[]): ReportInput => ({
  ...input,
  runs: [{ ...input.runs[0], pairs }],
});

let html = '';
beforeAll(async () => {
  html = await htmlReport(input);
});

/** The table with a caption, as rows of cells. */
function tableOf(caption: string, occurrence = 0): string[][] {
  const found = html.split('<table>').filter((part) => part.startsWith(`<caption>${caption}`));
  const body = found[occurrence].split('</table>')[0];
  return body
    .split('<tr')
    .slice(1)
    .map((row) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map((cell) => cell[1]));
}
const exact = (cell: string): number[] =>
  [...cell.matchAll(/<data value="([^"]*)">/g)].map((found) => Number(found[1]));
const shown = (cell: string): string => cell.replace(/<[^>]*>/g, '');

describe('one file that fetches and runs nothing', () => {
  test('no script, no resource, no address; a policy that forbids them', () => {
    expect(html).not.toMatch(/<script|<link|<iframe|<img|<object|<embed|<base|<form/i);
    expect(html).not.toMatch(/\ssrc=|srcset=|\son\w+=|url\(|@import|javascript:|https?:|\/\/\w/i);
    for (const [, address] of html.matchAll(/href="([^"]*)"/g)) expect(address).toMatch(/^#pair-\d+$/);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  test('tags close in order', () => {
    const open: string[] = [];
    const alone = new Set(['meta', 'br']);
    for (const [whole, closing, name] of html.matchAll(/<(\/?)([a-zA-Z][\w-]*)\b[^>]*?>/g)) {
      if (alone.has(name) || whole.endsWith('/>')) continue;
      if (closing === '') open.push(name);
      else expect(open.pop(), whole).toBe(name);
    }
    expect(open).toEqual([]);
  });

  test('names are text, never markup', () => {
    expect(html).toContain('<h1>Run &lt;b&gt;first&lt;/b&gt;</h1>');
    expect(html).toContain('slice &lt;1&gt; &amp; &quot;co&quot; → probe A');
    expect(html).not.toContain('<b>');
  });

  test('the same data give the same bytes', async () => {
    expect(await htmlReport(structuredClone(input))).toBe(html);
  });

  test('an absolute path is refused', async () => {
    const facts = [['data', '/home/somebody/recordings/a.nwb']] as const;
    const leaking = { ...input, runs: [{ ...input.runs[0], facts }] };
    await expect(htmlReport(leaking)).rejects.toMatchObject({ code: 'E_RUN_PRIVATE' });
  });
});

describe('what it says', () => {
  test('the fixture is a document', () => {
    for (const one of input.runs[0].pairs) expect(evaluationPairSchema.safeParse(one).success).toBe(true);
  });

  test("every predictor and metric, with the document's own figures", () => {
    const [head, ...rows] = tableOf('Scores, ');
    expect(head).toHaveLength(1 + METRIC_KEYS.length);
    expect(rows.map(([name]) => name.replace(' (best floor)', ''))).toEqual([...PREDICTOR_KEYS]);
    expect(rows.filter(([name]) => name.endsWith('(best floor)')).map(([name]) => name)).toEqual([
      'coupled (best floor)',
    ]);
    PREDICTOR_KEYS.forEach((key, row) =>
      METRIC_KEYS.forEach((metric, column) => {
        const { value, low, high } = first.scores[key]?.[metric] ?? undefinedHere;
        expect(exact(rows[row][column + 1]), `${key} ${metric}`).toEqual([value, low, high]);
      }),
    );
    const bits = first.scores.model?.bitsPerSpike ?? undefinedHere;
    expect(shown(rows[0][1])).toBe(
      `${bits.value?.toFixed(3)} [${bits.low?.toFixed(3)}, ${bits.high?.toFixed(3)}]`,
    );
  });

  test('what is undefined is a dash, and a figure without an interval has none', () => {
    const [, ownRate, coupled] = tableOf('Scores, ', 1);
    expect(shown(ownRate[1])).toBe('-');
    expect(exact(coupled[1 + METRIC_KEYS.indexOf('rocAuc')])).toEqual([0.75]);
    expect(html).toContain('none: 4 blocks are fewer than 20');
  });

  test('differences with p and its correction; the best floor is not compared with itself', () => {
    const [, ...rows] = tableOf('bits/spike minus coupled');
    expect(rows.map(([name]) => name)).toEqual(PREDICTOR_KEYS.filter((key) => key !== 'coupled'));
    const { value, low, high } = first.differences.model?.bitsPerSpike ?? undefinedHere;
    expect(exact(rows[0].join(''))).toEqual([value, low, high, 0.0123, 0.0456]);
  });

  test('the overview holds the model, the best floor and their difference for each pair', () => {
    const [, one, two] = tableOf('bits/spike of the model');
    expect(exact(one[1])[0]).toBe(first.scores.model?.bitsPerSpike.value);
    expect(exact(one[2])[0]).toBe(first.scores.coupled?.bitsPerSpike.value);
    expect(exact(one[3])[0]).toBe(first.differences.model?.bitsPerSpike.value);
    expect(two.slice(1, 4).map(shown)[0]).toBe('-');
  });

  test('every segment, in bins and seconds', () => {
    const [, ...rows] = tableOf('Segments');
    expect(rows).toEqual([
      ['source, train', '0 - 60000', '0.000 s - 60.000 s', '60.0 s'],
      ['source, validation', '60512 - 80000', '60.512 s - 80.000 s', '19.5 s'],
      ['target, rates from', '0 - 30000', '0.000 s - 30.000 s', '30.0 s'],
      ['target, scored', '90000 - 95000', '90.000 s - 95.000 s', '5.0 s'],
      ['target, scored', '96000 - 99123', '96.000 s - 99.123 s', '3.1 s'],
    ]);
  });

  test('gaps and all, by the own clock of the recording, where the document has them', async () => {
    const segment = (part: 'train' | 'gap' | 'test', start: number, stop: number) => ({
      ...{ part, start, stop, bins: stop - start },
      ...{ startSeconds: 100 + start / 1000, stopSeconds: 100 + stop / 1000 },
    });
    const segments = [
      segment('train', 0, 30_000),
      segment('gap', 30_000, 30_512),
      segment('test', 30_512, 99_123),
    ];
    const { source, target } = first.splits;
    const splits = {
      source: { ...source, segments },
      target: { ...target, segments, ratesFrom: 'calibration' as const, calibration: '<b>' },
    };
    const text = await htmlReport(withPairs({ ...first, splits }));
    for (const side of ['source', 'target'])
      for (const [part, time] of [
        ['train', '100.000 s - 130.000 s'],
        ['gap', '130.000 s - 130.512 s'],
        ['test', '130.512 s - 199.123 s'],
      ])
        expect(text).toMatch(new RegExp(`>${side}, ${part}</th><td>[^<]*</td><td>${time}</td>`));
    expect(text).toContain('190.000 s - 195.000 s');
    // The calibration has a clock of its own, which nothing was said of here.
    expect(text).toMatch(/rates from &lt;b&gt;<\/th><td>0 - 30000<\/td><td>0\.000 s/);
  });

  test('level, pairing, seed, configuration, device and what was scored', () => {
    const said = shown(html.replace(/<\/dt>/g, ': '));
    for (const fact of [
      'pairing of units: rank',
      'level of target knowledge: rates',
      'target training data known: 30.0 s',
      'scored: 64 units, 8123 bins, 4321 spikes',
      'without a partner: 3 source, 5 target units',
      'intervals over: 20 blocks of 0.4 s (the part is short)',
      'seed: 7',
      `configuration: ${'c0ffee'.repeat(8)}`,
      'device: wasm: relaxed SIMD, 2 threads',
      'loss: bce',
    ])
      expect(said).toContain(fact);
  });

  test('the learning curve as a table: what could not be judged is a dash', () => {
    const [, ...rows] = tableOf('Source validation');
    expect(rows.map((row) => row.map(shown))).toEqual([
      ['20', '0.08410', '0.1234', 'best so far'],
      ['30', '-', '-', ''],
    ]);
  });
});

describe('charts', () => {
  const figures = () =>
    html
      .split('<figure>')
      .slice(1)
      .map((part) => part.split('</figure>')[0]);

  test('each has a caption and says in words what it shows', () => {
    expect(figures()).toHaveLength(4);
    for (const one of figures())
      expect(one).toMatch(/^<svg role="img" aria-label="[^"]{20,}".*<figcaption>.+<\/figcaption>$/s);
    expect(figures()[0]).toContain(`model ${first.scores.model?.bitsPerSpike.value?.toFixed(3)}`);
    expect(figures()[2]).toContain('training loss from 0.09120 at step 10 to 0.08330 at step 20');
    expect(figures()[3]).toContain('validation bits/spike from 0.1234 at step 20');
  });

  test('bars are as long as their values, with an interval each', () => {
    const [bars] = figures();
    const drawnBars = bars.matchAll(/<path d="M[^"h]*h(-?[\d.]+)[^"]*" fill="var\(--(?:blue|bar)\)"/g);
    const lengths = [...drawnBars].map((found) => Math.abs(Number(found[1])));
    const values = PREDICTOR_KEYS.map((key) => first.scores[key]?.bitsPerSpike.value ?? 0);
    expect(lengths).toHaveLength(values.length);
    lengths.forEach((length, index) => expect(length / lengths[0]).toBeCloseTo(values[index] / values[0], 2));
    expect(bars.match(/<line[^>]*stroke-width="2"/g)).toHaveLength(values.length);
  });

  test('a run without logged steps and a report without pairs say so', async () => {
    const empty = await htmlReport({
      title: 'Empty',
      runs: [{ name: 'new', facts: [], metrics: [], pairs: [] }],
    });
    expect(empty).toContain('Nothing was judged yet.');
    expect(empty).toContain('No step was logged.');
    expect(empty).not.toContain('<svg');
  });
});
