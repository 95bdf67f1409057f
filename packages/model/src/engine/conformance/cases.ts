// The conformance cases. Sizes are tails of every vector width in use: 1, 3, 17, 63, 64, 65, 127, 129; spikes are drawn,
// absent or everywhere; windows of one bin. Reading this list is reading the coverage.
import type {
  ActivationCase,
  AdamWCase,
  AttentionCase,
  ConformanceCase,
  DropoutCase,
  EmbeddingCase,
  LayerNormCase,
  LossCase,
  MatMulCase,
  MatrixCase,
  OwnHistoryCase,
  PositionsCase,
  RotaryCase,
  SigmoidCase,
  SpikePattern,
  UnpackCase,
} from './types.ts';

/** (m, n, k) or (rows, width, other): each size meets each place. */
const TRIPLES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [3, 17, 63],
  [17, 3, 64],
  [63, 65, 17],
  [64, 64, 64],
  [65, 129, 3],
  [129, 1, 127],
  [1, 127, 129],
  [127, 63, 65],
  [129, 129, 129],
];
const PATTERNS: readonly SpikePattern[] = ['drawn', 'silent', 'all'];

function matMuls(): MatMulCase[] {
  const plain = {
    op: 'matMul',
    bias: false,
    residual: 'none',
    activation: 'none',
    accumulate: false,
  } as const;
  const variants = [
    { ...plain },
    { ...plain, bias: true },
    { ...plain, bias: true, activation: 'relu' },
    { ...plain, bias: true, activation: 'gelu' },
    { ...plain, bias: true, residual: 'other' },
    { ...plain, bias: true, residual: 'itself' },
    { ...plain, accumulate: true },
  ] as const;
  return (['nn', 'nt', 'tn'] as const).flatMap((form, f) =>
    TRIPLES.flatMap(([m, n, k], i) => {
      // Every form meets every shape plain or accumulating; the fused variants rotate over shapes, and (63, 65, 17) has all.
      const chosen = i === 3 ? variants : [variants[(i + f) % 7], variants[i % 2 === 0 ? 6 : 0]];
      return chosen.map((variant, v) => ({
        ...variant,
        form,
        m,
        n,
        k,
        terms: k,
        seed: 100 * f + 10 * i + v,
      }));
    }),
  );
}

function embeddings(): (EmbeddingCase | UnpackCase)[] {
  const forward = TRIPLES.flatMap(([rows, width, units], i) =>
    PATTERNS.map((spikes, p): EmbeddingCase => {
      const bias = (i + p) % 2 === 0;
      return { op: 'bitEmbed', rows, width, units, spikes, bias, terms: units, seed: 20 + i };
    }),
  );
  return [
    ...forward,
    ...forward.map((one): EmbeddingCase => ({ ...one, op: 'bitEmbedBackward', terms: one.rows })),
    ...TRIPLES.map(([rows, , units], i): UnpackCase => ({
      op: 'unpackBits',
      rows,
      units,
      spikes: PATTERNS[i % 3],
      terms: 1,
      seed: 40 + i,
    })),
  ];
}

function positions(): (PositionsCase | RotaryCase)[] {
  const added = TRIPLES.flatMap(([bins, width], i): PositionsCase[] => {
    const shape = { batch: (i % 3) + 1, bins, width, seed: 60 + i };
    return [
      { op: 'addPositions', ...shape, terms: 1 },
      { op: 'addPositionsBackward', ...shape, terms: shape.batch },
    ];
  });
  const turned = (
    [
      [1, 1, 1, 2],
      [2, 3, 3, 6],
      [1, 17, 4, 8],
      [3, 65, 1, 34],
      [2, 129, 2, 16],
    ] as const
  ).flatMap(([batch, bins, heads, headWidth], i): RotaryCase[] =>
    [false, true].map((inverse) => ({
      op: 'rotary',
      batch,
      bins,
      heads,
      headWidth,
      inverse,
      terms: 2,
      seed: 80 + i,
    })),
  );
  return [...added, ...turned];
}

