// What was seen inside a net as Vega specifications: where heads attend to, how importance falls with lag, which units it lies on, and
// which groups hang on which.
import type { InterpretationDocument } from '../interpretation/document.ts';
import type { Chart } from './drawing.ts';
import { heatMap } from './heat-map.ts';
import { linePlot } from './line-plot.ts';
import { PALETTE } from './palette.ts';

/** Units that a heat map shows: more cannot be told apart. */
const MOST_UNITS = 32;

type Lags = Pick<InterpretationDocument, 'lags' | 'binMilliseconds'>;

/** Middle of each cell of lag in milliseconds. */
const middles = ({ lags, binMilliseconds }: Lags): number[] =>
  lags.map(({ start, stop }) => ((start + stop - 1) / 2) * binMilliseconds);

const lagNames = ({ lags, binMilliseconds }: Lags): string[] =>
  lags.map(({ start }) => String(Number((start * binMilliseconds).toPrecision(4))));

const LAG_TITLE = 'before the predicted bin (ms)';

function attentionChart(seen: InterpretationDocument): Chart[] {
  const { heads } = seen;
  if (heads.length === 0) return [];
  const layers = new Set(heads.map(({ layer }) => layer)).size;
  const ms = (bins: number) => `${(bins * seen.binMilliseconds).toPrecision(3)} ms`;
  return [
    {
      key: 'attention',
      title: 'Attention by lag: mean share that one bin gets, each head',
      words:
        'Attention of each head by lag; on average ' +
        heads
          .map(({ layer, head, meanLag }) => `layer ${layer} head ${head} looks ${ms(meanLag)} back`)
          .join(', '),
      spec: heatMap({
        values: heads.map(({ attention }) => attention),
        rows: heads.map(({ layer, head }) => (layers > 1 ? `layer ${layer}, head ${head}` : `head ${head}`)),
        columns: lagNames(seen),
        ...{ rowTitle: '', columnTitle: LAG_TITLE, valueTitle: 'share a bin', logarithmic: true },
      }),
    },
  ];
}

function importanceChart(seen: InterpretationDocument): Chart[] {
  const x = middles(seen);
  const { byLag, heads } = seen;
  const line = (name: string, values: readonly number[], colour: string, dash: readonly number[]) => ({
    ...{ name, colour, dash },
    points: values.map((y, i) => ({ x: x[i], y })),
  });
  const attended = heads.length > 0;
  const lines = [
    { ...line('all paths', byLag.importance, PALETTE.ink.light, [1, 0]), wide: true },
    ...(attended ? [line('by attention', byLag.throughAttention, PALETTE.blue.light, [6, 2])] : []),
    ...(attended ? [line('by attention x attention', byLag.product, PALETTE.red.light, [2, 2])] : []),
    line('I of bins', byLag.tokens, PALETTE.green.light, [8, 3, 2, 3]),
  ];
  return [
    {
      key: 'importance',
      title: 'Importance of one bin, summed over units',
      words: `Importance by lag as lines: ${lines.map(({ name }) => name).join(', ')}`,
      spec: linePlot({
        lines,
        x: { title: LAG_TITLE, logarithmic: true },
        y: { title: 'importance (nats)', logarithmic: true },
      }),
    },
  ];
}

function unitsChart(seen: InterpretationDocument): Chart[] {
  const first = seen.units.toSorted((a, b) => b.importance - a.importance).slice(0, MOST_UNITS);
  if (first.length === 0) return [];
  const of =
    first.length < seen.units.length ? `the ${first.length} most important of ${seen.units.length}` : 'all';
  return [
    {
      key: 'units',
      title: `Importance of a unit's spikes by lag, ${of} units`,
      words: `Importance by unit and lag; most important: ${first
        .slice(0, 5)
        .map(({ id }) => id)
        .join(', ')}`,
      spec: heatMap({
        values: first.map(({ byLag }) => byLag),
        rows: first.map(({ id }) => id),
        columns: lagNames(seen),
        ...{ rowTitle: 'unit', columnTitle: LAG_TITLE, valueTitle: 'nats a bin', logarithmic: true },
        height: Math.max(60, first.length * 14),
      }),
    },
  ];
}

function groupCharts(seen: InterpretationDocument): Chart[] {
  return seen.groups.map(({ kind, names, sizes, importance }) => {
    const labels = names.map((name, i) => `${name} (${sizes[i]})`);
    return {
      key: `group-${kind}`,
      title: `Importance of a unit of each ${kind} (column) to the prediction of each ${kind} (row)`,
      words: names
        .map(
          (to, r) =>
            `${to}: ${names.map((from, c) => `${from} ${importance[r][c].toPrecision(2)}`).join(', ')}`,
        )
        .join('; '),
      spec: heatMap({
        values: importance,
        ...{ rows: labels, columns: labels, rowTitle: 'predicted', columnTitle: 'seen' },
        ...{
          valueTitle: 'nats',
          figures: true,
          width: Math.max(160, 76 * names.length),
          height: 40 * names.length,
        },
      }),
    };
  });
}

/** Every chart that the document has figures for. */
export const interpretationCharts = (seen: InterpretationDocument): Chart[] => [
  ...attentionChart(seen),
  ...importanceChart(seen),
  ...unitsChart(seen),
  ...groupCharts(seen),
];
