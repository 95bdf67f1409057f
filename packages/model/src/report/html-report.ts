// The report of a run as one HTML document: what was judged, against what, how surely, and how it was trained. Data in,
// document out; it loads nothing, runs nothing, and the same data give the same bytes.
import type { Json } from '../config/canonical.ts';
import type { EvaluationPair } from '../evaluation/document.ts';
import { PREDICTOR_KEYS } from '../evaluation/types.ts';
import type { PredictorKey } from '../evaluation/types.ts';
import { METRIC_KEYS } from '../evaluation/uncertainty/bootstrap.ts';
import type { MetricKey } from '../evaluation/uncertainty/bootstrap.ts';
import type { InterpretationDocument } from '../interpretation/document.ts';
import { refusePrivateText } from '../training/privacy.ts';
import { curveSpec } from './charts.ts';
import type { Curve } from './charts.ts';
import { drawSvg } from './drawing.ts';
import type { Chart } from './drawing.ts';
import { barChart, curveCharts, rasterChart } from './evaluation-charts.ts';
import { chart, escapeHtml, facts, figure, table, withInterval } from './markup.ts';
import { interpretationSection } from './interpretation-section.ts';
import { htmlPage } from './page.ts';
import { freeRunningSection } from './statistics-section.ts';
import { transferSections } from './transfer-section.ts';
import type { JudgedPair } from './transfer-section.ts';

/** One trained run: a name to tell it from others, what there is to say of it, and the rows of its metrics.jsonl. */
export interface ReportRun {
  readonly name: string;
  /** Label and value: data, preset, loss, seed, configuration hash, device, ... */
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly metrics: readonly Readonly<Record<string, Json>>[];
  /** What it was judged on. */
  readonly pairs: readonly EvaluationPair[];
  /** What was seen inside the net. */
  readonly interpretations?: readonly InterpretationDocument[];
  /** What to type to have it again, in order. */
  readonly commands?: readonly string[];
}

export interface ReportInput {
  readonly title: string;
  /** Several are compared as well. */
  readonly runs: readonly ReportRun[];
}

const METRICS: Readonly<Record<MetricKey, { readonly title: string; readonly digits: number }>> = {
  bitsPerSpike: { title: 'bits/spike', digits: 3 },
  bitsPerSpikeRaw: { title: 'raw bits/spike', digits: 3 },
  averagePrecision: { title: 'average precision', digits: 4 },
  rocAuc: { title: 'pooled ROC-AUC', digits: 3 },
  rocAucPerUnit: { title: 'per-unit ROC-AUC', digits: 3 },
  dice: { title: 'Dice', digits: 4 },
  f1: { title: 'F1', digits: 4 },
  ece: { title: 'ECE', digits: 5 },
};

/** @throws SpikebridgeError E_RUN_PRIVATE where a text holds an absolute path */
export async function htmlReport(input: ReportInput): Promise<string> {
  refusePrivateText(JSON.parse(JSON.stringify(input)) as Json, 'report.html');
  const pairs = input.runs.flatMap((run) => run.pairs.map((pair) => ({ run: run.name, pair })));
  const several = input.runs.length > 1;
  const judged: string[] = [];
  for (const [index, one] of pairs.entries()) judged.push(await pairSection(one, index, several));
  const inside: string[] = [];
  for (const seen of input.runs.flatMap((run) => run.interpretations ?? []))
    inside.push(await interpretationSection(seen, inside.length));
  const trained: string[] = [];
  for (const run of input.runs) trained.push(await runSection(run));
  return htmlPage(input.title, [
    '<p>Every predictor scores the same bins of the same units, one bin ahead, from the past alone. bits/spike is the gain over ' +
      'each unit&#39;s own training rate, recalibrated on source validation; square brackets are 95 % intervals over blocks of ' +
      'time. Average precision stands beside its floor, the density; pooled ROC-AUC mostly tells which unit is busy. Each ' +
      'figure keeps its unrounded value in the document.</p>',
    judged.length === 0 ? '<p>Nothing was judged yet.</p>' : overview(pairs, several),
    await transferSections(pairs),
    ...judged,
    ...inside,
    ...trained,
  ]);
}

const keysOf = (pair: EvaluationPair): PredictorKey[] =>
  PREDICTOR_KEYS.filter((key) => pair.scores[key] !== undefined);

const directionOf = ({ source, target, pairing, level }: EvaluationPair): string =>
  `${source} → ${target} (${pairing}, level ${level})`;

