// Small pieces of HTML: escaped text, figures with their exact value kept beside the rounded one, tables with captions.

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]);

/** A rounded figure; the exact one stands in `value`, for programs. null (undefined here) reads as a dash. */
export const figure = (value: number | null, digits: number): string =>
  rounded(value, value === null ? '' : value.toFixed(digits));

/** The same, rounded by the caller. */
export const rounded = (value: number | null, text: string): string =>
  value === null
    ? '<span title="undefined here">-</span>'
    : `<data value="${String(value)}">${escapeHtml(text)}</data>`;

export interface IntervalLike {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** A figure with its 95 % interval, where there is one. */
export function withInterval({ value, low, high }: IntervalLike, digits: number): string {
  const point = figure(value, digits);
  if (low === null || high === null) return point;
  return `${point} <span class="interval">[${figure(low, digits)}, ${figure(high, digits)}]</span>`;
}

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  /** Cells are HTML; the first of each row is its heading. */
  readonly rows: readonly (readonly string[])[];
  /** Index of a row to set off, if any. */
  readonly marked?: number;
}

/** A table that a screen reader can walk: a caption, headings with scope. Scrolls by itself where it is too wide. */
export function table({ caption, head, rows, marked }: Table): string {
  const top = head.map((title) => `<th scope="col">${escapeHtml(title)}</th>`).join('');
  const body = rows.map(([first, ...rest], index) => {
    const cells = rest.map((cell) => `<td>${cell}</td>`).join('');
    return `<tr${index === marked ? ' class="marked"' : ''}><th scope="row">${first}</th>${cells}</tr>`;
  });
  return (
    `<div class="wide" role="group" aria-label="${escapeHtml(caption)}" tabindex="0"><table>` +
    `<caption>${escapeHtml(caption)}</caption><thead><tr>${top}</tr></thead>` +
    `<tbody>${body.join('')}</tbody></table></div>`
  );
}

/** Label and value pairs; values are plain text. */
export const facts = (pairs: readonly (readonly [label: string, value: string])[]): string =>
  `<dl>${pairs.map(([label, value]) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>`;

/** A chart with its caption; `alternative` says in words what it shows. */
export const chart = (svg: string, caption: string, alternative: string): string =>
  `<figure>${svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(alternative)}" `)}` +
  `<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
