// Arithmetic over columns ("peak_v_ramp - threshold_v_ramp", "tau * 1000"): numbers, names, + - * / and brackets, and nothing else. A
// name that is no word stands in backquotes: `Vm rest (mV)`.
import { SpikebridgeError } from '../../errors.ts';
import { nearestName } from '../../config/nearest.ts';

/** What an expression makes of one row, given the value of a column in it. */
export type Expression = (valueOf: (column: number) => number) => number;

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|`([^`]+)`|([A-Za-z_][\w.]*)|([-+*/()]))/y;

type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'sign'; readonly sign: string };

/**
 * Reads an expression over these columns; a whole text that is a column's name is that column. A gap in any column used is a gap in
 * the result, and so is a division by zero.
 * @throws E_CELLS_EXPRESSION for what it cannot read, E_CELLS_COLUMN for a name that is no column
 */
export function parseExpression(text: string, columns: readonly string[], where: string): Expression {
  const whole = columns.indexOf(text.trim());
  if (whole >= 0) return (valueOf) => valueOf(whole);
  const tokens = tokenise(text, where);
  let at = 0;
  const sign = (): string => {
    const token = tokens.at(at);
    return token?.kind === 'sign' ? token.sign : '';
  };
  const fault = (): SpikebridgeError => {
    const token = tokens.at(at);
    const found =
      token === undefined
        ? 'its end'
        : token.kind === 'sign'
          ? token.sign
          : token.kind === 'name'
            ? token.name
            : token.value;
    return wrong(text, `a number, a column or a bracket was expected before ${found}`, where);
  };

  const sum = (): Expression => {
    let left = product();
    while (sign() === '+' || sign() === '-') {
      const factor = sign() === '+' ? 1 : -1;
      at++;
      const [a, b] = [left, product()];
      left = (valueOf) => a(valueOf) + factor * b(valueOf);
    }
    return left;
  };
  const product = (): Expression => {
    let left = signed();
    while (sign() === '*' || sign() === '/') {
      const isProduct = sign() === '*';
      at++;
      const [a, b] = [left, signed()];
      left = (valueOf) => (isProduct ? a(valueOf) * b(valueOf) : a(valueOf) / b(valueOf));
    }
    return left;
  };
  const signed = (): Expression => {
    if (sign() !== '-') return operand();
    at++;
    const inner = signed();
    return (valueOf) => -inner(valueOf);
  };
  const operand = (): Expression => {
    const token = tokens.at(at);
    if (token === undefined) throw fault();
    if (token.kind === 'sign') {
      if (token.sign !== '(') throw fault();
      at++;
      const inner = sum();
      if (sign() !== ')') throw wrong(text, 'a bracket is not closed', where);
      at++;
      return inner;
    }
    at++;
    if (token.kind === 'number') return () => token.value;
    const column = columns.indexOf(token.name);
    if (column < 0) throw unknownColumn(token.name, columns, where);
    return (valueOf) => valueOf(column);
  };

  const read = sum();
  if (at < tokens.length) throw wrong(text, 'an operator is missing or a bracket is closed twice', where);
  return (valueOf) => {
    const value = read(valueOf);
    return Number.isFinite(value) ? value : NaN;
  };
}

function tokenise(text: string, where: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw wrong(text, `"${text.slice(from).trim()}" is not understood`, where);
    // Which group is there tells the kind; the type of the match knows no absent group.
    const [, number, quoted, word, sign] = match as readonly (string | undefined)[];
    if (number !== undefined) tokens.push({ kind: 'number', value: Number(number) });
    else if (sign !== undefined) tokens.push({ kind: 'sign', sign });
    else tokens.push({ kind: 'name', name: quoted ?? word ?? '' });
  }
  return tokens;
}

function wrong(text: string, reason: string, where: string): SpikebridgeError {
  return new SpikebridgeError('E_CELLS_EXPRESSION', `"${text}" is no expression over columns: ${reason}`, {
    where,
    fix: 'Use names of columns, numbers, + - * / and brackets; put a name with blanks or signs in `backquotes`.',
    exitCode: 2,
  });
}

function unknownColumn(name: string, columns: readonly string[], where: string): SpikebridgeError {
  const nearest = nearestName(name, columns);
  return new SpikebridgeError('E_CELLS_COLUMN', `no column is called "${name}"`, {
    where,
    fix: nearest === undefined ? 'The table has no columns.' : `Did you mean "${nearest}"?`,
    exitCode: 2,
  });
}