/** Of all pairs: the model, the best floor, and what lies between them. */
function overview(pairs: readonly JudgedPair[], several: boolean): string {
  const rows = pairs.map(({ run, pair }, index) => {
    const model = pair.scores.model?.bitsPerSpike;
    const floor = pair.scores[pair.bestFloor]?.bitsPerSpike;
    const difference = pair.differences.model?.bitsPerSpike;
    return [
      `<a href="#pair-${String(index + 1)}">${escapeHtml(titleOf({ run, pair }, several))}</a>`,
      model === undefined ? '-' : withInterval(model, 3),
      `${escapeHtml(pair.bestFloor)} ${floor === undefined ? '-' : withInterval(floor, 3)}`,
      difference === undefined ? '-' : withInterval(difference, 4),
    ];
  });
  return `<h2>In short</h2>${table({
    caption: 'bits/spike of the model and of the best floor',
    head: ['source → target', 'model', 'best floor', 'difference'],
    rows,
  })}`;
}

const titleOf = ({ run, pair }: JudgedPair, several: boolean): string =>
  (several ? `${run}: ` : '') +
  directionOf(pair) +
  (pair.level === 'none' ? '' : `, ${pair.targetTrainingSeconds.toFixed(0)} s known`);

const drawn = async (charts: readonly Chart[]): Promise<string[]> => {
  const out: string[] = [];
  for (const { title, words, spec } of charts) out.push(chart(await drawSvg(spec), title, words));
  return out;
};

async function pairSection({ run, pair }: JudgedPair, index: number, several: boolean): Promise<string> {
  const keys = keysOf(pair);
  const { scored, blocks, binMilliseconds } = pair;
  const seconds = (bins: number): string => `${((bins * binMilliseconds) / 1000).toFixed(1)} s`;
  const curves = await drawn(curveCharts(pair));
  const intervals = blocks.intervals
    ? `${String(blocks.count)} blocks of ${seconds(blocks.bins)}${blocks.shortened ? ' (the part is short)' : ''}`
    : `none: ${String(blocks.count)} blocks are fewer than 20`;
  return [
    `<section aria-labelledby="pair-${String(index + 1)}"><h2 id="pair-${String(index + 1)}">${escapeHtml(titleOf({ run, pair }, several))}</h2>`,
    facts([
      ['pairing of units', pair.pairing],
      ['level of target knowledge', pair.level],
      ['target training data known', `${pair.targetTrainingSeconds.toFixed(1)} s`],
      [
        'scored',
        `${String(scored.units)} units, ${String(scored.bins)} bins, ${String(scored.spikes)} spikes`,
      ],
      ['density', scored.density === null ? '-' : scored.density.toPrecision(4)],
      [
        'without a partner',
        `${String(scored.unpairedSource)} source, ${String(scored.unpairedTarget)} target units`,
      ],
      ['intervals over', intervals],
      ['ranking', pair.exactRanking ? 'exact' : 'from fine histograms'],
      ['context', `${String(pair.context)} bins`],
      ['seed', String(pair.seed)],
      ['configuration', pair.configHash ?? '-'],
    ]),
    ...(await drawn(barChart(pair))),
    curves.length === 0 ? '' : `<div class="charts">${curves.join('')}</div>`,
    ...(await drawn(rasterChart(pair))),
    scoresTable(pair, keys),
    differencesTable(pair, keys),
    pair.freeRunning === undefined ? '' : await freeRunningSection(pair.freeRunning, directionOf(pair)),
    segmentsTable(pair, seconds),
    '</section>',
  ].join('\n');
}

const nameOf = (pair: EvaluationPair, key: PredictorKey): string =>
  escapeHtml(key) + (key === pair.bestFloor ? ' (best floor)' : '');

function scoresTable(pair: EvaluationPair, keys: readonly PredictorKey[]): string {
  return table({
    caption: `Scores, ${directionOf(pair)}`,
    head: ['predictor', ...METRIC_KEYS.map((metric) => METRICS[metric].title)],
    rows: keys.map((key) => {
      const scores = pair.scores[key];
      return [
        nameOf(pair, key),
        ...METRIC_KEYS.map((metric) =>
          scores === undefined ? '-' : withInterval(scores[metric], METRICS[metric].digits),
        ),
      ];
    }),
    marked: keys.indexOf('model'),
  });
}

function differencesTable(pair: EvaluationPair, keys: readonly PredictorKey[]): string {
  const rows = keys.flatMap((key) => {
    const difference = pair.differences[key]?.bitsPerSpike;
    if (difference === undefined || key === pair.bestFloor) return [];
    return [
      [nameOf(pair, key), withInterval(difference, 4), figure(difference.p, 4), figure(difference.pHolm, 4)],
    ];
  });
  return rows.length === 0
    ? ''
    : table({
        caption: `bits/spike minus ${pair.bestFloor}, on the same blocks`,
        head: ['predictor', 'difference', 'p', 'p (Holm)'],
        rows,
      });
}

