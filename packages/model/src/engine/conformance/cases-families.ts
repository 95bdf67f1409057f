// Conformance cases of nets over feature families: LSTMs, pooling attention, unit rows, copied rows, the loss of classes.
import { TRIPLES } from './sizes.ts';
import type { AttentionPoolCase, ClassLossCase, CopyRowsCase, LstmCase, UnitRowsCase } from './types.ts';

export function lstms(): LstmCase[] {
  const shapes = [
    [1, 1, 1],
    [2, 3, 3],
    [3, 12, 17],
    [17, 5, 4],
    [65, 2, 16],
    [9, 16, 63],
    [4, 12, 64],
    [33, 3, 65],
    [2, 4, 129],
  ] as const;
  return (['lstm', 'lstmBackward'] as const).flatMap((op) =>
    shapes.map(([batch, steps, width], i): LstmCase => ({
      op,
      batch,
      steps,
      width,
      reverse: i % 2 === 1,
      beside: [0, 2, width][i % 3],
      holes: i % 4 === 2 || i % 4 === 3,
      // Each step adds a sum over the width, four times as long in backward; sigmoid and tanh do not let errors of the steps before grow.
      terms: steps * (op === 'lstm' ? width : 4 * width),
      seed: 1000 + i,
      // 1 - g^2 and 1 - tanh^2 of a saturated gate lose digits that dX then carries: up to e^2 at a preactivation of 3 deviations.
      ...(op === 'lstmBackward' ? { amplification: 4 } : {}),
    })),
  );
}

export function attentionPools(): AttentionPoolCase[] {
  // The number of steps makes a kernel of its own on a GPU: few of them.
  const shapes = [
    [1, 1, 1, 1, false],
    [3, 3, 17, 3, true],
    [9, 12, 64, 63, true],
    [65, 3, 129, 127, true],
    [33, 12, 256, 128, false],
  ] as const;
  return (['attentionPool', 'attentionPoolBackward'] as const).flatMap((op) =>
    shapes.map(([batch, steps, width, keyWidth, holes], i): AttentionPoolCase => ({
      op,
      batch,
      steps,
      width,
      keyWidth,
      holes,
      // dQuery sums over all rows.
      terms: Math.max(width, keyWidth) + (op === 'attentionPool' ? steps : batch * steps),
      seed: 1100 + i,
      // dw minus its mean cancels: of two steps of nearly equal weight a few digits go.
      ...(op === 'attentionPoolBackward' ? { amplification: 4 } : {}),
    })),
  );
}

export function unitRows(): UnitRowsCase[] {
  return (['unitRows', 'unitRowsBackward'] as const).flatMap((op) =>
    TRIPLES.filter(([, width]) => width > 1).flatMap(([rows, width], i): UnitRowsCase[] =>
      (op === 'unitRows' ? [false] : [false, true]).map((accumulate) => ({
        ...{ op, rows, width, accumulate, terms: width, seed: 1200 + i },
        // A short row of small drawn values is stretched by up to ten.
        amplification: width < 8 ? 10 : 1,
      })),
    ),
  );
}

export function copiedRows(): CopyRowsCase[] {
  return TRIPLES.map(([rows, width], i): CopyRowsCase => ({
    ...{ op: 'copyRows', rows, width, terms: 1, seed: 1300 + i },
    xStride: [1, 12, 1, 3][i % 4],
    outStride: [5, 1, 1, 2][i % 4],
  }));
}

export function classLosses(): ClassLossCase[] {
  const plain = { gamma: 0, scale: 1, margin: 0, share: 1, spread: 2 } as const;
  const variants = [
    plain,
    { ...plain, share: 0.5, spread: 25 },
    { ...plain, gamma: 2 },
    { ...plain, gamma: 0.5, spread: 10 },
    { ...plain, scale: 30, margin: 0.35, gamma: 2 },
    { ...plain, scale: 8, margin: 0.5 },
  ];
  const shapes = [
    [1, 2],
    [3, 17],
    [17, 5],
    [64, 4],
    [65, 3],
    [257, 5],
  ] as const;
  return variants.flatMap((variant, v) =>
    shapes.map(([rows, classes], i): ClassLossCase => ({
      ...{ op: 'classLoss', ...variant, rows, classes },
      labels: (['all', 'some', 'some', 'all', 'none', 'some'] as const)[i],
      gradient: i !== 3 || v > 2,
      // The value sums over rows, the rest over classes, of which there are fewer.
      terms: Math.max(rows, classes),
      seed: 1400 + 10 * v + i,
      // z is off by two units of its own size (up to three deviations, or the scale), and e^z relative to itself by as much: 2 |z|
      // units beside the 32 that any case is given. q^gamma carries gamma times the error of q.
      amplification: (1 + (2 * Math.max(3 * variant.spread, variant.scale)) / 32) * (1 + variant.gamma),
    })),
  );
}
