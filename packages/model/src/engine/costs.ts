// What a plan costs before it is run: floating-point operations and bytes moved per op, and the memory it will hold. For
// `--dry-run`, and for saying how near a kernel comes to its machine.
import type { Plan } from './backend.ts';
import { operandsOf } from './operands.ts';
import type { Attention, OpCall, OpName, Tensor } from './ops.ts';
import { elementCount } from './plan-builder.ts';
import { placeActivations, tensorBytes } from './placement.ts';

export interface Cost {
  readonly flops: number;
  /** Bytes read and written once each: the least traffic with an endless cache. */
  readonly bytes: number;
}

/** An exp, log, tanh or reciprocal root, as polynomials of about this many operations. */
const TRANSCENDENTAL = 12;
/** Share of units that fire in a bin, for the masked row sums: the densest recordings reach it. */
const FIRING = 0.02;

function size(tensor: Tensor): number {
  return elementCount(tensor.shape);
}

/** Pairs (t, s) with s visible from t, in one sequence and head. */
export function visiblePairs({
  bins,
  window,
  causal,
}: Pick<Attention, 'bins' | 'window' | 'causal'>): number {
  if (!causal) return bins * bins;
  if (window === 0 || window >= bins) return (bins * (bins + 1)) / 2;
  return (window * (window + 1)) / 2 + (bins - window) * window;
}

function flopsOf(call: OpCall): number {
  switch (call.op) {
    case 'bitEmbed':
      return size(call.out) * (1 + FIRING * call.weight.shape[0]);
    case 'bitEmbedBackward':
      return size(call.dOut) * (1 + FIRING * call.dWeight.shape[0]);
    case 'unpackBits':
    case 'fill':
      return 0;
    case 'addPositions':
    case 'add':
      return size(call.out);
    case 'addPositionsBackward':
      return size(call.dOut);
    case 'rotary':
      return 2 * size(call.qkv); // two thirds of it turned, three operations an element
    case 'layerNorm':
      return 7 * size(call.x);
    case 'layerNormBackward':
      return 13 * size(call.x);
    case 'matMul':
      return (
        2 * call.m * call.n * call.k + (call.activation === 'gelu' ? TRANSCENDENTAL * call.m * call.n : 0)
      );
    case 'columnSum':
      return size(call.x);
    case 'activationBackward':
      return size(call.dX) * (call.activation === 'gelu' ? TRANSCENDENTAL + 10 : 1);
    case 'attention': {
      const headWidth = call.out.shape[1] / call.heads;
      return call.batch * call.heads * visiblePairs(call) * (4 * headWidth + TRANSCENDENTAL);
    }
    case 'attentionBackward': {
      const { forward } = call;
      const headWidth = forward.out.shape[1] / forward.heads;
      return forward.batch * forward.heads * visiblePairs(forward) * (10 * headWidth + TRANSCENDENTAL);
    }
    case 'dropout':
      return 20 * size(call.out); // ten rounds of the generator serve four elements
    case 'dropoutBackward':
      return 20 * size(call.dX);
    case 'ownHistory':
      return 2 * call.batch * call.bins * size(call.weight);
    case 'ownHistoryBackward':
      return 2 * call.forward.batch * call.forward.bins * size(call.dWeight);
    case 'loss':
      return (2 * TRANSCENDENTAL + 10) * size(call.logits);
    case 'sigmoid':
      return TRANSCENDENTAL * size(call.out);
    case 'lstm': {
      // A product with the recurrent weight, five exps and four operations more an element of the state.
      const [rows, width] = call.cells.shape;
      return rows * (8 * width * width + (5 * TRANSCENDENTAL + 8) * width);
    }
    case 'lstmBackward': {
      const [rows, width] = call.forward.cells.shape;
      return rows * (8 * width * width + (TRANSCENDENTAL + 26) * width);
    }
    case 'attentionPool':
      return (TRANSCENDENTAL + 2) * size(call.keys) + 2 * size(call.values);
    case 'attentionPoolBackward':
      return (TRANSCENDENTAL + 7) * size(call.dKeys) + 3 * size(call.dValues);
    case 'unitRows':
      return 3 * size(call.x);
    case 'unitRowsBackward':
      return 5 * size(call.dX);
    case 'copyRows':
      return 0;
    case 'classLoss':
      return (TRANSCENDENTAL + 6) * size(call.logits);
  }
}

/** Operations and least traffic of one call. */
export function callCost(call: OpCall): Cost {
  if (call.op === 'copyRows') return { flops: 0, bytes: 8 * call.count * call.x.shape[1] };
  const { reads, writes } = operandsOf(call);
  const bytes = [...reads, ...writes].reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  return { flops: flopsOf(call), bytes };
}

export interface PlanCosts {
  readonly forward: Cost;
  readonly backward: Cost;
  readonly byOp: ReadonlyMap<OpName, Cost>;
  /** Activations, sharing memory where their lifetimes allow; plus inputs and constants. */
  readonly memoryBytes: number;
}

function plus(a: Cost, b: Cost): Cost {
  return { flops: a.flops + b.flops, bytes: a.bytes + b.bytes };
}

/** Costs of a whole plan: one step when it trains, one window when it scores. */
export function planCosts(plan: Plan): PlanCosts {
  const none: Cost = { flops: 0, bytes: 0 };
  const byOp = new Map<OpName, Cost>();
  const total = (calls: readonly OpCall[]): Cost =>
    calls.reduce((sum, call) => {
      const cost = callCost(call);
      byOp.set(call.op, plus(byOp.get(call.op) ?? none, cost));
      return plus(sum, cost);
    }, none);
  const held = plan.tensors.filter(({ role }) => role === 'input' || role === 'constant');
  return {
    forward: total(plan.forward),
    backward: total(plan.backward),
    byOp,
    memoryBytes: placeActivations(plan).bytes + held.reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
  };
}

/** Speeds of a machine, as the device measurement finds them. */
export interface MachineSpeed {
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Seconds of one replay: each op takes the longer of its arithmetic and its traffic (the roofline model). */
export function estimateSeconds(plan: Plan, speed: MachineSpeed): number {
  return [...plan.forward, ...plan.backward].reduce((sum, call) => {
    const { flops, bytes } = callCost(call);
    return sum + Math.max(flops / speed.flopsPerSecond, bytes / speed.bytesPerSecond);
  }, 0);
}
