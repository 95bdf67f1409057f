// Losses straight from packed targets, in two dispatches: sums of chunks of rows; then their total, the value and the slopes.
import { lossFinishSource } from '../../generated/loss-finish.ts';
import { lossSumsSource } from '../../generated/loss-sums.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const LOSS_SUMS = {
  name: 'loss-sums',
  source: lossSumsSource,
  storage: ['logits', 'targets', 'unitMask', 'rowMask', 'sums', 'unitSums'],
  uniforms: {
    rows: 'u32',
    units: 'u32',
    words: 'u32',
    chunk: 'u32',
    tiles: 'u32',
    groups: 'u32',
    gamma: 'f32',
  },
  run: false,
} as const satisfies Kernel<Parameters<typeof lossSumsSource>[0]>;

export const LOSS_FINISH = {
  name: 'loss-finish',
  source: lossFinishSource,
  storage: ['logits', 'targets', 'unitMask', 'rowMask', 'sums', 'unitSums', 'value', 'dLogits'],
  uniforms: {
    rows: 'u32',
    units: 'u32',
    words: 'u32',
    chunk: 'u32',
    tiles: 'u32',
    groups: 'u32',
    sums: 'u32',
    chunks: 'u32',
    gamma: 'f32',
    smoothing: 'f32',
    share: 'f32',
  },
  run: false,
} as const satisfies Kernel<Parameters<typeof lossFinishSource>[0]>;

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
/** Groups of the first dispatch; each group of the second adds up what all of them left. */
const MOST_SUMS = 512;
/** Chunks of rows whose sums of each unit are kept apart. */
const MOST_UNIT_SUMS = 64;
/** Groups of the second dispatch, but that none takes more rows than it has threads. */
const MANY_SLOPES = 1024;
const MOST_ROWS = 256;

export interface LossGeometry {
  readonly tiles: number;
  /** Rows of a group of the first dispatch and of the second. */
  readonly sumRows: number;
  readonly slopeRows: number;
  /** Chunks of rows of the first dispatch and of the second. */
  readonly sumChunks: number;
  readonly slopeChunks: number;
}

/** How rows and units are shared out: as many groups as a large GPU holds at once, or fewer. */
export function lossGeometry(rows: number, units: number, perUnit: boolean): LossGeometry {
  const tiles = Math.ceil(units / TILE);
  const share = (most: number): number =>
    Math.max(LEAST_ROWS, SLOTS * Math.ceil(rows / (SLOTS * Math.max(1, most))));
  const most = Math.floor(MOST_SUMS / tiles);
  const sumRows = share(perUnit ? Math.min(MOST_UNIT_SUMS, most) : most);
  const slopeRows = Math.min(MOST_ROWS, share(Math.floor(MANY_SLOPES / tiles)));
  return {
    tiles,
    sumRows,
    slopeRows,
    sumChunks: Math.ceil(rows / sumRows),
    slopeChunks: Math.ceil(rows / slopeRows),
  };
}

/** An exp, a logarithm and two divisions of an entry, with what is made of them. */
const FLOPS = 40;

export function loss(call: LossCall): Dispatch[] {
  const { kind, logits, targets, unitMask, rowMask, value, dLogits, rows, units, gamma, doubleSigmoid } =
    call;
  const { wordsPerBin: words, smooth, bceShare } = call;
  const perUnit = kind === 'dice-per-unit';
  const { tiles, sumRows, slopeRows, sumChunks, slopeChunks } = lossGeometry(rows, units, perUnit);
  const sumGroups = sumChunks * tiles;
  const sums = call.scratch(8 * sumGroups);
  const unitSums = perUnit ? call.scratch(3 * sumGroups * TILE) : null;
  const flags = {
    FOCAL: kind === 'focal',
    SQUARE: gamma === 2,
    DICE: kind === 'dice' || perUnit,
    PER_UNIT: perUnit,
    DOUBLE_SIGMOID: doubleSigmoid,
  };
  const read = 4 * rows * units + 8 * rows * tiles;
  const left = 20 * sumGroups + (perUnit ? 12 * TILE * sumGroups : 0);
  const shape = { rows, units, words, tiles, gamma };
  const groups = dLogits === null ? 1 : slopeChunks * tiles;
  return [
    dispatchOf(LOSS_SUMS, {
      label: `loss sums ${kind}`,
      flags,
      storage: { logits, targets, unitMask, rowMask, sums, unitSums },
      uniforms: { ...shape, chunk: sumRows, groups: sumGroups },
      groups: groupsInRow(sumGroups),
      flops: FLOPS * rows * units,
      bytes: read + left,
    }),
    dispatchOf(LOSS_FINISH, {
      label: `loss ${kind}`,
      flags: {
        ...flags,
        PENALTY: kind === 'dice' && call.densityPenalty,
        PLAIN: kind === 'bce',
        GRADIENT: dLogits !== null,
      },
      storage: {
        ...(dLogits === null ? {} : { logits, targets, rowMask }),
        ...{ unitMask, sums, unitSums, value, dLogits },
      },
      uniforms: {
        ...shape,
        chunk: slopeRows,
        groups,
        sums: sumGroups,
        chunks: sumChunks,
        smoothing: smooth,
        share: bceShare,
      },
      groups: groupsInRow(groups),
      flops: dLogits === null ? 5 * sumGroups : FLOPS * rows * units,
      bytes:
        20 * sumGroups * groups +
        (perUnit ? 12 * sumChunks * units : 0) +
        (dLogits === null ? 0 : read + 4 * rows * units + (perUnit ? 12 * TILE * sumChunks * groups : 0)),
    }),
  ];
}
