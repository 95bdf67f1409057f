// A trained unit-free net over a recording: it counts what the level lets it know, and predicts. Units keep no place in it, so
// columns in another order give the same probabilities in that order.
import type { Backend, ParameterSet } from '../engine/backend.ts';
import { SpikebridgeError } from '../errors.ts';
import type { DenseHost } from '../evaluation/dense-host.ts';
import { forEachRun } from '../evaluation/features/cursor.ts';
import type {
  KnowledgeLevel,
  KnownPart,
  Predictor,
  PredictorFactory,
  TargetView,
} from '../evaluation/types.ts';
import { KNOWLEDGE_LEVELS } from '../evaluation/types.ts';
import type { LossConfig } from '../losses/types.ts';
import { valuesOf } from '../nets/parameters.ts';
import { STANDARDISATION } from '../nets/unit-free.ts';
import type { UnitFreeNet, UnitFreePlan } from '../nets/unit-free.ts';
import type { Raster } from '../recording/types.ts';
import { standardise } from './standardise.ts';
import { countKnown, FeatureReader } from './unit-features.ts';

/** Rows of one run of the plan, about. */
const ROWS = 16_384;

export interface UnitFreePredictorOptions {
  readonly backend: Backend;
  readonly net: UnitFreeNet;
  /** Values by parameter name (see `weightsOf`). */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Computes pair statistics. */
  readonly host: DenseHost;
  /** The loss it was trained with. */
  readonly loss: LossConfig['kind'];
}

/** @throws E_EVALUATION_LEVEL where a net of `needed` may know no more than `level`. */
function checkLevel(level: KnowledgeLevel, needed: UnitFreeNet['config']['level']): void {
  if (KNOWLEDGE_LEVELS.indexOf(level) >= KNOWLEDGE_LEVELS.indexOf(needed)) return;
  throw new SpikebridgeError(
    'E_EVALUATION_LEVEL',
    `a net of level ${needed} cannot do with level ${level}: it is told the target's ${needed}`,
    {
      where: '--level',
      fix: `judge it at level ${needed}, or train one with --set net.level=${level}`,
      exitCode: 2,
    },
  );
}

export class UnitFreePredictor implements Predictor {
  readonly key = 'model';
  readonly #raster: Raster;
  readonly #reader: FeatureReader;
  readonly #plan: UnitFreePlan;
  readonly #compiled;
  readonly #bins: number;
  readonly #scale: ReadonlyMap<string, Float32Array>;

  constructor(
    { backend, net, weights, host }: UnitFreePredictorOptions,
    parameters: ParameterSet,
    raster: Raster,
    known: KnownPart,
  ) {
    this.#raster = raster;
    const { level } = net.config;
    this.#reader = new FeatureReader(countKnown(known, level, host), level, raster, host);
    this.#bins = Math.max(1, Math.floor(ROWS / raster.units));
    this.#plan = net.plan('score', this.#bins * raster.units);
    this.#compiled = backend.compile(this.#plan.plan, parameters);
    this.#scale = scaleOf(net, weights);
  }

  /** Probabilities of targets [start, stop), (bins, units), each from bins before it. */
  async predict(start: number, stop: number, out: Float32Array): Promise<void> {
    const { units } = this.#raster;
    const compiled = this.#compiled;
    const { probabilities } = this.#plan;
    const { features: told } = this.#reader;
    if (probabilities === null) return;
    for (const { start: from, stop: to } of runs(start, stop, this.#bins)) {
      const features = compiled.input(this.#plan.features) as Float32Array;
      const base = compiled.input(this.#plan.base) as Float32Array;
      let row = 0;
      this.#reader.read(from, to, () => {
        for (let unit = 0; unit < units; unit++, row++)
          base[row] = told.write(unit, features, row * told.count);
      });
      standardise(features, row, this.#scale);
      compiled.run('forward', { seed: 0, step: 0 });
      out.set((await compiled.output(probabilities)).subarray(0, row), (from - start) * units);
    }
  }

  dispose(): void {
    this.#compiled.dispose();
  }
}

function runs(start: number, stop: number, size: number): readonly { start: number; stop: number }[] {
  const found: { start: number; stop: number }[] = [];
  forEachRun([{ start, stop }], size, (from, to) => found.push({ start: from, stop: to }));
  return found;
}

/** How the net's features are standardised, by the names of `STANDARDISATION`. @throws E_MODEL_WEIGHTS */
export const scaleOf = (
  { features }: UnitFreeNet,
  weights: ReadonlyMap<string, Float32Array>,
): ReadonlyMap<string, Float32Array> =>
  new Map(
    STANDARDISATION.map((name) => [
      name,
      valuesOf(weights, { name, shape: [features], decay: false, learningRateScale: 0 }),
    ]),
  );

/** A parameter set with the weights of a net. @throws E_MODEL_WEIGHTS */
export function loadUnitFree(
  backend: Backend,
  net: UnitFreeNet,
  weights: ReadonlyMap<string, Float32Array>,
): ParameterSet {
  const parameters = backend.parameters(net.specs);
  for (const spec of net.specs) parameters.write(spec.name, valuesOf(weights, spec));
  return parameters;
}

/**
 * The `model` row of an evaluation, for a unit-free net. All predictors share one copy of the weights. `calibrated` where the net
 * learnt cross-entropy: its probabilities are then right where the rates that it is told are.
 * @throws E_MODEL_WEIGHTS; when set up over a target: E_EVALUATION_LEVEL, E_CALIBRATION_EMPTY
 */
export function unitFreePredictorFactory(options: UnitFreePredictorOptions): PredictorFactory {
  const parameters = loadUnitFree(options.backend, options.net, options.weights);
  const make = ({ raster, level, known }: TargetView): Predictor => {
    checkLevel(level, options.net.config.level);
    if (known === null)
      throw new SpikebridgeError('E_EVALUATION_LEVEL', 'nothing of the target is known', { exitCode: 2 });
    return new UnitFreePredictor(options, parameters, raster, known);
  };
  return Object.assign(make, { calibrated: options.loss === 'bce' });
}
