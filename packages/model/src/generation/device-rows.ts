// The operations of one bin (`row-net.ts`) as a list for the roll-out kernel of a GPU: weights, rows and rings in one array of floats.
import { partsFor, ROLLOUT_CODES, ROLLOUT_RECORD } from '@spikebridge/kernels-wgsl';
import { valuesOf } from '../nets/parameters.ts';
import type { SpikeNet } from '../nets/types.ts';
import { layRow } from './row-net.ts';
import type { RowLayers, RowLinear } from './row-net.ts';

export interface DeviceRows {
  /** (records, 12) */
  readonly records: Uint32Array;
  /** Weights where they belong, zeros elsewhere. */
  readonly floats: Float32Array;
  /** Own history, (traces + 1, units), and the probabilities, (units): places in `floats`. */
  readonly state: number;
  readonly probabilities: number;
  /** Of one bin, with full rings. */
  readonly flops: number;
  readonly bytes: number;
}

export interface DeviceRowsOptions {
  readonly net: SpikeNet;
  /** Values by parameter name. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly doubleSigmoid: boolean;
  /** Bins a ring holds. */
  readonly capacity: number;
  /** Of the workgroup. */
  readonly lanes: number;
}

const ACTIVATIONS = { none: 0, relu: 1, gelu: 2 } as const;

/** @throws E_MODEL_WEIGHTS. */
export function deviceRows(options: DeviceRowsOptions): DeviceRows {
  return new DeviceRowsBuilder(options).build();
}

class DeviceRowsBuilder implements RowLayers {
  readonly #options: DeviceRowsOptions;
  readonly #records: number[] = [];
  readonly #constants: { readonly at: number; readonly values: Float32Array }[] = [];
  /** Place 0 means that there is no row. */
  #size = 4;
  #state = 0;
  #flops = 0;
  #bytes = 0;

  constructor(options: DeviceRowsOptions) {
    this.#options = options;
  }

  build(): DeviceRows {
    const { net, doubleSigmoid } = this.#options;
    const logits = layRow(net, this);
    const probabilities = this.#block(net.units);
    this.#record('sample', logits, probabilities, Number(doubleSigmoid));
    const floats = new Float32Array(this.#size);
    for (const { at, values } of this.#constants) floats.set(values, at);
    return {
      ...{ records: Uint32Array.from(this.#records), floats, state: this.#state, probabilities },
      ...{ flops: this.#flops, bytes: this.#bytes },
    };
  }

  token(): number {
    const { units, config } = this.#options.net;
    const { width } = config;
    const x = this.#block(width);
    if (config.embedding === 'bits')
      this.#record('embed', this.#parameter('embedding.weight'), this.#parameter('embedding.bias'), x, width);
    else this.#record('unpack', x);
    this.#count(units * width, 4 * units * width);
    if (config.positions === 'learned') this.#record('positions', x, this.#parameter('positions'), width);
    return x;
  }

  linear(name: string, x: number, { activation = 'none', residual = 0 }: RowLinear = {}): number {
    const [depth, columns] = this.#spec(`${name}.weight`).shape;
    const out = this.#block(columns);
    const weights = [this.#parameter(`${name}.weight`), this.#parameter(`${name}.bias`)];
    this.#record(
      'linear',
      ...[x, ...weights, residual, out, depth, columns],
      ...[ACTIVATIONS[activation], partsFor(columns, this.#options.lanes)],
    );
    this.#count(2 * depth * columns, 4 * depth * columns);
    return out;
  }

  layerNorm(name: string, x: number): number {
    const { width } = this.#options.net.config;
    const out = this.#block(width);
    this.#record(
      'layerNorm',
      x,
      this.#parameter(`${name}.gain`),
      this.#parameter(`${name}.bias`),
      out,
      width,
    );
    this.#count(8 * width, 16 * width);
    return out;
  }

  attention(qkv: number): number {
    const { net, capacity } = this.#options;
    const { width, heads, positions } = net.config;
    const headWidth = width / heads;
    if (positions === 'rotary') this.#record('rotary', qkv, heads, headWidth, width);
    const [keys, values, scores] = [capacity * width, capacity * width, capacity * heads];
    const out = this.#block(width);
    const places = [qkv, this.#block(keys), this.#block(values), this.#block(scores), out];
    const scale = new Uint32Array(Float32Array.of(1 / Math.sqrt(headWidth)).buffer)[0];
    this.#record('attention', ...places, heads, headWidth, scale, partsFor(heads, this.#options.lanes));
    this.#count(4 * capacity * width + 14 * capacity * heads, 8 * capacity * width + 12 * capacity * heads);
    return out;
  }

  ownHistory(logits: number): void {
    const { history, units } = this.#options.net;
    if (history === null) return;
    const { lags, decays, logScale, scales, ageEdges } = history;
    this.#state = this.#block((decays.length + 1) * units);
    const table = this.#constant(Float32Array.from([...decays, ...logScale, ...scales, ...ageEdges]));
    const counts = [lags, decays.length, ageEdges.length];
    this.#record('history', this.#state, this.#parameter('history.weight'), logits, ...counts, table);
    const features = lags + decays.length + ageEdges.length;
    this.#count(2 * features * units, 4 * (features + 2 * decays.length) * units);
  }

  #record(code: keyof typeof ROLLOUT_CODES, ...operands: number[]): void {
    const empty = new Array<number>(ROLLOUT_RECORD - 1 - operands.length).fill(0);
    this.#records.push(ROLLOUT_CODES[code], ...operands, ...empty);
  }

  #count(flops: number, bytes: number): void {
    this.#flops += flops;
    this.#bytes += bytes;
  }

  #spec(name: string): SpikeNet['specs'][number] {
    const spec = this.#options.net.specs.find((one) => one.name === name);
    if (spec === undefined) throw new TypeError(`the net has no parameter ${name}`);
    return spec;
  }

  #parameter(name: string): number {
    return this.#constant(valuesOf(this.#options.weights, this.#spec(name)));
  }

  #constant(values: Float32Array): number {
    const at = this.#block(values.length);
    this.#constants.push({ at, values });
    return at;
  }

  #block(floats: number): number {
    const at = this.#size;
    this.#size += Math.ceil(floats / 4) * 4;
    return at;
  }
}
