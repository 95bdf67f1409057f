// Python literals, text tables and clocks: what is understood, and what is refused rather than guessed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockOf, resolveClock, sameClock, statedClock, ticksPerSecond } from './clock.ts';
import { pythonAssignments, pythonLiteral } from './pythonLiteral.ts';
import { cellNumber, parseTable } from './table.ts';
import { expectCode } from './testing/expectCode.ts';

describe('pythonLiteral', () => {
  // Values as `python3 -c "print(...)"` gives them.
  it.each([
    ['30000.', 30000],
    ['3e4', 30000],
    ['30_000', 30000],
    ['-3 + 2 * 4', 5],
    ['60000 / 2', 30000],
    ['7 // 2 - 1', 2],
    ['2 ** 3 ** 2', 512],
    ['-2 ** 2', -4],
    ['(30 * 1000)', 30000],
    ['0x10', 16],
    ['True', true],
    ['None', null],
    ["'a\\'b'", "a'b"],
    ['r"C:\\new"', 'C:\\new'],
    ['(3,)', [3]],
    ['(3)', 3],
    ['[1, 2, ]', [1, 2]],
    ['()', []],
    ['1 # a comment', 1],
  ])('%s', (text, value) => expect(pythonLiteral(text)).toEqual(value));

  it.each([
    'rate',
    'float(3)',
    '__import__("os")',
    '3 +',
    '1 2',
    "f'{x}'",
    '"open',
    '[1',
    '{1: 2}',
    '"a" * 3',
    '1if',
    'lambda: 3',
    '3 == 3',
    '('.repeat(500),
  ])('leaves %s alone', (text) => expect(pythonLiteral(text)).toBeUndefined());

  it('reads dictionaries', () => {
    expect(pythonLiteral("{'shape': (2, 3), 'f': False}")).toEqual({
      dict: new Map<string, unknown>([
        ['shape', [2, 3]],
        ['f', false],
      ]),
    });
  });

  it('finds assignments, over several lines too, and knows what it does not know', () => {
    const found = pythonAssignments(
      "import os\ndat_path = ['a',\n  'b']\nsample_rate = 3e4  # Hz\nn: int = 4\nfs = get()\nif fs == 3: pass\n",
    );
    expect([...found]).toEqual([
      ['dat_path', ['a', 'b']],
      ['sample_rate', 30000],
      ['n', 4],
      ['fs', undefined],
    ]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        pythonLiteral(text);
        pythonAssignments(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe('clockOf', () => {
  it('is exact for decimals', () => {
    expect(clockOf(30000)).toEqual({ numerator: 30000, denominator: 1 });
    expect(clockOf(29999.954846)).toEqual({ numerator: 14999977423, denominator: 500000 }); // 29999954846 / 1000000
    expect(clockOf(1e-7)).toEqual({ numerator: 1, denominator: 10_000_000 });
    expect(clockOf(1e9)).toEqual({ numerator: 1e9, denominator: 1 });
  });
  it('finds the fraction behind a repeating decimal', () => {
    expect(clockOf(62500 / 3)).toEqual({ numerator: 62500, denominator: 3 });
  });
  it('comes within a rounding of any rate', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e7, noNaN: true }), (fs) => {
        const clock = clockOf(fs);
        expect(Number.isSafeInteger(clock.numerator) && Number.isSafeInteger(clock.denominator)).toBe(true);
        expect(Math.abs(ticksPerSecond(clock) / fs - 1)).toBeLessThan(1e-12);
      }),
    );
  });
  it.each([0, -1, NaN, Infinity])('refuses %s', async (fs) => {
    await expectCode(() => clockOf(fs), 'E_CLOCK_INVALID');
  });
});

describe('stated clocks', () => {
  it('turns a bin unit into a rate', () => {
    expect(statedClock({ binUnitMs: 1 })).toEqual({ numerator: 1000, denominator: 1 });
    expect(statedClock({ binUnitMs: 2.5 })).toEqual({ numerator: 400, denominator: 1 });
    expect(statedClock({ binUnitMs: 0.03 })).toEqual({ numerator: 100000, denominator: 3 });
    expect(statedClock({})).toBeUndefined();
  });
  it('refuses both, and nonsense', async () => {
    await expectCode(() => statedClock({ fs: 1, binUnitMs: 1 }), 'E_CLOCK_TWICE');
    await expectCode(() => statedClock({ binUnitMs: 0 }), 'E_CLOCK_INVALID');
    await expectCode(() => statedClock({ binUnitMs: -1 }), 'E_CLOCK_INVALID');
  });
  it('asks where nobody knows, and lets file and user agree but not differ', async () => {
    const found = { clock: clockOf(30000), source: 'params.py' };
    const asked = await expectCode(
      () => resolveClock({}, { name: 'f', ask: 'Add --fs 30000.' }),
      'E_CLOCK_UNKNOWN',
    );
    expect(asked.fix).toBe('Add --fs 30000.');
    expect(asked.exitCode).toBe(2);
    expect(resolveClock({ fs: 30000 }, { name: 'f', ask: '', found }).assumption).toContain('params.py');
    await expectCode(() => resolveClock({ fs: 25000 }, { name: 'f', ask: '', found }), 'E_CLOCK_CONFLICT');
    expect(sameClock({ numerator: 2, denominator: 4 }, { numerator: 1, denominator: 2 })).toBe(true);
  });
});

describe('parseTable', () => {
  it('takes tabs, commas, semicolons and blanks, comments and quotes', () => {
    expect(parseTable('a\tb c\n1\t2\n', 'f')).toEqual({
      columns: ['a', 'b c'],
      rows: [['1', '2']],
      lines: [2],
    });
    expect(parseTable('# made by x\nUnit, Time_s\r\n1, 0.5\n\n# end\n', 'f')).toMatchObject({
      columns: ['unit', 'time_s'],
      rows: [['1', '0.5']],
      lines: [3],
    });
    expect(parseTable('a;b\n1,5;2', 'f').rows).toEqual([['1,5', '2']]);
    expect(parseTable('a b\n 1   2', 'f').rows).toEqual([['1', '2']]);
    expect(parseTable('a,b\n"x, y","say ""hi"""', 'f').rows).toEqual([['x, y', 'say "hi"']]);
  });
  it('takes the header of numpy.savetxt from its comment', () => {
    expect(parseTable('# unit,time_s\n1,0.5\n2,0.7\n', 'f')).toMatchObject({
      columns: ['unit', 'time_s'],
      rows: [
        ['1', '0.5'],
        ['2', '0.7'],
      ],
    });
  });
  it('refuses ragged lines and non-numbers by line', async () => {
    const error = await expectCode(() => parseTable('a,b\n1,2\n1,2,3\n', 'f'), 'E_TABLE_RAGGED');
    expect(error.message).toContain('Line 3');
    const table = parseTable('a,b\n1,x\n2\n', 'f');
    expect((await expectCode(() => cellNumber(table, 0, 1, 'f'), 'E_TABLE_NUMBER')).message).toContain(
      'Line 2: "x" under b',
    );
    await expectCode(() => cellNumber(table, 1, 1, 'f'), 'E_TABLE_NUMBER');
  });
});
