// From a case (data) to a plan of one op with its inputs: what is read or added to is an input, what is only written an
// output. Backward ops that need kept values of their forward op are preceded by it.
import { elementCount, PlanBuilder } from '../plan-builder.ts';
import type { Plan } from '../backend.ts';
import type { OpCall, Tensor } from '../ops.ts';
import { tanh } from '../elementary.ts';
import { drawNormal, drawSpikes } from './draw.ts';
import type {
  AttentionCase,
  AttentionPoolCase,
  ClassLossCase,
  CopyRowsCase,
  DropoutCase,
  LayerNormCase,
  LossCase,
  LstmCase,
  MatMulCase,
  OwnHistoryCase,
  PlanCase,
  SpikePattern,
  UnitRowsCase,
} from './types.ts';

export interface Problem {
  readonly plan: Plan;
  readonly inputs: ReadonlyMap<Tensor, Float32Array | Uint32Array>;
  /** Everything that is compared. */
  readonly compared: readonly Tensor[];
}

/** Collects a problem: drawn inputs, outputs, calls. */
class ProblemBuilder {
  private readonly builder = new PlanBuilder([], { training: false });
  private readonly inputs = new Map<Tensor, Float32Array | Uint32Array>();
  private readonly compared: Tensor[] = [];
  private readonly seed: number;
  private stream = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** A drawn input; `changed` = the op adds to it or works in place, so it is compared afterwards. */
  drawn(
    name: string,
    shape: readonly number[],
    options: { changed?: boolean; deviation?: number } = {},
  ): Tensor {
    this.stream += 1;
    const values = drawNormal(this.seed, this.stream, elementCount(shape), options.deviation ?? 1);
    return this.given(name, shape, values, options.changed ?? false);
  }

  given(name: string, shape: readonly number[], values: Float32Array | Uint32Array, changed = false): Tensor {
    const tensor = this.builder.input(name, shape, values instanceof Uint32Array ? 'u32' : 'f32');
    this.inputs.set(tensor, values);
    if (changed) this.compared.push(tensor);
    return tensor;
  }

  spikes(name: string, rows: number, units: number, pattern: SpikePattern): Tensor {
    this.stream += 1;
    const words = drawSpikes(this.seed, this.stream, rows, units, pattern);
    return this.given(name, [rows, Math.ceil(units / 32)], words);
  }

  written(name: string, shape: readonly number[]): Tensor {
    const tensor = this.builder.output(this.builder.activation(name, shape));
    this.compared.push(tensor);
    return tensor;
  }

  call(call: OpCall): void {
    this.builder.append(call);
  }

  build(): Problem {
    return { plan: this.builder.build(), inputs: this.inputs, compared: this.compared };
  }
}

function matMul(make: ProblemBuilder, one: MatMulCase): void {
  const { form, m, n, k, activation, accumulate } = one;
  const a = make.drawn('a', form === 'tn' ? [k, m] : [m, k]);
  const b = make.drawn('b', form === 'nt' ? [n, k] : [k, n]);
  const bias = one.bias ? make.drawn('bias', [n]) : null;
  const changed = accumulate || one.residual === 'itself';
  const c = changed ? make.drawn('c', [m, n], { changed: true }) : make.written('c', [m, n]);
  let residual: Tensor | null = null;
  if (one.residual === 'other') residual = make.drawn('residual', [m, n]);
  if (one.residual === 'itself') residual = c;
  const preActivation = activation === 'gelu' ? make.written('pre-activation', [m, n]) : null;
  make.call({ op: 'matMul', form, m, n, k, a, b, bias, residual, activation, preActivation, c, accumulate });
}

function layerNorm(make: ProblemBuilder, one: LayerNormCase): void {
  const { rows, width, flat, accumulate, seed } = one;
  const rowLevels = drawNormal(seed, 99, rows);
  const level = (i: number): number => rowLevels[Math.floor(i / width)];
  const noise = drawNormal(seed, 98, rows * width);
  const values = noise.map((value, i) => (flat ? level(i) : value + 0.5 * level(i)));
  const x = make.given('x', [rows, width], values);
  const gain = make.drawn('gain', [width]);
  const bias = make.drawn('bias', [width]);
  const out = make.written('out', [rows, width]);
  const mean = make.written('mean', [rows]);
  const rstd = make.written('rstd', [rows]);
  make.call({ op: 'layerNorm', x, gain, bias, out, mean, rstd });
  if (one.op === 'layerNorm') return;
  const dOut = make.drawn('dOut', [rows, width]);
  const dX = accumulate
    ? make.drawn('dX', [rows, width], { changed: true })
    : make.written('dX', [rows, width]);
  const dGain = make.drawn('dGain', [width], { changed: true });
  const dBias = make.drawn('dBias', [width], { changed: true });
  make.call({ op: 'layerNormBackward', x, gain, mean, rstd, dOut, dX, dGain, dBias, accumulate });
}

