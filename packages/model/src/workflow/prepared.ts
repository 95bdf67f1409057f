// A recording made ready for a net: bins, parts, unit slots, raster and training rates, all by one configuration.
import type { DataSettings, RunConfig } from '../config/schema.ts';
import { binGrid } from '../recording/grid.ts';
import type { BinGrid, GridOptions } from '../recording/grid.ts';
import { binRecording } from '../recording/raster.ts';
import { selectUnits } from '../recording/selection.ts';
import type { UnitCriteria, UnitSelection } from '../recording/selection.ts';
import { splitBins } from '../recording/split.ts';
import type { Split } from '../recording/split.ts';
import type { Raster, Recording } from '../recording/types.ts';

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

/** Seconds of a recording that are taken; where one is not said, up to its end. */
type Seconds = Pick<GridOptions, 'startSeconds' | 'stopSeconds'>;

export function gridOf(
  recording: Recording,
  data: DataSettings,
  seconds: Seconds = secondsOf(data),
): BinGrid {
  return binGrid(recording, { binMilliseconds: data.binMs, ...seconds });
}

/** The seconds a configuration takes of its recording. */
const secondsOf = (data: DataSettings): Seconds => ({
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

/** Bins chosen slots of a recording over its grid. */
export function binned(
  recording: Recording,
  grid: BinGrid,
  slots: ArrayLike<number>,
): Pick<Prepared, 'raster' | 'merged' | 'dropped'> {
  const { raster, merged, dropped } = binRecording(recording, grid, slots);
  return { raster, merged, dropped };
}
