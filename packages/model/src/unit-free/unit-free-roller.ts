// A trained unit-free net that runs freely: the features and the plan of prediction, one bin at a time. Its state is a few traces a
// unit, so it needs no more memory the longer it runs.
import type { Backend, CompiledPlan, ParameterSet } from '../engine/backend.ts';
import { LiveScalars } from '../evaluation/plug-in/live-scalars.ts';
import type { KnownPart } from '../evaluation/types.ts';
import type { DenseHost } from '../evaluation/dense-host.ts';
import type { Roller } from '../generation/types.ts';
import { wordsPerBin } from '../nets/parameters.ts';
import type { UnitFreeNet, UnitFreePlan } from '../nets/unit-free.ts';
import { standardise } from './standardise.ts';
import { countKnown, UnitFeatures } from './unit-features.ts';
import { loadUnitFree, scaleOf } from './unit-free-predictor.ts';

export interface UnitFreeRollerOptions {
  /** One that answers at once: the CPU kernels or the reference. */
  readonly backend: Backend;
  readonly net: UnitFreeNet;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** What is known of the units that are to fire. */
  readonly known: KnownPart;
  /** Computes pair statistics. */
  readonly host: DenseHost;
}

export class UnitFreeRoller implements Roller {
  readonly units: number;
  readonly wordsPerBin: number;
  readonly #live: LiveScalars;
  readonly #features: UnitFeatures;
  readonly #parameters: ParameterSet;
  readonly #plan: UnitFreePlan;
  readonly #compiled: CompiledPlan;
  readonly #scale: ReadonlyMap<string, Float32Array>;
  readonly #spikes: Float32Array;

  /** Starts before any bin: traces at what the rates lead one to expect. @throws E_MODEL_WEIGHTS, E_CALIBRATION_EMPTY */
  constructor({ backend, net, weights, known, host }: UnitFreeRollerOptions) {
    const { units, binMilliseconds } = known.raster;
    const { level } = net.config;
    this.units = units;
    this.wordsPerBin = wordsPerBin(units);
    const statistics = countKnown(known, level, host);
    this.#live = new LiveScalars(statistics, binMilliseconds);
    this.#features = new UnitFeatures(statistics, level, this.#live);
    this.#parameters = loadUnitFree(backend, net, weights);
    this.#plan = net.plan('score', units);
    this.#compiled = backend.compile(this.#plan.plan, this.#parameters);
    this.#scale = scaleOf(net, weights);
    this.#spikes = new Float32Array(units);
  }

  step(words: Uint32Array, probabilities: Float32Array): void {
    for (let unit = 0; unit < this.units; unit++) this.#spikes[unit] = (words[unit >> 5] >>> (unit & 31)) & 1;
    this.#live.step(this.#spikes);
    this.#features.arrive();
    const features = this.#compiled.input(this.#plan.features) as Float32Array;
    const base = this.#compiled.input(this.#plan.base) as Float32Array;
    const { count } = this.#features;
    for (let unit = 0; unit < this.units; unit++)
      base[unit] = this.#features.write(unit, features, unit * count);
    standardise(features, this.units, this.#scale);
    this.#compiled.run('forward', { seed: 0, step: 0 });
    const { probabilities: found } = this.#plan;
    const answer = found === null ? null : this.#compiled.output(found);
    if (!(answer instanceof Float32Array))
      throw new TypeError('a roll-out needs a backend that answers at once');
    probabilities.set(answer.subarray(0, this.units));
  }

  dispose(): void {
    this.#compiled.dispose();
    this.#parameters.dispose();
  }
}
