// What all charts share: paper, ink, and how a Vega specification becomes SVG text. Vega needs no document for that, so the same code
// runs on every host; it is loaded only when a chart is drawn.
import type { Spec } from 'vega';
import { INK, PALETTE, QUIET, withVariables } from './palette.ts';

/** The page is the paper. */
export const BASE = { autosize: 'pad', padding: 6 } as const;
export const axisText = {
  labelColor: INK,
  titleColor: INK,
  titleFontWeight: 'normal',
  tickColor: QUIET,
  domainColor: QUIET,
  gridColor: PALETTE.grid.light,
} as const;

/** A specification with its name, and what it shows in words. */
export interface Chart {
  readonly key: string;
  readonly title: string;
  readonly words: string;
  readonly spec: Spec;
}

/**
 * SVG text for an HTML document: without namespaces (only a file of its own needs them) and Vega's class names and roles (a
 * chart is one image, with words of its own), its colours as variables of the style sheet.
 */
export async function drawSvg(spec: Spec): Promise<string> {
  const [{ parse, View }, { expressionInterpreter }] = await Promise.all([
    import('vega'),
    import('vega-interpreter'),
  ]);
  // Interpreted, not compiled: a page whose policy forbids evaluating text draws the same charts.
  const view = new View(parse(spec, undefined, { ast: true }), {
    renderer: 'none',
    expr: expressionInterpreter,
  });
  const svg = await view.toSVG();
  view.finalize();
  // Hundredths of a pixel are enough, and hide the last bits in which hosts may differ. What is written between tags is not in pixels.
  const rounded = svg.replace(/<[^>]*>/g, (tag) =>
    tag.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (value) => String(Math.round(Number(value) * 100) / 100)),
  );
  return withVariables(rounded.replace(/ (?:xmlns(?::xlink)?|class|role|aria-[a-z]+)="[^"]*"/g, ''));
}
