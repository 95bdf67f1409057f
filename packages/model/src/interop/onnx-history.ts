// The own-history path as ONNX: lags are slices of past and window together, traces and ages a Scan over bins, so that memory
// grows with the bins and not with their square, and the recurrence rounds as in the kernels.
import type { NamedArray } from '../formats/safetensors.ts';
import { LARGEST_AGE } from '../engine/reference/own-history.ts';
import type { HistoryFeatures } from '../nets/types.ts';
import { ELEMENT, OnnxGraph } from './onnx-graph.ts';
import type { Value } from './onnx-graph.ts';

/** Slice to the end of an axis. */
const TO_THE_END = 2 ** 53;

/**
 * Appends the path and its inputs `recent` (batch, lags, units; left out without lags) and `state` (batch, traces + 1, units),
 * and declares what the next window starts from: `next_recent`, `next_state`. `weight` is history.weight (features, units).
 * @returns what to add to the logits (batch, bins, units)
 */
export function onnxHistory(
  graph: OnnxGraph,
  features: HistoryFeatures,
  spikes: Value,
  weight: NamedArray['values'],
  units: number,
): Value {
  const { lags, decays, ageEdges } = features;
  const rows = (first: number, count: number): ArrayLike<number> =>
    weight.subarray(first * units, (first + count) * units);

  const parts: Value[] = [];
  if (lags > 0) parts.push(...lagParts(graph, spikes, lags, units, rows));
  const { traces, ages } = scanOverBins(graph, decays, spikes, units);
  if (traces !== null) parts.push(tracePart(graph, features, traces, rows(lags, decays.length), units));
  if (ageEdges.length > 0)
    parts.push(agePart(graph, ageEdges, ages, spikes, rows(lags + decays.length, ageEdges.length), units));
  return parts.length === 1 ? parts[0] : graph.node('Sum', 'history', parts);
}

/** One part a lag: the bits `lag` bins back times the units' weights. */
function lagParts(
  graph: OnnxGraph,
  spikes: Value,
  lags: number,
  units: number,
  rows: (first: number, count: number) => ArrayLike<number>,
): Value[] {
  const axis = graph.ints([1]);
  const recent = graph.input('recent', ['batch', lags, units]);
  const whole = graph.node('Concat', 'history.whole', [recent, spikes], { axis: 1 }); // (batch, lags + bins, units)
  graph.node('Slice', 'next_recent', [whole, graph.ints([-lags]), graph.ints([TO_THE_END]), axis]);
  graph.output('next_recent', ['batch', lags, units]);
  return Array.from({ length: lags }, (_, lag) => {
    const end = graph.ints([lag === 0 ? TO_THE_END : -lag]);
    const bits = graph.node('Slice', `history.lag ${lag}`, [whole, graph.ints([lags - lag]), end, axis]);
    const weight = graph.floats(`history.lag ${lag}.weight`, [units], rows(lag, 1));
    return graph.node('Mul', `history.lag ${lag}.part`, [bits, weight]); // (batch, bins, units)
  });
}

