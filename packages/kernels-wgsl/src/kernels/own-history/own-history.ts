// The own-history path, forward and backward: one dispatch up to 256 bins, two above.
import { ownHistorySource, type OwnHistoryFlags } from '../../generated/own-history.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const OWN_HISTORY = {
  name: 'own-history',
  source: ownHistorySource,
  storage: ['words', 'recent', 'state', 'table', 'ends', 'weight', 'logits', 'parts'],
  uniforms: {
    bins: 'u32',
    units: 'u32',
    words: 'u32',
    tiles: 'u32',
    chunks: 'u32',
    pieces: 'u32',
    span: 'u32',
    groups: 'u32',
    quads: 'u32',
    sums: 'u32',
  },
  run: false,
} as const satisfies Kernel<OwnHistoryFlags>;

/** What both directions take. */
export interface HistoryCall {
  readonly words: Slice; // (batch * bins, wordsPerBin) u32
  readonly recent: Slice; // (batch, lags, wordsPerBin) u32, oldest first
  readonly state: Slice; // (batch, traces + 1, units) f32
  readonly batch: number;
  readonly bins: number;
  readonly units: number;
  readonly wordsPerBin: number;
  readonly lags: number;
  /** One each a trace. */
  readonly decays: readonly number[];
  readonly logScale: readonly number[];
  readonly scales: readonly number[];
  /** Rising. */
  readonly ageEdges: readonly number[];
  /** Places constants. */
  readonly table: (values: Float32Array) => Slice;
  /** Room for that many floats, for these dispatches alone. */
  readonly scratch: (floats: number) => Slice;
}
export interface HistoryForwardCall extends HistoryCall {
  readonly weight: Slice; // (lags + traces + buckets, units) f32
  readonly logits: Slice; // (batch * bins, units) f32, added to
}
export interface HistoryBackwardCall extends HistoryCall {
  readonly dLogits: Slice; // (batch * bins, units) f32
  /** Room for that many partial sums (lags + traces + buckets, units) of the weight's gradient. */
  readonly partials: (chunks: number) => Slice;
}

/** Units of a group: a word. */
const TILE = 32;
/** Bins of a thread and of a group's eight. */
const RUN = 32;
const CHUNK = 256;
/** Partial sums of the weight's gradient, at most. */
const MOST_PARTS = 256;
/** Vectors of the table of constants that workgroup memory has room for: 16 KiB less what else lies there. */
const MOST_STAGED = 256;

/** Four to a vector. */
const quads = (count: number): number => Math.ceil(count / 4);

/** Where each trace lies: those taken as they are first, the logarithms in quads of their own; null = no trace. */
function arrange(logScale: readonly number[]): {
  readonly order: readonly (number | null)[];
  readonly linear: number;
} {
  const numbers = Array.from(logScale.keys());
  const padded = (own: readonly number[]): (number | null)[] =>
    Array.from({ length: 4 * quads(own.length) }, (_, i) => own.at(i) ?? null);
  const linear = padded(numbers.filter((k) => logScale[k] === 0));
  return {
    order: [...linear, ...padded(numbers.filter((k) => logScale[k] !== 0))],
    linear: quads(linear.length),
  };
}

/**
 * Constants of the traces, four to a vector: decays, log scales, scales, decays^32, decays^256, decays^0 ... decays^31, numbers of
 * the traces (-1 where there is none); then the edges of the age buckets. Powers are taken in float64.
 */
export function historyTable({
  decays,
  logScale,
  scales,
  ageEdges,
}: Pick<HistoryCall, 'decays' | 'logScale' | 'scales' | 'ageEdges'>): Float32Array {
  const { order } = arrange(logScale);
  const row = order.length;
  const table = new Float32Array(38 * row + 4 * quads(ageEdges.length));
  order.forEach((k, i) => {
    table[37 * row + i] = k ?? -1;
    if (k === null) return;
    table[i] = decays[k];
    table[row + i] = logScale[k];
    table[2 * row + i] = scales[k];
    let power = 1;
    for (let n = 0; n <= CHUNK; n++) {
      if (n < RUN) table[(5 + n) * row + i] = power;
      if (n === RUN) table[3 * row + i] = power;
      if (n === CHUNK) table[4 * row + i] = power;
      power *= decays[k];
    }
  });
  table.set(ageEdges, 38 * row);
  return table;
}

interface Prepared {
  readonly dispatches: readonly Dispatch[];
  readonly flags: Omit<OwnHistoryFlags, 'BACKWARD' | 'ENDS'>;
  readonly storage: Readonly<Partial<Record<(typeof OWN_HISTORY.storage)[number], Slice | null>>>;
  readonly shape: Readonly<Record<'bins' | 'units' | 'words' | 'tiles' | 'quads' | 'sums', number>>;
  readonly chunks: number;
  readonly features: number;
  readonly flops: number;
  /** Of spikes, state and what chunks leave behind. */
  readonly bytes: number;
  /** Of constants, for each chunk or group of them. */
  readonly tableBytes: number;
}

