// Public names of recording: grid, splits, units, pairing, rasters, surrogates and the simulator, in the order of use.
export type * from './types.ts';
export { binGrid, countBins, secondsOfBin, ticksOfBins } from './grid.ts';
export type { BinGrid, GridOptions } from './grid.ts';
export {
  PART_NAMES,
  clipSpans,
  describeSegments,
  minimumPast,
  parseSplit,
  splitBins,
  wholeSplit,
  withPast,
} from './split.ts';
export type { Part, PartName, Segment, Shares, Split, TrainingPart } from './split.ts';
export { selectUnits, slotMask, trainingRates } from './selection.ts';
export type { UnitCriteria, UnitSelection } from './selection.ts';
export { PAIRINGS, arrangeRaster, pairUnits } from './pairing.ts';
export type { Pairing, PairingKind } from './pairing.ts';
export { binRecording, density, spikeBins, spikeCounts } from './raster.ts';
export type { BinnedRecording } from './raster.ts';
export { LIKELY_CLOCKS, UNIT_LABELS, inspectRecording, observedSeconds, rateSummary } from './inspection.ts';
export type { UnitRates, RecordingInspection } from './inspection.ts';
export { circularShift, isiShuffle, poissonSurrogate } from './surrogates.ts';
export { simulateInVitro } from './simulate-in-vitro.ts';
export { simulateInVivo } from './simulate-in-vivo.ts';
export type { SimulationOptions } from './simulation.ts';
