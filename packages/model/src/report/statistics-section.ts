// What a free run keeps of the real spike trains and what it loses, as a part of the report: one table and the curves.
import type { FreeRunning } from '../evaluation/document.ts';
import type { StatisticFigures, StatisticsDocument } from '../statistics/document.ts';
import { drawSvg } from './drawing.ts';
import { chart, escapeHtml, facts, rounded, table } from './markup.ts';
import { statisticsCharts } from './statistics-charts.ts';
import { threeDigits, way } from './statistics-table.ts';

type Surrogate = StatisticFigures['keptBy'][number];
type Distance = StatisticFigures['ceiling'];

const digits = (value: number | null): string => rounded(value, threeDigits(value));

function withInterval({ value, low, high }: Distance): string {
  if (low === null || high === null) return digits(value);
  return `${digits(value)} <span class="interval">[${digits(low)}, ${digits(high)}]</span>`;
}

/** A floor that keeps the statistic by construction is none: in parentheses. */
function floor(statistic: StatisticFigures, key: Surrogate): string {
  const text = digits(statistic[key].distance.value);
  return statistic.keptBy.includes(key) ? `(${text})` : text;
}

function statisticsRows({ statistics }: StatisticsDocument): string[][] {
  return statistics.map((statistic) => {
    const { title, unit, real, ceiling, generated } = statistic;
    return [
      escapeHtml(unit === '' ? title : `${title} (${unit})`),
      digits(real),
      digits(generated?.value ?? null),
      generated === null ? '-' : withInterval(generated.distance),
      withInterval(ceiling),
      floor(statistic, 'poisson'),
      floor(statistic, 'isiShuffle'),
      escapeHtml(way(generated?.shareKept ?? null)),
      generated?.verdict ?? '-',
    ];
  });
}

/** `name` says of what, for the caption. */
export async function freeRunningSection(made: FreeRunning, name: string): Promise<string> {
  const { statistics, prompt } = made;
  const { compared, blocks, binMilliseconds } = statistics;
  const charts: string[] = [];
  for (const { title, words, spec } of statisticsCharts(statistics))
    charts.push(chart(await drawSvg(spec), title, words));
  return [
    `<h3>Spike trains that the run makes by itself</h3>`,
    facts([
      ['generated', `${String(made.bins)} bins, seed ${String(made.seed)}`],
      ['begun after', `the last ${String(prompt.bins)} bins of the training part of the ${prompt.from}`],
      ['every distance', `between ${compared.seconds.toFixed(1)} s and ${compared.seconds.toFixed(1)} s`],
      [
        'intervals over',
        blocks.intervals
          ? `${String(blocks.count)} blocks of ${String((blocks.bins * binMilliseconds) / 1000)} s`
          : 'none: too few blocks or resamples',
      ],
    ]),
    '<p>The distance of the generated trains to the real ones stands beside that of two halves of the real recording (the ceiling) ' +
      'and of two surrogates (the floors): independent Poisson trains of the same rates, and the same intervals in random order; in ' +
      'parentheses where they keep the statistic by construction. A statistic is kept where the distance reaches the ceiling and ' +
      'passes every floor, partly kept where it passes the floors only; verdicts are corrected for their number (Benjamini and ' +
      'Hochberg).</p>',
    table({
      caption: `Statistics of generated spike trains, ${name}`,
      head: [
        ...['statistic', 'real', 'generated', 'distance', 'ceiling', 'Poisson', 'ISI shuffle'],
        ...['floor to ceiling', 'verdict'],
      ],
      rows: statisticsRows(statistics),
    }),
    charts.length === 0 ? '' : `<div class="charts">${charts.join('')}</div>`,
  ].join('\n');
}
