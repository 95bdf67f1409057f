// One table a unit over a scalar that is known before each bin: how many times as often as its rate says the unit fires where
// the scalar lies. Counted, not fitted: the plug-in statistics of a target are such tables.

import { log } from '../../engine/elementary.ts';
import { sortedQuantile } from '../metrics/summaries.ts';

/** A cell with this many spikes expected is drawn half-way to "as its rate says". */
export const PRIOR_SPIKES = 8;
/** Values that the edges of a unit are taken from, of bins with a spike and of any bins. */
export const MOST_SAMPLES = 2000;

/** Edges of `cells` cells: quantiles of both kinds of value by turns, without repeats. Rising. */
export function tableEdges(
  atSpikes: readonly number[],
  atBins: readonly number[],
  cells: number,
): readonly number[] {
  const fired = Float64Array.from(atSpikes).sort();
  const all = Float64Array.from(atBins).sort();
  if (all.length === 0) return [];
  const edges = new Set<number>();
  for (let k = 1; k < cells; k++)
    edges.add(Math.fround(sortedQuantile(k % 2 === 1 && fired.length > 0 ? fired : all, k / cells)));
  return [...edges].sort((x, y) => x - y);
}

/** Tables of all units over one scalar, which may be split further by a class of 0 ... classes - 1. */
export class RatioTables {
  readonly #cells: number;
  readonly #classes: number;
  /** (units, cells - 1) rising; Infinity past a unit's last edge. */
  readonly #edges: Float32Array;
  /** (units, cells, classes) */
  readonly #bins: Float64Array;
  readonly #spikes: Float64Array;
  /** ln of the ratio, once counted. */
  readonly #ratios: Float32Array;

  /** `edges`: of each unit, at most cells - 1. */
  constructor(edges: readonly (readonly number[])[], cells: number, classes = 1) {
    this.#cells = cells;
    this.#classes = classes;
    this.#edges = new Float32Array(edges.length * (cells - 1)).fill(Infinity);
    edges.forEach((own, unit) => this.#edges.set(own, unit * (cells - 1)));
    this.#bins = new Float64Array(edges.length * cells * classes);
    this.#spikes = new Float64Array(this.#bins.length);
    this.#ratios = new Float32Array(this.#bins.length);
  }

  #place(unit: number, value: number, cls: number): number {
    const from = unit * (this.#cells - 1);
    let low = from;
    let high = from + this.#cells - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#edges[middle] < value) low = middle + 1;
      else high = middle;
    }
    return (unit * this.#cells + low - from) * this.#classes + cls;
  }

  /** A bin in which the scalar had `value`: `fired` is 1 where the unit fired in it; it stands for `bins` bins. */
  count(unit: number, value: number, cls: number, fired: number, bins = 1): void {
    const at = this.#place(unit, value, cls);
    this.#bins[at] += bins;
    this.#spikes[at] += fired;
  }

  /**
   * Ends the count: ln((spikes + prior) / (expected + prior)) of each cell. A cell of one class is drawn to the ratio of
   * all classes together instead of to 1, so that a split costs nothing where there is little to split.
   */
  finish(rates: Float64Array): void {
    if (this.#bins.length === 0) return;
    const classes = this.#classes;
    for (let unit = 0, at = 0; unit < rates.length; unit++) {
      for (let cell = 0; cell < this.#cells; cell++, at += classes) {
        let bins = 0;
        let spikes = 0;
        for (let c = at; c < at + classes; c++) {
          bins += this.#bins[c];
          spikes += this.#spikes[c];
        }
        const whole = (spikes + PRIOR_SPIKES) / (bins * rates[unit] + PRIOR_SPIKES);
        for (let c = at; c < at + classes; c++) {
          const ratio =
            classes === 1
              ? whole
              : (this.#spikes[c] + PRIOR_SPIKES * whole) / (this.#bins[c] * rates[unit] + PRIOR_SPIKES);
          this.#ratios[c] = log(ratio);
        }
      }
    }
  }

  /** ln of how many times as often as its rate says `unit` fires where the scalar is `value`. */
  logRatio(unit: number, value: number, cls = 0): number {
    return this.#ratios[this.#place(unit, value, cls)];
  }
}
