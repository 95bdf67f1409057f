// TensorFlow.js as a peer: the net in core ops whose gradients exist on every backend (no gather, no einsum), weights as
// variables, Adam from tf.train. Scores are (batch * heads, bins, bins) matrices, since the library has no fused attention.
import * as tf from '@tensorflow/tfjs';
import { startTfjs } from '../tfjs-backend.ts';
import type { TfjsBackend } from '../tfjs-backend.ts';
import type { FirstStep, StepPeer, StepRunner } from './peer.ts';
import { FEED_FORWARD, HEADS, OPTIMISER, WIDTH, unpack } from './problem.ts';
import type { Problem, WeightName } from './problem.ts';

const HEAD_WIDTH = WIDTH / HEADS;
const NORM_EPSILON = 1e-5;
/** Added to masked scores: exp of it underflows to an exact 0, and it is far from the largest float. */
const MASKED = -1e9;

interface Variables {
  readonly byName: ReadonlyMap<string, tf.Variable>;
  readonly list: tf.Variable[];
}

/** Columns `from` ... `from + WIDTH - 1` of a (rows, columns) matrix. */
function columns(values: Float32Array, rows: number, width: number, from: number): Float32Array {
  const out = new Float32Array(rows * WIDTH);
  for (let r = 0; r < rows; r++)
    out.set(values.subarray(r * width + from, r * width + from + WIDTH), r * WIDTH);
  return out;
}

/** Query, key and value as variables of their own: no split, hence no concatenation in the backward pass. */
function makeVariables(problem: Problem): Variables {
  const byName = new Map<string, tf.Variable>();
  for (const { name, shape, values } of problem.weights) {
    if (name === 'qkv.weight' || name === 'qkv.bias') {
      const rows = shape.length === 2 ? shape[0] : 1;
      for (const [i, part] of ['query', 'key', 'value'].entries()) {
        const own = columns(values, rows, 3 * WIDTH, i * WIDTH);
        const ownShape = shape.length === 2 ? [rows, WIDTH] : [WIDTH];
        byName.set(name.replace('qkv', part), tf.variable(tf.tensor(own, ownShape)));
      }
    } else {
      byName.set(name, tf.variable(tf.tensor(values, [...shape])));
    }
  }
  return { byName, list: [...byName.values()] };
}

/** (bins, bins): 0 where the key's bin is at or before the query's, MASKED after it. */
function causalMask(bins: number): tf.Tensor {
  const mask = new Float32Array(bins * bins);
  for (let t = 0; t < bins; t++) mask.fill(MASKED, t * bins + t + 1, (t + 1) * bins);
  return tf.tensor(mask, [1, bins, bins]);
}

export class TfjsRunner implements StepRunner {
  private readonly variables: Variables;
  private readonly inputs: tf.Tensor2D;
  private readonly targets: tf.Tensor2D;
  private readonly mask: tf.Tensor;
  private readonly optimiser: tf.AdamOptimizer;
  private readonly problem: Problem;

  constructor(problem: Problem) {
    const rows = problem.shape.batch * problem.shape.bins;
    this.problem = problem;
    this.variables = makeVariables(problem);
    this.inputs = tf.tensor2d(unpack(problem.inputs), [rows, WIDTH]);
    this.targets = tf.tensor2d(unpack(problem.targets), [rows, WIDTH]);
    this.mask = causalMask(problem.shape.bins);
    const { learningRate, beta1, beta2, epsilon } = OPTIMISER;
    this.optimiser = tf.train.adam(learningRate, beta1, beta2, epsilon);
  }

  private weight(name: WeightName | `${'query' | 'key' | 'value'}.${'weight' | 'bias'}`): tf.Variable {
    const variable = this.variables.byName.get(name);
    if (variable === undefined) throw new Error(`No weight named ${name}`);
    return variable;
  }

  private linear(x: tf.Tensor2D, name: 'query' | 'key' | 'value' | 'attentionOut' | 'output'): tf.Tensor2D {
    return tf.matMul(x, this.weight(`${name}.weight`) as tf.Tensor2D).add(this.weight(`${name}.bias`));
  }

  private layerNorm(x: tf.Tensor2D, name: 'norm1' | 'norm2'): tf.Tensor2D {
    const centred = x.sub(tf.mean(x, 1, true));
    const variance = tf.mean(tf.square(centred), 1, true);
    const normal = centred.mul(tf.rsqrt(variance.add(NORM_EPSILON)));
    return normal.mul(this.weight(`${name}.gain`)).add(this.weight(`${name}.bias`));
  }

