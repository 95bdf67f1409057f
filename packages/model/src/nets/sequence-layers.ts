// Layers over short sequences of tokens (steps): rows = batch * steps, row n = b * steps + t. Apart from layers.ts, which knows windows of
// bins; used like those.
import type { Tensor } from '../engine/ops.ts';
import type { PlanBuilder } from '../engine/plan-builder.ts';
import { linear } from './layers.ts';

/** Where a layer's tokens lie. */
export interface Tokens {
  readonly steps: number;
  /** (rows), 0 or 1: tokens that are there; null = all are. */
  readonly mask: Tensor | null;
}

const PLAIN = {
  op: 'matMul',
  bias: null,
  residual: null,
  activation: 'none',
  preActivation: null,
} as const;

/** Both directions of an LSTM side by side: (rows, in) -> (rows, 2 * width). Tokens that are not there are passed over. */
export function bidirectionalLstm(builder: PlanBuilder, name: string, x: Tensor, tokens: Tokens): Tensor {
  const [rows] = x.shape;
  const width = builder.parameter(`${name}.forward.recurrent`).shape[0];
  const out = builder.activation(name, [rows, 2 * width]);
  for (const direction of ['forward', 'backward'] as const) {
    const own = `${name}.${direction}`;
    const reverse = direction === 'backward';
    const recurrent = builder.parameter(`${own}.recurrent`); // (width, 4 * width)
    const projected = linear(builder, `${own}.input`, x); // (rows, 4 * width)
    const forward = {
      op: 'lstm',
      x: projected,
      recurrent,
      mask: tokens.mask,
      out,
      gates: builder.activation(`${own} gates`, [rows, 4 * width]),
      cells: builder.activation(`${own} cells`, [rows, width]),
      before: builder.activation(`${own} before`, [rows, width]),
      column: reverse ? width : 0,
      steps: tokens.steps,
      reverse,
    } as const;
    builder.append(forward);
    builder.onBackward(() => {
      const dX = builder.gradientSlot(projected).tensor;
      builder.append({ op: 'lstmBackward', forward, dOut: builder.gradientOf(out), dX });
      const c = builder.parameterGradient(`${own}.recurrent`);
      const shape = { form: 'tn', m: width, n: 4 * width, k: rows } as const;
      builder.append({ ...PLAIN, ...shape, a: forward.before, b: dX, c, accumulate: true });
    });
  }
  return out;
}

/** Tokens of each sequence into one vector by additive attention: (rows, width) -> (batch, width), and each token's weight (rows). */
export function poolTokens(
  builder: PlanBuilder,
  name: string,
  x: Tensor,
  { steps, mask }: Tokens,
): { readonly pooled: Tensor; readonly weights: Tensor } {
  const [rows, width] = x.shape;
  const keys = linear(builder, `${name}.keys`, x); // (rows, keyWidth)
  const forward = {
    op: 'attentionPool',
    keys,
    query: builder.parameter(`${name}.query`), // (keyWidth)
    values: x,
    mask,
    weights: builder.activation(`${name} weights`, [rows]),
    out: builder.activation(name, [rows / steps, width]),
    steps,
  } as const;
  builder.append(forward);
  builder.onBackward(() => {
    builder.append({
      op: 'attentionPoolBackward',
      forward,
      dOut: builder.gradientOf(forward.out),
      dKeys: builder.gradientSlot(keys).tensor,
      dQuery: builder.parameterGradient(`${name}.query`),
      // The keys' own share of this gradient comes after.
      dValues: builder.gradientSlot(x).tensor,
    });
  });
  return { pooled: forward.out, weights: forward.weights };
}

/** The t-th of the parts, each (batch, width), becomes token t of every sequence: (batch * steps, width). */
export function stackTokens(builder: PlanBuilder, name: string, parts: readonly Tensor[]): Tensor {
  const [batch, width] = parts[0].shape;
  const steps = parts.length;
  const out = builder.activation(name, [batch * steps, width]);
  const apart = { count: batch, xFirst: 0, xStride: 1 } as const;
  parts.forEach((x, t) => {
    builder.append({ op: 'copyRows', x, out, ...apart, outFirst: t, outStride: steps });
  });
  builder.onBackward(() => {
    const dOut = builder.gradientOf(out);
    const together = { count: batch, outFirst: 0, outStride: 1, xStride: steps } as const;
    parts.forEach((part, t) => {
      const dPart = builder.gradientSlot(part).tensor;
      builder.append({ op: 'copyRows', x: dOut, out: dPart, ...together, xFirst: t });
    });
  });
  return out;
}

/** Cosines of each row with each class's direction, (rows, classes), without a scale (ArcFace: Deng et al., 2019). */
export function cosines(builder: PlanBuilder, name: string, x: Tensor): Tensor {
  const direction = builder.parameter(`${name}.direction`); // (classes, width)
  const [rows, width] = x.shape;
  const [classes] = direction.shape;
  const unit = (of: Tensor, title: string) => ({
    out: builder.activation(`${title} of length 1`, of.shape),
    inverse: builder.activation(`${title} 1 / length`, [of.shape[0]]),
  });
  const [row, own] = [unit(x, `${name} embedding`), unit(direction, `${name} direction`)];
  builder.append({ op: 'unitRows', x, ...row });
  builder.append({ op: 'unitRows', x: direction, ...own });
  const out = builder.activation(name, [rows, classes]);
  const shape = { ...PLAIN, accumulate: false } as const;
  builder.append({ ...shape, form: 'nt', m: rows, n: classes, k: width, a: row.out, b: own.out, c: out });
  builder.onBackward(() => {
    const dOut = builder.gradientOf(out);
    const dRow = builder.activation(`d ${name} embedding`, x.shape);
    const dOwn = builder.activation(`d ${name} direction`, direction.shape);
    builder.append({ ...shape, form: 'tn', m: classes, n: width, k: rows, a: dOut, b: row.out, c: dOwn });
    const dDirection = builder.parameterGradient(`${name}.direction`);
    builder.append({ op: 'unitRowsBackward', ...own, dOut: dOwn, dX: dDirection, accumulate: true });
    if (!builder.needsGradient(x)) return;
    builder.append({ ...shape, form: 'nn', m: rows, n: width, k: classes, a: dOut, b: own.out, c: dRow });
    const { tensor: dX, accumulate } = builder.gradientSlot(x);
    builder.append({ op: 'unitRowsBackward', ...row, dOut: dRow, dX, accumulate });
  });
  return out;
}
