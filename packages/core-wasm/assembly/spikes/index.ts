// Entry point of the spike core: binner and ranking metrics, one thread, its own growable memory. The TypeScript loaders
// place every buffer; nothing here allocates.
export {
  binConfigure,
  binTicksU32,
  binTicksI64,
  binTicksF64,
  binSeconds,
  binBefore,
  binAfter,
  binMerged,
  binSaturated,
  binBadUnits,
  binBadTimes,
} from './binner';
export {
  rankIngest,
  rankBadScores,
  rankSort,
  rankScan,
  rankRocAuc,
  rankAveragePrecision,
  rankMaxF1,
  rankMaxF1Key,
  rankPositives,
} from './ranking';
export { histogramIngest } from './histogram';

/** Version of the calls above; the loader checks it. */
export function version(): i32 {
  return 2;
}

/** First byte that static data leaves free. */
export function heapBase(): usize {
  return __heap_base;
}
