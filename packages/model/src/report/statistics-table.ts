// The statistics of a recording as text for a terminal: one table, what a generator keeps and what it loses beside the ceiling
// and the floors. Data in, string out.
import type { StatisticFigures, StatisticsDocument } from '../statistics/document.ts';
import { textTable } from './text-table.ts';

type Surrogate = StatisticFigures['keptBy'][number];

/** Three digits that tell, whatever the size: 0.00312, 0.312, 31.2, 312. */
export function threeDigits(value: number | null): string {
  if (value === null) return '-';
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(5, Math.max(0, 2 - size)));
}

interface DistanceLike {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

function withInterval({ value, low, high }: DistanceLike): string {
  const point = threeDigits(value);
  return low === null || high === null ? point : `${point} [${threeDigits(low)}, ${threeDigits(high)}]`;
}

/** A floor that keeps the statistic by construction is none: in parentheses. */
function floor(statistic: StatisticFigures, key: Surrogate): string {
  const text = threeDigits(statistic[key].distance.value);
  return statistic.keptBy.includes(key) ? `(${text})` : text;
}

interface Column {
  readonly title: string;
  readonly left?: boolean;
  readonly cell: (statistic: StatisticFigures) => string;
}

const title = ({ title: name, unit }: StatisticFigures): string => (unit === '' ? name : `${name} (${unit})`);

const MADE: readonly Column[] = [
  { title: 'generated', cell: ({ generated }) => threeDigits(generated?.value ?? null) },
  {
    title: 'distance',
    left: true,
    cell: ({ generated }) => (generated === null ? '-' : withInterval(generated.distance)),
  },
];
const VERDICT: readonly Column[] = [
  { title: 'floor to ceiling', cell: ({ generated }) => way(generated?.shareKept ?? null) },
  { title: 'verdict', left: true, cell: ({ generated }) => generated?.verdict ?? '-' },
];

/** How far on the way from the best floor to the ceiling: worse than the one and better than the other are its ends. */
export function way(share: number | null): string {
  if (share === null) return '-';
  return share < 0 ? '< 0 %' : `${Math.min(100, Math.round(100 * share))} %`;
}

function columns(generated: boolean): Column[] {
  return [
    { title: 'statistic', left: true, cell: title },
    { title: 'real', cell: ({ real }) => threeDigits(real) },
    ...(generated ? MADE : []),
    { title: 'ceiling', left: true, cell: ({ ceiling }) => withInterval(ceiling) },
    { title: 'Poisson', cell: (statistic) => floor(statistic, 'poisson') },
    { title: 'ISI shuffle', cell: (statistic) => floor(statistic, 'isiShuffle') },
    ...(generated ? VERDICT : []),
  ];
}

/** The table in cells: what `statisticsTable` sets in columns. */
export function statisticsCells(document: StatisticsDocument): {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const shown = columns(document.generated !== null);
  return {
    head: shown.map((column) => column.title),
    rows: document.statistics.map((statistic) => shown.map(({ cell }) => cell(statistic))),
  };
}

function heading({
  real,
  generated,
  compared,
  blocks,
  binMilliseconds,
  pairing,
}: StatisticsDocument): string[] {
  const length = compared.seconds.toFixed(1);
  return [
    generated === null ? real.name : `${generated.name} (generated) beside ${real.name} (real)`,
    `  ${real.seconds.toFixed(1)} s of the real recording` +
      (generated === null
        ? ''
        : `, ${generated.seconds.toFixed(1)} s generated, units matched by ${pairing ?? 'index'}`) +
      `; every distance is between ${length} s and ${length} s, ${binMilliseconds} ms bins`,
    '  ceiling: first and second half of the real recording; Poisson and ISI shuffle: floors made of each half, in parentheses',
    '  where they keep the statistic by construction',
    blocks.intervals
      ? `  95 % intervals over ${blocks.count} blocks of ${(blocks.bins * binMilliseconds) / 1000} s`
      : `  no intervals: ${blocks.replicates === 0 && blocks.count >= 20 ? 'none were asked for' : `${blocks.count} blocks are fewer than 20`}`,
  ];
}

function counts(statistics: readonly StatisticFigures[]): string {
  const of = (verdict: string): number =>
    statistics.filter(({ generated }) => generated?.verdict === verdict).length;
  return (
    `kept ${of('kept')}, partly ${of('partly')}, lost ${of('lost')}, undecided ${of('undecided')} of ${statistics.length}: ` +
    'kept reaches the ceiling and beats the floors, partly beats the floors only (corrected by Benjamini and Hochberg)'
  );
}

/** The table, what stands in it, and (with a generated recording) how many statistics are kept. */
export function statisticsTable(document: StatisticsDocument): string {
  const { statistics, generated } = document;
  const shown = columns(generated !== null);
  const rows = statistics.map((statistic) => shown.map((column) => column.cell(statistic)));
  return [
    ...heading(document),
    '',
    ...textTable(
      shown.map((column) => column.title),
      rows,
      (column) => shown[column].left === true,
    ),
    ...(generated === null ? [] : ['', counts(statistics)]),
  ].join('\n');
}
