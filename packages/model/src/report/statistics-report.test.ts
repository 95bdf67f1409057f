// The document of a comparison is valid JSON of its schema without a NaN, and the table and the charts say what it holds.
import { describe, expect, it } from 'vitest';
import { drawRaster } from '../evaluation/testing/synthetic.ts';
import { poissonSurrogate, type Raster } from '../recording/index.ts';
import { compareStatistics, statisticsDocument, statisticsDocumentSchema } from '../statistics/index.ts';
import type { StatisticsDocument } from '../statistics/index.ts';
import { drawSvg } from './drawing.ts';
import { statisticsCharts } from './statistics-charts.ts';
import { statisticsTable, threeDigits } from './statistics-table.ts';

const raster = drawRaster(40_000, 4, 1, (bin, unit) => (unit === 3 ? 0 : bin % 100 < 10 ? 0.2 : 0.01));
const units = [0, 1, 2, 3].map((u) => ({ id: `u${u}`, ...(u === 0 ? { layer: '4' } : {}) }));

function documentOf(generated: Raster | null, replicates = 10): StatisticsDocument {
  const seconds = 40;
  const spans = [{ start: 0, stop: 40_000 }];
  return statisticsDocument(
    compareStatistics({ raster }, generated === null ? null : { raster: generated }, { units, replicates }),
    {
      real: { name: 'slice', spans, seconds },
      generated: generated === null ? null : { name: 'net', spans, seconds },
      pairing: generated === null ? null : 'id',
      binMilliseconds: 1,
      units,
    },
  );
}

const compared = documentOf(poissonSurrogate(raster, 4));
const alone = documentOf(null);

describe('document', () => {
  it.each([
    ['compared', compared],
    ['alone', alone],
  ])('%s: is what its schema says once it went through JSON, silent unit included', (_, document) => {
    const read: unknown = JSON.parse(JSON.stringify(document));
    expect(statisticsDocumentSchema.parse(read)).toEqual(document);
    const silent = document.units[3];
    expect([silent.real['rate'], silent.real['cv'], silent.layer]).toEqual([0, null, null]);
    expect(document.units[0].layer).toBe('4');
  });

  it('holds no generated figure where nothing was generated', () => {
    expect(alone.generated).toBeNull();
    expect(alone.statistics.every(({ generated }) => generated === null)).toBe(true);
    expect(alone.curves.every(({ series }) => series.generated === null && series.real.length > 0)).toBe(
      true,
    );
  });
});

describe('table', () => {
  it('has a line a statistic, with floors that keep it in parentheses, and counts the verdicts', () => {
    const text = statisticsTable(compared);
    const lines = text.split('\n');
    const rate = lines.find((line) => line.startsWith('rate, median unit (Hz)')) ?? '';
    expect(rate).toMatch(/\d \[\d.*\].*\(\d.*\).*\(\d.*\).*kept$/);
    const interval = lines.find((line) => line.startsWith('ISI, all units')) ?? '';
    expect(interval).toMatch(/ 0\.\d+ +\(0\) .*lost$/);
    expect(lines.filter((line) => / (?:kept|partly|lost|undecided|-)$/.test(line)).length).toBe(
      compared.statistics.length,
    );
    expect(lines.at(-1)).toMatch(/^kept \d+, partly \d+, lost \d+, undecided \d+ of \d+/);
    expect(text).not.toMatch(/NaN|undefined|null/);
    expect(text).toContain('net (generated) beside slice (real)');
  });

  it('of one recording leaves the generated columns out', () => {
    const text = statisticsTable(alone);
    expect(text.split('\n')[0]).toBe('slice');
    expect(text).toMatch(/^statistic +real +ceiling +Poisson +ISI shuffle$/m);
    expect(text).toContain('95 % intervals over 20 blocks of 1 s');
    expect(statisticsTable(documentOf(null, 0))).toContain('no intervals: none were asked for');
  });

  it('shows three digits whatever the size', () => {
    expect([0.0031249, 0.31249, 31.249, 3124.9, 0, -0.5, null, 1e-7].map(threeDigits)).toEqual([
      '0.00312',
      '0.312',
      '31.2',
      '3125',
      '0',
      '-0.500',
      '-',
      '0.00000',
    ]);
  });
});

describe('charts', () => {
  it('are drawn for every curve, with a line a recording', async () => {
    const charts = statisticsCharts(compared);
    expect(charts.map(({ key }) => key)).toEqual([
      'interval',
      'fano',
      'spectrum',
      'coherenceHalves',
      'avalancheSize',
    ]);
    for (const { key, spec } of charts) {
      const svg = await drawSvg(spec);
      expect(svg, key).not.toContain('NaN');
      for (const name of ['real', 'generated', 'Poisson', 'ISI shuffle'])
        expect(svg, key).toContain(`>${name}<`);
    }
    expect(await drawSvg(statisticsCharts(alone)[0].spec)).not.toContain('>generated<');
  });
});
