// The spike transformer as an ONNX model: `netGraph` reads as the model, in the words of nets/spike-transformer.ts.
// docs/interop.md says what goes in and comes out.
import type { NamedArray } from '../formats/safetensors.ts';
import { LAYER_NORM_EPSILON } from '../engine/reference/layer-norm.ts';
import { rotaryFrequencies } from '../nets/spike-transformer.ts';
import type { SpikeNet, SpikeTransformerConfig } from '../nets/types.ts';
import { describeNet, descriptionText } from './net-description.ts';
import { namedArrays } from './net-files.ts';
import type { ExportOptions } from './net-files.ts';
import { ELEMENT, OnnxGraph, encodeOnnx } from './onnx-graph.ts';
import type { Value } from './onnx-graph.ts';
import { onnxHistory } from './onnx-history.ts';

/** The most negative float32: added to a score, it leaves nothing of it after the softmax, and no infinity is needed. */
const HIDDEN = -3.4028234663852886e38;
/** 2 sqrt(2 / pi) and its product with 0.044715: gelu's tanh form is x sigmoid(x (A + B x^2)). */
const GELU_A = 1.5957691216057308;
const GELU_B = 0.0713548162726;

export interface OnnxOptions extends ExportOptions {
  /** Version of the program that writes the file. */
  readonly producerVersion: string;
}

/**
 * The bytes of a .onnx file, with the net's description under the metadata key `config`. Equal nets and weights give equal
 * bytes. @throws SpikebridgeError E_MODEL_WEIGHTS
 */
export function onnxModel(
  net: SpikeNet,
  { weights, doubleSigmoid, extra, producerVersion }: OnnxOptions,
): Promise<Uint8Array> {
  const arrays = namedArrays(net, weights);
  return encodeOnnx(netGraph(net, arrays, doubleSigmoid), {
    producerVersion,
    description:
      'Spikes of bins up to t, 0 or 1, (batch, bins, units) -> log-odds and probability of a spike of each unit in bin t + 1.',
    metadata: { config: descriptionText(describeNet(net.config, { doubleSigmoid }), extra) },
  });
}

/** One net in the making: its graph, its settings and its tables. */
interface Parts {
  readonly graph: OnnxGraph;
  readonly config: SpikeTransformerConfig;
  readonly arrays: ReadonlyMap<string, NamedArray>;
}

function netGraph(net: SpikeNet, arrays: Parts['arrays'], doubleSigmoid: boolean): OnnxGraph {
  const { config, units } = net;
  const graph = new OnnxGraph('spike-transformer');
  const parts = { graph, config, arrays };
  const spikes = graph.input('spikes', ['batch', 'bins', units]);
  graph.output('logits', ['batch', 'bins', units]);
  graph.output('probabilities', ['batch', 'bins', units]);

  let x = config.embedding === 'bits' ? linear(parts, 'embedding', spikes) : spikes; // (batch, bins, width)
  const times = timesOf(graph, spikes); // (bins)
  if (config.positions === 'learned') {
    const bins = graph.node('Shape', 'bins as a list', [times]);
    const here = [table(parts, 'positions'), graph.ints([0]), bins, graph.ints([0])];
    x = graph.node('Add', 'embedded', [x, graph.node('Slice', 'positions here', here)]);
  }
  const mask = config.causal && config.layers > 0 ? maskOf(graph, times, config.window) : null; // (bins, bins)
  const turn = config.positions === 'rotary' && config.layers > 0 ? anglesOf(parts, times) : null;
  for (let layer = 0; layer < config.layers; layer++)
    x = encoderLayer(parts, `layers.${layer}`, x, mask, turn);
  if (config.norm === 'pre') x = layerNorm(parts, 'finalNorm', x);

  if (net.history === null) linear(parts, 'output', x, 'logits');
  else {
    const attended = linear(parts, 'output', x);
    const [, weight] = arrayOf(arrays, 'history.weight'); // (features, units)
    graph.node('Add', 'logits', [attended, onnxHistory(graph, net.history, spikes, weight, units)]);
  }
  const logits = doubleSigmoid ? graph.node('Sigmoid', 'sigmoid of logits', ['logits']) : 'logits';
  graph.node('Sigmoid', 'probabilities', [logits]);
  return graph;
}

