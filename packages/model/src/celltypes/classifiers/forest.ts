// The class-balanced random forest and extremely randomised trees: growing (in one go, or in pieces by other threads),
// probabilities, out-of-bag score and permutation importance.
import { RandomStream } from '../../engine/random.ts';
import type { Classifier, FitOptions, FittedClassifier, Matrix } from '../tables/types.ts';
import { type BinEdges, binCodes, fitBins } from './bins.ts';
import { rowOf } from '../tables/matrix.ts';
import { fitMedians, imputeMedians } from './imputation.ts';
import { largest } from './rows.ts';
import { type GrowthData, type TreeBlock, drawRows, growTrees } from './tree-grower.ts';

export interface ForestOptions {
  readonly trees: number;
  /** Features looked at for a split: a share of all of them, or their square root. */
  readonly tries: 'sqrt' | number;
  readonly leafRows: number;
  readonly bootstrap: boolean;
  readonly splits: 'best' | 'random';
  /** Rows weigh rows / (classes x rows of their class), counted on the training rows; else 1. */
  readonly balanced: boolean;
}

/** scikit-learn's RandomForestClassifier(500, class_weight='balanced'), but for 256 bins in place of every value. */
export const BALANCED_FOREST: ForestOptions = {
  trees: 500,
  tries: 'sqrt',
  leafRows: 1,
  bootstrap: true,
  splits: 'best',
  balanced: true,
};

/** Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006), on all rows. */
export const EXTRA_TREES: ForestOptions = {
  trees: 500,
  tries: 0.3,
  leafRows: 3,
  bootstrap: false,
  splits: 'random',
  balanced: true,
};

/** Some trees of a forest, for a thread to grow. The answer is `growTrees(data, from, to)`. */
export interface GrowthJob {
  readonly data: GrowthData;
  readonly from: number;
  readonly to: number;
}

/** Where a host has several threads, it grows pieces of a forest on them; the trees are the same at any number. */
export interface TreeCrew {
  readonly threads: number;
  grow(job: GrowthJob): Promise<TreeBlock>;
}

/** A forest as a `Classifier`. */
export function forest(name: string, options: ForestOptions): Classifier {
  return {
    name,
    fit: (x, labels, fit) => {
      const start = prepare(x, labels, fit, options);
      return finish(start, [growTrees(start.data, 0, options.trees)]);
    },
  };
}

/** The same forest, grown by a crew. */
export async function fitForest(
  x: Matrix,
  labels: Int32Array,
  fit: FitOptions,
  options: ForestOptions,
  crew: TreeCrew,
): Promise<FittedForest> {
  const start = prepare(x, labels, fit, options);
  const pieces = Math.max(1, Math.min(crew.threads, options.trees));
  const edge = (piece: number): number => Math.floor((piece * options.trees) / pieces);
  const blocks = Array.from({ length: pieces }, (_, piece) =>
    crew.grow({ data: start.data, from: edge(piece), to: edge(piece + 1) }),
  );
  return finish(start, await Promise.all(blocks));
}

interface Start {
  readonly data: GrowthData;
  readonly edges: BinEdges;
  readonly medians: Float64Array;
}

function prepare(x: Matrix, labels: Int32Array, fit: FitOptions, options: ForestOptions): Start {
  const medians = fitMedians(x);
  const filled = imputeMedians(x, medians);
  const edges = fitBins(filled);
  const tries = options.tries === 'sqrt' ? Math.sqrt(x.columns) : options.tries * x.columns;
  return {
    medians,
    edges,
    data: {
      rows: x.rows,
      features: x.columns,
      classes: fit.classes,
      codes: binCodes(filled, edges),
      labels,
      classWeights: options.balanced ? balancedWeights(labels, fit.classes) : filledWith(fit.classes, 1),
      seed: fit.seed,
      tries: Math.max(1, Math.floor(tries)),
      leafRows: options.leafRows,
      bootstrap: options.bootstrap,
      splits: options.splits,
    },
  };
}

function finish(start: Start, blocks: readonly TreeBlock[]): FittedForest {
  return new FittedForest(start.data, start.edges, start.medians, blocks);
}

function filledWith(length: number, value: number): Float64Array {
  return new Float64Array(length).fill(value);
}

/** Weight of a row of each class: rows / (classes present x rows of the class); 0 for a class without rows. */
export function balancedWeights(labels: Int32Array, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label]++;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count > 0 ? labels.length / (present * count) : 0));
}

