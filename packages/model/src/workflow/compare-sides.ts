// Statistics of two sides whose columns are the same units, as a document.
import { countBins } from '../recording/grid.ts';
import type { BinSpan, Raster, UnitInfo } from '../recording/types.ts';
import { compareStatistics } from '../statistics/compare.ts';
import type { ComparisonOptions } from '../statistics/comparison.ts';
import type { StatisticsDocument } from '../statistics/document.ts';
import { statisticsDocument } from '../statistics/document.ts';
import type { Listener, Progress } from './listener.ts';

/** What the statistics of a recording are taken of. */
export interface StatisticsSide {
  readonly name: string;
  readonly raster: Raster;
  readonly spans: readonly BinSpan[];
}

/** Compares two sides whose columns are the same units, and makes the document of it. */
export function compareSides(
  real: StatisticsSide,
  generated: StatisticsSide | null,
  pairing: StatisticsDocument['pairing'],
  options: ComparisonOptions & { readonly units: readonly UnitInfo[] },
  listener: Listener,
): StatisticsDocument {
  let progress: Progress | undefined;
  const comparison = compareStatistics(real, generated, {
    ...options,
    onProgress: (done, total) => {
      progress ??= listener.progress('statistics', total, 'families');
      progress.update(done);
    },
  });
  progress?.stop();
  const about = ({ name, raster, spans }: StatisticsSide) => ({
    name,
    spans: spans.map(({ start, stop }) => ({ start, stop })),
    seconds: (countBins(spans) * raster.binMilliseconds) / 1000,
  });
  return statisticsDocument(comparison, {
    real: about(real),
    generated: generated === null ? null : about(generated),
    pairing,
    binMilliseconds: real.raster.binMilliseconds,
    units: options.units,
  });
}