function attention(make: ProblemBuilder, one: AttentionCase): void {
  const { batch, bins, heads, headWidth, window, causal, dropout } = one;
  const width = heads * headWidth;
  const forward = {
    op: 'attention',
    qkv: make.drawn('qkv', [batch * bins, 3 * width]),
    out: make.written('out', [batch * bins, width]),
    logSumExp: make.written('logSumExp', [batch, heads, bins]),
    batch,
    bins,
    heads,
    window,
    scale: 1 / Math.sqrt(headWidth),
    causal,
    dropout,
    stream: 3,
  } as const;
  make.call(forward);
  if (one.op === 'attention') return;
  const dOut = make.drawn('dOut', [batch * bins, width]);
  const delta = make.written('delta', [batch, heads, bins]);
  const dQkv = make.written('dQkv', [batch * bins, 3 * width]);
  make.call({ op: 'attentionBackward', forward, dOut, delta, dQkv });
}

function dropout(make: ProblemBuilder, one: DropoutCase): void {
  const { rows, width, probability, onto, inPlace } = one;
  const x = make.drawn(one.op === 'dropout' ? 'x' : 'dOut', [rows, width], { changed: inPlace });
  if (one.op === 'dropout') {
    const residual = onto ? make.drawn('residual', [rows, width]) : null;
    const out = inPlace ? x : make.written('out', [rows, width]);
    make.call({ op: 'dropout', x, residual, out, probability, stream: 5 });
    return;
  }
  const fresh = (): Tensor =>
    onto ? make.drawn('dX', [rows, width], { changed: true }) : make.written('dX', [rows, width]);
  const dX = inPlace ? x : fresh();
  make.call({ op: 'dropoutBackward', dOut: x, dX, probability, stream: 5, accumulate: onto });
}

function ownHistory(make: ProblemBuilder, one: OwnHistoryCase): void {
  const { batch, bins, units, spikes, lags, decays, logScale, scales, ageEdges, seed } = one;
  const traces = decays.length;
  const features = Math.max(1, lags + traces + ageEdges.length);
  const wordsPerBin = Math.ceil(units / 32);
  const words = make.spikes('words', batch * bins, units, spikes);
  const recentWords = drawSpikes(seed, 97, batch * Math.max(1, lags), units, spikes);
  const recent = make.given('recent', [batch, Math.max(1, lags), wordsPerBin], recentWords);
  // Traces are never negative; the last row is an age in whole bins.
  const state = drawNormal(seed, 96, batch * (traces + 1) * units).map((value, i) =>
    Math.floor(i / units) % (traces + 1) === traces ? Math.floor(Math.abs(value) * 20) : Math.abs(value),
  );
  const forward = {
    op: 'ownHistory',
    words,
    recent,
    state: make.given('state', [batch, traces + 1, units], state),
    weight: make.drawn('weight', [features, units]),
    logits: make.drawn('logits', [batch * bins, units], { changed: one.op === 'ownHistory' }),
    batch,
    bins,
    lags,
    decays,
    logScale,
    scales,
    ageEdges,
  } as const;
  if (one.op === 'ownHistory') {
    make.call(forward);
    return;
  }
  const dLogits = make.drawn('dLogits', [batch * bins, units]);
  const dWeight = make.drawn('dWeight', [features, units], { changed: true });
  make.call({ op: 'ownHistoryBackward', forward, dLogits, dWeight });
}

function loss(make: ProblemBuilder, one: LossCase): void {
  const { rows, units, spread, masks, spikes, gradient } = one;
  const { kind, gamma, smooth, bceShare, doubleSigmoid, densityPenalty } = one;
  const logits = make.drawn('logits', [rows, units], { deviation: spread });
  const targets = make.spikes('targets', rows, units, spikes);
  const unitWords = drawSpikes(one.seed, 95, 1, units, 'all');
  if (masks === 'holes') for (let u = 1; u < units; u += 3) unitWords[u >>> 5] &= ~(1 << (u & 31));
  const unitMask = make.given('unit mask', [Math.ceil(units / 32)], unitWords);
  const counts = (n: number): boolean => masks === 'none' || (masks === 'holes' && n % 4 !== 1);
  const rowMask = make.given(
    'row mask',
    [rows],
    Float32Array.from({ length: rows }, (_, n) => (counts(n) ? 1 : 0)),
  );
  const value = make.written('value', [4]);
  const dLogits = gradient ? make.written('dLogits', [rows, units]) : null;
  const settings = { kind, gamma, smooth, bceShare, doubleSigmoid, densityPenalty };
  make.call({ op: 'loss', ...settings, logits, targets, unitMask, rowMask, value, dLogits });
}

