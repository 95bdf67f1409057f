// Conformance cases of attention, dropout, own history, losses and the optimiser.
import { PATTERNS, TRIPLES } from './sizes.ts';
import type {
  AdamWCase,
  AttentionCase,
  DropoutCase,
  LossCase,
  OwnHistoryCase,
  SigmoidCase,
} from './types.ts';

export function attentions(): AttentionCase[] {
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

export function dropouts(): DropoutCase[] {
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

export function histories(): OwnHistoryCase[] {
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

export function losses(): LossCase[] {
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

export function sigmoids(): SigmoidCase[] {
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

export function optimisers(): AdamWCase[] {
  const sizes = [1, 3, 17, 63, 64, 65, 127, 129];
  const steps = { op: 'adamw', sizes, terms: 600 } as const;
  return [
    { ...steps, clip: 0, weightDecay: 0, meanDecay: 0, seed: 900 },
    { ...steps, clip: 1, weightDecay: 0.01, meanDecay: 0.9, seed: 901 },
  ];
}