export class FittedForest implements FittedClassifier {
  readonly trees: number;
  private readonly data: GrowthData;
  private readonly edges: BinEdges;
  private readonly medians: Float64Array;
  private readonly blocks: readonly TreeBlock[];

  constructor(data: GrowthData, edges: BinEdges, medians: Float64Array, blocks: readonly TreeBlock[]) {
    this.data = data;
    this.edges = edges;
    this.medians = medians;
    this.blocks = blocks;
    this.trees = blocks.reduce((sum, block) => sum + block.starts.length - 1, 0);
  }

  probabilities(x: Matrix): Matrix {
    const codes = binCodes(imputeMedians(x, this.medians), this.edges);
    const values = new Float64Array(x.rows * this.data.classes);
    for (const block of this.blocks) {
      for (let tree = 0; tree + 1 < block.starts.length; tree++) {
        this.addVotes(block, tree, codes, x.rows, null, values);
      }
    }
    for (let i = 0; i < values.length; i++) values[i] /= this.trees;
    return { rows: x.rows, columns: this.data.classes, values };
  }

  /**
   * Probabilities of the training rows from the trees that did not see them; null without bootstrap. A row that every tree
   * saw (hardly ever with hundreds of trees) is NaN.
   */
  outOfBag(): Matrix | null {
    const { data } = this;
    if (!data.bootstrap) return null;
    const values = new Float64Array(data.rows * data.classes);
    const counts = new Uint16Array(data.rows);
    const votes = new Float64Array(data.rows);
    this.eachTree((block, tree, number) => {
      drawRows(data, number, counts);
      for (let row = 0; row < data.rows; row++) if (counts[row] === 0) votes[row]++;
      this.addVotes(block, tree, data.codes, data.rows, counts, values);
    });
    for (let i = 0; i < values.length; i++) values[i] /= votes[Math.floor(i / data.classes)];
    return { rows: data.rows, columns: data.classes, values };
  }

  /** Share of training rows that their out-of-bag probabilities put into their class; null without bootstrap. */
  outOfBagAccuracy(): number | null {
    const found = this.outOfBag();
    if (found === null) return null;
    let right = 0;
    let judged = 0;
    for (let row = 0; row < found.rows; row++) {
      const p = rowOf(found, row);
      if (Number.isNaN(p[0])) continue;
      judged++;
      if (largest(p) === this.data.labels[row]) right++;
    }
    return right / judged;
  }

  /**
   * How much a score falls when one feature is shuffled, mean over `repeats`: (features). `score` is of probabilities, higher
   * is better. On rows the forest was not grown on.
   */
  permutationImportance(
    x: Matrix,
    score: (p: Matrix) => number,
    options: { readonly repeats: number; readonly seed: number },
  ): Float64Array {
    const whole = score(this.probabilities(x));
    const random = new RandomStream(options.seed, 0x7474);
    return Float64Array.from({ length: x.columns }, (_, column) => {
      let fall = 0;
      for (let repeat = 0; repeat < options.repeats; repeat++) {
        const order = random.shuffle(Int32Array.from({ length: x.rows }, (__, row) => row));
        const values = x.values.slice();
        order.forEach((from, to) => {
          values[to * x.columns + column] = x.values[from * x.columns + column];
        });
        fall += whole - score(this.probabilities({ ...x, values }));
      }
      return fall / options.repeats;
    });
  }

  private eachTree(visit: (block: TreeBlock, tree: number, number: number) => void): void {
    let number = 0;
    for (const block of this.blocks) {
      for (let tree = 0; tree + 1 < block.starts.length; tree++) visit(block, tree, number++);
    }
  }

  /** Adds a tree's class shares to `values` (rows, classes), where `seen` is zero or null. */
  private addVotes(
    block: TreeBlock,
    tree: number,
    codes: Uint8Array,
    rows: number,
    seen: Uint16Array | null,
    values: Float64Array,
  ): void {
    const { feature, cut, left, leaves } = block;
    const { classes } = this.data;
    const base = block.starts[tree];
    for (let row = 0; row < rows; row++) {
      if (seen !== null && seen[row] > 0) continue;
      let node = base;
      while (feature[node] >= 0) {
        const right = codes[feature[node] * rows + row] > cut[node] ? 1 : 0;
        node = base + left[node] + right;
      }
      const leaf = left[node] * classes;
      for (let c = 0; c < classes; c++) values[row * classes + c] += leaves[leaf + c];
    }
  }
}
