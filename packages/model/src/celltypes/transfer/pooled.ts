// Source cells as rows beside the target's own: the source evenly of every class, so that its number of cells is what it weighs.
import { RandomStream } from '../../engine/random.ts';
import { kernelRidge } from '../classifiers/kernel-ridge.ts';
import type { KernelRidgeOptions } from '../classifiers/kernel-ridge.ts';
import type { SourceCells } from '../nets/transfer.ts';
import { takeRows } from '../tables/matrix.ts';
import type { Classifier, Matrix } from '../tables/types.ts';
import { classShifts, evenRows, fitAlignment, rowsByClass } from './alignment.ts';
import type { Alignment } from './alignment.ts';

export interface Pooling {
  readonly alignment: Alignment;
  /** Source cells of each class that are added. */
  readonly cells: number;
  /** Source classes move to the target's: half of the way for so many target cells of a class. Infinity: they stay. */
  readonly halfway: number;
}

const STREAM = 0x7372;

/** `own`: the source's rows on its own scale. */
export function pooled(
  own: Matrix,
  source: SourceCells,
  pooling: Pooling,
  options: KernelRidgeOptions,
): Classifier {
  const { alignment, cells, halfway } = pooling;
  const kernel = `width ${options.width}, ridge ${options.ridge}`;
  const name = `${kernel}, ${alignment}, ${cells} cells a class${halfway === Infinity ? '' : `, halfway at ${halfway}`}`;
  return {
    name,
    fit: (x, labels, fit) => {
      const align = fitAlignment(evenRows(x, labels, fit.classes), own, alignment);
      const target = { x: align(x), labels };
      const random = new RandomStream(fit.seed, STREAM);
      const drawn = rowsByClass(source.labels, source.classes).flatMap((rows) =>
        random.shuffle(rows).slice(0, cells),
      );
      const added = takeRows(own, drawn);
      const shifts = classShifts(target, { x: own, labels: source.labels }, fit.classes, halfway);
      drawn.forEach((row, i) => {
        const from = source.labels[row] * shifts.columns;
        for (let c = 0; c < shifts.columns; c++)
          added.values[i * shifts.columns + c] += shifts.values[from + c];
      });
      const all = Int32Array.from([...labels, ...drawn.map((row) => source.labels[row])]);
      const groups = [...fit.groups, ...drawn.map((row) => source.groups[row])];
      const fitted = kernelRidge(name, options).fit(below(target.x, added), all, { ...fit, groups });
      return { probabilities: (test) => fitted.probabilities(align(test)) };
    },
  };
}

function below(top: Matrix, bottom: Matrix): Matrix {
  const values = new Float64Array(top.values.length + bottom.values.length);
  values.set(top.values);
  values.set(bottom.values, top.values.length);
  return { rows: top.rows + bottom.rows, columns: top.columns, values };
}