/** 0 and 1 by row of (batch, steps): drawn, none in the first sequence, or null for no mask. */
function holesOf(
  make: ProblemBuilder,
  { holes, batch, steps, seed }: Pick<LstmCase, 'holes' | 'batch' | 'steps' | 'seed'>,
): Tensor | null {
  if (!holes) return null;
  const drawn = drawNormal(seed, 94, batch * steps);
  return make.given(
    'mask',
    [batch * steps],
    drawn.map((value, n) => (n < steps || value < -0.5 ? 0 : 1)),
  );
}

function lstm(make: ProblemBuilder, one: LstmCase): void {
  const { batch, steps, width, reverse, beside } = one;
  const rows = batch * steps;
  const columns = width + 2 * beside;
  const forward = {
    op: 'lstm',
    x: make.drawn('x', [rows, 4 * width]),
    // A deviation that keeps h R near 1, as training does.
    recurrent: make.drawn('recurrent', [width, 4 * width], { deviation: 1 / Math.sqrt(width) }),
    mask: holesOf(make, one),
    out: make.drawn('out', [rows, columns], { changed: true }),
    gates: make.written('gates', [rows, 4 * width]),
    cells: make.written('cells', [rows, width]),
    before: make.written('before', [rows, width]),
    column: beside,
    steps,
    reverse,
  } as const;
  make.call(forward);
  if (one.op === 'lstm') return;
  const dOut = make.drawn('dOut', [rows, columns]);
  make.call({ op: 'lstmBackward', forward, dOut, dX: make.written('dX', [rows, 4 * width]) });
}

function attentionPool(make: ProblemBuilder, one: AttentionPoolCase): void {
  const { batch, steps, width, keyWidth } = one;
  const rows = batch * steps;
  const forward = {
    op: 'attentionPool',
    keys: make.drawn('keys', [rows, keyWidth]),
    query: make.drawn('query', [keyWidth], { deviation: 1 / Math.sqrt(keyWidth) }),
    values: make.drawn('values', [rows, width]),
    mask: holesOf(make, one),
    weights: make.written('weights', [rows]),
    out: make.written('out', [batch, width]),
    steps,
  } as const;
  make.call(forward);
  if (one.op === 'attentionPool') return;
  const dOut = make.drawn('dOut', [batch, width]);
  const dKeys = make.written('dKeys', [rows, keyWidth]);
  const dQuery = make.drawn('dQuery', [keyWidth], { changed: true });
  const dValues = make.written('dValues', [rows, width]);
  make.call({ op: 'attentionPoolBackward', forward, dOut, dKeys, dQuery, dValues });
}

function unitRows(make: ProblemBuilder, one: UnitRowsCase): void {
  const { rows, width, accumulate } = one;
  const x = make.drawn('x', [rows, width]);
  const out = make.written('out', [rows, width]);
  const inverse = make.written('inverse', [rows]);
  make.call({ op: 'unitRows', x, out, inverse });
  if (one.op === 'unitRows') return;
  const dOut = make.drawn('dOut', [rows, width]);
  const dX = accumulate
    ? make.drawn('dX', [rows, width], { changed: true })
    : make.written('dX', [rows, width]);
  make.call({ op: 'unitRowsBackward', out, inverse, dOut, dX, accumulate });
}

function copyRows(make: ProblemBuilder, { rows, width, xStride, outStride }: CopyRowsCase): void {
  // The first row and the rows between are left as they are; the last of `out` is written.
  const x = make.drawn('x', [1 + rows * xStride, width]);
  const out = make.drawn('out', [1 + rows * outStride, width], { changed: true });
  make.call({ op: 'copyRows', x, out, count: rows, xFirst: 1, xStride, outFirst: outStride, outStride });
}

function classLoss(make: ProblemBuilder, one: ClassLossCase): void {
  const { rows, classes, spread, labels, gradient, gamma, scale, margin, share, seed } = one;
  const drawn = drawNormal(seed, 93, rows * classes, spread);
  // Cosines keep off 1, where the slope of the margin has no end.
  const logits = make.given(
    'logits',
    [rows, classes],
    margin === 0 ? drawn : drawn.map((value) => 0.99 * tanh(value)),
  );
  const own = Uint32Array.from(drawNormal(seed, 92, rows), (value, n) =>
    labels === 'none' || (labels === 'some' && n % 3 === 1)
      ? 0xffffffff
      : Math.floor(Math.abs(value) * 1000) % classes,
  );
  const call = {
    op: 'classLoss',
    logits,
    labels: make.given('labels', [rows], own),
    classWeights: make.given(
      'class weights',
      [classes],
      Float32Array.from({ length: classes }, (_, j) => 0.5 + j),
    ),
    value: make.written('value', [1]),
    dLogits: gradient ? make.written('dLogits', [rows, classes]) : null,
    gamma,
    scale,
    margin,
    share,
  } as const;
  make.call(call);
}