function norms(): LayerNormCase[] {
  const both = ['layerNorm', 'layerNormBackward'] as const;
  return both.flatMap((op) => [
    ...TRIPLES.filter(([, width]) => width > 1).flatMap(([rows, width], i): LayerNormCase[] =>
      (op === 'layerNorm' ? [false] : [false, true]).map((accumulate) => ({
        op,
        rows,
        width,
        flat: false,
        accumulate,
        // dGain and dBias sum over rows, the rest over the width.
        terms: Math.max(rows, width),
        seed: 200 + i,
        // rstd of three drawn values can reach ten: errors of x - mean grow with it.
        amplification: width < 8 ? 10 : 1,
      })),
    ),
    // A constant row has variance 0, so rstd = 1 / sqrt(1e-5) = 316 multiplies the rounding of its mean, a few units (4) of
    // |x|: 1264 units against outputs of order 1, 20 times the 64 that a width of 64 is given anyway.
    { op, rows: 5, width: 64, flat: true, accumulate: false, terms: 64, seed: 220, amplification: 20 },
  ]);
}

function matrices(): (MatrixCase | ActivationCase)[] {
  return TRIPLES.flatMap(([rows, width], i): (MatrixCase | ActivationCase)[] => [
    { op: 'columnSum', rows, width, terms: rows, seed: 300 + i },
    { op: 'add', rows, width, terms: 1, seed: 310 + i },
    { op: 'fill', rows, width, terms: 1, seed: 320 + i },
    {
      op: 'activationBackward',
      rows,
      width,
      activation: i % 2 === 0 ? 'relu' : 'gelu',
      inPlace: i % 3 === 0,
      terms: 1,
      seed: 330 + i,
    },
  ]);
}

function attentions(): AttentionCase[] {
  const shapes = [
    [1, 1, 1, 1],
    [2, 3, 2, 4],
    [1, 17, 4, 8],
    [2, 63, 1, 16],
    [1, 64, 2, 32],
    [1, 65, 3, 5],
    [1, 127, 2, 8],
    [2, 129, 1, 64],
    [1, 129, 32, 4],
  ] as const;
  const forward = shapes.flatMap(([batch, bins, heads, headWidth], i): AttentionCase[] => {
    const shape = {
      op: 'attention',
      batch,
      bins,
      heads,
      headWidth,
      terms: bins + headWidth,
      seed: 400 + i,
    } as const;
    const all = { ...shape, window: 0, causal: true, dropout: 0 };
    return [
      all,
      { ...all, window: [1, 2, 5, 16, 64][i % 5] },
      { ...all, dropout: 0.1, window: i % 2 === 0 ? 0 : 33 },
      ...(i === 2 || i === 5 ? [{ ...all, causal: false }] : []),
    ];
  });
  return [...forward, ...forward.map((one): AttentionCase => ({ ...one, op: 'attentionBackward' }))];
}

function dropouts(): DropoutCase[] {
  return (['dropout', 'dropoutBackward'] as const).flatMap((op) =>
    TRIPLES.map(([rows, width], i): DropoutCase => {
      const onto = i % 2 === 0;
      const inPlace = op === 'dropout' ? i % 3 === 1 : !onto && i % 3 === 1;
      return {
        op,
        rows,
        width,
        probability: i % 2 === 0 ? 0.1 : 0.5,
        onto,
        inPlace,
        terms: 1,
        seed: 500 + i,
      };
    }),
  );
}

