// A recording made ready for a net: bins, parts, unit slots, raster and training rates, all by one configuration.
import type {
  BinGrid,
  DataSettings,
  Raster,
  Recording,
  RunConfig,
  Shares,
  Split,
  UnitCriteria,
  UnitSelection,
} from '@spikebridge/model';
import {
  binGrid,
  binRecording,
  countBins,
  selectUnits,
  spikeCounts,
  splitBins,
  wholeSplit,
} from '@spikebridge/model';

export interface Prepared {
  readonly recording: Recording;
  readonly grid: BinGrid;
  readonly split: Split;
  readonly selection: UnitSelection;
  readonly raster: Raster;
  /** Spikes that share a bin with another of their unit, and spikes outside the bins used. */
  readonly merged: number;
  readonly dropped: number;
}

/** What may differ from the configuration when a recording is a target. */
export interface Excerpt {
  readonly startSeconds?: number;
  readonly stopSeconds?: number;
}

export function gridOf(
  recording: Recording,
  data: DataSettings,
  excerpt: Excerpt = excerptOf(data),
): BinGrid {
  return binGrid(recording, { binMilliseconds: data.binMs, ...excerpt });
}

/** The seconds a configuration takes of its recording. */
export const excerptOf = (data: DataSettings): Excerpt => ({
  ...(data.start === null ? {} : { startSeconds: data.start }),
  ...(data.stop === null ? {} : { stopSeconds: data.stop }),
});

/** The configuration's unit rules; `width` slots whatever the recording holds. */
export function criteriaOf({ data, seed }: RunConfig): UnitCriteria {
  const { order, quality, region, ids, minRate, maxRate } = data.selection;
  return {
    width: data.units,
    order,
    seed,
    ...(quality === null ? {} : { quality }),
    ...(region === null ? {} : { region }),
    ...(ids === null ? {} : { ids }),
    ...(minRate === null ? {} : { minRate }),
    ...(maxRate === null ? {} : { maxRate }),
  };
}

/** A recording as the source of a run: split, selected on its training part, binned. */
export function prepareSource(recording: Recording, config: RunConfig): Prepared {
  const grid = gridOf(recording, config.data);
  const split = splitBins(grid, config.data.split, { context: config.training.context });
  const selection = selectUnits(recording, grid, split.train, criteriaOf(config));
  return { recording, grid, split, selection, ...binned(recording, grid, selection.slots) };
}

/**
 * A recording as a target: its own split (or all of it as test), units chosen by the source's rules where they can be.
 * Rates come from its training part, or are absent (NaN) where there is none.
 */
export function prepareTarget(
  recording: Recording,
  config: RunConfig,
  part: { readonly kind: 'split'; readonly shares: Shares } | { readonly kind: 'all' },
): Prepared {
  const grid = gridOf(recording, config.data, {});
  const split =
    part.kind === 'all'
      ? wholeSplit(grid, 'test')
      : splitBins(grid, part.shares, { context: config.training.context });
  const training = countBins(split.train.spans) > 0 ? split.train : null;
  const criteria = criteriaOf(config);
  const selection = selectUnits(recording, grid, training, {
    ...criteria,
    // Without a training part nothing may depend on rates; ids name units of the source's file, not of this one.
    ...(training === null ? { order: 'first', minRate: 0, maxRate: Infinity } : {}),
  });
  return { recording, grid, split, selection, ...binned(recording, grid, selection.slots) };
}

/** Bins chosen slots of a recording over its grid. */
export function binned(
  recording: Recording,
  grid: BinGrid,
  slots: ArrayLike<number>,
): Pick<Prepared, 'raster' | 'merged' | 'dropped'> {
  const { raster, merged, dropped } = binRecording(recording, grid, slots);
  return { raster, merged, dropped };
}

/** (units) probability of a spike in a bin, over the training part. */
export function trainingProbabilities({ raster, split }: Pick<Prepared, 'raster' | 'split'>): Float64Array {
  const bins = countBins(split.train.spans);
  return spikeCounts(raster, split.train.spans).map((count) => count / bins);
}
