// Fits every floor of a source recording once, and sets fitted floors up over a target as predictors.
import { SpikebridgeError } from '../../errors.ts';
import type { Raster } from '../../recording/types.ts';
import { spanBins } from '../features/cursor.ts';
import { plainHost, type DenseHost } from '../dense-host.ts';
import type { EvaluationSplit, FloorFactory, FloorPredictor, PredictorKey, TargetView } from '../types.ts';
import { CoupledPredictor, fitCoupled } from './coupled.ts';
import type { FittedFloors, UnitGlm } from './fitted.ts';
import {
  ConstantPredictor,
  fitRecentPrior,
  RecentRatePredictor,
  RunningRatePredictor,
  trainingProbabilities,
} from './rates.ts';
import { countPlugIn, StatisticsPredictor } from '../plug-in/statistics-predictor.ts';
import { fitSharedKernel, SharedKernelPredictor } from './shared-kernel.ts';
import { fitUnitGlm, UnitGlmPredictor } from './unit-glm.ts';

/** A floor that is fitted; the others need nothing but rates. */
export type FittedFloorKey = 'own-history' | 'population' | 'coupled' | 'shared-kernel';
export type FloorKey = Exclude<PredictorKey, 'model'>;
export const FLOOR_KEYS: readonly FloorKey[] = [
  'own-rate',
  'recent-rate',
  'own-history',
  'population',
  'coupled',
  'shared-kernel',
  'plug-in',
];

export interface FloorProgress {
  readonly floor: FittedFloorKey | 'recent-rate';
  /** Share of this floor's work that is done, 0 ... 1, or null where it is not known ahead. */
  readonly done: number | null;
  readonly message: string;
}

/** What costs time in fitted floors; null or left out = not fitted yet. */
export type KnownFits = Partial<
  Pick<FittedFloors, 'recentPriorBins' | 'ownHistory' | 'population' | 'coupled' | 'sharedKernel'>
>;

export interface FitFloorsOptions {
  readonly raster: Raster;
  /** `test` is not looked at. */
  readonly split: EvaluationSplit;
  /** Where matrix products run; plain loops by default (slow). */
  readonly host?: DenseHost;
  /** Fit these alone (`coupled` needs `population` too); all by default. */
  readonly only?: readonly FittedFloorKey[];
  /** Fits made earlier on the same raster and split: taken as they are and not made again. */
  readonly known?: KnownFits;
  readonly onProgress?: (progress: FloorProgress) => void;
}

/** @throws SpikebridgeError E_EVALUATION_SPLIT when the training or validation part is empty */
export function fitFloors(options: FitFloorsOptions): FittedFloors {
  const { raster, split } = options;
  if (spanBins(split.train) === 0 || spanBins(split.validation) === 0) {
    throw new SpikebridgeError(
      'E_EVALUATION_SPLIT',
      `the training part holds ${spanBins(split.train)} bins and the validation part ${spanBins(split.validation)}`,
      { fix: 'both are needed: floors are fitted on the first and tuned on the second', exitCode: 2 },
    );
  }
  const host = options.host ?? plainHost();
  const wanted = new Set<FittedFloorKey>(
    options.only ?? ['own-history', 'population', 'coupled', 'shared-kernel'],
  );
  const report = options.onProgress ?? ((): void => undefined);
  const rates = trainingProbabilities(raster, split.train);
  const known = options.known ?? {};
  const priorBins = (): number => {
    report({ floor: 'recent-rate', done: 0, message: 'prior strength of recent-rate' });
    return fitRecentPrior(raster, rates, split.validation);
  };
  const recentPriorBins = known.recentPriorBins ?? priorBins();
  const perUnit = (floor: 'own-history' | 'population'): UnitGlm =>
    fitUnitGlm(
      {
        raster,
        split,
        rates,
        host,
        onProgress: (done, total) =>
          report({ floor, done: done / total, message: `${floor}: unit ${done} of ${total}` }),
      },
      floor === 'population',
    );
  const ownHistory = known.ownHistory ?? (wanted.has('own-history') ? perUnit('own-history') : null);
  host.release();
  const population =
    known.population ?? (wanted.has('population') || wanted.has('coupled') ? perUnit('population') : null);
  host.release();
  const coupled =
    known.coupled ??
    (wanted.has('coupled') && population !== null
      ? fitCoupled({
          raster,
          split,
          population,
          host,
          onProgress: (message) => report({ floor: 'coupled', done: null, message }),
        })
      : null);
  host.release();
  const sharedKernel =
    known.sharedKernel ??
    (wanted.has('shared-kernel')
      ? fitSharedKernel({
          raster,
          split,
          rates,
          host,
          onProgress: (message) => report({ floor: 'shared-kernel', done: null, message }),
        })
      : null);
  host.release();
  return {
    units: raster.units,
    binMilliseconds: raster.binMilliseconds,
    trainBins: spanBins(split.train),
    rates,
    recentPriorBins,
    ownHistory,
    population,
    coupled,
    sharedKernel,
  };
}