function histories(): OwnHistoryCase[] {
  const shapes = [
    [1, 1, 1],
    [2, 3, 17],
    [1, 63, 63],
    [3, 17, 64],
    [1, 129, 65],
    [2, 65, 129],
  ] as const;
  const decays = [0.5, 0.9, 0.999, 0.99];
  return (['ownHistory', 'ownHistoryBackward'] as const).flatMap((op) =>
    shapes.flatMap(([batch, bins, units], i) =>
      PATTERNS.map((spikes, p): OwnHistoryCase => ({
        op,
        batch,
        bins,
        units,
        spikes,
        lags: [5, 0, 1][(i + p) % 3],
        decays: i === 3 ? [] : decays,
        logScale: i === 3 ? [] : [0, 0, 0, 2],
        scales: i === 3 ? [] : [1, 0.5, 0.1, 0.25],
        ageEdges: i === 4 ? [] : [1, 2, 5, 20, 100],
        // A decay rounded to float32 is off by UNIT every bin, always the same way: errors add up over the bins, so they
        // count squared; backward sums over rows besides.
        terms: bins * bins + 10 + (op === 'ownHistory' ? 0 : batch * bins),
        seed: 600 + i,
      })),
    ),
  );
}

function losses(): LossCase[] {
  const plain = {
    op: 'loss',
    gamma: 2,
    smooth: 1,
    bceShare: 0,
    doubleSigmoid: false,
    densityPenalty: false,
  } as const;
  const variants = [
    { ...plain, kind: 'bce' },
    { ...plain, kind: 'bce', doubleSigmoid: true },
    { ...plain, kind: 'focal' },
    { ...plain, kind: 'focal', gamma: 0.5, bceShare: 0.25 },
    { ...plain, kind: 'focal', gamma: 0 },
    { ...plain, kind: 'dice' },
    { ...plain, kind: 'dice', densityPenalty: true },
    { ...plain, kind: 'dice', densityPenalty: true, doubleSigmoid: true, bceShare: 0.5 },
    { ...plain, kind: 'dice-per-unit' },
    { ...plain, kind: 'dice-per-unit', smooth: 0.1, doubleSigmoid: true, bceShare: 0.5 },
  ] as const;
  const shapes = [
    [1, 1],
    [3, 17],
    [17, 63],
    [64, 128],
    [65, 129],
    [127, 65],
  ] as const;
  return variants.flatMap((variant, v) => [
    ...shapes.map(([rows, units], i): LossCase => {
      const masks = i % 2 === 0 ? 'none' : 'holes';
      const spikes = PATTERNS[(i + v) % 3];
      const terms = rows * units;
      return { ...variant, rows, units, spikes, masks, spread: 2, gradient: i !== 4, terms, seed: 700 + i };
    }),
    {
      ...variant,
      rows: 9,
      units: 33,
      spikes: 'drawn',
      masks: 'holes',
      spread: 25,
      gradient: true,
      terms: 297,
      seed: 720,
    },
    {
      ...variant,
      rows: 9,
      units: 33,
      spikes: 'drawn',
      masks: 'nothing',
      spread: 2,
      gradient: true,
      terms: 1,
      seed: 721,
    },
  ]);
}

function sigmoids(): SigmoidCase[] {
  return TRIPLES.map(([rows, width], i): SigmoidCase => ({
    op: 'sigmoid',
    rows,
    width,
    spread: i % 2 === 0 ? 2 : 40,
    doubleSigmoid: i % 3 === 0,
    inPlace: i % 2 === 1,
    terms: 1,
    seed: 800 + i,
  }));
}

function optimisers(): AdamWCase[] {
  const sizes = [1, 3, 17, 63, 64, 65, 127, 129];
  const steps = { op: 'adamw', sizes, terms: 600 } as const;
  return [
    { ...steps, clip: 0, weightDecay: 0, seed: 900 },
    { ...steps, clip: 1, weightDecay: 0.01, seed: 901 },
  ];
}

/** Every case, grouped by op. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...matMuls(),
  ...embeddings(),
  ...positions(),
  ...norms(),
  ...matrices(),
  ...attentions(),
  ...dropouts(),
  ...histories(),
  ...losses(),
  ...sigmoids(),
  ...optimisers(),
];
