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
import { ScalarRows } from './scalar-rows.ts';
import { FIRST_OWN, HAZARD, ScalarSource } from './scalar-source.ts';
import { INTERVAL_CLASSES, UnitScalars, type ScalarSpec } from './unit-scalars.ts';

/** Cells of the hazard's table, and of the others. */
const HAZARD_CELLS = 24;
const CELLS = 16;
/** Spikes of a unit that are kept where not every bin counts, about. */
const MOST_KEPT_SPIKES = 8000;

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
   * What tables expect is summed over every n-th bin and multiplied by n, and of units with very many spikes not all are
   * counted. 1 by default: a floor spares nothing.
   */
  readonly expectEvery?: number;
  /** Scalars that tables are wanted over, where not every bin counts; the others' tables are empty. */
  readonly tabled?: readonly number[];
}

/** Reads the scalars of one raster bin by bin. */
export class ScalarReader extends ScalarSource {
  readonly count: number;
  readonly #cursor: CausalCursor;
  readonly #pairs: PairScalars | null;
  readonly #width: number;

  constructor(
    raster: Raster,
    { spec, rates, pairs }: Pick<TargetStatistics, 'spec' | 'rates' | 'pairs'>,
    host: DenseHost,
  ) {
    const scalars = new UnitScalars(rates, raster.binMilliseconds, spec);
    super(scalars, spec, raster.units);
    this.#cursor = new CausalCursor(raster, [scalars]);
    this.#pairs = pairs === null ? null : new PairScalars(pairs, raster, host);
    this.#width = PAIR_KINDS * raster.units;
    this.count = FIRST_OWN + spec.own.length + spec.population.length + (pairs === null ? 0 : PAIR_KINDS);
  }