/** The floors that `fitted` can set up. */
export function availableFloors(fitted: FittedFloors): readonly FloorKey[] {
  const has: Record<FloorKey, boolean> = {
    'own-rate': true,
    'recent-rate': true,
    'own-history': fitted.ownHistory !== null,
    population: fitted.population !== null,
    coupled: fitted.coupled !== null && fitted.population !== null,
    'shared-kernel': fitted.sharedKernel !== null,
    'plug-in': true,
  };
  return FLOOR_KEYS.filter((key) => has[key]);
}

/**
 * A floor fitted on a source, to be set up over a target. Only `recent-rate`, `shared-kernel` and `plug-in` take the
 * target's rates, and only at level `rates`; at `none` the first two fall back on the paired source unit's.
 * @throws SpikebridgeError E_EVALUATION_UNITS when the view has another number of columns than the source had units
 * @throws SpikebridgeError E_EVALUATION_FLOOR when that floor was not fitted
 */
export function floorFactory(fitted: FittedFloors, key: FloorKey, host: DenseHost): FloorFactory {
  return (view: TargetView) => {
    const { raster } = view;
    if (raster.units !== fitted.units) {
      throw new SpikebridgeError(
        'E_EVALUATION_UNITS',
        `the target has ${raster.units} columns, the floors were fitted on ${fitted.units} units`,
        { fix: 'pair the units of the target with those of the source first', exitCode: 2 },
      );
    }
    const rates = view.rates ?? fitted.rates;
    switch (key) {
      case 'own-rate':
        return new ConstantPredictor('own-rate', fitted.rates);
      case 'recent-rate':
        return new RecentRatePredictor(raster, rates, fitted.recentPriorBins);
      case 'own-history':
        return new UnitGlmPredictor(key, present(fitted.ownHistory, key), raster, host);
      case 'population':
        return new UnitGlmPredictor(key, present(fitted.population, key), raster, host);
      case 'coupled':
        return new CoupledPredictor(
          present(fitted.population, key),
          present(fitted.coupled, key),
          raster,
          host,
        );
      case 'shared-kernel':
        return new SharedKernelPredictor(present(fitted.sharedKernel, key), raster, rates);
      case 'plug-in':
        return plugIn(view, host);
    }
  };
}

/** What the target's own knowledge gives without any source. */
function plugIn({ raster, level, known }: TargetView, host: DenseHost): FloorPredictor {
  if (level === 'none' || known === null) return new RunningRatePredictor(raster);
  // Beyond pairs nothing is counted: what is fitted on the target are the other floors.
  const counted = level === 'tuned' ? 'pairs' : level;
  return new StatisticsPredictor(countPlugIn(known, counted, host), counted, raster, host);
}

function present<T>(fit: T | null, key: string): T {
  if (fit === null) {
    throw new SpikebridgeError('E_EVALUATION_FLOOR', `the floor ${key} was not fitted on this source`, {
      fix: 'fit the floors again without leaving it out',
    });
  }
  return fit;
}
