// Losses straight from packed targets, from each logit as few times as the formula allows.
//   bce, focal  slopes rest on the number of counted entries alone: count them; then slopes and sums of chunks of rows in one pass;
//               then the value. 8 bytes an entry are compulsory: a logit read, a slope written.
//   dice        slopes rest on sums over all entries of what every logit gives: sums; then value and scales; then slopes. No entry's slope
//               can be written before the last logit is read, and workgroups keep nothing from one dispatch to the next, so
//               that logits are read twice: 12 bytes an entry are compulsory.
// Without a gradient, whatever the kind: sums, value.
import { lossCountSource } from '../../generated/loss-count.ts';
import { lossSlopesSource } from '../../generated/loss-slopes.ts';
import { lossSumsSource } from '../../generated/loss-sums.ts';
import { lossValueSource } from '../../generated/loss-value.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const LOSS_COUNT = {
  name: 'loss-count',
  source: lossCountSource,
  storage: ['unitMask', 'rowMask', 'counts'],
  uniforms: { rows: 'u32', units: 'u32', chunk: 'u32', groups: 'u32' },
  run: false,
} as const satisfies Kernel<Parameters<typeof lossCountSource>[0]>;

export const LOSS_SUMS = {
  name: 'loss-sums',
  source: lossSumsSource,
  storage: ['logits', 'targets', 'unitMask', 'rowMask', 'sums', 'unitSums', 'counts', 'dLogits'],
  uniforms: {
    rows: 'u32',
    units: 'u32',
    words: 'u32',
    chunk: 'u32',
    tiles: 'u32',
    groups: 'u32',
    counts: 'u32',
    gamma: 'f32',
    share: 'f32',
  },
  run: false,
} as const satisfies Kernel<Parameters<typeof lossSumsSource>[0]>;

export const LOSS_VALUE = {
  name: 'loss-value',
  source: lossValueSource,
  storage: ['sums', 'unitMask', 'unitSums', 'value', 'scales'],
  uniforms: {
    units: 'u32',
    tiles: 'u32',
    sums: 'u32',
    chunks: 'u32',
    slices: 'u32',
    smoothing: 'f32',
    share: 'f32',
  },
  run: false,
} as const satisfies Kernel<Parameters<typeof lossValueSource>[0]>;

export const LOSS_SLOPES = {
  name: 'loss-slopes',
  source: lossSlopesSource,
  storage: ['logits', 'targets', 'unitMask', 'rowMask', 'scales', 'dLogits'],
  uniforms: { rows: 'u32', units: 'u32', words: 'u32', chunk: 'u32', tiles: 'u32', groups: 'u32' },
  run: false,
} as const satisfies Kernel<Parameters<typeof lossSlopesSource>[0]>;

export interface LossCall {
  readonly kind: 'bce' | 'focal' | 'dice' | 'dice-per-unit';
  readonly logits: Slice; // (rows, units) f32
  readonly targets: Slice; // (rows, wordsPerBin) u32
  readonly unitMask: Slice; // (wordsPerBin) u32
  readonly rowMask: Slice; // (rows) f32, 0 or 1
  readonly value: Slice; // (4) f32: total, main term, cross-entropy, penalty
  readonly dLogits: Slice | null; // (rows, units) f32; null = value only
  readonly rows: number;
  readonly units: number;
  readonly wordsPerBin: number;
  readonly gamma: number;
  readonly smooth: number;
  readonly bceShare: number;
  readonly doubleSigmoid: boolean;
  readonly densityPenalty: boolean;
  /** Room for that many floats, for these dispatches alone. */
  readonly scratch: (floats: number) => Slice;
}

/** Units of a group: a word of targets. */
const TILE = 32;
/** Rows that a group takes at once. */
const SLOTS = 8;
/** Rows of a group, at the least: fewer would cost more in adding up than they gain in groups. */
const LEAST_ROWS = 64;
/** Groups of either pass: what those of the first leave, one group adds up. */
const MANY_GROUPS = 1024;
/** The same where each leaves sums of every unit. */
const MANY_UNIT_GROUPS = 512;
/** Chunks of rows whose sums of each unit are kept apart. */
const MOST_UNIT_SUMS = 64;
/** Rows of a group of the second pass: it has that many threads. */
const MOST_ROWS = 256;
/** Rows of a group that counts, at the least, and groups, at the most: every group of the pass adds up what they found. */
const LEAST_COUNTED = 4096;
const MOST_COUNTS = 32;

export interface LossGeometry {
  readonly tiles: number;
  /** Rows of a group that counts, of the first pass and of the second. */
  readonly countRows: number;
  readonly sumRows: number;
  readonly slopeRows: number;
  /** Chunks of rows that are counted, of the first pass and of the second. */
  readonly countChunks: number;
  readonly sumChunks: number;
  readonly slopeChunks: number;
}

