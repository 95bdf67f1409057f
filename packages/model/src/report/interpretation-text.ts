// What was seen inside a net as text for a terminal: how far back heads look, which lags, units and groups matter. Data in, string out.
import type { InterpretationDocument } from '../interpretation/document.ts';
import { textTable } from './text-table.ts';
import { threeDigits } from './statistics-table.ts';

/** Units that the text names. */
const SOME_UNITS = 10;

export function interpretationText(seen: InterpretationDocument): string {
  const { heads, lags, byLag, units, groups, binMilliseconds } = seen;
  const ms = (bins: number): string => threeDigits(bins * binMilliseconds);
  const left = (column: number): boolean => column === 0;
  const out = [
    `${seen.source} on ${seen.target}: ${seen.windows} bins judged, ${seen.context} bins of context, step ${seen.step}`,
  ];
  const heading = (text: string): number => out.push('', text, '');
  if (heads.length > 0) {
    heading(
      'attention: share within the latest 8, 64 and 512 bins, and how far back a head looks on average',
    );
    const within = (attention: readonly number[], most: number): string =>
      `${Math.round(100 * lags.reduce((sum, { start, stop }, i) => (stop - 1 <= most ? sum + attention[i] * (stop - start) : sum), 0))} %`;
    const rows = heads.map(({ layer, head, attention, meanLag }) => [
      `layer ${layer} head ${head}`,
      ...[8, 64, 512].map((most) => (most > seen.context ? '-' : within(attention, most))),
      ms(meanLag),
    ]);
    out.push(...textTable(['head', '8', '64', '512', 'mean (ms)'], rows, left));
  }
  heading('importance of one bin (nats, summed over units) by how far back it lies');
  out.push(
    ...textTable(
      ['ms back', 'all paths', 'by attention', 'x attention', 'I of bins'],
      lags.map(({ start, stop }, i) => [
        stop - start > 1 ? `${ms(start)}-${ms(stop - 1)}` : ms(start),
        ...[byLag.importance, byLag.throughAttention, byLag.product, byLag.tokens].map((values) =>
          values[i].toPrecision(3),
        ),
      ]),
      left,
    ),
  );
  const first = units.toSorted((a, b) => b.importance - a.importance).slice(0, SOME_UNITS);
  heading(`units whose spikes matter most, ${first.length} of ${units.length}`);
  out.push(
    ...textTable(
      ['unit', 'class', 'layer', 'region', 'importance', 'by attention'],
      first.map((unit) => [
        ...[unit.id, unit.class ?? '-', unit.layer ?? '-', unit.region ?? '-'],
        ...[unit.importance.toPrecision(3), unit.throughAttention.toPrecision(3)],
      ]),
      (column) => column < 4,
    ),
  );
  for (const { kind, names, sizes, importance } of groups) {
    heading(`importance of a unit of each ${kind} (column) to the prediction of each ${kind} (row)`);
    const rows = names.map((name, r) => [
      `${name} (${sizes[r]})`,
      ...importance[r].map((value) => value.toPrecision(3)),
    ]);
    out.push(...textTable([kind, ...names], rows, left));
  }
  return out.join('\n');
}
