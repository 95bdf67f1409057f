// Plan: scalars of the published tables fall into the groups of their stimulus or property, each once and none lost; rows are encoded by
// training rows alone, gaps are flagged, families without a value masked, wild values held; two tables' encodings are given one shape.
import { describe, expect, it } from 'vitest';
import { matrixOf } from '../tables/matrix.ts';
import { scalarFamilies } from './families.ts';
import { alignEncodings, encode, encodedWidths, fitEncoding, takeFamilyRows } from './family-rows.ts';

const columnsOf = (names: readonly string[]) =>
  Object.fromEntries(scalarFamilies(names).map(({ name, columns }) => [name, columns.map((c) => names[c])]));

describe('scalarFamilies', () => {
  it('groups by stimulus and property, in both published ways of naming', () => {
    const mouse = ['vrest', 'sag', 'tau', 'ri', 'peak_v_short_square', 'threshold_v_ramp', 'latency'];
    expect(columnsOf([...mouse, 'upstroke_downstroke_ratio_long_square', 'rheobase_sweep_num'])).toEqual({
      'short square': ['peak_v_short_square'],
      ramp: ['threshold_v_ramp'],
      rheobase: ['upstroke_downstroke_ratio_long_square'],
      subthreshold: ['vrest', 'sag', 'tau', 'ri'],
      'spike train': ['latency'],
      other: ['rheobase_sweep_num'],
    });
    const human = [
      'rheobase_i',
      'width_rheo',
      'width_hero',
      'adapt_mean',
      'sag_area_depol',
      'peak_freq_chirp',
    ];
    expect(columnsOf([...human, 'v_baseline', 'width_short_square', 'width_adapt_ratio'])).toEqual({
      chirp: ['peak_freq_chirp'],
      'short square': ['width_short_square'],
      rheobase: ['rheobase_i', 'width_rheo'],
      subthreshold: ['sag_area_depol', 'v_baseline'],
      'spike train': ['width_hero'],
      'change over spikes': ['adapt_mean', 'width_adapt_ratio'],
    });
    expect(columnsOf(['v_rest', 'threshold_short', 'updown_rheo'])).toEqual({
      'short square': ['threshold_short'],
      rheobase: ['updown_rheo'],
      subthreshold: ['v_rest'],
    });
  });

  it('refuses a table without features', () => {
    expect(() => scalarFamilies([])).toThrow(expect.objectContaining({ code: 'E_NET_FAMILIES' }));
  });
});

describe('encode', () => {
  const families = [
    { name: 'a', columns: [2, 0] },
    { name: 'b', columns: [1] },
  ];
  // Column means 2, 10 and 5; deviations 1, 1 and 1.
  const x = matrixOf([
    [1, 9, 4],
    [3, NaN, 6],
    [NaN, 11, 5 + Math.sqrt(0)],
    [2, 10, 5],
  ]);
  const encoding = fitEncoding(
    matrixOf([
      [1, 9, 4],
      [3, NaN, 6],
      [NaN, 11, 4],
      [NaN, 9, 6],
      [1, 11, NaN],
      [3, NaN, NaN],
    ]),
    families,
  );

  it('standardises by the training rows, in the order of the families, and says what is missing', () => {
    expect(encodedWidths(encoding)).toEqual([4, 2]);
    const { values, mask } = encode(encoding, x);
    expect([...values.values]).toEqual([
      ...[-1, -1, 0, 0, -1, 0],
      ...[1, 1, 0, 0, 0, 1],
      ...[0, 0, 0, 1, 1, 0],
      ...[0, 0, 0, 0, 0, 0],
    ]);
    expect([...mask]).toEqual([1, 1, 1, 0, 1, 1, 1, 1]);
  });

  it('has no second column where training rows have no gap, and fills a gap of a later row with the mean', () => {
    const whole = fitEncoding(
      matrixOf([
        [1, 9, 4],
        [3, 11, 6],
      ]),
      families,
    );
    const { values, mask } = encode(whole, matrixOf([[NaN, 100, NaN]]));
    expect([...values.values]).toEqual([0, 0, 5]); // 90 deviations are taken for five
    expect([...mask]).toEqual([0, 1]);
  });

  it('takes rows with their masks', () => {
    const taken = takeFamilyRows(encode(encoding, x), [1, 1, 0]);
    expect([...taken.mask]).toEqual([1, 0, 1, 0, 1, 1]);
    expect([...taken.values.values].slice(6, 12)).toEqual([1, 1, 0, 0, 0, 1]);
  });

  it('is given one shape for two tables', () => {
    const whole = fitEncoding(
      matrixOf([
        [1, 9, 4],
        [3, 11, 6],
      ]),
      families,
    );
    const [first, second] = alignEncodings([whole, encoding]);
    expect(encodedWidths(first)).toEqual(encodedWidths(second));
    expect(first.standardisation).toEqual(whole.standardisation);
  });

  it.each([[[]], [[3]], [[-1]], [[0.5]]])('refuses columns %j', (columns) => {
    expect(() => fitEncoding(x, [{ name: 'a', columns }])).toThrow(
      expect.objectContaining({ code: 'E_NET_FAMILIES' }),
    );
  });
});
