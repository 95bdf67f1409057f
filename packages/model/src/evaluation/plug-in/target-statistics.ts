// Counts what a level of knowledge allows of a target: ratio tables over each unit's scalars, and pair statistics. Three passes
// over the known part and nowhere else: pairs, where edges lie, counts.
import { SpikebridgeError } from '../../errors.ts';
import type { BinSpan, Raster } from '../../recording/types.ts';
import type { DenseHost } from '../dense-host.ts';
import { CausalCursor, countSpikes, forEachRun, spanBins, unpackBin } from '../features/cursor.ts';
import { trainingProbabilities } from '../floors/rates.ts';
import type { KnownPart } from '../types.ts';
import { countPairs, PAIR_BLOCK_ROWS, PAIR_KINDS, PairScalars, type PairWeights } from './pair-scalars.ts';
import { MOST_SAMPLES, RatioTables, tableEdges } from './ratio-table.ts';
import { INTERVAL_CLASSES, UnitScalars, type ScalarSpec } from './unit-scalars.ts';

/** Cells of the hazard's table, and of the others. */
const HAZARD_CELLS = 24;
const CELLS = 16;

/** Scalars in the order of tables: age (the hazard), own traces, population traces, then one a kind of pair trace. */
export const HAZARD = 0;
export const FIRST_OWN = 1;

export interface TargetStatistics {
  readonly spec: ScalarSpec;
  /** (units) probability per bin over the known part. */
  readonly rates: Float64Array;
  /** (units) spikes in the known part. */
  readonly spikes: Float64Array;
  /** By scalar. */
  readonly tables: readonly RatioTables[];
  readonly pairs: PairWeights | null;
}

export interface StatisticsOptions {
  readonly spec: ScalarSpec;
  readonly pairwise: boolean;
  readonly host: DenseHost;
  /**
   * What tables expect is summed over every n-th bin and multiplied by n; spikes are all counted. 1 by default: a floor spares
   * nothing. Edges are the same whatever n is.
   */
  readonly expectEvery?: number;
}

/** Reads the scalars of one raster bin by bin; the one place that knows their order. */
export class ScalarReader {
  readonly count: number;
  /** As they stand before the bin that is visited. */
  readonly scalars: UnitScalars;
  readonly #spec: ScalarSpec;
  readonly #cursor: CausalCursor;
  readonly #pairs: PairScalars | null;
  readonly #units: number;

  constructor(
    raster: Raster,
    { spec, rates, pairs }: Pick<TargetStatistics, 'spec' | 'rates' | 'pairs'>,
    host: DenseHost,
  ) {
    this.#units = raster.units;
    this.#spec = spec;
    this.scalars = new UnitScalars(rates, raster.binMilliseconds, spec);
    this.#cursor = new CausalCursor(raster, [this.scalars]);
    this.#pairs = pairs === null ? null : new PairScalars(pairs, raster, host);
    this.count = FIRST_OWN + spec.own.length + spec.population.length + (pairs === null ? 0 : PAIR_KINDS);
  }

  /** Visits bins start ... stop - 1, at most 512; `values` (scalars, units) and `classes` (units) hold during the call. */
  read(
    start: number,
    stop: number,
    visit: (bin: number, values: Float32Array, classes: Uint8Array) => void,
  ): void {
    const units = this.#units;
    const values = new Float32Array(this.count * units);
    this.#pairs?.load(start, stop);
    const pairs = this.#pairs?.values.view;
    const width = PAIR_KINDS * units;
    const { age, own, population, intervalClass } = this.scalars;
    const firstPopulation = FIRST_OWN + this.#spec.own.length;
    const firstPair = firstPopulation + this.#spec.population.length;
    for (let bin = start; bin < stop; bin++) {
      this.#cursor.seek(bin);
      values.set(age, HAZARD * units);
      values.set(own, FIRST_OWN * units);
      population.forEach((trace, k) =>
        values.fill(trace, (firstPopulation + k) * units, (firstPopulation + k + 1) * units),
      );
      if (pairs !== undefined)
        values.set(pairs.subarray((bin - start) * width, (bin - start + 1) * width), firstPair * units);
      visit(bin, values, intervalClass);
    }
  }
}

