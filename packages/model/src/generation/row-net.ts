// The spike transformer as operations on one bin: the same layers as `nets/spike-transformer.ts` (`body`), with one row in place
// of a window and, in each attention, a ring of the latest keys and values in place of the window's own. Who computes them, the
// CPU kernels or a GPU, lays each operation down and says where its row lies.
import type { SpikeNet } from '../nets/types.ts';

/** Rows are known by where they lie. */
export interface RowLayers {
  /** The bin's spikes as (width), positions added. */
  token(): number;
  /** act(x W + bias) + residual, (columns of the weight). */
  linear(name: string, x: number, options?: RowLinear): number;
  /** (width) */
  layerNorm(name: string, x: number): number;
  /** (3 width) -> (width): the bin joins the ring, and attends to what the ring holds. */
  attention(qkv: number): number;
  /** Adds each unit's own past to `logits` (units), in place. */
  ownHistory(logits: number): void;
}

export interface RowLinear {
  readonly activation?: 'none' | 'relu' | 'gelu';
  readonly residual?: number;
}

/** Lays every layer of `net` down. @returns where the logits lie, (units) */
export function layRow(net: SpikeNet, rows: RowLayers): number {
  let x = rows.token(); // (width)
  for (let layer = 0; layer < net.config.layers; layer++) x = encoderLayer(net, rows, `layers.${layer}`, x); // (width)
  if (net.config.norm === 'pre') x = rows.layerNorm('finalNorm', x);
  const logits = rows.linear('output', x); // (units)
  rows.ownHistory(logits);
  return logits;
}

/** x (width) -> x + attention, then + feed-forward, normed before (`pre`) or after (`post`) each sum. */
function encoderLayer({ config }: SpikeNet, rows: RowLayers, name: string, x: number): number {
  const { norm, activation } = config;
  const into = (part: string, row: number) =>
    norm === 'pre' ? rows.layerNorm(`${name}.${part}Norm`, row) : row;
  const after = (part: string, row: number) =>
    norm === 'post' ? rows.layerNorm(`${name}.${part}Norm`, row) : row;
  const qkv = rows.linear(`${name}.attention.qkv`, into('attention', x)); // (3 width)
  const attended = rows.attention(qkv); // (width)
  const middle = after('attention', rows.linear(`${name}.attention.output`, attended, { residual: x })); // (width)
  const hidden = rows.linear(`${name}.feedForward.in`, into('feedForward', middle), { activation }); // (feedForward)
  return after('feedForward', rows.linear(`${name}.feedForward.out`, hidden, { residual: middle })); // (width)
}
