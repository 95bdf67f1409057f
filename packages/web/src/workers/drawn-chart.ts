// Charts as text: Vega is loaded and run in the worker, so that the page neither waits for it nor downloads it first.
import type { Chart } from '@spikebridge/model';
import { drawSvg } from '@spikebridge/model';

export interface DrawnChart {
  readonly key: string;
  readonly title: string;
  /** What it shows, for who does not see it. */
  readonly words: string;
  readonly svg: string;
}

export async function drawn(charts: readonly Chart[]): Promise<DrawnChart[]> {
  const all: DrawnChart[] = [];
  for (const { key, title, words, spec } of charts) all.push({ key, title, words, svg: await drawSvg(spec) });
  return all;
}
