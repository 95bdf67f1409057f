// A net's plan at one shape, compiled and bound to a raster: windows go in (bits, targets, own-history state), numbers come out.
import type { Backend, CompiledPlan, Eventually, ParameterSet } from '../engine/backend.ts';
import type { Tensor } from '../engine/ops.ts';
import { SpikebridgeError } from '../errors.ts';
import type { NetMode, NetPlan, SpikeNet } from '../nets/types.ts';
import type { Raster } from '../recording/types.ts';
import { packBatch } from './pack.ts';
import type { PackedWindow } from './pack.ts';
import { TraceBank } from './trace-bank.ts';

export interface PlanShape {
  readonly batch: number;
  readonly bins: number;
}

export interface BoundPlanOptions {
  readonly backend: Backend;
  readonly parameters: ParameterSet;
  readonly net: SpikeNet;
  readonly mode: NetMode;
  readonly shape: PlanShape;
  readonly raster: Raster;
  /** States of `raster`; several plans may share one. Null for a net without own history. */
  readonly bank: TraceBank | null;
  /** Units that count, bit-packed (wordsPerBin); all of them when left out. */
  readonly unitMask?: Uint32Array;
}

/** Banks by raster and shape of history: they cost a pass over the recording, and last as long as the raster does. */
const banks = new WeakMap<Raster, Map<string, TraceBank>>();

/** The trace bank a net needs over a raster, or null. Plans and predictors over one raster share it. */
export function bankFor(net: SpikeNet, raster: Raster): TraceBank | null {
  if (net.history === null) return null;
  const { lags, decays } = net.history;
  const shape = JSON.stringify([lags, decays]);
  const here = banks.get(raster) ?? new Map<string, TraceBank>();
  banks.set(raster, here);
  const bank = here.get(shape) ?? new TraceBank(raster, net.history);
  here.set(shape, bank);
  return bank;
}

/** Bit-packed mask of all units. */
export function allUnits(units: number): Uint32Array {
  return Uint32Array.from({ length: Math.ceil(units / 32) }, (_, w) =>
    units - 32 * w >= 32 ? 0xffffffff : 2 ** (units - 32 * w) - 1,
  );
}

export class BoundPlan {
  readonly shape: PlanShape;
  /** The plan's tensors by meaning. */
  readonly tensors: NetPlan;
  private readonly compiled: CompiledPlan;
  private readonly raster: Raster;
  private readonly bank: TraceBank | null;

  /** @throws E_RASTER_UNITS when the raster has another number of units than the net. */
  constructor({ backend, parameters, net, mode, shape, raster, bank, unitMask }: BoundPlanOptions) {
    if (raster.units !== net.units) {
      throw new SpikebridgeError(
        'E_RASTER_UNITS',
        `the raster has ${raster.units} units and the net ${net.units}`,
        { fix: 'bin the recording into as many unit slots as data.units' },
      );
    }
    this.shape = shape;
    this.raster = raster;
    this.bank = bank;
    this.tensors = net.plan(mode, shape);
    this.compiled = backend.compile(this.tensors.plan, parameters);
    if (this.tensors.unitMask !== null) {
      this.words(this.tensors.unitMask).set(unitMask ?? allUnits(raster.units));
    }
  }

  /** Bytes the compiled plan holds beside the parameters. */
  get bytes(): number {
    return this.compiled.bytes;
  }

  private words(tensor: Tensor): Uint32Array {
    const view = this.compiled.input(tensor);
    if (!(view instanceof Uint32Array)) throw new TypeError(`${tensor.name} holds no 32-bit words`);
    return view;
  }

  private floats(tensor: Tensor): Float32Array {
    const view = this.compiled.input(tensor);
    if (!(view instanceof Float32Array)) throw new TypeError(`${tensor.name} holds no 32-bit floats`);
    return view;
  }

  /** Writes up to `batch` windows into the plan's inputs. @returns rows that count. */
  load(windows: readonly PackedWindow[]): number {
    const { words, targets, rowMask, recent, state } = this.tensors;
    const counted = packBatch(this.raster, windows, this.shape, {
      words: this.words(words),
      targets: targets === null ? null : this.words(targets),
      rowMask: rowMask === null ? null : this.floats(rowMask),
    });
    if (this.bank !== null && recent !== null && state !== null) {
      const bits = this.words(recent);
      const values = this.floats(state);
      const bitsEach = bits.length / this.shape.batch;
      const valuesEach = values.length / this.shape.batch;
      for (let b = 0; b < this.shape.batch; b++) {
        if (b < windows.length) {
          const { inputStart, firstBin } = windows[b];
          this.bank.stateAt(Math.max(inputStart, firstBin ?? 0), values, b * valuesEach, bits, b * bitsEach);
        } else {
          values.fill(0, b * valuesEach, (b + 1) * valuesEach);
          bits.fill(0, b * bitsEach, (b + 1) * bitsEach);
        }
      }
    }
    return counted;
  }

  /** Says which units enter the loss from the next run on, bit-packed (wordsPerBin). */
  countUnits(mask: Uint32Array): void {
    if (this.tensors.unitMask !== null) this.words(this.tensors.unitMask).set(mask);
  }

  /** An output of the last run; the next one overwrites it. */
  output(tensor: Tensor): Eventually<Float32Array> {
    return this.compiled.output(tensor);
  }

  run(mode: 'forward' | 'train', key: { readonly seed: number; readonly step: number }): void {
    this.compiled.run(mode, key);
  }

  /** The configured loss of the last run. */
  loss(): Promise<number> {
    return this.scalar(this.tensors.loss);
  }

  /** Mean cross-entropy of the last run, in nats an entry (mode `evaluate`). */
  crossEntropy(): Promise<number> {
    return this.scalar(this.tensors.bce);
  }

  private async scalar(tensor: Tensor | null): Promise<number> {
    return tensor === null ? NaN : (await this.compiled.output(tensor))[0];
  }

  /** (batch * bins, units) of the last run (modes `score` and `evaluate`); the next run overwrites it. */
  probabilities(): Eventually<Float32Array> {
    const { probabilities } = this.tensors;
    return probabilities === null ? new Float32Array(0) : this.compiled.output(probabilities);
  }

  dispose(): void {
    this.compiled.dispose();
  }
}
