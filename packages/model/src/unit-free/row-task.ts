// Training on rows: what a unit-free net learns from one or several recordings at once.
import type { UnitFreeRunConfig } from '../config/schema.ts';
import type { Backend, ParameterSet } from '../engine/backend.ts';
import { CounterRandom } from '../engine/random.ts';
import { SpikebridgeError } from '../errors.ts';
import type { DenseHost } from '../evaluation/dense-host.ts';
import { spanBins } from '../evaluation/features/cursor.ts';
import type { CheckpointDescription } from '../interop/net-description.ts';
import { NET_SCHEMA } from '../interop/net-description.ts';
import { createUnitFreeNet } from '../nets/unit-free.ts';
import type { UnitFreeNet } from '../nets/unit-free.ts';
import { minimumPast, withPast } from '../recording/split.ts';
import type { BinSpan, Raster } from '../recording/types.ts';
import type { OpenTask, TrainingTask } from '../training/task.ts';
import { BoundRows, validateRows } from './bound-rows.ts';
import type { Place, Standardisation } from './bound-rows.ts';
import { drawExposures } from './exposures.ts';
import { drawRows } from './row-set.ts';
import type { RowSet } from './row-set.ts';
import { standardisationOf } from './standardise.ts';
import { stretchedSpans, stretchRaster } from './stretch.ts';
import { unitFeatureNames } from './unit-features.ts';

const BATCH_STREAM = 0x62617463;

/** One recording to learn from. */
export interface UnitFreeSource {
  readonly raster: Raster;
  /** (units) 1 = the column holds a unit. */
  readonly present: Uint8Array;
  readonly train: readonly BinSpan[];
  readonly validation: readonly BinSpan[];
}

/** The net of a configuration. @throws E_LOSS_CONFIG */
export const unitFreeNetOf = ({ net, loss }: Pick<UnitFreeRunConfig, 'net' | 'loss'>): UnitFreeNet =>
  createUnitFreeNet(net, unitFeatureNames(net.level).length, loss);

export interface RowTaskOptions {
  readonly config: UnitFreeRunConfig;
  readonly sources: readonly UnitFreeSource[];
  /** Computes pair statistics. */
  readonly host: DenseHost;
  /** Awaited after each exposure, with exposures done and all of them. */
  readonly onProgress?: (done: number, all: number) => Promise<void> | void;
  /** Looked at after each exposure. */
  readonly signal?: AbortSignal;
}

export class RowTask implements TrainingTask {
  readonly net: UnitFreeNet;
  readonly steps: number;
  readonly binsPerStep: number;
  readonly description: CheckpointDescription;
  readonly #config: UnitFreeRunConfig;
  readonly #train: readonly RowSet[];
  readonly #validation: readonly RowSet[];
  /** First row of each set among all of them, and their number. */
  readonly #starts: readonly number[];
  readonly #rows: number;
  readonly #scale: Standardisation;

