// Walks a raster in blocks of bins: the spikes of a block, and lags and traces of every unit before each of its bins (lag 1 and
// four traces for the coupled model), computed where the matrix products read them.
import type { BinSpan, Raster } from '../../recording/types.ts';
import type { DenseBlock, DenseHost } from '../dense-host.ts';
import { observedSpan, unpackBin } from '../features/cursor.ts';
import { COUPLING, featureCount, type TraceBankSpec } from '../features/trace-bank.ts';

export class TraceRows {
  /** Features a row: kind by kind, the units of each side by side. */
  readonly features: number;
  /** (rows, features): what is known before each bin of the block. */
  readonly x: DenseBlock;
  /** (rows, units): the bins of the block as zeros and ones. */
  readonly spikes: DenseBlock;
  readonly #raster: Raster;
  readonly #host: DenseHost;
  readonly #blockRows: number;
  readonly #lags: number;
  readonly #state: DenseBlock;
  readonly #decays: DenseBlock;
  #span: BinSpan = { start: 0, stop: 0 };
  #position = -1;

  /** `spec`: lags and traces; log traces are not for it. */
  constructor(raster: Raster, host: DenseHost, blockRows: number, spec: TraceBankSpec = COUPLING) {
    const { units, binMilliseconds } = raster;
    this.features = featureCount(spec) * units;
    this.#lags = spec.lags;
    this.#raster = raster;
    this.#host = host;
    this.#blockRows = blockRows;
    this.x = host.allocate(blockRows * this.features);
    this.spikes = host.allocate(blockRows * units);
    this.#state = host.allocate(this.features);
    this.#decays = host.allocate(spec.traces.length);
    this.#decays.view.set(spec.traces.map((tau) => Math.exp(-binMilliseconds / tau)));
  }

  /**
   * Fills `x` and `spikes` for bins start ... stop - 1, at most `blockRows` of one observed span; a past begins where that
   * span does. Blocks asked for in order cost no more than their bins.
   * @throws SpikebridgeError E_EVALUATION_UNOBSERVED when no observed span holds them all
   */
  load(start: number, stop: number): void {
    if (this.#position < 0 || start < this.#position || stop > this.#span.stop) {
      this.#span = observedSpan(this.#raster, start, stop);
      this.#position = this.#span.start;
      this.#state.view.fill(0);
    }
    while (this.#position < start) this.#run(Math.min(start, this.#position + this.#blockRows), null);
    this.#run(stop, this.x);
  }

  #run(stop: number, out: DenseBlock | null): void {
    const { units } = this.#raster;
    const rows = stop - this.#position;
    const spikes = this.spikes.view;
    for (let i = 0; i < rows; i++) unpackBin(this.#raster, this.#position + i, spikes, i * units);
    this.#host.traceRows(rows, units, this.#lags, this.#decays, this.spikes, this.#state, out);
    this.#position = stop;
  }
}
