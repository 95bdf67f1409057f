// The operations of one bin (`row-net.ts`) as a program of the CPU kernels.
import {
  opcodes,
  packPanels,
  ringFloats,
  rowAttentionRecord,
  rowFloats,
  rowLinearRecord,
} from '@spikebridge/core-wasm';
import type { KernelCore, KernelRecord, Program, Region } from '@spikebridge/core-wasm';
import { elementCount } from '../engine/plan-builder.ts';
import { valuesOf } from '../nets/parameters.ts';
import type { SpikeNet } from '../nets/types.ts';
import { layRow } from './row-net.ts';
import type { RowLayers, RowLinear } from './row-net.ts';

export interface RowProgramOptions {
  readonly core: KernelCore;
  readonly region: Region;
  readonly net: SpikeNet;
  /** Values by parameter name. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly doubleSigmoid: boolean;
  /** Bins a ring holds. */
  readonly capacity: number;
}

/** The program and the addresses that a step writes and reads. */
export interface RowProgram {
  readonly program: Program;
  /** (wordsPerBin) spikes of the bin. */
  readonly words: number;
  /** Two words: the ring's slot of this bin, and how many slots count with it. */
  readonly ring: number;
  /** (headWidth) cos | sin; nothing without rotary positions. */
  readonly angles: number;
  /** (width) the learned vector of this bin; nothing without them. */
  readonly positions: number;
  /** (max(lags, 1), wordsPerBin) bins before this one, oldest first, and (traces + 1, units) after the bin before. */
  readonly recent: number;
  readonly state: number;
  /** (units) */
  readonly probabilities: number;
}

/** Places weights and buffers in `region`. @throws E_MODEL_WEIGHTS. */
export function rowProgram(options: RowProgramOptions): RowProgram {
  return new RowProgramBuilder(options).build();
}

class RowProgramBuilder implements RowLayers {
  readonly #options: RowProgramOptions;
  readonly #records: KernelRecord[] = [];
  readonly #specs: ReadonlyMap<string, SpikeNet['specs'][number]>;
  /** Mean and reciprocal deviation, which a layer norm leaves for a backward that never comes. */
  readonly #moments: number;
  readonly #words: number;
  readonly #ring: number;
  readonly #angles: number;
  readonly #positions: number;
  readonly #recent: number;
  readonly #state: number;

  constructor(options: RowProgramOptions) {
    this.#options = options;
    const { wordsPerBin, config, specs, history, units } = options.net;
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    this.#moments = this.#block(2);
    this.#words = this.#block(wordsPerBin);
    this.#ring = this.#block(2);
    this.#angles = this.#block(config.width / config.heads);
    this.#positions = this.#row(config.width);
    this.#recent = history === null ? 0 : this.#block(Math.max(1, history.lags) * wordsPerBin);
    this.#state = history === null ? 0 : this.#block((history.decays.length + 1) * units);
  }

  build(): RowProgram {
    const { core, region, net, doubleSigmoid } = this.#options;
    const logits = layRow(net, this); // (units)
    const probabilities = this.#row(net.units);
    const map = doubleSigmoid ? opcodes.MAP_DOUBLE_SIGMOID : opcodes.MAP_SIGMOID;
    this.#records.push({ opcode: opcodes.OP_MAP, ints: [probabilities, net.units, logits, map] });
    return {
      program: core.place(this.#records, region),
      ...{ words: this.#words, ring: this.#ring, angles: this.#angles },
      ...{ positions: this.#positions, recent: this.#recent, state: this.#state, probabilities },
    };
  }

  token(): number {
    const { wordsPerBin, units, config } = this.#options.net;
    const { width } = config;
    const x = this.#row(width);
    if (config.embedding === 'bits') {
      const operands = [
        this.#words,
        this.#parameter('embedding.weight'),
        this.#parameter('embedding.bias'),
        x,
      ];
      this.#records.push({ opcode: opcodes.OP_BIT_EMBED, ints: [...operands, 1, wordsPerBin, units, width] });
    } else {
      this.#records.push({ opcode: opcodes.OP_UNPACK_BITS, ints: [this.#words, x, 1, wordsPerBin, units] });
    }
    if (config.positions === 'learned') {
      this.#records.push({ opcode: opcodes.OP_ADD, ints: [x, width, x, this.#positions] });
    }
    return x;
  }

  attention(qkv: number): number {
    const { net, capacity } = this.#options;
    const { width, heads, positions } = net.config;
    const headWidth = width / heads;
    if (positions === 'rotary') {
      const ints = [qkv, this.#angles, 1, 1, heads, headWidth, 0];
      this.#records.push({ opcode: opcodes.OP_ROTARY, ints });
    }
    const floats = ringFloats({ heads, headWidth, capacity });
    const out = this.#row(width);
    this.#records.push(
      rowAttentionRecord({
        ...{ qkv, keys: this.#block(floats.keys), values: this.#block(floats.values), out },
        ...{ heads, headWidth, capacity, position: this.#ring, scale: 1 / Math.sqrt(headWidth) },
      }),
    );
    return out;
  }

  linear(name: string, x: number, options: RowLinear = {}): number {
    const { activation = 'none', residual = 0 } = options;
    const [depth, columns] = this.#spec(`${name}.weight`).shape;
    const panels = this.#constant(packPanels(this.#values(`${name}.weight`), depth, columns));
    const bias = this.#constant(this.#values(`${name}.bias`), rowFloats(columns));
    const out = this.#row(columns);
    this.#records.push(rowLinearRecord({ x, panels, bias, residual, out, depth, columns, activation }));
    return out;
  }

  layerNorm(name: string, x: number): number {
    const { width } = this.#options.net.config;
    const out = this.#row(width);
    const operands = [x, this.#parameter(`${name}.gain`), this.#parameter(`${name}.bias`), out];
    const ints = [...operands, this.#moments, this.#moments + 4, 1, width];
    this.#records.push({ opcode: opcodes.OP_LAYER_NORM, ints });
    return out;
  }

  ownHistory(logits: number): void {
    const { history, units, wordsPerBin } = this.#options.net;
    if (history === null) return;
    const { lags, decays, logScale, scales, ageEdges } = history;
    const table = this.#constant(Float32Array.from([...decays, ...logScale, ...scales, ...ageEdges]));
    const features = lags + decays.length + ageEdges.length;
    this.#records.push({
      opcode: opcodes.OP_OWN_HISTORY,
      ints: [
        ...[this.#words, this.#recent, this.#state, this.#parameter('history.weight'), logits],
        ...[1, 1, units, wordsPerBin, lags, decays.length, ageEdges.length, table],
      ],
      scratch: 16 * (2 * features + decays.length + 1),
    });
  }

  #spec(name: string): SpikeNet['specs'][number] {
    const spec = this.#specs.get(name);
    if (spec === undefined) throw new TypeError(`the net has no parameter ${name}`);
    return spec;
  }

  #values(name: string): Float32Array {
    return valuesOf(this.#options.weights, this.#spec(name));
  }

  #parameter(name: string): number {
    return this.#constant(this.#values(name), elementCount(this.#spec(name).shape));
  }

  /** A block of floats that starts with `values` and goes on with zeros. */
  #constant(values: Float32Array, floats = values.length): number {
    const address = this.#block(floats);
    this.#options.core.memory.floats(address, values.length).set(values);
    return address;
  }

  /** A row of `width` values, zero padded as the row kernels need it. */
  #row(width: number): number {
    return this.#block(rowFloats(width));
  }

  #block(floats: number): number {
    return this.#options.region.allocate(4 * floats);
  }
}