  private constructor(config: UnitFreeRunConfig, train: readonly RowSet[], validation: readonly RowSet[]) {
    const { batch, context, steps, epochs } = config.training;
    this.#config = config;
    this.net = unitFreeNetOf(config);
    this.#scale = standardisationOf(train, this.net.features);
    this.#train = train;
    this.#validation = validation;
    let rows = 0;
    this.#starts = train.map((set) => {
      rows += set.rows;
      return rows - set.rows;
    });
    this.#rows = rows;
    this.binsPerStep = batch * context;
    this.steps = steps ?? Math.ceil(((epochs ?? 0) * rows) / this.binsPerStep);
    this.description = {
      schema: NET_SCHEMA,
      model_type: 'spikebridge',
      architectures: ['UnitFree'],
      torch_dtype: 'float32',
      bin_milliseconds: config.data.binMs,
      level: config.net.level,
      features: unitFeatureNames(config.net.level),
      intermediate_size: config.net.hidden,
      hidden_act: 'gelu_pytorch_tanh',
      double_sigmoid: config.loss.doubleSigmoid,
    };
  }

  /**
   * Draws the rows of every source: each time scale is exposed by long and by short calibrations, and the validation parts are
   * judged with all of the training part known.
   * @returns null when the signal came.
   * @throws E_TRAINING_NO_DATA where no source has a training part long enough to be judged.
   */
  static async create(options: RowTaskOptions): Promise<RowTask | null> {
    const { config, sources, host, onProgress, signal } = options;
    const { seed, rows, net, loss, data, training } = config;
    const bins = (seconds: number): number => Math.round((seconds * 1000) / data.binMs);
    const rules = {
      calibrations: rows.calibrations.map(({ seconds, draws }) => ({ bins: bins(seconds), draws })),
      longestBins: bins(rows.longestSeconds),
      judgedBins: bins(rows.judgedSeconds),
    };
    const shared = { level: net.level, rows: rows.perExposure, even: loss.kind !== 'bce', host };
    const jobs: { readonly kind: 'train' | 'validation'; readonly draw: () => RowSet }[] = [];
    sources.forEach((source, s) => {
      const { present } = source;
      rows.timeScales.forEach((scale, k) => {
        // Places of exposures do not need the stretched spikes, so these are made when they are first drawn from.
        const part = stretchedSpans(source.train, scale);
        let stretched: Raster | null = null;
        const draws = drawExposures(part, rules, seed + 1009 * s + 101 * k);
        draws.forEach((exposure, e) =>
          jobs.push({
            kind: 'train',
            draw: () => {
              stretched ??= stretchRaster(source.raster, source.train, scale, seed + 31 * s + k);
              const set = drawRows({
                ...shared,
                raster: stretched,
                present,
                exposure,
                seed: seed + e + 1009 * s + 101 * k,
              });
              if (e === draws.length - 1) stretched = null;
              return set;
            },
          }),
        );
      });
      for (const judged of validationStretches(source, minimumPast(training.context), rules.judgedBins))
        jobs.push({
          kind: 'validation',
          draw: () =>
            drawRows({
              ...shared,
              ...{ raster: source.raster, present, even: false, seed: seed + s },
              exposure: { known: source.train, judged },
            }),
        });
    });
    const made = { train: [] as RowSet[], validation: [] as RowSet[] };
    for (const [i, { kind, draw }] of jobs.entries()) {
      const set = draw();
      if (set.rows > 0) made[kind].push(set);
      await onProgress?.(i + 1, jobs.length);
      if (signal?.aborted === true) return null;
    }
    if (made.train.length === 0)
      throw new SpikebridgeError(
        'E_TRAINING_NO_DATA',
        'no training part is long enough to know one half and judge the other',
        {
          where: 'data.split',
          fix: 'give the training part a larger share, or train on a longer recording',
          exitCode: 2,
        },
      );
    return new RowTask(config, made.train, made.validation);
  }

  get specs(): UnitFreeNet['specs'] {
    return this.net.specs;
  }

  epochsAt(step: number): number {
    return (step * this.binsPerStep) / this.#rows;
  }

  initialise(seed: number): Map<string, Float32Array> {
    return new Map([...this.#scale, ...this.net.initialise(seed)]);
  }

  open(backend: Backend, parameters: ParameterSet): OpenTask {
    const rows = this.binsPerStep;
    const train = new BoundRows(backend, parameters, this.net, 'train', rows);
    const score =
      this.#validation.length === 0 ? null : new BoundRows(backend, parameters, this.net, 'score', rows);
    const random = new CounterRandom(this.#config.seed, BATCH_STREAM);
    const scale = this.#scale;
    return {
      run: (step) => {
        train.fill(
          (row) => this.#place(Math.floor(random.uniform(step, row) * this.#rows)),
          rows,
          scale,
          true,
        );
        train.compiled.run('train', { seed: this.#config.seed, step });
      },
      loss: async () => (train.loss === null ? NaN : (await train.compiled.output(train.loss))[0]),
      validate: score === null ? null : (pause) => validateRows(score, this.#validation, scale, pause),
      dispose: () => {
        train.compiled.dispose();
        score?.compiled.dispose();
      },
    };
  }

  /** The set and the row in it of a row counted through all sets. */
  #place(row: number): Place {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] <= row) low = middle;
      else high = middle;
    }
    return { set: this.#train[low], row: row - this.#starts[low] };
  }
}

/** The validation part in stretches, those bins that an evaluation would score. */
function validationStretches(
  { raster, validation }: UnitFreeSource,
  past: number,
  most: number,
): readonly BinSpan[] {
  const spans = withPast(validation, raster.observed, past);
  if (spanBins(spans) === 0) return [];
  // One stretch a span, its first bins: what is judged must not depend on how much there is.
  return spans.map(({ start, stop }) => ({ start, stop: Math.min(stop, start + most) }));
}