  /** Visits bins start ... stop - 1, at most 512; `value` and `cls` are about the bin that is visited. */
  read(start: number, stop: number, visit: (bin: number) => void): void {
    this.#pairs?.load(start, stop);
    if (this.#pairs !== null) this.pairs = this.#pairs.values.view;
    for (let bin = start; bin < stop; bin++) {
      this.#cursor.seek(bin);
      this.pairRow = (bin - start) * this.#width;
      visit(bin);
    }
  }
}

/**
 * Counts spikes and nothing else: no table, no pair.
 * @throws SpikebridgeError E_CALIBRATION_EMPTY when the known part holds no bin
 */
export function countRates({ raster, spans }: KnownPart, spec: ScalarSpec): TargetStatistics {
  refuseEmpty(spans);
  const rates = trainingProbabilities(raster, spans);
  return { spec, rates, spikes: countSpikes(raster, spans).spikes, tables: [], pairs: null };
}

/**
 * Counts the statistics of the known part.
 * @throws SpikebridgeError E_CALIBRATION_EMPTY when it holds no bin
 */
export function countStatistics(known: KnownPart, options: StatisticsOptions): TargetStatistics {
  const { spec, pairwise, host, expectEvery = 1, tabled } = options;
  const { spans } = known;
  refuseEmpty(spans);
  // Observed where it is known: not even a trace may look further back.
  const raster: Raster = { ...known.raster, observed: [...spans] };
  const { units } = raster;
  const rates = trainingProbabilities(raster, spans);
  const counted = countSpikes(raster, spans).spikes;
  const pairs = pairwise ? countPairs(raster, spans, host) : null;
  const spikes = new Float32Array(units);
  const scan: Scan = (visit) => {
    const reader = new ScalarReader(raster, { spec, rates, pairs }, host);
    forEachRun(spans, PAIR_BLOCK_ROWS, (start, stop) =>
      reader.read(start, stop, (bin) => {
        unpackBin(raster, bin, spikes);
        visit(reader);
      }),
    );
    return reader.count;
  };
  const tables =
    expectEvery === 1
      ? countTwice(spans, counted, rates, spikes, scan)
      : countKept(expectEvery, tabled, counted, spikes, scan);
  for (const table of tables) table.finish(rates);
  return { spec, rates, spikes: counted, tables, pairs };
}

function refuseEmpty(spans: readonly BinSpan[]): void {
  if (spanBins(spans) === 0)
    throw new SpikebridgeError(
      'E_CALIBRATION_EMPTY',
      'no second of the target is known to count statistics on',
      {
        fix: 'give the target a training part (--split), or a --calibrate recording of the same units',
        exitCode: 2,
      },
    );
}

const tableOf = (edges: readonly (readonly number[])[], scalar: number): RatioTables =>
  scalar === HAZARD ? new RatioTables(edges, HAZARD_CELLS, INTERVAL_CLASSES) : new RatioTables(edges, CELLS);

const cellsOf = (scalar: number): number => (scalar === HAZARD ? HAZARD_CELLS : CELLS);

/** Every bin counts: one walk for the edges, one for the counts, and nothing is kept. */
function countTwice(
  spans: readonly BinSpan[],
  total: Float64Array,
  rates: Float64Array,
  spikes: Float32Array,
  scan: Scan,
): readonly RatioTables[] {
  const tables = sampleEdges(spans, total, spikes, scan).map(tableOf);
  scan((reader) => {
    for (let u = 0; u < rates.length; u++)
      for (let scalar = 0; scalar < tables.length; scalar++)
        tables[scalar].count(u, reader.value(scalar, u), reader.cls(scalar, u), spikes[u]);
  });
  return tables;
}

/**
 * Every n-th bin, and of a unit with many spikes every n-th of them, are kept in one walk; edges and counts come from those, each
 * standing for as many as were passed by.
 */
function countKept(
  every: number,
  tabled: readonly number[] | undefined,
  total: Float64Array,
  spikes: Float32Array,
  scan: Scan,
): readonly RatioTables[] {
  const units = total.length;
  const everySpike = total.map((count) => Math.max(1, Math.round(count / MOST_KEPT_SPIKES)));
  const seen = new Float64Array(units);
  let fired: ScalarRows | undefined;
  let any: ScalarRows | undefined;
  let bin = 0;
  const width = scan((reader) => {
    fired ??= new ScalarRows(reader.count);
    any ??= new ScalarRows(reader.count);
    const sampled = bin++ % every === 0;
    for (let u = 0; u < units; u++) {
      if (spikes[u] === 1 && seen[u]++ % everySpike[u] === 0) fired.push(reader, u);
      if (sampled) any.push(reader, u);
    }
  });
  const sides = [fired, any].map((rows) => rows ?? new ScalarRows(width));
  const rowsOf = sides.map((rows) => rows.byUnit(units));
  return Array.from({ length: width }, (_, scalar) => {
    if (tabled?.includes(scalar) === false) return new RatioTables([], CELLS);
    const edges = Array.from({ length: units }, (__, u) => {
      const [atSpikes, atBins] = sides.map((rows, side) => {
        const own = rowsOf[side][u];
        const step = Math.max(1, Math.ceil(own.length / MOST_SAMPLES));
        return Array.from({ length: Math.ceil(own.length / step) }, (___, i) =>
          rows.value(own[i * step], scalar),
        );
      });
      return tableEdges(atSpikes, atBins, cellsOf(scalar));
    });
    const table = tableOf(edges, scalar);
    sides.forEach((rows, side) => {
      for (let u = 0; u < units; u++) {
        const [fires, bins] = side === 0 ? [everySpike[u], 0] : [0, every];
        for (const row of rowsOf[side][u])
          table.count(
            u,
            rows.value(row, scalar),
            scalar === HAZARD ? rows.intervalClass(row) : 0,
            fires,
            bins,
          );
      }
    });
    return table;
  });
}

/** Visits every known bin with what stands before it; `spikes` holds what fires in it. Returns the number of scalars. */
type Scan = (visit: (reader: ScalarReader) => void) => number;

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
  const count = scan((reader) => {
    const sampled = row++ % every === 0;
    for (let u = 0; u < units; u++) {
      const taken = spikes[u] === 1 && seen[u]++ % Math.ceil(total[u] / MOST_SAMPLES) === 0;
      if (!sampled && !taken) continue;
      for (let scalar = 0, at = u; scalar < reader.count; scalar++, at += units) {
        const value = reader.value(scalar, u);
        if (taken) (atSpikes[at] ??= []).push(value);
        if (sampled) (atBins[at] ??= []).push(value);
      }
    }
  });
  return Array.from({ length: count }, (_, scalar) =>
    Array.from({ length: units }, (__, u) => {
      const at = scalar * units + u;
      return tableEdges(atSpikes[at] ?? [], atBins[at] ?? [], cellsOf(scalar));
    }),
  );
}
