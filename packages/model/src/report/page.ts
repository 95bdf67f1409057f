// The frame of every HTML document of this project: one file that fetches nothing and runs nothing.
import { escapeHtml } from './markup.ts';
import { REPORT_STYLE } from './report-style.ts';

/** A whole document; `body` is HTML that follows the title. */
export function htmlPage(title: string, body: readonly string[]): string {
  const escaped = escapeHtml(title);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    // Says it and makes sure of it: nothing is fetched, nothing runs.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped}</title><style>${REPORT_STYLE}</style></head><body><main>`,
    `<h1>${escaped}</h1>`,
    ...body,
    '</main></body></html>\n',
  ].join('\n');
}
