// Scalars of spikes that are still to come: what a roll-out reads, a bin at a time, as a reader reads them off a raster.
import { TraceBank } from '../features/trace-bank.ts';
import { PAIR_KINDS, PAIRS } from './pair-scalars.ts';
import { ScalarSource } from './scalar-source.ts';
import type { TargetStatistics } from './target-statistics.ts';
import { UnitScalars } from './unit-scalars.ts';

export class LiveScalars extends ScalarSource {
  readonly #units: number;
  readonly #traces: TraceBank | null;
  readonly #weights: Float32Array;

  constructor({ spec, rates, pairs }: TargetStatistics, binMilliseconds: number) {
    super(new UnitScalars(rates, binMilliseconds, spec), spec, rates.length);
    this.#units = rates.length;
    this.#traces = pairs === null ? null : new TraceBank(PAIRS, rates.length, binMilliseconds);
    this.#weights = pairs?.weights ?? new Float32Array(0);
    this.pairs = new Float32Array(PAIR_KINDS * rates.length);
  }

  /** Takes the spikes of the next bin, (units) zeros and ones. */
  step(spikes: Float32Array): void {
    this.scalars.step(spikes);
    if (this.#traces === null) return;
    this.#traces.step(spikes);
    const { features } = this.#traces;
    const units = this.#units;
    const width = PAIR_KINDS * units;
    this.pairs.fill(0);
    for (let kind = 0; kind < PAIR_KINDS; kind++)
      for (let v = 0; v < units; v++) {
        const trace = features[kind * units + v];
        if (trace === 0) continue;
        const from = (kind * units + v) * width + kind * units;
        for (let u = 0; u < units; u++) this.pairs[kind * units + u] += trace * this.#weights[from + u];
      }
  }
}
