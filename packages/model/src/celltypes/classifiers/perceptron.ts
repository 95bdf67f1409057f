// A few small nets with one hidden layer, averaged: what smooth curved boundaries add to kernels and trees. Plain loops, since
// a table of some thousand cells is too small for the engine's kernels to pay.
import { RandomStream } from '../../engine/random.ts';
import type { Classifier, FitOptions, Matrix } from '../tables/types.ts';
import { type Scaling, fitScaling, scale } from './scaling.ts';
import { softmaxRows } from './softmax.ts';

export interface PerceptronOptions {
  /** Nets that are averaged; they differ in first weights and in the order of rows. */
  readonly nets: number;
  readonly hidden: number;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Half of this times the squared weights is added to the loss of all rows together (nats). */
  readonly penalty: number;
}

const STREAM = 0x6d6c;

/** The settings that both published tables are judged with. */
export const PERCEPTRONS: PerceptronOptions = {
  ...{ nets: 6, hidden: 32, epochs: 20, batch: 32, learningRate: 5e-3, penalty: 10 },
};

/** Weights of one net: (inputs + 1, hidden) and (hidden + 1, classes), the last row of each the offsets. */
interface Net {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** All that was learned. */
export interface PerceptronWeights {
  readonly scaling: Scaling;
  readonly nets: readonly Net[];
  readonly hidden: number;
  readonly classes: number;
}

export function perceptrons(name: string, options: PerceptronOptions): Classifier {
  return {
    name,
    fit: (x, labels, fit) => {
      const weights = fitPerceptrons(x, labels, fit, options);
      return { probabilities: (test) => perceptronProbabilities(weights, test) };
    },
  };
}

export function fitPerceptrons(
  x: Matrix,
  labels: Int32Array,
  { classes, seed }: Pick<FitOptions, 'classes' | 'seed'>,
  options: PerceptronOptions,
): PerceptronWeights {
  const scaling = fitScaling(x);
  const rows = scale(x, scaling);
  const nets = Array.from({ length: options.nets }, (_, net) =>
    train(rows, labels, classes, options, new RandomStream(seed, STREAM + (net << 16))),
  );
  return { scaling, nets, hidden: options.hidden, classes };
}

/** Rows by classes, each row summing to one. */
export function perceptronProbabilities(
  { scaling, nets, hidden, classes }: PerceptronWeights,
  x: Matrix,
): Matrix {
  const rows = scale(x, scaling);
  const mean = new Float64Array(x.rows * classes);
  const activity = new Float64Array(hidden);
  const scores = new Float64Array(classes);
  for (const net of nets) {
    for (let row = 0; row < x.rows; row++) {
      forward(net, rows.values, row * x.columns, x.columns, activity, scores);
      softmaxRows(scores, classes);
      for (let c = 0; c < classes; c++) mean[row * classes + c] += scores[c] / nets.length;
    }
  }
  return { rows: x.rows, columns: classes, values: mean };
}

/** Rectified hidden activity and class scores of one row. */
function forward(
  net: Net,
  x: Float64Array,
  at: number,
  inputs: number,
  activity: Float64Array,
  scores: Float64Array,
): void {
  const hidden = activity.length;
  const classes = scores.length;
  for (let h = 0; h < hidden; h++) activity[h] = net.first[inputs * hidden + h];
  for (let i = 0; i < inputs; i++) {
    const value = x[at + i];
    for (let h = 0; h < hidden; h++) activity[h] += value * net.first[i * hidden + h];
  }
  for (let c = 0; c < classes; c++) scores[c] = net.second[hidden * classes + c];
  for (let h = 0; h < hidden; h++) {
    if (activity[h] <= 0) {
      activity[h] = 0;
      continue;
    }
    for (let c = 0; c < classes; c++) scores[c] += activity[h] * net.second[h * classes + c];
  }
}

function train(
  x: Matrix,
  labels: Int32Array,
  classes: number,
  options: PerceptronOptions,
  random: RandomStream,
): Net {
  const inputs = x.columns;
  const { hidden } = options;
  const net: Net = {
    first: startWeights(inputs, hidden, random),
    second: startWeights(hidden, classes, random),
  };
  const firstGradient = new Float64Array(net.first.length);
  const secondGradient = new Float64Array(net.second.length);
  const decay = options.penalty / x.rows;
  const first = new Adam(net.first, inputs * hidden, decay);
  const second = new Adam(net.second, hidden * classes, decay);
  const activity = new Float64Array(hidden);
  const back = new Float64Array(hidden);
  const scores = new Float64Array(classes);
  const order = Int32Array.from({ length: x.rows }, (_, row) => row);
  const steps = Math.ceil(x.rows / options.batch) * options.epochs;
  let step = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    random.shuffle(order);
    for (let from = 0; from < x.rows; from += options.batch) {
      const to = Math.min(from + options.batch, x.rows);
      firstGradient.fill(0);
      secondGradient.fill(0);
      for (let b = from; b < to; b++) {
        const at = order[b] * inputs;
        forward(net, x.values, at, inputs, activity, scores);
        softmaxRows(scores, classes);
        scores[labels[order[b]]] -= 1;
        for (let c = 0; c < classes; c++) secondGradient[hidden * classes + c] += scores[c];
        for (let h = 0; h < hidden; h++) {
          back[h] = 0;
          if (activity[h] === 0) continue;
          for (let c = 0; c < classes; c++) {
            secondGradient[h * classes + c] += activity[h] * scores[c];
            back[h] += net.second[h * classes + c] * scores[c];
          }
          firstGradient[inputs * hidden + h] += back[h];
        }
        for (let i = 0; i < inputs; i++) {
          const value = x.values[at + i];
          for (let h = 0; h < hidden; h++) firstGradient[i * hidden + h] += value * back[h];
        }
      }
      // The rate falls to nothing in a straight line: the last nets are all at rest.
      const rate = options.learningRate * (1 - step / steps);
      first.step(firstGradient, to - from, rate);
      second.step(secondGradient, to - from, rate);
      step++;
    }
  }
  return net;
}

/** He's normal weights; offsets 0. */
function startWeights(from: number, to: number, random: RandomStream): Float64Array {
  const weights = new Float64Array((from + 1) * to);
  const deviation = Math.sqrt(2 / from);
  for (let i = 0; i < from * to; i++) weights[i] = deviation * random.normal();
  return weights;
}

/** Adam (Kingma and Ba, 2015) on a mean gradient with decay of all weights but the offsets, which come last. */
class Adam {
  private readonly weights: Float64Array;
  private readonly decayed: number;
  private readonly decay: number;
  private readonly mean: Float64Array;
  private readonly square: Float64Array;
  private meanLeft = 1;
  private squareLeft = 1;

  constructor(weights: Float64Array, decayed: number, decay: number) {
    this.weights = weights;
    this.decayed = decayed;
    this.decay = decay;
    this.mean = new Float64Array(weights.length);
    this.square = new Float64Array(weights.length);
  }

  step(gradient: Float64Array, rows: number, rate: number): void {
    const { weights, mean, square } = this;
    this.meanLeft *= 0.9;
    this.squareLeft *= 0.999;
    const scaled = rate / (1 - this.meanLeft);
    const squareShare = 1 / (1 - this.squareLeft);
    for (let i = 0; i < weights.length; i++) {
      const g = gradient[i] / rows + (i < this.decayed ? this.decay * weights[i] : 0);
      mean[i] += 0.1 * (g - mean[i]);
      square[i] += 0.001 * (g * g - square[i]);
      weights[i] -= (scaled * mean[i]) / (Math.sqrt(square[i] * squareShare) + 1e-8);
    }
  }
}
