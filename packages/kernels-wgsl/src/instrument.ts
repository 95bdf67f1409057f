// Counts what a kernel really moves: rewrites a dispatch so that every access to a storage binding adds its size to a counter of
// that binding. A tool of tests, apart from the package's entry: counting is slow and takes one binding more.
import type { Dispatch, Kernel, Slice } from './kernel.ts';

/** Words of four bytes of the types that storage arrays of kernels hold. */
const WORDS: Readonly<Record<string, number>> = {
  f32: 1,
  i32: 1,
  u32: 1,
  'vec2<f32>': 2,
  'vec2<u32>': 2,
  'vec4<f32>': 4,
  'vec4<u32>': 4,
};
/** One component of a vector: `.x`, or an index of its own. */
const COMPONENT = /^(?:\.[xyzwrgba](?!\w)|\[[^\]]*\])/;
/** What reads the old value and writes a new one, after the closing bracket. */
const COMPOUND = /^\s*(?:[-+*/%&|^]=|<<=|>>=|\+\+|--)/;

export interface Instrumented {
  readonly source: string;
  /** Storage bindings in the order of their counters in `traffic`, (bindings) u32, in words of four bytes. */
  readonly names: readonly string[];
}

/**
 * The shader's text with every `name[index]` of a storage binding counted in `traffic`, at `binding` of group 0: an assignment or a
 * read once, `+=` and its like twice, one component of a vector (`name[index].x`) as four bytes.
 * A local of a binding's name must not be indexed: it would be counted too.
 * @throws Error for an element type it does not know, and where a pointer to a binding is passed on.
 */
export function instrument(source: string, binding: number): Instrumented {
  const text = withoutComments(source);
  const aliases = new Map(
    [...text.matchAll(/\balias\s+(\w+)\s*=\s*([^;]+);/g)].map(([, name, type]) => [name, spaceless(type)]),
  );
  const names: string[] = [];
  const words: number[] = [];
  for (const [, name, type] of text.matchAll(/var<storage[^>]*>\s*(\w+)\s*:\s*([^;]+);/g)) {
    const element = /^array<(.+?)(?:,\w+)?>$/.exec(spaceless(type))?.[1] ?? '';
    const size = WORDS[aliases.get(element) ?? element] as number | undefined;
    if (size === undefined) throw new Error(`${name} is ${type}: the size of what it holds is not known`);
    names.push(name);
    words.push(size);
  }
  const counters =
    `@group(0) @binding(${binding}) var<storage, read_write> traffic: array<atomic<u32>>;\n` +
    `var<private> tallied: array<u32, ${names.length}>;\n` +
    'fn tally(counter: u32, words: u32, index: u32) -> u32 {\n' +
    '  tallied[counter] += words;\n  return index;\n}\n';
  return { source: `${counters}${withTotals(counted(text, names, words), names.length)}`, names };
}

/**
 * `main` called by another, which adds up what the invocation counted for itself: an atomic at every access takes a software driver
 * a minute to compile.
 */
function withTotals(text: string, counters: number): string {
  const entry = /@compute\s+@workgroup_size\([^)]*\)\s*fn main(?=\()/.exec(text);
  if (entry === null) throw new Error('there is no entry point called main');
  const open = entry.index + entry[0].length;
  const close = closingBracket(text, open);
  const parameters = text.slice(open + 1, close);
  const plain = parameters.replace(/@builtin\(\w+\)\s*/g, '');
  const passed = [...plain.matchAll(/(\w+)\s*:/g)].map(([, name]) => name).join(', ');
  const totals = Array.from({ length: counters }, (_, i) => `  atomicAdd(&traffic[${i}], tallied[${i}]);\n`);
  return (
    `${entry[0]}(${parameters}) {\n  counted_main(${passed});\n${totals.join('')}}\n` +
    `${text.slice(0, entry.index)}fn counted_main(${plain}${text.slice(close)}`
  );
}

/** `dispatch` with its accesses counted in `traffic`, (bindings) u32; `names` says which counter is whose. */
export function instrumented(dispatch: Dispatch, traffic: Slice): Dispatch & Pick<Instrumented, 'names'> {
  const { kernel, storage } = dispatch;
  // The counters take the binding after the last, where the run uniform is: that moves up by one.
  const binding = kernel.storage.length + 1;
  const moved = dispatch.source.replace(
    new RegExp(`@binding\\(${binding}\\)(\\s+var<uniform>)`),
    `@binding(${binding + 1})$1`,
  );
  const { source, names } = instrument(moved, binding);
  const counting: Kernel<never> = { ...kernel, storage: [...kernel.storage, 'traffic'] };
  return { ...dispatch, kernel: counting, source, names, storage: { ...storage, traffic } };
}

function counted(text: string, names: readonly string[], words: readonly number[]): string {
  const use = new RegExp(`(?<![\\w.])(?:${names.join('|')})(?!\\w)`, 'g');
  let out = '';
  let from = 0;
  for (let match = use.exec(text); match !== null; match = use.exec(text)) {
    const [name] = match;
    const after = match.index + name.length;
    // Without an index: its declaration, its length, or a local or a field of the same name.
    if (text[after] !== '[') {
      if (/(?<!arrayLength\()&$/.test(text.slice(0, match.index)))
        throw new Error(`${name} is passed on, where nothing counts: ${lineAt(text, match.index)}`);
      continue;
    }
    const close = closingBracket(text, after);
    const rest = text.slice(close + 1);
    const which = names.indexOf(name);
    const size = COMPONENT.test(rest) ? 1 : words[which];
    const times = COMPOUND.test(rest.replace(COMPONENT, '')) ? 2 : 1;
    const index = counted(text.slice(after + 1, close), names, words);
    out += `${text.slice(from, match.index)}${name}[tally(${which}u, ${size * times}u, u32(${index}))]`;
    from = close + 1;
    use.lastIndex = from;
  }
  return out + text.slice(from);
}

/** Of a bracket of either kind. */
function closingBracket(text: string, open: number): number {
  const kind = text[open] === '[' ? '[]' : '()';
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === kind[0]) depth += 1;
    else if (text[i] === kind[1]) depth -= 1;
    if (depth === 0) return i;
  }
  throw new Error(`no bracket closes ${lineAt(text, open)}`);
}

function lineAt(text: string, index: number): string {
  return text
    .slice(text.lastIndexOf('\n', index) + 1)
    .split('\n', 1)[0]
    .trim();
}

function withoutComments(source: string): string {
  return source.replace(/\/\/.*$/gm, '').replace(/\/\*[^]*?\*\//g, '');
}

function spaceless(type: string): string {
  return type.replace(/\s+/g, '');
}