/** How rows and units are shared out: as many groups as a large GPU holds at once, or fewer. */
export function lossGeometry(rows: number, units: number, perUnit: boolean): LossGeometry {
  const tiles = Math.ceil(units / TILE);
  const share = (most: number): number =>
    Math.max(LEAST_ROWS, SLOTS * Math.ceil(rows / (SLOTS * Math.max(1, most))));
  const many = Math.floor(MANY_GROUPS / tiles);
  const sumRows = share(perUnit ? Math.min(MOST_UNIT_SUMS, Math.floor(MANY_UNIT_GROUPS / tiles)) : many);
  const slopeRows = Math.min(MOST_ROWS, share(many));
  const countRows = Math.max(LEAST_COUNTED, Math.ceil(rows / MOST_COUNTS));
  return {
    ...{ tiles, countRows, sumRows, slopeRows },
    countChunks: Math.ceil(rows / countRows),
    sumChunks: Math.ceil(rows / sumRows),
    slopeChunks: Math.ceil(rows / slopeRows),
  };
}

/** An exp, a logarithm and two divisions of an entry, with what is made of them. */
const FLOPS = 40;
/** Bytes that the value reads of what a group of the first pass left, but for sums of each unit. */
const READ_OF_SUMS = { bce: 8, focal: 12, dice: 20, 'dice-per-unit': 8 } as const;

export function loss(call: LossCall): Dispatch[] {
  const { kind, logits, targets, unitMask, rowMask, value, dLogits, rows, units, gamma, doubleSigmoid } =
    call;
  const { wordsPerBin: words, smooth, bceShare: share } = call;
  const perUnit = kind === 'dice-per-unit';
  const dice = kind === 'dice' || perUnit;
  const onePass = dLogits !== null && !dice;
  const twoPasses = dLogits !== null && dice;
  const geometry = lossGeometry(rows, units, perUnit);
  const { tiles, countRows, sumRows, slopeRows, countChunks, sumChunks, slopeChunks } = geometry;
  const sumGroups = sumChunks * tiles;
  const slopeGroups = slopeChunks * tiles;
  const sums = call.scratch(8 * sumGroups);
  const unitSums = perUnit ? call.scratch(3 * sumGroups * TILE) : null;
  const counts = onePass ? call.scratch(countChunks) : null;
  const pairs = perUnit ? 1 + units : 2;
  const scales = twoPasses ? call.scratch(2 * pairs) : null;
  // Logits, targets and, of each tile, the row mask.
  const entries = 4 * rows * units;
  const read = entries + 8 * rows * tiles;
  const shape = { rows, units, words, tiles };
  const operands = { logits, targets, unitMask, rowMask };
  const dispatches: Dispatch[] = [];
  if (onePass)
    dispatches.push(
      dispatchOf(LOSS_COUNT, {
        label: `loss count ${kind}`,
        flags: {},
        storage: { unitMask, rowMask, counts },
        uniforms: { rows, units, chunk: countRows, groups: countChunks },
        groups: groupsInRow(countChunks),
        flops: 0,
        bytes: 4 * rows + 4 * (tiles + 1) * countChunks,
      }),
    );
  dispatches.push(
    dispatchOf(LOSS_SUMS, {
      label: `loss sums ${kind}`,
      flags: {
        FOCAL: kind === 'focal',
        SQUARE: gamma === 2,
        DICE: dice,
        PER_UNIT: perUnit,
        DOUBLE_SIGMOID: doubleSigmoid,
        SLOPES: onePass,
      },
      storage: { ...operands, sums, unitSums, counts, dLogits: onePass ? dLogits : null },
      uniforms: { ...shape, chunk: sumRows, groups: sumGroups, counts: countChunks, gamma, share },
      groups: groupsInRow(sumGroups),
      flops: FLOPS * rows * units,
      bytes:
        read +
        (20 + (perUnit ? 12 * TILE : 0)) * sumGroups +
        (onePass ? entries + 4 * countChunks * sumGroups : 0),
    }),
    dispatchOf(LOSS_VALUE, {
      label: `loss value ${kind}`,
      flags: {
        FOCAL: kind === 'focal',
        DICE: dice,
        WHOLE: kind === 'dice',
        PER_UNIT: perUnit,
        PENALTY: kind === 'dice' && call.densityPenalty,
        SCALES: twoPasses,
      },
      storage: { sums, unitMask: perUnit ? unitMask : null, unitSums, value, scales },
      uniforms: {
        ...{ units, tiles, sums: sumGroups, chunks: sumChunks, slices: slicesOf(sumChunks) },
        ...{ smoothing: smooth, share },
      },
      groups: [1, 1, 1],
      flops: (READ_OF_SUMS[kind] / 4) * sumGroups + (perUnit ? 3 * sumChunks * units : 0),
      bytes:
        READ_OF_SUMS[kind] * sumGroups +
        (perUnit ? 12 * sumChunks * units + 4 * units : 0) +
        (twoPasses ? 8 * pairs : 0) +
        16,
    }),
  );
  if (twoPasses)
    dispatches.push(
      dispatchOf(LOSS_SLOPES, {
        label: `loss slopes ${kind}`,
        flags: { PER_UNIT: perUnit, DOUBLE_SIGMOID: doubleSigmoid },
        storage: { ...operands, scales, dLogits },
        uniforms: { ...shape, chunk: slopeRows, groups: slopeGroups },
        groups: groupsInRow(slopeGroups),
        flops: FLOPS * rows * units,
        bytes: read + entries + 12 * slopeGroups + 8 * (perUnit ? slopeChunks * units : slopeGroups),
      }),
    );
  return dispatches;
}

/** Threads that share a unit's chunks of rows: a power of two, none without a chunk. */
function slicesOf(chunks: number): number {
  return Math.min(SLOTS, 2 ** Math.floor(Math.log2(chunks)));
}
