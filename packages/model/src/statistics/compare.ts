// A generated recording beside the real one: for every statistic the distance between them, its interval over time blocks, the
// ceiling (two halves of the real recording) and the floors (Poisson trains and shuffled intervals of those halves).
//
// Every distance is one between recordings of the same number of bins, because a distance of two samples shrinks with their
// length: the halves, what is cut from the generated recording and the surrogates all have it. The reference is each half in
// turn, and a distance to it is the mean of both.
import { SpikebridgeError } from '../errors.ts';
import type { Raster } from '../recording/index.ts';
import { avalancheFamily } from './avalanches.ts';
import { burstFamily } from './bursts.ts';
import { classFamily } from './class-populations.ts';
import { coherenceFamily } from './coherence.ts';
import { comparer, type ComparedFamily } from './compare-family.ts';
import type {
  ComparedStatistic,
  ComparisonOptions,
  Excerpt,
  MeasuredStatistic,
  StatisticsComparison,
} from './comparison.ts';
import { viewsOf } from './comparison-views.ts';
import { correlationFamily } from './correlations.ts';
import { fanoFamily } from './fano.ts';
import { intervalFamily } from './intervals.ts';
import { rateFamily } from './rates.ts';
import { spectrumFamily } from './spectrum.ts';
import { judge } from './verdict.ts';

/**
 * Compares a generated recording with a real one, or (generated null) a real one with its own surrogates. Of a real recording
 * of L bins and a generated one of G, the halves are the first n bins of each half of L, and n = min(L / 2, G).
 * @throws SpikebridgeError E_STATISTICS_UNITS (other units), E_STATISTICS_BINS (other bin width), E_STATISTICS_SHORT.
 */
export function compareStatistics(
  real: Excerpt,
  generated: Excerpt | null,
  options: ComparisonOptions = {},
): StatisticsComparison {
  const { units = [], seed = 1, replicates = 200, onProgress } = options;
  if (generated !== null) refuseOthers(real.raster, generated.raster);
  const views = viewsOf(real, generated, seed, replicates);
  const found: ComparedFamily[] = [];
  const families = [
    comparer(rateFamily),
    comparer(intervalFamily),
    comparer(fanoFamily),
    comparer(correlationFamily),
    comparer(classFamily),
    comparer(spectrumFamily),
    comparer(coherenceFamily),
    comparer(burstFamily),
    comparer(avalancheFamily),
  ];
  families.forEach((compare, done) => {
    found.push(compare(views, units));
    onProgress?.(done + 1, families.length);
  });
  const [first, second] = views.halves;
  return {
    bins: first.rows,
    seconds: first.seconds,
    halves: [first.spans, second.spans],
    generated: views.generated?.spans ?? null,
    seed,
    replicates: views.resamples.length,
    blocks: {
      count: first.blocks.blocks,
      bins: first.blocks.blockBins,
      intervals: views.resamples.length > 0,
    },
    statistics: withVerdicts(found.flatMap(({ statistics }) => statistics)),
    curves: found.flatMap(({ curves }) => curves),
    perUnit: found.flatMap(({ perUnit }) => perUnit),
  };
}

/** The verdicts of a table correct for its length, so they come last. */
function withVerdicts(measured: readonly MeasuredStatistic[]): ComparedStatistic[] {
  const judgements = judge(
    measured.flatMap(({ generated, ceiling, floors, keptBy }) =>
      generated === null
        ? []
        : [
            {
              ...{
                value: generated.distance.value,
                low: generated.distance.low,
                high: generated.distance.high,
              },
              ...{ ceiling: ceiling.value, ceilingHigh: ceiling.high, keptBy },
              floors: {
                poisson: floors.poisson.distance.value,
                isiShuffle: floors.isiShuffle.distance.value,
              },
            },
          ],
    ),
  );
  return measured.map((statistic, i) => ({
    ...statistic,
    generated: statistic.generated === null ? null : { ...statistic.generated, ...judgements[i] },
  }));
}

function refuseOthers(real: Raster, generated: Raster): void {
  if (real.units !== generated.units)
    throw new SpikebridgeError(
      'E_STATISTICS_UNITS',
      `the real recording has ${real.units} units and the generated one ${generated.units}; the same are expected`,
      { fix: 'compare recordings of the same units, in the same columns', exitCode: 2 },
    );
  if (real.binMilliseconds !== generated.binMilliseconds)
    throw new SpikebridgeError(
      'E_STATISTICS_BINS',
      `bins of ${real.binMilliseconds} ms and of ${generated.binMilliseconds} ms were received`,
      { fix: 'bin both recordings alike', exitCode: 2 },
    );
}