/** A parameter as a table of the file. */
function table({ graph, arrays }: Parts, name: string): Value {
  return graph.floats(name, ...arrayOf(arrays, name));
}

function arrayOf(
  arrays: Parts['arrays'],
  name: string,
): [shape: readonly number[], values: NamedArray['values']] {
  const array = arrays.get(name);
  // `namedArrays` holds every parameter that the net declares: this is a fault of the graph, not of the weights.
  if (array === undefined) throw new TypeError(`the net has no parameter ${name}`);
  return [array.shape, array.values];
}

/** x W + b. */
function linear(parts: Parts, name: string, x: Value, out = `${name}.out`): Value {
  const product = parts.graph.node('MatMul', `${name}.product`, [x, table(parts, `${name}.weight`)]);
  return parts.graph.node('Add', out, [product, table(parts, `${name}.bias`)]);
}

function layerNorm(parts: Parts, name: string, x: Value): Value {
  const inputs = [x, table(parts, `${name}.gain`), table(parts, `${name}.bias`)];
  return parts.graph.node('LayerNormalization', `${name}.out`, inputs, {
    axis: -1,
    epsilon: { float: LAYER_NORM_EPSILON },
  });
}

/** 0, 1, ... bins - 1, from the shape of the input. */
function timesOf(graph: OnnxGraph, spikes: Value): Value {
  const bins = graph.node('Gather', 'bins', [graph.node('Shape', 'shape', [spikes]), graph.int(1)]);
  return graph.node('Range', 'times', [graph.int(0), bins, graph.int(1)]);
}

/** (bins, bins): 0 where row t may look at bin s, t - window < s <= t, and hidden elsewhere. */
function maskOf(graph: OnnxGraph, times: Value, window: number): Value {
  const rows = graph.node('Unsqueeze', 'mask.rows', [times, graph.ints([1])]);
  const columns = graph.node('Unsqueeze', 'mask.columns', [times, graph.ints([0])]);
  let seen = graph.node('LessOrEqual', 'mask.past', [columns, rows]);
  if (window > 0) {
    const first = graph.node('Sub', 'mask.before the window', [rows, graph.int(window)]);
    seen = graph.node('And', 'mask.seen', [seen, graph.node('Greater', 'mask.window', [columns, first])]);
  }
  return graph.node('Where', 'mask', [seen, graph.float(0), graph.float(HIDDEN)]);
}

/** Tables (bins, half a head) of rotary cosines and sines. Angles reach thousands: in float32 they would err by 1e-4. */
function anglesOf({ graph, config }: Parts, times: Value): readonly [cos: Value, sin: Value] {
  const frequencies = rotaryFrequencies(config.width / config.heads);
  const precise = graph.node('Cast', 'rotary.times', [times], { to: ELEMENT.double });
  const column = graph.node('Unsqueeze', 'rotary.rows', [precise, graph.ints([1])]);
  const angles = graph.node('Mul', 'rotary.angles', [
    column,
    graph.doubles('rotary.frequencies', [frequencies.length], frequencies),
  ]);
  const rounded = (op: 'Cos' | 'Sin'): Value =>
    graph.node('Cast', `rotary.${op}`, [graph.node(op, `rotary.${op} in double`, [angles])], {
      to: ELEMENT.float,
    });
  return [rounded('Cos'), rounded('Sin')];
}

function encoderLayer(
  parts: Parts,
  name: string,
  x: Value,
  mask: Value | null,
  turn: readonly [Value, Value] | null,
): Value {
  const { graph, config } = parts;
  const isPre = config.norm === 'pre';
  const sum = (out: string, a: Value, b: Value): Value => graph.node('Add', `${name}.${out}`, [a, b]);

  const attended = attention(
    parts,
    `${name}.attention`,
    isPre ? layerNorm(parts, `${name}.attentionNorm`, x) : x,
    mask,
    turn,
  );
  let middle = sum('attention sum', x, attended);
  if (!isPre) middle = layerNorm(parts, `${name}.attentionNorm`, middle);

  const into = isPre ? layerNorm(parts, `${name}.feedForwardNorm`, middle) : middle;
  const hidden = activation(parts, `${name}.feedForward`, linear(parts, `${name}.feedForward.in`, into));
  const out = sum('feedForward sum', middle, linear(parts, `${name}.feedForward.out`, hidden));
  return isPre ? out : layerNorm(parts, `${name}.feedForwardNorm`, out);
}