  /** (batch * bins, width) -> (batch * heads, bins, headWidth). */
  private toHeads(x: tf.Tensor2D): tf.Tensor3D {
    const { batch, bins } = this.problem.shape;
    const split = tf.transpose(tf.reshape(x, [batch, bins, HEADS, HEAD_WIDTH]), [0, 2, 1, 3]);
    return tf.reshape(split, [batch * HEADS, bins, HEAD_WIDTH]);
  }

  private attention(x: tf.Tensor2D): tf.Tensor2D {
    const { batch, bins } = this.problem.shape;
    // The scale goes on the small query, not on the large score matrix.
    const query = this.toHeads(this.linear(x, 'query').mul(1 / Math.sqrt(HEAD_WIDTH)));
    const scores = tf.matMul(query, this.toHeads(this.linear(x, 'key')), false, true).add(this.mask);
    const mixed = tf.matMul(tf.softmax(scores), this.toHeads(this.linear(x, 'value')));
    const joined = tf.transpose(tf.reshape(mixed, [batch, HEADS, bins, HEAD_WIDTH]), [0, 2, 1, 3]);
    return tf.reshape(joined, [batch * bins, WIDTH]);
  }

  private logits(): tf.Tensor2D {
    const x = this.inputs;
    const hidden = this.layerNorm(x.add(this.linear(this.attention(x), 'attentionOut')), 'norm1');
    const inner = tf.relu(
      tf
        .matMul(hidden, this.weight('feedForward1.weight') as tf.Tensor2D)
        .add(this.weight('feedForward1.bias')),
    ) as tf.Tensor2D;
    if (inner.shape[1] !== FEED_FORWARD) throw new Error(`Feed-forward width ${inner.shape[1]}`);
    const outer: tf.Tensor2D = tf
      .matMul(inner, this.weight('feedForward2.weight') as tf.Tensor2D)
      .add(this.weight('feedForward2.bias'));
    return this.linear(this.layerNorm(hidden.add(outer), 'norm2'), 'output');
  }

  private loss(): tf.Scalar {
    const logits = this.logits();
    // softplus(z) - y z, in the form that cannot overflow.
    const softplus = tf.relu(logits).add(tf.log1p(tf.exp(tf.neg(tf.abs(logits)))));
    return tf.mean(softplus.sub(this.targets.mul(logits)));
  }

  private async gradients(): Promise<{ readonly loss: number; readonly grads: tf.NamedTensorMap }> {
    const { value, grads } = tf.variableGrads(() => this.loss(), this.variables.list);
    const [loss] = await value.data();
    value.dispose();
    return { loss, grads };
  }

  private async update(grads: tf.NamedTensorMap): Promise<void> {
    this.optimiser.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
    tf.dispose(grads);
    // Reading one weight makes a backend that defers work finish it.
    await this.weight('output.bias').data();
  }

  async first(): Promise<FirstStep> {
    const { loss, grads } = await this.gradients();
    let squares = 0;
    for (const name of Object.keys(grads)) {
      for (const g of await grads[name].data()) squares += g * g;
    }
    await this.update(grads);
    return { loss, gradientNorm: Math.sqrt(squares) };
  }

  async step(): Promise<number> {
    const { loss, grads } = await this.gradients();
    await this.update(grads);
    return loss;
  }

  /** Probabilities (units) of the bin after the last one of the batch, from a forward pass over all of it. */
  async lastProbabilities(): Promise<Float32Array> {
    const last = tf.tidy(() => tf.sigmoid(this.logits().slice([this.inputs.shape[0] - 1, 0], [1, WIDTH])));
    const values = (await last.data()) as Float32Array;
    last.dispose();
    return values;
  }

  dispose(): void {
    tf.dispose([this.inputs, this.targets, this.mask, ...this.variables.list]);
    this.optimiser.dispose();
  }
}

/**
 * tfjs on its plain JavaScript (`cpu`), WebAssembly (`wasm`) or WebGPU backend. In Node its wasm build runs on one thread, and its
 * WebGPU build takes the adapter that `navigator.gpu` had at import.
 */
export async function tfjsPeer(backend: TfjsBackend): Promise<StepPeer> {
  const { version, threads } = await startTfjs(backend);
  return {
    ...{ name: `tfjs-${backend}`, version, threads },
    prepare: (problem) => Promise.resolve(new TfjsRunner(problem)),
  };
}
