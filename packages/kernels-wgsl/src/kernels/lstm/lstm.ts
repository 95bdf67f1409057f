// One direction of an LSTM over short sequences, forward and backward: a dispatch a step.
import { lstmBackwardSource, type LstmBackwardFlags } from '../../generated/lstm-backward.ts';
import { lstmSource, type LstmFlags } from '../../generated/lstm.ts';
import { groupsInRow } from '../../geometry.ts';
import { dispatchOf, type Dispatch, type Kernel, type Slice } from '../../kernel.ts';

export const LSTM = {
  name: 'lstm',
  source: lstmSource,
  storage: ['x', 'out', 'gates', 'cells', 'before', 'recurrent', 'mask'],
  uniforms: {
    ...{ batch: 'u32', steps: 'u32', width: 'u32', columns: 'u32', column: 'u32', t: 'u32', back: 'u32' },
  },
  run: false,
} as const satisfies Kernel<LstmFlags>;

export const LSTM_BACKWARD = {
  name: 'lstmBackward',
  source: lstmBackwardSource,
  storage: ['gates', 'cells', 'dOut', 'dX', 'dC', 'recurrent', 'mask', 'dH'],
  uniforms: {
    ...{ batch: 'u32', steps: 'u32', width: 'u32', columns: 'u32', column: 'u32', t: 'u32', back: 'u32' },
    on: 'u32',
  },
  run: false,
} as const satisfies Kernel<LstmBackwardFlags>;

/** What both directions take. rows = batch * steps. */
export interface LstmShape {
  readonly recurrent: Slice; // (width, 4 * width) f32
  readonly mask: Slice | null; // (rows) f32
  readonly gates: Slice; // (rows, 4 * width) f32
  readonly cells: Slice; // (rows, width) f32
  readonly batch: number;
  readonly steps: number;
  readonly width: number;
  /** Columns of out, and the first that is written. */
  readonly columns: number;
  readonly column: number;
  /** From the last step to the first. */
  readonly reverse: boolean;
}
export interface LstmCall extends LstmShape {
  readonly x: Slice; // (rows, 4 * width) f32
  readonly out: Slice; // (rows, columns) f32
  readonly before: Slice; // (rows, width) f32
}
export interface LstmBackwardCall extends LstmShape {
  readonly dOut: Slice; // (rows, columns) f32
  readonly dX: Slice; // (rows, 4 * width) f32
  /** Room for that many floats, for these dispatches alone. */
  readonly scratch: (floats: number) => Slice;
}

const UNITS = 64;
const SEQUENCES = 4;

/** Steps in the order of the direction, each with those beside it (itself where there is none). */
function order({ steps, reverse }: LstmShape) {
  const at = (s: number): number => (reverse ? steps - 1 - s : s);
  return Array.from({ length: steps }, (_, s) => ({
    first: s === 0,
    last: s === steps - 1,
    t: at(s),
    back: at(Math.max(0, s - 1)),
    on: at(Math.min(steps - 1, s + 1)),
  }));
}

/** Workgroups, and bytes that all but the first (or last) step read of the recurrent weight and of a neighbour's rows, once a unit. */
function geometry({ batch, width }: LstmShape, columns: number) {
  const blocks = Math.ceil(width / UNITS);
  const quads = Math.ceil(batch / SEQUENCES);
  return {
    groups: groupsInRow(blocks * quads),
    chained: 4 * (quads * 4 * width * width + blocks * batch * columns),
  };
}

export function lstm(call: LstmCall): Dispatch[] {
  const { x, out, gates, cells, before, recurrent, mask, batch, steps, width, columns, column } = call;
  const { groups, chained } = geometry(call, width);
  return order(call).map(({ first, t, back }) =>
    dispatchOf(LSTM, {
      flags: { FIRST: first, MASKED: mask !== null },
      storage: { x, out, gates, cells, before, recurrent: first ? null : recurrent, mask },
      uniforms: { batch, steps, width, columns, column, t, back },
      groups,
      flops: batch * width * ((first ? 0 : 8 * width) + 68),
      bytes:
        4 * batch * width * (first ? 11 : 13) +
        (mask === null ? 0 : 4 * batch * width) +
        (first ? 0 : chained),
    }),
  );
}

export function lstmBackward(call: LstmBackwardCall): Dispatch[] {
  const { gates, cells, dOut, dX, recurrent, mask, batch, steps, width, columns, column, scratch } = call;
  const { groups, chained } = geometry(call, 4 * width);
  const dC = scratch(batch * width);
  const dH = mask === null ? null : scratch(batch * width);
  return order(call)
    .reverse()
    .map(({ first, last, t, back, on }) =>
      dispatchOf(LSTM_BACKWARD, {
        flags: { FIRST: first, LAST: last, MASKED: mask !== null },
        storage: { gates, cells, dOut, dX, dC, recurrent: last ? null : recurrent, mask, dH },
        uniforms: { batch, steps, width, columns, column, t, back, on },
        groups,
        flops: batch * width * ((last ? 0 : 8 * width) + 38),
        bytes:
          4 * batch * width * (11 + (first ? 0 : 1) + (last ? 0 : 1)) +
          (mask === null ? 0 : 4 * batch * width * (last ? 1 : 2)) +
          (last ? 0 : chained),
      }),
    );
}