/** The plan, inputs and compared tensors of a case. */
export function problemOf(one: PlanCase): Problem {
  const make = new ProblemBuilder(one.seed);
  switch (one.op) {
    case 'matMul':
      matMul(make, one);
      break;
    case 'bitEmbed':
    case 'bitEmbedBackward': {
      const words = make.spikes('words', one.rows, one.units, one.spikes);
      const { op, rows, units, width } = one;
      if (op === 'bitEmbed') {
        const weight = make.drawn('weight', [units, width]);
        const bias = one.bias ? make.drawn('bias', [width]) : null;
        make.call({ op, words, weight, bias, out: make.written('out', [rows, width]) });
      } else {
        const dOut = make.drawn('dOut', [rows, width]);
        const dWeight = make.drawn('dWeight', [units, width], { changed: true });
        const dBias = one.bias ? make.drawn('dBias', [width], { changed: true }) : null;
        make.call({ op, words, dOut, dWeight, dBias });
      }
      break;
    }
    case 'unpackBits': {
      const words = make.spikes('words', one.rows, one.units, one.spikes);
      make.call({ op: 'unpackBits', words, out: make.written('out', [one.rows, one.units]) });
      break;
    }
    case 'addPositions':
    case 'addPositionsBackward': {
      // One row more than there are bins: only the first `bins` may be used.
      const { op, batch, bins, width } = one;
      const changed = op === 'addPositions';
      const out = make.drawn('rows', [batch * bins, width], { changed });
      const positions = make.drawn('positions', [bins + 1, width], { changed: !changed });
      if (op === 'addPositions') make.call({ op, positions, out, bins });
      else make.call({ op, dOut: out, dPositions: positions, bins });
      break;
    }
    case 'rotary': {
      const { batch, bins, heads, headWidth, inverse } = one;
      const qkv = make.drawn('qkv', [batch * bins, 3 * heads * headWidth], { changed: true });
      const angles = make.drawn('angles', [bins, headWidth]);
      make.call({ op: 'rotary', qkv, angles, bins, heads, inverse });
      break;
    }
    case 'layerNorm':
    case 'layerNormBackward':
      layerNorm(make, one);
      break;
    case 'columnSum': {
      const x = make.drawn('x', [one.rows, one.width]);
      make.call({ op: 'columnSum', x, out: make.drawn('out', [one.width], { changed: true }) });
      break;
    }
    case 'add': {
      const a = make.drawn('a', [one.rows, one.width], { changed: one.seed % 2 === 0 });
      const b = make.drawn('b', [one.rows, one.width]);
      const out = one.seed % 2 === 0 ? a : make.written('out', [one.rows, one.width]);
      make.call({ op: 'add', a, b, out });
      break;
    }
    case 'fill':
      make.call({ op: 'fill', out: make.written('out', [one.rows, one.width]), value: 0.75 });
      break;
    case 'activationBackward': {
      const { activation, rows, width, inPlace } = one;
      const kept = make.drawn('kept', [rows, width]);
      const dOut = make.drawn('dOut', [rows, width], { changed: inPlace });
      const dX = inPlace ? dOut : make.written('dX', [rows, width]);
      make.call({ op: 'activationBackward', activation, kept, dOut, dX });
      break;
    }
    case 'attention':
    case 'attentionBackward':
      attention(make, one);
      break;
    case 'dropout':
    case 'dropoutBackward':
      dropout(make, one);
      break;
    case 'ownHistory':
    case 'ownHistoryBackward':
      ownHistory(make, one);
      break;
    case 'loss':
      loss(make, one);
      break;
    case 'sigmoid': {
      const { rows, width, spread, inPlace, doubleSigmoid } = one;
      const x = make.drawn('x', [rows, width], { deviation: spread, changed: inPlace });
      const out = inPlace ? x : make.written('out', [rows, width]);
      make.call({ op: 'sigmoid', x, out, doubleSigmoid });
      break;
    }
    case 'lstm':
    case 'lstmBackward':
      lstm(make, one);
      break;
    case 'attentionPool':
    case 'attentionPoolBackward':
      attentionPool(make, one);
      break;
    case 'unitRows':
    case 'unitRowsBackward':
      unitRows(make, one);
      break;
    case 'copyRows':
      copyRows(make, one);
      break;
    case 'classLoss':
      classLoss(make, one);
      break;
  }
  return make.build();
}
