// What was seen inside a net, as a part of the report: charts, and groups and units as tables.
import type { InterpretationDocument } from '../interpretation/document.ts';
import { drawSvg } from './drawing.ts';
import { interpretationCharts } from './interpretation-charts.ts';
import { chart, escapeHtml, facts, rounded, table } from './markup.ts';

const digits = (value: number): string => rounded(value, value.toPrecision(3));

function groupTables({ groups, target }: InterpretationDocument): string[] {
  return groups.map(({ kind, names, sizes, toAll, product }) =>
    table({
      caption: `Importance of a unit by ${kind}, ${target}`,
      head: [kind, 'units', 'to the prediction of all', 'by attention x attention'],
      rows: names.map((name, i) => [
        ...[escapeHtml(name), String(sizes[i])],
        ...[digits(toAll[i]), digits(product[i])],
      ]),
    }),
  );
}

function unitTable({ units, target }: InterpretationDocument): string {
  const rows = units
    .toSorted((a, b) => b.importance - a.importance)
    .map((unit) => [
      ...[unit.id, unit.class ?? '-', unit.layer ?? '-', unit.region ?? '-'].map(escapeHtml),
      ...[digits(unit.importance), digits(unit.throughAttention), digits(unit.product)],
    ]);
  const values = table({
    caption: `Importance of each unit, ${target}`,
    head: ['unit', 'class', 'layer', 'region', 'importance', 'by attention', 'by attention x attention'],
    rows,
  });
  return `<details><summary>Every unit as a table</summary>${values}</details>`;
}

/** `index` tells the section of one document from that of another. */
export async function interpretationSection(seen: InterpretationDocument, index: number): Promise<string> {
  const id = `inside-${String(index + 1)}`;
  const charts: string[] = [];
  for (const { title, words, spec } of interpretationCharts(seen))
    charts.push(chart(await drawSvg(spec), title, words));
  return [
    `<section aria-labelledby="${id}"><h2 id="${id}">Inside the net: ${escapeHtml(seen.source)} on ${escapeHtml(seen.target)}</h2>`,
    facts([
      ['judged bins', String(seen.windows)],
      ['context', `${String(seen.context)} bins of ${String(seen.binMilliseconds)} ms`],
      ['pairing of units', seen.pairing],
      ['weights of step', String(seen.step)],
      ['configuration', seen.configHash],
    ]),
    '<p>Attention is how much of its weight a head gives to a bin so far back. Importance is the size of the gradient of the mean ' +
      'log-likelihood of one bin with respect to a spike before it, by all paths (attention and each unit&#39;s own history) or by way of ' +
      'attention alone, and that times the mean attention of the same window; I of bins is the size of the sum over units by way of attention. ' +
      'All are means over windows and look at the past only. They describe the net, not the tissue.</p>',
    `<div class="charts">${charts.join('')}</div>`,
    ...groupTables(seen),
    unitTable(seen),
    '</section>',
  ].join('\n');
}
