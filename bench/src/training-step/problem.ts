// The one problem every peer of the training-step suite solves: the same net, weights and batch, made from a seed with
// integer arithmetic, so that a peer in another language can be handed the very same bytes.

/** Width of the token and of the model, and the number of units. */
export const WIDTH = 128;
export const HEADS = 16;
export const FEED_FORWARD = 128;
/** 32-bit words a bin of 128 units takes. */
export const WORDS_PER_BIN = WIDTH / 32;
/** Adam without decay: every peer has it, and AdamW at weight decay 0 is the same rule. */
export const OPTIMISER = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

export interface Shape {
  readonly batch: number;
  readonly bins: number;
}

/** A weight of the net. Matrices are (in, out): y = x W + b. */
export interface Weight {
  readonly name: WeightName;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * Names and shapes, in the order of the file given to peers of other languages. One post-norm encoder layer:
 * h = norm1(x + attention(x) Wo + bo); g = norm2(h + relu(h W1 + b1) W2 + b2); logits = g Wout + bout.
 * The columns of `qkv` are query | key | value; head h owns columns 8 h ... 8 h + 7 of each.
 */
export const WEIGHT_SHAPES = {
  'qkv.weight': [WIDTH, 3 * WIDTH],
  'qkv.bias': [3 * WIDTH],
  'attentionOut.weight': [WIDTH, WIDTH],
  'attentionOut.bias': [WIDTH],
  'norm1.gain': [WIDTH],
  'norm1.bias': [WIDTH],
  'feedForward1.weight': [WIDTH, FEED_FORWARD],
  'feedForward1.bias': [FEED_FORWARD],
  'feedForward2.weight': [FEED_FORWARD, WIDTH],
  'feedForward2.bias': [WIDTH],
  'norm2.gain': [WIDTH],
  'norm2.bias': [WIDTH],
  'output.weight': [WIDTH, WIDTH],
  'output.bias': [WIDTH],
} as const satisfies Readonly<Record<string, readonly number[]>>;
export type WeightName = keyof typeof WEIGHT_SHAPES;
export const WEIGHT_NAMES = Object.keys(WEIGHT_SHAPES) as readonly WeightName[];

export interface Problem {
  readonly shape: Shape;
  readonly weights: readonly Weight[];
  /** (batch * bins, WORDS_PER_BIN), unit u = bit u % 32 of word floor(u / 32). */
  readonly inputs: Uint32Array;
  /** The same bins one later: (batch * bins, WORDS_PER_BIN). */
  readonly targets: Uint32Array;
}

/** mulberry32: 32-bit integers in, a float in [0, 1) out; identical on every host. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Tokens are sparse, so that Glorot's bound would leave attention near uniform, and a wrong scale or mask unseen. */
const SHARPNESS = 8;

function weightValues(name: WeightName, random: () => number): Float32Array {
  const shape: readonly number[] = WEIGHT_SHAPES[name];
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  // Glorot's bound for matrices; gains near 1 and biases near 0, but not at them, so that a swapped pair shows.
  const glorot = shape.length === 2 ? Math.sqrt(6 / (shape[0] + shape[1])) : 0.1;
  const bound = name === 'qkv.weight' ? SHARPNESS * glorot : glorot;
  const centre = name.endsWith('.gain') ? 1 : 0;
  for (let i = 0; i < values.length; i++) values[i] = centre + bound * (2 * random() - 1);
  return values;
}

/** Spikes: Bernoulli, unit u at a density between 0.5 % and 10 %, each sequence bins + 1 long and shifted by one. */
export function makeProblem(shape: Shape, seed = 1): Problem {
  const random = uniform(seed);
  const weights = WEIGHT_NAMES.map((name) => ({
    name,
    shape: WEIGHT_SHAPES[name],
    values: weightValues(name, random),
  }));
  const { batch, bins } = shape;
  const inputs = new Uint32Array(batch * bins * WORDS_PER_BIN);
  const targets = new Uint32Array(inputs.length);
  const row = new Uint32Array(WORDS_PER_BIN);
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t <= bins; t++) {
      row.fill(0);
      for (let u = 0; u < WIDTH; u++) {
        if (random() < 0.005 + (0.095 * u) / WIDTH) row[u >> 5] |= 1 << (u & 31);
      }
      if (t < bins) inputs.set(row, (b * bins + t) * WORDS_PER_BIN);
      if (t > 0) targets.set(row, (b * bins + t - 1) * WORDS_PER_BIN);
    }
  }
  return { shape, weights, inputs, targets };
}

/** Bits to a dense 0 / 1 matrix, (rows, 128): what peers without a bit type are fed. */
export function unpack(words: Uint32Array): Float32Array {
  const dense = new Float32Array((words.length / WORDS_PER_BIN) * WIDTH);
  for (let i = 0; i < dense.length; i++) dense[i] = (words[i >> 5] >>> (i & 31)) & 1;
  return dense;
}
