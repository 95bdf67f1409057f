// Calls of the kernels that take one bin at a time, and the layouts they read.
import { OP_ROW_ATTENTION, OP_ROW_LINEAR } from './generated/opcodes.ts';
import type { KernelRecord } from './kernel-program.ts';

/** Columns of a panel of weights. */
const PANEL = 32;
/** Keys of a panel of the ring. */
const KEYS = 16;
const ACTIVATIONS = { none: 0, relu: 1, gelu: 2 } as const;

/** Floats of a row of `width` values as the row kernels write it: whole panels. */
export const rowFloats = (width: number): number => Math.ceil(width / PANEL) * PANEL;

/** W (depth, columns) as panels (columns / 32, depth, 32), zero padded: what `rowLinear` reads in order. */
export function packPanels(weight: Float32Array, depth: number, columns: number): Float32Array {
  const packed = new Float32Array(depth * rowFloats(columns));
  for (let p = 0; p < depth; p++) {
    for (let j = 0; j < columns; j++) {
      packed[(j - (j % PANEL)) * depth + p * PANEL + (j % PANEL)] = weight[p * columns + j];
    }
  }
  return packed;
}

/** out = act(x W + bias) + residual for one row, all addresses in kernel memory. */
export interface RowLinearCall {
  /** (depth) */
  readonly x: number;
  /** Panels of W, by `packPanels`. */
  readonly panels: number;
  /** `rowFloats(columns)` floats, as `residual` and `out`; the padding is zero. */
  readonly bias: number;
  readonly residual?: number;
  /** Its padding is left zero. May be `residual`, never `x`. */
  readonly out: number;
  readonly depth: number;
  readonly columns: number;
  readonly activation: keyof typeof ACTIVATIONS;
}

export function rowLinearRecord(call: RowLinearCall): KernelRecord {
  const { x, panels, bias, residual = 0, out, depth, columns, activation } = call;
  const ints = [x, panels, bias, residual, out, depth, rowFloats(columns) / PANEL, ACTIVATIONS[activation]];
  return { opcode: OP_ROW_LINEAR, ints };
}

/** A ring of the latest keys and values of all heads of one attention sublayer. */
export interface RingShape {
  readonly heads: number;
  readonly headWidth: number;
  /** Bins it holds. */
  readonly capacity: number;
}

const slotsOf = ({ capacity }: RingShape): number => Math.ceil(capacity / KEYS) * KEYS;
const paddedWidth = ({ headWidth }: RingShape): number => Math.ceil(headWidth / 4) * 4;

/** Floats of a ring's blocks; both must start as zeros. */
export const ringFloats = (shape: RingShape): { readonly keys: number; readonly values: number } => ({
  keys: shape.heads * slotsOf(shape) * shape.headWidth,
  values: shape.heads * slotsOf(shape) * paddedWidth(shape),
});

export interface RowAttentionCall extends RingShape {
  /** q | k | v of one row, (3 heads headWidth). */
  readonly qkv: number;
  readonly keys: number;
  readonly values: number;
  /** (heads headWidth) */
  readonly out: number;
  /** Two words: the slot this row goes to, and how many slots, the first ones, count once it is there. */
  readonly position: number;
  readonly scale: number;
}

/** Puts a row's key and value into the ring, then attends to all that it holds. */
export function rowAttentionRecord(call: RowAttentionCall): KernelRecord {
  const slots = slotsOf(call);
  return {
    opcode: OP_ROW_ATTENTION,
    ints: [call.qkv, call.keys, call.values, call.out, call.heads, call.headWidth, slots, call.position],
    floats: [call.scale],
    scratch: 4 * (slots + 2 * paddedWidth(call)),
  };
}
