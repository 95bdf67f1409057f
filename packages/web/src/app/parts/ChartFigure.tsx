// A chart that a worker drew: the same SVG as in a report, in the page's colours.
import type { DrawnChart } from '../../workers/drawn-chart.ts';

interface Props {
  readonly chart: DrawnChart;
  /** Over all columns of its grid: what has long names at its axis. */
  readonly wide?: boolean;
}

export function ChartFigure({ chart, wide = false }: Props) {
  return (
    <figure className={wide ? 'chart wide' : 'chart'}>
      <figcaption>{chart.title}</figcaption>
      {/* Text that Vega made of numbers and escaped names; the page's policy runs no script in it. */}
      <div role="img" aria-label={chart.words} dangerouslySetInnerHTML={{ __html: chart.svg }} />
    </figure>
  );
}