/**
 * Counts the statistics of the known part.
 * @throws SpikebridgeError E_CALIBRATION_EMPTY when it holds no bin
 */
export function countStatistics(known: KnownPart, options: StatisticsOptions): TargetStatistics {
  const { spec, pairwise, host, expectEvery = 1 } = options;
  const { spans } = known;
  const bins = spanBins(spans);
  if (bins === 0)
    throw new SpikebridgeError(
      'E_CALIBRATION_EMPTY',
      'no second of the target is known to count statistics on',
      {
        fix: 'give the target a training part (--split), or a --calibrate recording of the same units',
        exitCode: 2,
      },
    );
  // Observed where it is known: not even a trace may look further back.
  const raster: Raster = { ...known.raster, observed: [...spans] };
  const { units } = raster;
  const rates = trainingProbabilities(raster, spans);
  const counted = countSpikes(raster, spans).spikes;
  const pairs = pairwise ? countPairs(raster, spans, host) : null;
  const spikes = new Float32Array(units);
  const scan = (visit: (bin: number, values: Float32Array, classes: Uint8Array) => void): number => {
    const reader = new ScalarReader(raster, { spec, rates, pairs }, host);
    forEachRun(spans, PAIR_BLOCK_ROWS, (start, stop) =>
      reader.read(start, stop, (bin, values, classes) => {
        unpackBin(raster, bin, spikes);
        visit(bin, values, classes);
      }),
    );
    return reader.count;
  };
  const edges = sampleEdges(spans, counted, spikes, scan);
  const tables = edges.map((own, scalar) =>
    scalar === HAZARD ? new RatioTables(own, HAZARD_CELLS, INTERVAL_CLASSES) : new RatioTables(own, CELLS),
  );
  let row = 0;
  scan((_, values, classes) => {
    const weight = row++ % expectEvery === 0 ? expectEvery : 0;
    tables.forEach((table, scalar) => {
      for (let u = 0, at = scalar * units; u < units; u++, at++)
        if (weight > 0 || spikes[u] === 1)
          table.count(u, values[at], scalar === HAZARD ? classes[u] : 0, spikes[u], weight);
    });
  });
  for (const table of tables) table.finish(rates);
  return { spec, rates, spikes: counted, tables, pairs };
}

type Scan = (visit: (bin: number, values: Float32Array, classes: Uint8Array) => void) => number;

/** Edges of every scalar's tables, (scalars)(units), from evenly spaced samples of spikes and of bins. */
function sampleEdges(
  spans: readonly BinSpan[],
  total: Float64Array,
  spikes: Float32Array,
  scan: Scan,
): readonly (readonly (readonly number[])[])[] {
  const units = total.length;
  const every = Math.ceil(spanBins(spans) / MOST_SAMPLES);
  const seen = new Float64Array(units);
  const atSpikes: number[][] = [];
  const atBins: number[][] = [];
  let row = 0;
  const count = scan((_, values) => {
    const sampled = row++ % every === 0;
    for (let u = 0; u < units; u++) {
      const taken = spikes[u] === 1 && seen[u]++ % Math.ceil(total[u] / MOST_SAMPLES) === 0;
      if (!sampled && !taken) continue;
      for (let at = u; at < values.length; at += units) {
        if (taken) (atSpikes[at] ??= []).push(values[at]);
        if (sampled) (atBins[at] ??= []).push(values[at]);
      }
    }
  });
  return Array.from({ length: count }, (_, scalar) =>
    Array.from({ length: units }, (__, u) => {
      const at = scalar * units + u;
      return tableEdges(atSpikes[at] ?? [], atBins[at] ?? [], scalar === HAZARD ? HAZARD_CELLS : CELLS);
    }),
  );
}
