// Plan: precedence, brackets and signs as in arithmetic; names with blanks; what is no arithmetic is refused and never run.
import { describe, expect, it } from 'vitest';
import { parseExpression } from './expression.ts';
import { refusal } from './testing/thrown.ts';

const COLUMNS = ['a', 'b', 'Vm rest (mV)', '3db_freq', 'x.y'];
const ROW = [7, 2, -70, 5, 11];
const value = (text: string, row: readonly number[] = ROW): number =>
  parseExpression(text, COLUMNS, 'here')((column) => row[column]);

describe('an expression over columns', () => {
  it.each([
    ['a', 7],
    [' a ', 7],
    ['a-b', 5],
    ['a - b - b', 3],
    ['a / b / 2', 1.75],
    ['1 + a * 2 - -b', 17],
    ['-(a + b) * 1e3', -9000],
    ['--a', 7],
    ['.5*a+2.', 5.5],
    ['Vm rest (mV)', -70],
    ['`Vm rest (mV)` - a', -77],
    ['3db_freq', 5],
    ['`3db_freq` * x.y', 55],
  ])('%s', (text, wanted) => {
    expect(value(text)).toBe(wanted);
  });

  it('a gap and a division by zero are gaps', () => {
    expect(value('a + b', [NaN, 2])).toBeNaN();
    expect(value('a / b', [1, 0])).toBeNaN();
    expect(value('b', [NaN, 2])).toBe(2);
  });

  it.each([
    '',
    'a b',
    'a +',
    '* a',
    '(a',
    'a)',
    '2a',
    'a.b(1)',
    'a; b',
    'a ** b',
    'process.exit()',
    "a['b']",
    '`a',
    'a => b',
    'a,b',
  ])('%j is refused', (text) => {
    expect(refusal(() => value(text))).toMatch(/^E_CELLS_(EXPRESSION|COLUMN) .*here/);
  });

  it('a name that is no column is told with the nearest', () => {
    expect(refusal(() => value('a - constructor'))).toMatch(/^E_CELLS_COLUMN .*"constructor"/);
    expect(refusal(() => value('a - xy'))).toContain('Did you mean "x.y"?');
  });
});
