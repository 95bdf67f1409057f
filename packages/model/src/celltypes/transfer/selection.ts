// One of several classifiers, chosen on donors held out inside the training rows. Every way of transfer, and the target alone, choose of as
// many candidates by this one rule, so that none owes its gain to a longer search.
import { RandomStream } from '../../engine/random.ts';
import { partRows } from '../classifiers/rows.ts';
import { fitSharpness, logLoss, sharpen } from '../classifiers/temperature.ts';
import { takeRows } from '../tables/matrix.ts';
import type { Classifier, FitOptions, FittedClassifier, Matrix } from '../tables/types.ts';

/** Parts that the training donors are cut into; fewer where there are fewer donors. */
const PARTS = 3;
const PARTS_STREAM = 0x7473;

export interface FittedSelection extends FittedClassifier {
  readonly chosen: string;
}

export interface Selection extends Classifier {
  /** Their names. */
  readonly candidates: readonly string[];
  fit(x: Matrix, labels: Int32Array, options: FitOptions): FittedSelection;
}

/** The candidate with the least loss on held-out donors; the first where there is only one donor. */
export function selection(name: string, candidates: readonly Classifier[]): Selection {
  return {
    name,
    candidates: candidates.map((candidate) => candidate.name),
    fit: (x, labels, options) => {
      const parts = donorParts(options.groups, options.seed);
      const count = Math.max(...parts) + 1;
      const losses =
        count < 2
          ? candidates.map(() => 0)
          : candidates.map((candidate) => heldOutLoss(candidate, x, labels, options, parts, count));
      const best = candidates[losses.indexOf(Math.min(...losses))];
      const fitted = best.fit(x, labels, options);
      return { chosen: best.name, probabilities: (test) => fitted.probabilities(test) };
    },
  };
}

/** Part by row; donors whole, dealt out in a drawn order. */
function donorParts(groups: readonly string[], seed: number): Int32Array {
  const donors = [...new Set(groups)];
  const order = new RandomStream(seed, PARTS_STREAM).shuffle(Int32Array.from(donors.keys()));
  const partOf = new Map<string, number>();
  order.forEach((donor, i) => partOf.set(donors[donor], i % PARTS));
  return Int32Array.from(groups, (donor) => partOf.get(donor) ?? 0);
}

/** Log loss of all held-out rows under the temperature that suits them best: how sure a candidate is of itself does not count. */
function heldOutLoss(
  candidate: Classifier,
  x: Matrix,
  labels: Int32Array,
  options: FitOptions,
  parts: Int32Array,
  count: number,
): number {
  const { classes } = options;
  const values = new Float64Array(x.rows * classes);
  for (let part = 0; part < count; part++) {
    const [others, held] = partRows(parts, part);
    const truth = Int32Array.from(others, (row) => labels[row]);
    const groups = others.map((row) => options.groups[row]);
    const fitted = candidate.fit(takeRows(x, others), truth, { ...options, groups });
    const p = fitted.probabilities(takeRows(x, held));
    held.forEach((row, i) => values.set(p.values.subarray(i * classes, (i + 1) * classes), row * classes));
  }
  const p = { rows: x.rows, columns: classes, values };
  return logLoss(sharpen(p, fitSharpness(p, labels)), labels);
}