/** Traces (batch, bins, traces, units) and ages (batch, bins, units) after each bin; declares `state` and `next_state`. */
function scanOverBins(
  graph: OnnxGraph,
  decays: readonly number[],
  spikes: Value,
  units: number,
): { readonly traces: Value | null; readonly ages: Value } {
  const count = decays.length;
  const axis = graph.ints([1]);
  const state = graph.input('state', ['batch', count + 1, units]);
  const start = graph.ints([count]);
  const lastRow = graph.node('Slice', 'history.first age row', [
    state,
    start,
    graph.ints([TO_THE_END]),
    axis,
  ]);
  const age = graph.node('Squeeze', 'history.first age', [lastRow, axis]); // (batch, units)

  const step = new OnnxGraph('one bin');
  const hasTraces = count > 0;
  const traceIn = hasTraces ? [step.input('trace before', ['batch', count, units])] : [];
  const ageIn = step.input('age before', ['batch', units]);
  const now = step.input('bits', ['batch', units]);
  if (hasTraces) {
    const decay = step.floats('decays', [count, 1], decays);
    const decayed = step.node('Mul', 'trace decayed', [decay, traceIn[0]]);
    const row = step.node('Unsqueeze', 'bits as a row', [now, step.ints([1], 'step axis')]); // (batch, 1, units)
    step.node('Add', 'trace', [decayed, row]);
    step.output('trace', ['batch', count, units]);
  }
  const older = step.node('Add', 'age plus one', [ageIn, step.float(1)]);
  const capped = step.node('Min', 'age capped', [older, step.float(LARGEST_AGE)]);
  const fires = step.node('Cast', 'fires', [now], { to: ELEMENT.bool });
  step.node('Where', 'age', [fires, step.float(0), capped]);
  step.output('age', ['batch', units]);
  if (hasTraces) {
    step.node('Identity', 'trace kept', ['trace']);
    step.output('trace kept', ['batch', count, units]);
  }
  step.node('Identity', 'age kept', ['age']);
  step.output('age kept', ['batch', units]);

  const traceStart = hasTraces
    ? [graph.node('Slice', 'history.first traces', [state, graph.ints([0]), start, axis])]
    : [];
  const last = [...(hasTraces ? ['history.last traces'] : []), 'history.last age'];
  const all = [...(hasTraces ? ['history.traces'] : []), 'history.ages'];
  graph.nodeOf('Scan', [...last, ...all], [...traceStart, age, spikes], {
    body: { graph: step },
    num_scan_inputs: 1,
    scan_input_axes: [1],
    scan_output_axes: all.map(() => 1),
  });
  const ageRow = graph.node('Unsqueeze', 'history.last age row', ['history.last age', axis]);
  if (hasTraces) graph.node('Concat', 'next_state', ['history.last traces', ageRow], { axis: 1 });
  else graph.node('Identity', 'next_state', [ageRow]);
  graph.output('next_state', ['batch', count + 1, units]);
  return { traces: hasTraces ? 'history.traces' : null, ages: 'history.ages' };
}

/** Sum over traces of weight times scale times the trace or its ln(1 + s trace). */
function tracePart(
  graph: OnnxGraph,
  { logScale, scales }: HistoryFeatures,
  traces: Value,
  weights: ArrayLike<number>,
  units: number,
): Value {
  const count = scales.length;
  let features = traces; // (batch, bins, traces, units)
  if (logScale.some((scale) => scale > 0)) {
    const inside = graph.node('Mul', 'history.scaled traces', [
      traces,
      graph.floats('history.log scales', [count, 1], logScale),
    ]);
    const logs = graph.node('Log', 'history.logs', [
      graph.node('Add', 'history.scaled traces + 1', [inside, graph.float(1)]),
    ]);
    const isLog = graph.node('Greater', 'history.is log', ['history.log scales', graph.float(0)]);
    features = graph.node('Where', 'history.trace features', [isLog, logs, traces]);
  }
  const scaled = Float32Array.from(weights, (value, i) => value * Math.fround(scales[Math.floor(i / units)]));
  const parts = graph.node('Mul', 'history.trace parts', [
    features,
    graph.floats('history.trace weight', [count, units], scaled),
  ]);
  return graph.node('ReduceSum', 'history.trace part', [parts, graph.ints([2])], { keepdims: 0 });
}

/** The weight of each unit's age bucket: a table from age to bucket, then one entry a unit; a last row of zeros is "older". */
function agePart(
  graph: OnnxGraph,
  edges: readonly number[],
  ages: Value,
  spikes: Value,
  weights: ArrayLike<number>,
  units: number,
): Value {
  const oldest = Math.min(edges[edges.length - 1], LARGEST_AGE);
  const buckets = Array.from({ length: oldest + 1 }, (_, age) => {
    const bucket = edges.findIndex((edge) => age < edge);
    return bucket < 0 ? edges.length : bucket;
  });
  const table = new Float32Array((edges.length + 1) * units);
  table.set(Array.from(weights));
  const capped = graph.node('Min', 'history.ages capped', [ages, graph.float(oldest)]);
  const whole = graph.node('Cast', 'history.whole ages', [capped], { to: ELEMENT.int64 });
  const bucket = graph.node('Gather', 'history.buckets', [
    graph.ints(buckets, 'history.bucket of age'),
    whole,
  ]); // (batch, bins, units)
  const flat = graph.node('Reshape', 'history.flat buckets', [bucket, graph.ints([-1, units])]);
  const found = graph.node(
    'GatherElements',
    'history.flat age part',
    [graph.floats('history.age weight', [edges.length + 1, units], table), flat],
    { axis: 0 },
  ); // (batch * bins, units)
  const shape = graph.node('Shape', 'history.shape', [spikes]);
  return graph.node('Reshape', 'history.age part', [found, shape]);
}