type Segments = EvaluationPair['splits']['source']['segments'];

/** Seconds of a bin by the recording's clock, which need not begin at 0. */
function clockOf(segments: Segments, binMilliseconds: number): (bin: number) => string {
  const first = segments?.[0];
  const origin = first === undefined ? 0 : first.startSeconds - (first.start * binMilliseconds) / 1000;
  return (bin) => `${(origin + (bin * binMilliseconds) / 1000).toFixed(3)} s`;
}

/** Every part and gap of source and target, whose rates the null has, and what was scored. */
function segmentsTable(pair: EvaluationPair, length: (bins: number) => string): string {
  const { source, target } = pair.splits;
  const clock = (segments: Segments) => clockOf(segments, pair.binMilliseconds);
  const from = target.ratesFrom ?? 'target';
  const rates =
    from === 'calibration' ? `rates from ${escapeHtml(target.calibration ?? from)}` : 'target, rates from';
  const whole = (name: string, segments: Segments) =>
    (segments ?? []).map((segment) => [`${name}, ${segment.part}`, [segment], clock(segments)] as const);
  const rows = [
    ...(source.segments === undefined
      ? [
          ['source, train', source.train, clock(undefined)] as const,
          ['source, validation', source.validation, clock(undefined)] as const,
        ]
      : whole('source', source.segments)),
    ...whole('target', target.segments),
    [
      rates,
      target.train,
      clock(from === 'calibration' ? target.calibrationSegments : target.segments),
    ] as const,
    ['target, scored', target.scored, clock(target.segments)] as const,
  ];
  return table({
    caption: 'Segments, as bins [start, stop) and seconds of the own clock of the recording',
    head: ['part', 'bins', 'time', 'length'],
    rows: rows.flatMap(([part, spans, seconds]) =>
      spans.map(({ start, stop }) => [
        part,
        `${String(start)} - ${String(stop)}`,
        `${seconds(start)} - ${seconds(stop)}`,
        length(stop - start),
      ]),
    ),
  });
}

async function runSection({ name, facts: said, metrics, commands = [] }: ReportRun): Promise<string> {
  const points = (kind: string, key: string) =>
    metrics.flatMap((row) => {
      const { step, [key]: y } = row;
      return row['kind'] === kind && typeof step === 'number' && typeof y === 'number'
        ? [{ x: step, y }]
        : [];
    });
  const losses: Curve[] = [
    { name: 'training loss', points: points('train', 'loss') },
    { name: 'validation loss', points: points('validation', 'loss') },
  ].filter((curve) => curve.points.length > 0);
  const bits = points('validation', 'bitsPerSpike');
  const charts: string[] = [];
  if (losses.length > 0) {
    const alternative = losses.map(({ name: curve, points: all }) => describeCurve(curve, all)).join('; ');
    charts.push(chart(await drawSvg(curveSpec(losses, 'loss')), 'Loss over training', alternative));
  }
  if (bits.length > 0) {
    const curve = { name: 'validation', points: bits };
    const svg = await drawSvg(curveSpec([curve], 'bits/spike, raw'));
    charts.push(chart(svg, 'bits/spike on source validation', describeCurve('validation bits/spike', bits)));
  }
  const evaluations = metrics.filter((row) => row['kind'] === 'validation');
  const rows = evaluations.map(({ step, loss, bitsPerSpike, best }) => [
    typeof step === 'number' ? String(step) : '-',
    figure(typeof loss === 'number' ? loss : null, 5),
    figure(typeof bitsPerSpike === 'number' ? bitsPerSpike : null, 4),
    best === true ? 'best so far' : '',
  ]);
  const values = table({ caption: 'Source validation', head: ['step', 'loss', 'bits/spike', 'best'], rows });
  return [
    `<section><h2>Run ${escapeHtml(name)}</h2>`,
    facts(said),
    charts.length === 0 ? '<p>No step was logged.</p>' : `<div class="charts">${charts.join('')}</div>`,
    rows.length === 0 ? '' : `<details><summary>The curve as a table</summary>${values}</details>`,
    commands.length === 0
      ? ''
      : `<h3>To have it again</h3><pre tabindex="0" aria-label="Commands of run ${escapeHtml(name)}"><code>${commands.map(escapeHtml).join('\n')}</code></pre>`,
    '</section>',
  ].join('\n');
}

function describeCurve(name: string, points: readonly { readonly x: number; readonly y: number }[]): string {
  const first = points[0];
  const last = points[points.length - 1];
  return `${name} from ${first.y.toPrecision(4)} at step ${String(first.x)} to ${last.y.toPrecision(4)} at step ${String(last.x)}`;
}
