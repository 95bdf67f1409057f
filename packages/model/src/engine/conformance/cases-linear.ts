// Conformance cases of embeddings, products, norms and what adds up rows.
import { PATTERNS, TRIPLES } from './sizes.ts';
import type {
  ActivationCase,
  EmbeddingCase,
  LayerNormCase,
  MatMulCase,
  MatrixCase,
  PositionsCase,
  RotaryCase,
  UnpackCase,
} from './types.ts';

export function matMuls(): MatMulCase[] {
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

export function embeddings(): (EmbeddingCase | UnpackCase)[] {
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

export function positions(): (PositionsCase | RotaryCase)[] {
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

export function norms(): LayerNormCase[] {
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

export function matrices(): (MatrixCase | ActivationCase)[] {
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
