// A chart that a worker drew: the same SVG as in a report, in the page's colours.
import type { DrawnChart } from '../../workers/drawn-chart.ts';

export function ChartFigure({ chart }: { readonly chart: DrawnChart }) {
  return (
    <figure className="chart">
      <figcaption>{chart.title}</figcaption>
      {/* Text that Vega made of numbers and escaped names; the page's policy runs no script in it. */}
      <div role="img" aria-label={chart.words} dangerouslySetInnerHTML={{ __html: chart.svg }} />
    </figure>
  );
}