/** What both directions share: variants, bindings, and the dispatch that says what each chunk leaves behind. */
function prepare(call: HistoryCall): Prepared {
  const { words, batch, bins, units, wordsPerBin, lags, decays, logScale, ageEdges } = call;
  const traces = decays.length;
  const buckets = ageEdges.length;
  const stateful = traces + buckets > 0;
  const tiles = Math.ceil(units / TILE);
  const chunks = Math.ceil(bins / CHUNK);
  const many = stateful && chunks > 1;
  const { order, linear } = arrange(logScale);
  const rows = order.length + 1;
  const constants = (38 * order.length) / 4 + quads(buckets);
  const sums = 4 * quads(lags) + order.length + 4 * quads(buckets);
  const flags = {
    MANY: many,
    STATEFUL: stateful,
    LOGS: 4 * linear < order.length,
    LONG_LAGS: lags > 32,
    LAGS: lags,
    LAGS_UP: 4 * quads(lags),
    QUADS: quads(order.length),
    LINEAR: linear,
    TRACES: traces,
    BUCKETS: buckets,
    SUMS: sums,
    STAGED: stateful && constants <= MOST_STAGED,
    CONSTANTS: constants,
  };
  const shape = { bins, units, words: wordsPerBin, tiles, quads: flags.QUADS, sums };
  const table = stateful ? call.table(historyTable(call)) : null;
  const pieces = batch * (chunks - 1);
  const ends = many ? call.scratch(pieces * rows * units) : null;
  const storage = {
    words,
    recent: lags > 0 ? call.recent : null,
    state: stateful ? call.state : null,
    table,
    ends,
  };
  const tableBytes = 16 * constants * tiles;
  const endBytes = 4 * pieces * rows * units;
  const dispatches = many
    ? [
        dispatchOf(OWN_HISTORY, {
          label: 'own history ends',
          flags: { ...flags, ENDS: true, BACKWARD: false },
          storage: { words, recent: storage.recent, table, ends },
          uniforms: { ...shape, chunks: chunks - 1, pieces, span: 1, groups: pieces * tiles },
          groups: groupsInRow(pieces * tiles),
          flops: pieces * CHUNK * units,
          bytes: pieces * (4 * CHUNK * wordsPerBin + tableBytes) + endBytes,
        }),
      ]
    : [];
  const features = lags + traces + buckets;
  return {
    ...{ dispatches, flags, storage, shape, chunks, features },
    flops:
      batch *
      bins *
      units *
      (2 * lags + 4 * traces + 2 + 24 * logScale.filter((scale) => scale !== 0).length),
    bytes:
      4 * batch * (wordsPerBin * (bins + lags) + chunks * traces * units) +
      // Each chunk reads what the chunks before it left.
      (many ? (endBytes * chunks) / 2 : 0),
    tableBytes,
  };
}

/** Adds the path to the logits. */
export function ownHistory(call: HistoryForwardCall): Dispatch[] {
  const { weight, logits, batch, bins, units } = call;
  const { dispatches, flags, storage, shape, chunks, features, flops, bytes, tableBytes } = prepare(call);
  if (features === 0) return [];
  const pieces = batch * chunks;
  const groups = pieces * shape.tiles;
  // Of each of a unit's threads, but for the weights of buckets: as many as are met.
  const weightReads = (CHUNK / RUN) * (flags.LAGS + 4 * flags.QUADS);
  return [
    ...dispatches,
    dispatchOf(OWN_HISTORY, {
      label: 'own history',
      flags: { ...flags, ENDS: false, BACKWARD: false },
      storage: { ...storage, weight, logits },
      uniforms: { ...shape, chunks, pieces, span: 1, groups },
      groups: groupsInRow(groups),
      flops,
      bytes: bytes + pieces * (tableBytes + 4 * units * weightReads) + 8 * units * batch * bins,
    }),
  ];
}

/** Leaves partial sums of the weight's gradient. */
export function ownHistoryBackward(call: HistoryBackwardCall): Dispatch[] {
  const { dLogits, partials, batch, bins, units } = call;
  const { dispatches, flags, storage, shape, chunks, features, flops, bytes, tableBytes } = prepare(call);
  if (features === 0) return [];
  const pieces = batch * chunks;
  const span = Math.ceil(pieces / MOST_PARTS);
  const parts = Math.ceil(pieces / span);
  const groups = parts * shape.tiles;
  return [
    ...dispatches,
    dispatchOf(OWN_HISTORY, {
      label: 'own history backward',
      flags: { ...flags, ENDS: false, BACKWARD: true },
      storage: { ...storage, logits: dLogits, parts: partials(parts) },
      uniforms: { ...shape, chunks, pieces, span, groups },
      groups: groupsInRow(groups),
      flops,
      bytes: bytes + parts * tableBytes + 4 * units * (batch * bins + parts * features),
    }),
  ];
}