function activation({ graph, config }: Parts, name: string, x: Value): Value {
  if (config.activation === 'relu') return graph.node('Relu', `${name}.relu`, [x]);
  const square = graph.node('Mul', `${name}.x^2`, [x, x]);
  const scaled = graph.node('Mul', `${name}.B x^2`, [square, graph.float(GELU_B)]);
  const factor = graph.node('Add', `${name}.A + B x^2`, [scaled, graph.float(GELU_A)]);
  const inside = graph.node('Mul', `${name}.x (A + B x^2)`, [x, factor]);
  const gate = graph.node('Sigmoid', `${name}.gate`, [inside]);
  return graph.node('Mul', `${name}.gelu`, [x, gate]);
}

/** softmax(scale q k' + mask) v of every head, (batch, bins, width) -> the same, and the output projection. */
function attention(
  parts: Parts,
  name: string,
  x: Value,
  mask: Value | null,
  turn: readonly [Value, Value] | null,
): Value {
  const { graph, config } = parts;
  const { width, heads } = config;
  const headWidth = width / heads;
  graph.nodeOf(
    'Split',
    [`${name}.q`, `${name}.k`, `${name}.v`],
    [linear(parts, `${name}.qkv`, x), graph.ints([width, width, width])],
    { axis: -1 },
  );
  const perHead = (part: 'q' | 'k' | 'v'): Value => {
    const split = graph.node('Reshape', `${name}.${part} by head`, [
      `${name}.${part}`,
      graph.ints([0, 0, heads, headWidth]),
    ]);
    const moved = graph.node('Transpose', `${name}.${part} of heads`, [split], { perm: [0, 2, 1, 3] });
    return turn === null || part === 'v' ? moved : rotate(graph, moved, turn, headWidth / 2); // (batch, heads, bins, headWidth)
  };
  const scale = graph.float(Math.fround(1 / Math.sqrt(headWidth)));
  const queries = graph.node('Mul', `${name}.q scaled`, [perHead('q'), scale]);
  const keys = graph.node('Transpose', `${name}.k transposed`, [perHead('k')], { perm: [0, 1, 3, 2] });
  const all = graph.node('MatMul', `${name}.scores`, [queries, keys]); // (batch, heads, bins, bins)
  const scores = mask === null ? all : graph.node('Add', `${name}.seen scores`, [all, mask]);
  const weights = graph.node('Softmax', `${name}.probabilities`, [scores], { axis: -1 });
  const mixed = graph.node('MatMul', `${name}.mixed`, [weights, perHead('v')]);
  const back = graph.node('Transpose', `${name}.mixed by bin`, [mixed], { perm: [0, 2, 1, 3] });
  const joined = graph.node('Reshape', `${name}.joined`, [back, graph.ints([0, 0, width])]);
  return linear(parts, `${name}.output`, joined);
}

/** Turns the pairs (i, i + half) of (batch, heads, bins, 2 half). */
function rotate(graph: OnnxGraph, x: Value, [cos, sin]: readonly [Value, Value], half: number): Value {
  const [a, b] = [`${x}, first half`, `${x}, second half`];
  graph.nodeOf('Split', [a, b], [x, graph.ints([half, half])], { axis: -1 });
  const times = (value: Value, by: Value): Value => graph.node('Mul', `${value} * ${by}`, [value, by]);
  const first = graph.node('Sub', `${x} turned, first half`, [times(a, cos), times(b, sin)]);
  const second = graph.node('Add', `${x} turned, second half`, [times(a, sin), times(b, cos)]);
  return graph.node('Concat', `${x} turned`, [first, second], { axis: -1 });
}
