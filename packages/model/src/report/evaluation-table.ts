// The result of an evaluation as text for a terminal: one table a pair, floors and model with their intervals, and what was
// scored. Data in, string out.
import type { EvaluationDocument, EvaluationPair, PredictorScores } from '../evaluation/document.ts';
import { PREDICTOR_KEYS } from '../evaluation/types.ts';
import { statisticsTable } from './statistics-table.ts';
import { textTable } from './text-table.ts';

function number(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}

function withInterval(
  estimate: { readonly value: number | null; readonly low: number | null; readonly high: number | null },
  digits: number,
): string {
  const point = number(estimate.value, digits);
  if (estimate.low === null || estimate.high === null) return point;
  return `${point} [${number(estimate.low, digits)}, ${number(estimate.high, digits)}]`;
}

interface Column {
  readonly title: string;
  readonly cell: (scores: PredictorScores) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'bits/spike', cell: (s) => withInterval(s.bitsPerSpike, 3) },
  { title: 'raw', cell: (s) => number(s.bitsPerSpikeRaw.value, 3) },
  { title: 'AP', cell: (s) => number(s.averagePrecision.value, 4) },
  { title: 'ROC-AUC', cell: (s) => number(s.rocAuc.value, 3) },
  { title: 'unit AUC', cell: (s) => number(s.perUnit.rocAuc.median, 3) },
  { title: 'unit bits', cell: (s) => number(s.perUnit.bitsPerSpike.median, 3) },
  { title: 'Dice', cell: (s) => number(s.dice.value, 4) },
  { title: 'F1', cell: (s) => number(s.f1.value, 4) },
  { title: 'ECE', cell: (s) => number(s.ece.value, 5) },
];

type Side = EvaluationPair['splits']['source'] | EvaluationPair['splits']['target'];
type Span = EvaluationPair['splits']['target']['scored'][number];

const WIDTH = 116;

/** Items after a label, wrapped; every one is printed. */
function listed(label: string, items: readonly string[]): string[] {
  const lines = [`  ${label}`];
  items.forEach((item, i) => {
    const text = ` ${item}${i < items.length - 1 ? ',' : ''}`;
    if (lines[lines.length - 1].length + text.length > WIDTH) lines.push('   ');
    lines[lines.length - 1] += text;
  });
  return lines;
}

/** Seconds of a bin by the recording's clock, which need not begin at 0. */
function clockOf(segments: Side['segments'], binMilliseconds: number): (bin: number) => string {
  const first = segments?.[0];
  const origin = first === undefined ? 0 : first.startSeconds - (first.start * binMilliseconds) / 1000;
  return (bin) => (origin + (bin * binMilliseconds) / 1000).toFixed(3);
}

const during = (spans: readonly Span[], seconds: (bin: number) => string): string[] =>
  spans.map((span) => `${seconds(span.start)}-${seconds(span.stop)}`);

/** Every part and gap of one recording, in order of time. */
function segmentLines(name: string, { segments }: Side): string[] {
  if (segments === undefined) return [];
  return listed(
    `${name} split (s):`,
    segments.map(
      ({ part, startSeconds, stopSeconds }) => `${part} ${startSeconds.toFixed(3)}-${stopSeconds.toFixed(3)}`,
    ),
  );
}

function ratesLine(pair: EvaluationPair): string[] {
  const { target } = pair.splits;
  const from = target.ratesFrom ?? (target.train.length === 0 ? 'source' : 'target');
  if (from === 'source') return ["  rates of the null model: the source's training part"];
  const segments = from === 'target' ? target.segments : target.calibrationSegments;
  const seconds = clockOf(segments, pair.binMilliseconds);
  const of =
    from === 'target' ? 'the target' : `the calibration recording ${target.calibration ?? ''}`.trimEnd();
  return listed(`rates of the null model from ${of} (s):`, during(target.train, seconds));
}

function splitLines(pair: EvaluationPair): string[] {
  const { source, target } = pair.splits;
  const ms = pair.binMilliseconds;
  const whole = source.segments !== undefined;
  return [
    ...segmentLines('source', source),
    ...(whole ? [] : listed('source train (s):', during(source.train, clockOf(source.segments, ms)))),
    ...(whole
      ? []
      : listed('source validation (s):', during(source.validation, clockOf(source.segments, ms)))),
    ...segmentLines('target', target),
    ...ratesLine(pair),
    ...listed('scored (s):', during(target.scored, clockOf(target.segments, ms))),
  ];
}

function pairTable(pair: EvaluationPair): string {
  const keys = PREDICTOR_KEYS.filter((key) => pair.scores[key] !== undefined);
  const rows = keys.flatMap((key) => {
    const scores = pair.scores[key];
    return scores === undefined ? [] : [[key, ...COLUMNS.map((column) => column.cell(scores))]];
  });
  const titles = ['predictor', ...COLUMNS.map((column) => column.title)];
  const { scored, blocks, binMilliseconds } = pair;
  const out = [
    `${pair.source} -> ${pair.target}`,
    `  level ${pair.level}, pairing ${pair.pairing}, seed ${pair.seed}, ` +
      `${pair.targetTrainingSeconds.toFixed(1)} s of target training data known`,
    ...splitLines(pair),
    `  ${scored.units} units (${scored.unpairedSource} of the source and ${scored.unpairedTarget} of the target ` +
      `without a partner), ${scored.bins} bins, ${scored.spikes} spikes, density ${number(scored.density, 5)}`,
    blocks.intervals
      ? `  95 % intervals over ${blocks.count} blocks of ${(blocks.bins * binMilliseconds) / 1000} s` +
        (blocks.shortened ? ' (shorter than 10 s: the part is short)' : '')
      : `  no intervals: ${blocks.count} blocks are fewer than 20`,
    '',
    ...textTable(titles, rows, (column) => column < 2),
  ];
  const difference = pair.differences.model?.bitsPerSpike;
  if (difference !== undefined) {
    out.push('', `model - ${pair.bestFloor} (best floor): ${withInterval(difference, 4)} bits/spike`);
  } else {
    out.push('', `best floor: ${pair.bestFloor}`);
  }
  if (pair.freeRunning !== undefined) {
    const { bins, prompt, seed, statistics } = pair.freeRunning;
    out.push(
      '',
      `${bins} bins that the run made by itself after the last ${prompt.bins} bins of the training part of the ${prompt.from} (seed ${seed}):`,
      '',
      statisticsTable(statistics),
    );
  }
  return out.join('\n');
}

/** One block of text per pair. Units: bits/spike over the target's own training rates; AP beside its floor, the density. */
export function evaluationTable(document: EvaluationDocument): string {
  return document.pairs.map(pairTable).join('\n\n');
}
