// Every statistic against numpy 1.24 and scipy 1.10 on a raster that both sides draw from the same integers (goldenRaster).
// With r (bins, units) and pop = r.sum(1) the figures were made by:
//   isi = numpy.diff(numpy.flatnonzero(r[:, u]));  CV = scipy.stats.variation(isi)
//   CV2 = mean(2 |diff(isi)| / (isi[1:] + isi[:-1])), LV = 3 mean((diff(isi) / (isi[1:] + isi[:-1]))^2)
//   counts = r.reshape(-1, w, 6).sum(1);  Fano = counts.var(0) / counts.mean(0);  pairs = numpy.corrcoef(counts.T)
//   scipy.signal.welch(pop, 1000, 'hann', 2048, 1024, detrend='constant'), scipy.signal.coherence with the same arguments
//   scipy.stats.wasserstein_distance(log10(isi1), log10(isi2)), scipy.stats.ks_2samp(isi1, isi2).statistic
//   bursts and avalanches by numpy.split at the changes of (counts > mean) and (counts > 0)
import { describe, expect, it } from 'vitest';
import { kolmogorovSmirnov, logWasserstein, weightedMean } from './samples.ts';
import { rasterStatistics } from './raster-statistics.ts';
import { goldenRaster } from './testing/rasters.ts';

const raster = goldenRaster();
const labels = (excitatory: number[], inhibitory: number[]) =>
  Array.from({ length: 6 }, (_, unit) => ({
    id: `u${unit}`,
    ...(excitatory.includes(unit) ? { cellClass: 'exc' } : {}),
    ...(inhibitory.includes(unit) ? { cellClass: 'inh' } : {}),
  }));
const found = rasterStatistics(raster, { units: labels([0, 1, 2], [3, 4]) });

/** Sums in another order differ by some 1e-15 a term; these have up to 1e5. */
function close(actual: ArrayLike<number>, expected: readonly number[], digits = 10): void {
  expected.forEach((value, i) => expect(actual[i], String(i)).toBeCloseTo(value, digits));
}

describe('against numpy and scipy', () => {
  it('rates and intervals', () => {
    expect([...found.rates.spikes]).toEqual([959, 1550, 2357, 3206, 4553, 0]);
    expect(found.rates.ratio).toBeCloseTo(0.4180951153499162, 10);
    const { cv, cv2, lv, perUnit } = found.intervals;
    close(
      cv,
      [0.9851081202486885, 1.0174973711611692, 1.0345786163614534, 0.9914839622323196, 1.0399225779071395],
    );
    close(
      cv2,
      [1.0012680936861, 0.9912966749385652, 0.994681078328784, 0.9682974788017261, 0.9400206480983788],
    );
    close(
      lv,
      [1.0068745276868256, 0.9809278459324167, 0.9711144859517221, 0.9309716198082463, 0.888136308098946],
    );
    expect(logWasserstein(perUnit[1], perUnit[2])).toBeCloseTo(0.18178193652842956, 10);
    expect(kolmogorovSmirnov(perUnit[1], perUnit[2])).toBeCloseTo(0.166464535419642, 10);
  });

  it('Fano factors', () => {
    const expected = [
      [0.9632115050399358, 0.9790860215054452, 1.0093728609814803, 0.9921794551881878, 1.0050586060473363],
      [0.9584562043795537, 0.9643548387096923, 1.0459378447178416, 1.0364260761073025, 1.1860521634087742],
      [0.9553684393465434, 0.9379569892473093, 1.0555444774430758, 0.9080702848825064, 0.9007947141079164],
      [0.9891501564129302, 0.9880645161290322, 1.138631735256683, 0.9119837804117267, 0.90357017351197],
      [0.8915363225582204, 1.0944086021505375, 1.1422076085419315, 0.7837596173840715, 0.9036203235961636],
    ];
    found.fano.forEach(({ values }, width) => close(values, expected[width]));
  });

  it('pair correlations, in the order (0, 1), (0, 2), (1, 2), ...', () => {
    const expected = [
      [
        0.2523068006998097, 0.2071650529999463, 0.17991436479898526, 0.1713687569207342, 0.14997851104777213,
        0.12451784224301479, 0.01880138750729765, 0.027305324376802043, 0.030015232522800687,
        0.033631688736787894,
      ],
      [
        0.2765477906093934, 0.21716459026981585, 0.20972035415428875, 0.18009468083024224, 0.1968050580543037,
        0.15632852138304493, 0.03237757272070114, 0.07910210890182566, 0.10861577207045957,
        0.10359432053998846,
      ],
      [
        0.2864368537017736, 0.2236941815348925, 0.2214076798483284, 0.13638558619511276, 0.16275333036326162,
        0.07905643648212216, 0.03600197602472681, 0.014777045126231613, 0.09087925173584872,
        -0.009896475281025054,
      ],
    ];
    found.correlations.forEach(({ values }, width) => {
      close(values, expected[width]);
      // The silent unit has no correlation with anybody.
      expect([...values].slice(10)).toEqual([NaN, NaN, NaN, NaN, NaN]);
    });
    const [, { classMeans }] = found.correlations;
    const [, e] = expected;
    expect(classMeans.EE).toBeCloseTo((e[0] + e[1] + e[2]) / 3, 10);
    expect(classMeans.EI).toBeCloseTo((e[3] + e[4] + e[5] + e[6] + e[7] + e[8]) / 6, 10);
    expect(classMeans.II).toBeCloseTo(e[9], 10);
    expect(found.classCorrelation).toBeCloseTo(0.23303954751023387, 10);
  });

  it('the population spectrum and its bands', () => {
    const { density, bands, step } = found.spectrum;
    expect(step).toBe(0.48828125);
    close(
      [0, 1, 2, 8, 17, 50, 512, 1024].map((k) => density[k]),
      [
        0.00010024379457082478, 0.0004400017115870902, 0.0004939079015515206, 0.000514400676547605,
        0.004137276661222492, 0.00045820447199905635, 0.0004720296995381683, 0.00030982001864849273,
      ],
      14,
    );
    close(
      bands,
      [
        1.1894992350275115, 1.6594850323130093, 2.646769680616139, 1.4186351650468474, 1.327799449401965,
        1.3327945943851345,
      ],
    );
  });

  it('coherence', () => {
    const { coherence } = rasterStatistics(raster, { units: labels([0, 1], [2, 4]) });
    expect(coherence.map(({ kind }) => kind)).toEqual(['class']);
    close(
      [1, 2, 8, 17, 50, 512].map((k) => coherence[0].pairs[0].values[k]),
      [
        0.05713808800795133, 0.03437045908445346, 0.10240284927692243, 0.4677271892908845,
        0.00915196851759448, 0.032445331000128266,
      ],
    );
  });

  it('population bursts and avalanches', () => {
    expect(found.bursts.bursts).toBe(45);
    expect(found.bursts.perMinute).toBeCloseTo(45, 10);
    expect(found.bursts.milliseconds).toBeCloseTo(20.88888888888889, 10);
    expect(found.bursts.share).toBeCloseTo(0.04704950495049505, 10);
    const { sizes, lengths, windowMilliseconds } = found.avalanches;
    expect([windowMilliseconds, sizes.total]).toEqual([5, 2711]);
    expect(weightedMean(sizes)).toBeCloseTo(4.6562154186647, 10);
    expect(weightedMean(lengths)).toBeCloseTo(2.6573220213943194, 10);
  });
});
