// A reader of Python literals and plain arithmetic: npy headers and params.py are parsed with it and never run.

/** What a literal can be. Anything else in the source makes the whole value undefined. */
export type PythonValue =
  | number
  | string
  | boolean
  | null
  | readonly PythonValue[]
  | { readonly dict: ReadonlyMap<string, PythonValue> };

/** Nesting beyond this is no header. */
const MAX_DEPTH = 32;

/**
 * Value of a Python expression made of literals, + - * / // ** and parentheses; undefined for anything else
 * (names, calls, f-strings), so that nothing is guessed.
 */
export function pythonLiteral(source: string): PythonValue | undefined {
  const parser = new LiteralParser(source);
  try {
    const value = parser.expression(0);
    parser.space();
    return parser.done() ? value : undefined;
  } catch (error) {
    if (error instanceof NotLiteral) return undefined;
    throw error;
  }
}

/**
 * The assignments `name = value` of a Python file, one a line, in order; a value that is no literal is undefined. Values over several
 * lines inside brackets are joined.
 */
export function pythonAssignments(source: string): Map<string, PythonValue | undefined> {
  const found = new Map<string, PythonValue | undefined>();
  const lines = source.split(/\r\n|\r|\n/);
  for (let i = 0; i < lines.length; i++) {
    const match = /^([A-Za-z_]\w*)\s*(?::[^=]*)?=(?!=)(.*)$/.exec(lines[i]);
    if (match === null) continue;
    let text = match[2];
    for (let more = 0; more < 1000 && open(text) > 0 && i + 1 < lines.length; more++)
      text += `\n${lines[++i]}`;
    found.set(match[1], pythonLiteral(text));
  }
  return found;
}

class NotLiteral extends Error {}

class LiteralParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** Skips blanks, line breaks and comments. */
  space(): void {
    for (;;) {
      const c = this.#text.charAt(this.#at);
      if (c === '#') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = end < 0 ? this.#text.length : end;
      } else if (c !== '' && ' \t\r\n\f\\'.includes(c)) this.#at++;
      else return;
    }
  }

  /** sum of products of powers, left to right as in Python. */
  expression(depth: number): PythonValue {
    if (depth > MAX_DEPTH) throw new NotLiteral();
    let left = this.#product(depth);
    for (;;) {
      if (this.#take('+')) left = number(left) + number(this.#product(depth));
      else if (this.#take('-')) left = number(left) - number(this.#product(depth));
      else return left;
    }
  }

  #product(depth: number): PythonValue {
    let left = this.#unary(depth);
    for (;;) {
      if (this.#take('//')) left = Math.floor(number(left) / number(this.#unary(depth)));
      else if (this.#ahead('**')) throw new NotLiteral();
      else if (this.#take('*')) left = number(left) * number(this.#unary(depth));
      else if (this.#take('/')) left = number(left) / number(this.#unary(depth));
      else return left;
    }
  }

  #unary(depth: number): PythonValue {
    if (depth > MAX_DEPTH) throw new NotLiteral();
    if (this.#take('-')) return -number(this.#unary(depth + 1));
    if (this.#take('+')) return number(this.#unary(depth + 1));
    const base = this.#atom(depth);
    return this.#take('**') ? number(base) ** number(this.#unary(depth + 1)) : base;
  }

  #atom(depth: number): PythonValue {
    this.space();
    const c = this.#text.charAt(this.#at);
    if (c === '(') return this.#tuple(depth);
    if (c === '[') {
      this.#at++;
      return this.#items(']', depth).values;
    }
    if (c === '{') return this.#dict(depth);
    const rest = this.#text.slice(this.#at, this.#at + 400);
    const word = /^(True|False|None)\b/.exec(rest);
    if (word !== null) {
      this.#at += word[0].length;
      return word[0] === 'None' ? null : word[0] === 'True';
    }
    const numeral = /^(0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)(?![\w.])/.exec(
      rest,
    );
    if (numeral !== null) {
      this.#at += numeral[0].length;
      const value = Number(numeral[0].replaceAll('_', ''));
      if (Number.isNaN(value)) throw new NotLiteral();
      return value;
    }
    return this.#string();
  }

  #tuple(depth: number): PythonValue {
    this.#at++;
    const { values, comma } = this.#items(')', depth);
    // (3) is a number in brackets, (3,) a tuple.
    return values.length === 1 && !comma ? values[0] : values;
  }

  #items(close: string, depth: number): { values: PythonValue[]; comma: boolean } {
    const values: PythonValue[] = [];
    let comma = false;
    while (!this.#take(close)) {
      values.push(this.expression(depth + 1));
      if (this.#take(',')) comma = true;
      else if (!this.#ahead(close)) throw new NotLiteral();
    }
    return { values, comma };
  }

  #dict(depth: number): PythonValue {
    this.#at++;
    const dict = new Map<string, PythonValue>();
    while (!this.#take('}')) {
      const key = this.expression(depth + 1);
      if (typeof key !== 'string' || !this.#take(':')) throw new NotLiteral();
      dict.set(key, this.expression(depth + 1));
      if (!this.#take(',') && !this.#ahead('}')) throw new NotLiteral();
    }
    return { dict };
  }

  #string(): string {
    const rest = this.#text.slice(this.#at);
    const match = /^([rRuUbB]{0,2})('''|"""|'|")/.exec(rest);
    if (match === null) throw new NotLiteral();
    const raw = /r/i.test(match[1]);
    const quote = match[2];
    let at = this.#at + match[0].length;
    let text = '';
    for (;;) {
      if (at >= this.#text.length) throw new NotLiteral();
      if (this.#text.startsWith(quote, at)) break;
      const c = this.#text.charAt(at);
      if (quote.length === 1 && c === '\n') throw new NotLiteral();
      if (c === '\\' && !raw) {
        const next = this.#text.charAt(at + 1);
        text += { n: '\n', t: '\t', r: '\r' }[next] ?? next;
        at += 2;
      } else {
        text += c;
        at++;
      }
    }
    this.#at = at + quote.length;
    return text;
  }

  #ahead(token: string): boolean {
    this.space();
    return this.#text.startsWith(token, this.#at);
  }

  #take(token: string): boolean {
    if (!this.#ahead(token)) return false;
    this.#at += token.length;
    return true;
  }
}

function number(value: PythonValue): number {
  if (typeof value !== 'number') throw new NotLiteral();
  return value;
}

/** Brackets still open at the end of `text`, strings and comments left aside roughly: a wrong count only joins a line too many. */
function open(text: string): number {
  const bare = text.replace(/'[^'\n]*'|"[^"\n]*"|#.*$/gm, '');
  return (bare.match(/[([{]/g)?.length ?? 0) - (bare.match(/[)\]}]/g)?.length ?? 0);
}
