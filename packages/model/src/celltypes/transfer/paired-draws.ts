// Scores under resampling of donors and of repeats, the same draws for every method, so that differences are paired in both: donors say how far other
// patients would be called alike, repeats how far the score hangs on which donors were learned from.
import { RandomStream } from '../../engine/random.ts';
import type { Estimate } from '../../evaluation/uncertainty/bootstrap.ts';
import { accuracyOf, confusion, macroF1 } from '../evaluation/scores.ts';
import type { FeatureTable } from '../tables/types.ts';

/** The score itself, and what it becomes draw by draw. */
export interface Drawn {
  readonly exact: number;
  readonly draws: Float64Array;
}

const STREAM = 0x7064;

export class PairedDraws {
  readonly #table: FeatureTable;
  readonly #weights: readonly Float64Array[];
  readonly #repeats: readonly Int32Array[];

  constructor(table: FeatureTable, repeats: number, draws: number, seed: number) {
    this.#table = table;
    const random = new RandomStream(seed, STREAM);
    const donors = [...new Set(table.donors)];
    const numbers = new Map(donors.map((donor, d) => [donor, d]));
    const donorOf = table.donors.map((donor) => numbers.get(donor) ?? 0);
    this.#weights = Array.from({ length: draws }, () => {
      const times = new Float64Array(donors.length);
      for (let d = 0; d < donors.length; d++) times[random.integer(donors.length)]++;
      return Float64Array.from(donorOf, (d) => times[d]);
    });
    this.#repeats = this.#weights.map(() =>
      Int32Array.from({ length: repeats }, () => random.integer(repeats)),
    );
  }

  /** Of the classes called, by repeat: means over repeats. */
  scores(called: readonly Int32Array[]): { readonly macroF1: Drawn; readonly accuracy: Drawn } {
    const { labels, classes } = this.#table;
    const tables = (weights: Float64Array | null): Float64Array[] =>
      called.map((own) => confusion(labels, own, classes.length, weights));
    const exact = tables(null);
    const drawn = this.#weights.map(tables);
    const score = (of: (table: Float64Array, classes: number) => number): Drawn => ({
      exact: mean(exact.map((table) => of(table, classes.length))),
      draws: Float64Array.from(drawn, (byRepeat, d) => {
        const values = byRepeat.map((table) => of(table, classes.length));
        return mean(Array.from(this.#repeats[d], (repeat) => values[repeat]));
      }),
    });
    return { macroF1: score(macroF1), accuracy: score(accuracyOf) };
  }

  estimate(score: Drawn): Estimate {
    return this.#interval(score, 0);
  }

  difference(score: Drawn, other: Drawn): Estimate {
    const draws = score.draws.map((value, d) => value - other.draws[d]);
    return this.#interval({ exact: score.exact - other.exact, draws }, -1);
  }

  /** 95 %: the draws' spread, moved so that their mean lies on the score; a resample lacks donors, which alone moves macro-F1. */
  #interval({ exact, draws }: Drawn, least: number): Estimate {
    const moved = exact - mean([...draws]);
    const rising = draws.slice().sort();
    const at = (share: number): number =>
      Math.min(1, Math.max(least, rising[Math.round(share * (rising.length - 1))] + moved));
    return { value: exact, low: at(0.025), high: at(0.975), n: this.#table.cells.length };
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
